"""Trades dock: the round trips of the shown run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivybt_desktop.contracts import Action, Dock, DockSpec

if TYPE_CHECKING:
    from ivybt_desktop.context import AppContext


def build(ctx: AppContext) -> Dock:
    """Build the dock."""
    from ivybt_desktop.docks.trades.presenter import TradesPresenter
    from ivybt_desktop.docks.trades.view import TradesView

    view = TradesView(ctx.workspace.theme)
    presenter = TradesPresenter(view, ctx.workspace)
    actions = [
        Action("trades.export", "Export trades as CSV", view.ask_export, "Ctrl+E", "File"),
        Action("trades.copy", "Trades: copy the selected rows with headers (Ctrl+C)", view.table.copy),
        Action("trades.find", "Trades: find (Ctrl+F)", view.table.open_find),
        Action("trades.filter", "Trades: filter by symbol, side, result or exit reason", view.open_filter),
        Action("trades.next_loser", "Trades: next loser (Space)", presenter.next_loser),
    ]
    return Dock(view, presenter, actions)


DOCK = DockSpec("trades", "Trades", "bottom", 0, "mdi6.table", "Ctrl+Shift+T", build)
