"""Chart dock: candles, the strategy's lines, gates and trades of the shown run, one instrument at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivybt_desktop.contracts import Action, Dock, DockSpec

if TYPE_CHECKING:
    from ivybt_desktop.context import AppContext


def build(ctx: AppContext) -> Dock:
    """Build the dock."""
    from ivybt_desktop.bridge.background import Background
    from ivybt_desktop.docks.chart.catalogue_jobs import JobCatalogue
    from ivybt_desktop.docks.chart.presenter import ChartPresenter
    from ivybt_desktop.docks.chart.view import ChartView

    view = ChartView(ctx.workspace.theme)
    presenter = ChartPresenter(view, ctx.workspace, Background(view), JobCatalogue(ctx.jobs))
    view.panel.added.connect(presenter.drawn.add)
    view.panel.changed.connect(presenter.drawn.change)
    view.panel.removed.connect(presenter.drawn.remove)
    presenter.drawn.restore(ctx.indicators)
    if ctx.keep_indicators is not None:
        presenter.drawn.changed.connect(ctx.keep_indicators)
    actions = [
        Action("chart.next_trade", "Chart: next trade (Ctrl+Right)", lambda: presenter.step(1)),
        Action("chart.previous_trade", "Chart: previous trade (Ctrl+Left)", lambda: presenter.step(-1)),
        Action("chart.next_leg", "Chart: next instrument", lambda: presenter.step_leg(1), "Alt+Down"),
        Action("chart.previous_leg", "Chart: previous instrument", lambda: presenter.step_leg(-1), "Alt+Up"),
        Action("chart.signal_candles", "Chart: show or hide the strategy's candles", view.toggle_blocks),
        Action("chart.why", "Chart: why the bar in the middle", presenter.ask_middle, "Ctrl+Shift+B"),
        Action("chart.indicators", "Chart: indicators", view.toggle_indicators, "Ctrl+I"),
        Action("chart.fit", "Chart: show all bars", view.stack.shown.fit),
        Action("chart.latest", "Chart: show the latest bars (R)", view.stack.shown.reset),
        Action("chart.log", "Chart: log or linear prices (L)", view.stack.toggle_log),
        Action("chart.auto", "Chart: fit or hold prices (A)", view.stack.toggle_auto),
    ]
    return Dock(view, presenter, actions)


DOCK = DockSpec("chart", "Chart", "centre", 0, "mdi6.chart-areaspline", "Ctrl+Shift+C", build)
