"""Equity dock: net equity against buy and hold, and the drawdown below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivybt_desktop.contracts import Action, Dock, DockSpec

if TYPE_CHECKING:
    from ivybt_desktop.context import AppContext


def build(ctx: AppContext) -> Dock:
    """Build the dock."""
    from ivybt_desktop.docks.equity.presenter import EquityPresenter
    from ivybt_desktop.docks.equity.view import EquityView

    view = EquityView(ctx.workspace.theme)
    presenter = EquityPresenter(view, ctx.workspace)
    actions = [
        Action("equity.fit", "Equity: show the whole run", view.stack.shown.fit),
        Action("equity.log", "Equity: log or linear scale (L)", view.stack.toggle_log),
        Action("equity.legs", "Equity: profit by leg, off, lines or stacked", view.next_shares),
        Action("equity.link", "Equity: follow the chart's time axis, or not", view.toggle_link),
    ]
    return Dock(view, presenter, actions)


DOCK = DockSpec("equity", "Equity", "centre", 1, "mdi6.chart-line", "Ctrl+Shift+E", build)
