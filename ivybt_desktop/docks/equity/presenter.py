"""`EquityPresenter`: the account curve of the shown run. Plain Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from ivybt_desktop.plots.calendar_ticks import Calendar
from ivybt_desktop.widgets.format import exact, money, percent

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.core.bars import Bars
    from ivybt_desktop.context import Workspace
    from ivybt_desktop.theme.tokens import Tokens

FloatArray = npt.NDArray[np.float64]
SOURCE = "equity"


@dataclass(frozen=True, eq=False)
class Curves:
    """What the dock draws.

    Parameters
    ----------
    equity, benchmark, drawdown : float64[n]
        Net account value, buy and hold without costs, equity against its peak as a fraction.
    capital : float
        Cash at the start.
    currency : str
        Of the account.
    benchmark_name : str
        Name in the legend.
    """

    equity: FloatArray
    benchmark: FloatArray
    drawdown: FloatArray
    capital: float
    currency: str
    benchmark_name: str


class EquityScreen(Protocol):
    """What the presenter needs of the view."""

    hovered: Any
    range_changed: Any

    def show_empty(self) -> None:
        """Say what to do to see something."""
        ...

    def show_bars(self, calendar: Calendar, count: int) -> None:
        """Take another time axis and show all of it."""
        ...

    def show_curves(self, curves: Curves) -> None:
        """Show another run on the same axis."""
        ...

    def show_heading(self, text: str) -> None:
        """Show other words on the top edge."""
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


class EquityPresenter:
    """Net equity, benchmark and drawdown of the workspace's result.

    A new series is shown whole; from then on the time axis follows the chart's, and the other way
    round, until the link is switched off in the view.

    Parameters
    ----------
    view : EquityScreen
        The widget, or a fake.
    workspace : Workspace
        What the user is looking at.
    """

    def __init__(self, view: EquityScreen, workspace: Workspace) -> None:
        self._view, self._workspace = view, workspace
        self._bars: Bars | None = None
        self._calendar: Calendar | None = None
        self._curves: Curves | None = None
        view.set_tip(self.describe)
        view.hovered.connect(workspace.hover_bar)
        view.range_changed.connect(self._range_moved)
        self._links: list[tuple[Any, Callable[..., None]]] = [
            (workspace.result_changed, self._result_changed),
            (workspace.bar_hovered, view.set_cursor_bar),
            (workspace.range_changed, self._range_elsewhere),
            (workspace.theme_changed, view.set_theme),
        ]
        for signal, listener in self._links:
            signal.connect(listener)
        self._result_changed(workspace.result)

    def close(self) -> None:
        """Disconnect."""
        for signal, listener in self._links:
            signal.disconnect(listener)

    def describe(self, bar: int) -> list[tuple[str, str]]:
        """Return the lines of the data tip at a bar: its date, then labels and values."""
        curves = self._curves
        if curves is None or self._calendar is None or not 0 <= bar < curves.equity.size:
            return []
        before = curves.equity[bar - 1] if bar else curves.capital
        equity, benchmark = float(curves.equity[bar]), float(curves.benchmark[bar])
        return [
            ("", self._calendar.stamp(bar)),
            ("Equity", money(equity)),
            ("Since start", percent(equity / curves.capital - 1, signed=True)),
            ("This bar", percent(equity / before - 1, signed=True)),
            (curves.benchmark_name, money(benchmark)),
            ("Drawdown", percent(curves.drawdown[bar])),
        ]

    def _result_changed(self, result: BacktestResult | None) -> None:
        if result is None:
            self._curves = None
            self._view.show_empty()
            return
        bars = result.bars
        if self._bars is None or not np.array_equal(self._bars.time, bars.time):
            self._calendar = Calendar.of(bars)
            self._view.show_bars(self._calendar, len(bars))
        self._bars = bars
        currency = bars.instrument.currency
        self._curves = Curves(
            result.equity, result.benchmark, result.drawdown, result.spec.capital,
            currency, f"Buy and hold {bars.symbol}",
        )  # fmt: skip
        self._view.show_curves(self._curves)
        self._view.show_heading(f"Equity net of all costs, {currency}, from {exact(result.spec.capital)}")

    def _range_moved(self, first: float, last: float) -> None:
        self._workspace.show_range(first, last, SOURCE)

    def _range_elsewhere(self, first: float, last: float, source: str) -> None:
        if source != SOURCE:
            self._view.follow(first, last)
