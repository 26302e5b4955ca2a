"""Runs: every run that was kept, found again by words, reopened, starred, deleted."""

from __future__ import annotations

from ivybt_desktop.context import AppContext
from ivybt_desktop.contracts import Dock, DockSpec


def build(ctx: AppContext) -> Dock:
    """Build the dock."""
    from ivybt_desktop.docks.runs.presenter import RunsPresenter
    from ivybt_desktop.docks.runs.view import RunsView

    view = RunsView(ctx.workspace.theme)
    proofs = ctx.proofs

    def proof_of(key: str) -> str:
        return "" if proofs is None else proofs.badge(key).status

    presenter = RunsPresenter(view, ctx.runs, ctx.jobs, ctx.workspace, ctx.background, proof_of)
    view.search_changed.connect(presenter.search)
    view.open_asked.connect(presenter.open)
    view.star_asked.connect(presenter.star)
    view.delete_asked.connect(presenter.delete)
    view.undo_asked.connect(presenter.undo)
    view.undo_passed.connect(presenter.commit)
    return Dock(view, presenter)


DOCK = DockSpec(
    id="runs", title="Runs", area="bottom", order=3, icon="mdi6.history", shortcut="Ctrl+Shift+R", build=build
)
