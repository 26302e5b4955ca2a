"""Log: what happened in this session, with levels and a filter."""

from __future__ import annotations

from ivybt_desktop.context import AppContext
from ivybt_desktop.contracts import Dock, DockSpec


def build(ctx: AppContext) -> Dock:
    """Build the dock."""
    from ivybt_desktop.docks.log.presenter import LogPresenter
    from ivybt_desktop.docks.log.view import LogView

    view = LogView(ctx.workspace.theme)
    presenter = LogPresenter(view, ctx.workspace)
    view.filter_changed.connect(presenter.filter)
    view.cleared.connect(presenter.clear)
    return Dock(view, presenter)


DOCK = DockSpec(
    id="log", title="Log", area="bottom", order=5, icon="mdi6.text-box-outline", shortcut="Ctrl+Shift+G",
    build=build,
)  # fmt: skip
