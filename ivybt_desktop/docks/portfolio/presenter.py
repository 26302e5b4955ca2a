"""`PortfolioPresenter`: who held what, who earned what, and who was left out. Plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ivybt_desktop.plots.calendar_ticks import Calendar
from ivybt_desktop.signal import Links
from ivybt_desktop.widgets.format import count, money, percent

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.core.bars import Bars
    from ivybt_desktop.context import Workspace
    from ivybt_desktop.docks.portfolio.state import Matrix, Share, Weights
    from ivybt_desktop.theme.tokens import Tokens

SOURCE = "portfolio"
TABS = ("weights", "contribution", "correlation", "rejected")
NO_RUN = "Run several instruments or strategies on one account to see who held and earned what"
ONE = (
    "This run has one instrument. Add price files, symbols or strategies in Setup: "
    "weights, contributions and correlations of the legs appear here"
)
NONE_REJECTED = "No candidate was left out: cash, leverage and places were never short"


class PortfolioScreen(Protocol):
    """What the presenter needs of the view."""

    hovered: Any
    range_changed: Any
    tab_changed: Any
    leg_opened: Any
    rejected_opened: Any
    profit_wanted: Any
    uncovered: Any

    def is_seen(self) -> bool:
        """Return whether anybody can see the dock."""
        ...

    def show_empty(self, words: str) -> None:
        """Show a sentence instead of the tabs."""
        ...

    def show_tabs(self) -> None:
        """Show the tabs."""
        ...

    def show_weights(self, calendar: Calendar, bars: Bars, weights: Weights) -> None:
        """Show weights over time."""
        ...

    def show_shares(self, rows: Sequence[Share]) -> None:
        """Show net profit by leg."""
        ...

    def show_matrix(self, matrix: Matrix) -> None:
        """Show correlations."""
        ...

    def show_rejected(self, result: BacktestResult, words: str) -> None:
        """Show the candidates that were left out."""
        ...

    def follow(self, first: float, last: float) -> None:
        """Show what a linked chart shows."""
        ...

    def set_cursor_bar(self, bar: int) -> None:
        """Put the time cursor on a bar; -1 takes it away."""
        ...

    def set_tip(self, tip: Callable[[int], list[tuple[str, str]]]) -> None:
        """Take what tells the lines of the data tip."""
        ...

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        ...


class PortfolioPresenter:
    """The legs of the workspace's result; only the tab in sight is worked out.

    Parameters
    ----------
    view : PortfolioScreen
        The widget, or a fake.
    workspace : Workspace
        What the user is looking at.
    """

    def __init__(self, view: PortfolioScreen, workspace: Workspace) -> None:
        self._view, self._workspace = view, workspace
        self._tab, self._profit = TABS[0], False
        self._calendar: Calendar | None = None
        self._weights: Weights | None = None
        self._bars: Bars | None = None
        self._shares: Sequence[Share] = ()
        self._drawn: set[str] = set()
        view.set_tip(self.describe)
        view.hovered.connect(workspace.hover_bar)
        view.range_changed.connect(self._range_moved)
        view.tab_changed.connect(self.show_tab)
        view.leg_opened.connect(self.open_leg)
        view.rejected_opened.connect(self.open_rejected)
        view.profit_wanted.connect(self._choose_matrix)
        view.uncovered.connect(self._draw)
        self._links = Links(
            (workspace.result_changed, self._result_changed),
            (workspace.bar_hovered, view.set_cursor_bar),
            (workspace.range_changed, self._range_elsewhere),
            (workspace.theme_changed, view.set_theme),
        )
        self._result_changed(workspace.result)

    def close(self) -> None:
        """Disconnect."""
        self._links.close()

    def show_tab(self, tab: str) -> None:
        """Show another tab."""
        self._tab = tab
        self._draw()

    def open_leg(self, row: int) -> None:
        """Bring the first trade of a leg to the chart; its row is that of the list."""
        result = self._workspace.result
        if result is None or not 0 <= row < len(self._shares) or self._shares[row].asset < 0:
            return
        asset = self._shares[row].asset
        trades = np.flatnonzero(result.trades["asset"] == asset)
        if trades.size:
            self._workspace.select_trade(int(trades[0]))
        else:
            self._workspace.show_place(asset, 0)

    def open_rejected(self, row: int) -> None:
        """Bring the bar of a candidate that was left out to the chart."""
        result = self._workspace.result
        if result is not None and 0 <= row < result.rejected.size:
            candidate = result.rejected[row]
            self._workspace.show_place(int(candidate["asset"]), int(candidate["bar"]))

    def describe(self, bar: int) -> list[tuple[str, str]]:
        """Return the lines of the data tip of the weights at a bar."""
        weights, calendar = self._weights, self._calendar
        if weights is None or calendar is None or not 0 <= bar < weights.held.shape[1]:
            return []
        held = weights.held[:, bar]
        rows = [("", calendar.stamp(bar))]
        rows += [(name, percent(share, 1)) for name, share in zip(weights.names, held.tolist(), strict=True)]
        rows.append(("Gross", percent(float(np.abs(held).sum()), 1)))
        rows.append(("Net", percent(float(held.sum()), 1)))
        if weights.scaling is not None and bar < weights.scaling.size:
            rows.append(("Scaled to", percent(float(weights.scaling[bar]), 1)))
        return rows

    def _result_changed(self, result: BacktestResult | None) -> None:
        self._drawn.clear()
        self._weights = None
        if result is None or not result.is_portfolio:
            self._view.show_empty(NO_RUN if result is None else ONE)
            return
        self._view.show_tabs()
        self._draw()

    def _draw(self) -> None:
        result = self._workspace.result
        if result is None or not result.is_portfolio or not self._view.is_seen() or self._tab in self._drawn:
            return
        self._drawn.add(self._tab)
        draw = {
            "weights": self._draw_weights, "contribution": self._draw_shares,
            "correlation": self._draw_matrix, "rejected": self._draw_rejected,
        }  # fmt: skip
        draw[self._tab](result)

    def _draw_weights(self, result: BacktestResult) -> None:
        from ivybt_desktop.docks.portfolio.state import weights_of  # noqa: PLC0415  (loads the engine)

        if self._bars is None or not np.array_equal(self._bars.time, result.bars.time):
            self._calendar = Calendar.of(result.bars)
        self._bars, self._weights = result.bars, weights_of(result)
        if self._calendar is not None:
            self._view.show_weights(self._calendar, result.bars, self._weights)

    def _draw_shares(self, result: BacktestResult) -> None:
        from ivybt_desktop.docks.portfolio.state import shares_of  # noqa: PLC0415

        self._shares = shares_of(result)
        self._view.show_shares(self._shares)

    def _draw_matrix(self, result: BacktestResult) -> None:
        from ivybt_desktop.docks.portfolio.state import profit_matrix, return_matrix  # noqa: PLC0415

        self._view.show_matrix(profit_matrix(result) if self._profit else return_matrix(result))

    def _draw_rejected(self, result: BacktestResult) -> None:
        rejected = result.rejected
        if rejected.size == 0:
            self._view.show_rejected(result, NONE_REJECTED)
            return
        cut = int((rejected["filled"] > 0).sum())
        missed = money(float(rejected["missed_pnl"].sum()), signed=True)
        words = f"{count(rejected.size)} candidates, {count(cut)} filled in part"
        currency = result.bars.instrument.currency
        self._view.show_rejected(result, f"{words}; they would have made {missed} {currency}")

    def _choose_matrix(self, profit: bool) -> None:  # noqa: FBT001  (listener)
        self._profit = profit
        self._drawn.discard("correlation")
        self._draw()

    def _range_moved(self, first: float, last: float) -> None:
        self._workspace.show_range(first, last, SOURCE)

    def _range_elsewhere(self, first: float, last: float, source: str) -> None:
        if source != SOURCE:
            self._view.follow(first, last)
