"""Metrics: the numbers of the shown run, each explained with the run's own figures."""

from __future__ import annotations

from ivybt_desktop.context import AppContext
from ivybt_desktop.contracts import Action, Dock, DockSpec


def build(ctx: AppContext) -> Dock:
    """Build the dock."""
    from ivybt_desktop.docks.metrics.presenter import MetricsPresenter
    from ivybt_desktop.docks.metrics.view import MetricsView

    view = MetricsView()
    presenter = MetricsPresenter(view, ctx.workspace)
    view.ask(presenter.explain, presenter.copied)
    show_dock = ctx.show_dock
    if show_dock is not None:
        view.proof_asked.connect(lambda: show_dock("leak_lab"))
    actions = [Action("edit.copy_metrics", "Copy all metrics", view.copy.click, menu="Edit")]
    return Dock(view, presenter, actions)


DOCK = DockSpec(
    id="metrics", title="Metrics", area="right", order=0, icon="mdi6.chart-box-outline",
    shortcut="Ctrl+Shift+M", build=build,
)  # fmt: skip
