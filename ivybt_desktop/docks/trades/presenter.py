"""`TradesPresenter`: the trade log of the shown run. Plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from engine.core.errors import IvyError
from ivybt_desktop.docks.trades.filter import kept_rows
from ivybt_desktop.signal import Links
from ivybt_desktop.widgets.format import count, money, percent

if TYPE_CHECKING:
    from pathlib import Path

    from engine.backtest.result import BacktestResult
    from ivybt_desktop.context import Workspace
    from ivybt_desktop.theme.tokens import Tokens

IntArray = npt.NDArray[np.int64]
NO_RUN = "Run a backtest with F5 to see its trades here"
NO_TRADES = "No trades: the strategy never left cash in this range"


class TradesScreen(Protocol):
    """What the presenter needs of the view."""

    row_chosen: Any
    rows_chosen: Any
    loser_wanted: Any
    export_wanted: Any
    filter_changed: Any

    def show_empty(self, words: str) -> None:
        """Show a sentence instead of the table."""
        ...

    def show_result(self, result: BacktestResult, rows: IntArray) -> None:
        """Show some round trips of a run, by their rows, increasing."""
        ...

    def show_summary(self, words: str) -> None:
        """Show the line above the table."""
        ...

    def select_row(self, row: int) -> None:
        """Select a trade and scroll to it; -1 for none."""
        ...

    def order(self) -> IntArray:
        """Return the rows of the trades in the order shown."""
        ...

    def export(self, path: Path) -> None:
        """Write the table."""
        ...

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        ...


class TradesPresenter:
    """Rows of the workspace's result; the selected row is the workspace's trade.

    Parameters
    ----------
    view : TradesScreen
        The widget, or a fake.
    workspace : Workspace
        What the user is looking at.
    """

    def __init__(self, view: TradesScreen, workspace: Workspace) -> None:
        self._view, self._workspace = view, workspace
        view.row_chosen.connect(workspace.select_trade)
        view.rows_chosen.connect(self.summarise)
        view.loser_wanted.connect(self.next_loser)
        view.export_wanted.connect(self.export)
        view.filter_changed.connect(self.filter)
        self._query, self._all = "", ""
        self._links = Links(
            (workspace.result_changed, self._result_changed),
            (workspace.trade_selected, view.select_row),
            (workspace.theme_changed, view.set_theme),
        )
        self._result_changed(workspace.result)
        view.select_row(workspace.trade)

    def close(self) -> None:
        """Disconnect."""
        self._links.close()

    def next_loser(self) -> None:
        """Select the next losing trade in the order shown, from the top again after the last."""
        result = self._workspace.result
        if result is None or result.trades.size == 0:
            return
        order = self._view.order()
        losing = np.flatnonzero(result.trades["pnl"][order] < 0)
        if losing.size == 0:
            return
        here = np.flatnonzero(order == self._workspace.trade)
        after = losing[losing > here[0]] if here.size else losing
        self._workspace.select_trade(int(order[after[0] if after.size else losing[0]]))

    def filter(self, query: str) -> None:
        """Show only the trades that have every word."""
        self._query = query
        self._result_changed(self._workspace.result)
        self._view.select_row(self._workspace.trade)

    def export(self, path: Path) -> None:
        """Write the table as CSV and say so in the log."""
        try:
            self._view.export(path)
        except IvyError as error:
            self._workspace.log("error", str(error))
        else:
            self._workspace.log("info", f"Trades written to {path}")

    def summarise(self, rows: IntArray) -> None:
        """Tell how many trades there are, how many won, and the P&L of the selected ones."""
        result = self._workspace.result
        if result is None:
            return
        words = self._all
        if rows.size > 1:
            words += f"   Selected: {_sums(result.trades[rows], result.bars.instrument.currency)}"
        self._view.show_summary(words)

    def _words(self, result: BacktestResult, kept: IntArray) -> str:
        """Return the summary of the trades shown; written once, a selection changes far more often."""
        trades, currency = result.trades, result.bars.instrument.currency
        filtered = kept.size < trades.size
        shown = trades[kept] if filtered else trades
        # Closed round trips only, as in the metrics: an open trade has neither won nor lost yet.
        words = _sums(shown[~shown["open"]], currency)
        if filtered:
            words = f"{count(kept.size)} of {count(trades.size)} shown   {words}"
        still_open = shown[shown["open"]]
        if still_open.size:
            marked = money(float(still_open["pnl"].sum()), signed=True)
            words += f"   {count(still_open.size)} open, {marked} {currency} at the last close"
        return words

    def _result_changed(self, result: BacktestResult | None) -> None:
        if result is None or result.trades.size == 0:
            self._view.show_empty(NO_RUN if result is None else NO_TRADES)
            return
        kept = kept_rows(result, self._query)
        self._all = self._words(result, kept)
        self._view.show_result(result, kept)
        self.summarise(np.empty(0, np.int64))


def _sums(trades: npt.NDArray[Any], currency: str) -> str:
    wins = int((trades["pnl"] > 0).sum())
    share = percent(wins / trades.size if trades.size else np.nan, 1)
    noun = "trade" if trades.size == 1 else "trades"
    return (
        f"{count(trades.size)} {noun}, {count(wins)} won ({share}), "
        f"net P&L {money(float(trades['pnl'].sum()), signed=True)} {currency}"
    )
