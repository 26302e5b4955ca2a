"""Leak Lab: whether anything that decides reads later bars, which output, how far, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivybt_desktop.contracts import Action, Dock, DockSpec

if TYPE_CHECKING:
    from ivybt_desktop.context import AppContext


def build(ctx: AppContext) -> Dock:
    """Build the dock."""
    from ivybt_desktop.docks.leak_lab.presenter import LeakLabPresenter
    from ivybt_desktop.docks.leak_lab.view import LeakLabView

    view = LeakLabView(ctx.workspace.theme)
    presenter = LeakLabPresenter(view, ctx.workspace, ctx.proofs, ctx.edit_file)
    view.check_asked.connect(presenter.check_again)
    view.cancel_asked.connect(presenter.cancel)
    view.row_chosen.connect(presenter.bring)
    view.source_asked.connect(presenter.open_source)
    view.ticked.connect(presenter.refresh)
    actions = [
        Action("leak_lab.check", "Leak Lab: check the strategy again", presenter.check_again, menu="Run"),
        Action("leak_lab.cancel", "Leak Lab: stop the check", presenter.cancel),
        Action("leak_lab.copy", "Leak Lab: copy the proof", view.copy),
    ]
    return Dock(view, presenter, actions)


DOCK = DockSpec(
    id="leak_lab", title="Leak Lab", area="bottom", order=6, icon="mdi6.shield-search",
    shortcut="Ctrl+Shift+A", build=build,
)  # fmt: skip
