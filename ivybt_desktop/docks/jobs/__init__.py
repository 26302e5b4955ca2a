"""Jobs: everything that is running or has ended in this session."""

from __future__ import annotations

from ivybt_desktop.context import AppContext
from ivybt_desktop.contracts import Action, Dock, DockSpec


def build(ctx: AppContext) -> Dock:
    """Build the dock."""
    from ivybt_desktop.docks.jobs.presenter import JobsPresenter
    from ivybt_desktop.docks.jobs.view import JobsView

    view = JobsView(ctx.workspace.theme)
    presenter = JobsPresenter(view, ctx.jobs, ctx.workspace)
    view.cancel_asked.connect(presenter.cancel)
    view.clear_asked.connect(presenter.clear)
    view.ticked.connect(presenter.refresh)
    actions = [Action("jobs.clear", "Clear the list of ended jobs", presenter.clear, menu="Run")]
    return Dock(view, presenter, actions)


DOCK = DockSpec(
    id="jobs", title="Jobs", area="bottom", order=4, icon="mdi6.progress-clock", shortcut="Ctrl+Shift+J",
    build=build,
)  # fmt: skip
