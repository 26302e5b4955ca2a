"""`ChartPresenter`: what the chart shows of the workspace, and what its gestures mean. Plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.core.errors import IvyError
from engine.core.trade import TRADE_DTYPE
from ivybt_desktop.docks.chart.ports import ChartScreen, FloatArray, Heading, Lines, Worker
from ivybt_desktop.docks.chart.sentences import fill_sentence, needs_care, strategy_words
from ivybt_desktop.docks.chart.stop_path import needs_atr, stop_path
from ivybt_desktop.plots.calendar_ticks import Calendar
from ivybt_desktop.plots.scale import percent_text, price_decimals, short_text, value_text
from ivybt_desktop.widgets.format import exact, money, percent

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.core.bars import Bars
    from ivybt_desktop.context import Workspace

SOURCE = "chart"
_NO_TRADES = np.empty(0, TRADE_DTYPE)


class ChartPresenter:
    """Chart of the workspace's bars, or of the bars of the shown run.

    Parameters
    ----------
    view : ChartScreen
        The widget, or a fake.
    workspace : Workspace
        What the user is looking at.
    worker : Worker
        Computes indicator lines: the first use of a strategy may compile for a second.
    """

    def __init__(self, view: ChartScreen, workspace: Workspace, worker: Worker) -> None:
        self._view, self._workspace, self._worker = view, workspace, worker
        self._bars: Bars | None = None
        self._calendar: Calendar | None = None
        self._decimals = 2
        self._lines: Lines = {}
        self._atr: FloatArray | None = None
        self._computing: BacktestResult | None = None
        self._own_click = False
        view.set_tip(self.describe)
        view.hovered.connect(workspace.hover_bar)
        view.range_changed.connect(self._range_moved)
        view.stepped.connect(self.step)
        view.trade_clicked.connect(self.click_trade)
        self._links: list[tuple[Any, Callable[..., None]]] = [
            (workspace.bars_changed, self._bars_changed),
            (workspace.result_changed, self._result_changed),
            (workspace.trade_selected, self._trade_selected),
            (workspace.bar_hovered, view.set_cursor_bar),
            (workspace.range_changed, self._range_elsewhere),
            (workspace.theme_changed, view.set_theme),
        ]
        for signal, listener in self._links:
            signal.connect(listener)
        self._result_changed(workspace.result)
        self._trade_selected(workspace.trade)

    def close(self) -> None:
        """Disconnect and stop computing."""
        for signal, listener in self._links:
            signal.disconnect(listener)
        self._worker.close()

    def step(self, by: int) -> None:
        """Select the next (+1) or the previous (-1) trade; the first one when none is selected."""
        result = self._workspace.result
        if result is None or result.trades.size == 0:
            return
        row, last = self._workspace.trade, result.trades.size - 1
        if row < 0:
            self._workspace.select_trade(0 if by > 0 else last)
        else:
            self._workspace.select_trade(min(max(row + by, 0), last))

    def click_trade(self, row: int) -> None:
        """Select the trade whose marker was clicked; it is in sight, so the chart stays."""
        self._own_click = True
        try:
            self._workspace.select_trade(row)
        finally:
            self._own_click = False

    def describe(self, bar: int) -> list[tuple[str, str]]:
        """Return the lines of the data tip at a bar: its date, then labels and values."""
        bars = self._bars
        if bars is None or self._calendar is None or not 0 <= bar < len(bars):
            return []
        before = bars.close[bar - 1] if bar else np.nan
        rows = [("", self._calendar.stamp(bar))]
        prices = ((name, getattr(bars, name)) for name in ("open", "high", "low", "close"))
        rows += [(name.capitalize(), self._price(values[bar])) for name, values in prices]
        rows.append(("Change", percent(bars.close[bar] / before - 1.0 if before else np.nan, signed=True)))
        if bars.volume[bar] > 0:
            rows.append(("Volume", short_text(float(bars.volume[bar]))))
        lines = self._lines.items()
        rows += [(name.replace("_", " "), self._price(values[bar])) for name, (values, _) in lines]
        result = self._workspace.result
        if result is not None and bar < result.equity.size:
            rows.append(("Position", exact(round(float(result.positions[bar]), 4))))
            rows.append(("Equity", money(result.equity[bar])))
            rows.append(("Drawdown", percent_text(float(result.drawdown[bar]), 2)))
        return rows

    def _price(self, value: float) -> str:
        return value_text(float(value), self._decimals)

    def _bars_changed(self, bars: Bars) -> None:
        self._show_bars(bars)
        self._view.show_heading(self._heading(None))

    def _result_changed(self, result: BacktestResult | None) -> None:
        # A run may cover fewer sessions than were loaded: its bars are the ones its trades count.
        bars = result.bars if result is not None else self._workspace.bars
        if bars is None:
            self._view.show_empty()
            return
        self._show_bars(bars)
        self._view.show_heading(self._heading(result))
        self._atr = None
        self._view.show_stops(None)
        if result is None:
            self._lines = {}
            self._view.show_lines({})
            self._view.show_trades(_NO_TRADES, bars.close)
            return
        self._view.show_trades(result.trades, bars.close)
        if self._computing is None:
            self._compute_lines(result)

    def _show_bars(self, bars: Bars) -> None:
        if self._bars is not None and same_bars(self._bars, bars):
            return
        self._bars, self._calendar = bars, Calendar.of(bars)
        self._decimals = price_decimals(bars.close, bars.instrument.tick_size)
        self._lines = {}
        self._view.show_bars(bars, self._calendar, self._decimals)

    def _compute_lines(self, result: BacktestResult) -> None:
        self._computing = result

        self._worker.call(lambda: lines_and_atr(result), self._lines_ready, self._lines_failed)

    def _lines_ready(self, computed: tuple[Lines, FloatArray | None]) -> None:
        lines, atr = computed
        done, self._computing = self._computing, None
        result = self._workspace.result
        if result is None or done is None:
            return
        if self._bars is not None and same_bars(self._bars, done.bars):
            self._lines = lines
            self._view.show_lines(lines)
        if result is done and atr is not None:
            self._atr = atr
            self._show_stops(self._workspace.trade)
        if result is not done:
            self._compute_lines(result)

    def _lines_failed(self, error: IvyError) -> None:
        done, self._computing = self._computing, None
        result = self._workspace.result
        if result is not None and result is not done:
            self._compute_lines(result)
            return
        self._lines = {}
        self._view.show_lines({})
        self._workspace.log("warning", f"The chart has no indicator lines. {error}")

    def _show_stops(self, row: int) -> None:
        result = self._workspace.result
        if result is None or not 0 <= row < result.trades.size:
            self._view.show_stops(None)
        else:
            self._view.show_stops(stop_path(result, row, self._atr))

    def _trade_selected(self, row: int) -> None:
        self._view.mark_trade(row)
        self._show_stops(row)
        result = self._workspace.result
        if result is None or not 0 <= row < result.trades.size or self._own_click:
            return
        trade = result.trades[row]
        self._view.bring(int(trade["entry_bar"]), int(trade["exit_bar"]))

    def _range_moved(self, first: float, last: float) -> None:
        self._workspace.show_range(first, last, SOURCE)

    def _range_elsewhere(self, first: float, last: float, source: str) -> None:
        if source != SOURCE:
            self._view.follow(first, last)

    def _heading(self, result: BacktestResult | None) -> Heading:
        bars = self._bars
        if bars is None:
            return Heading("")
        symbol = f"{bars.symbol}  {bars.timeframe}"
        if result is None:
            return Heading(symbol, "No run shown: choose a strategy in Setup and press F5")
        spec = result.spec
        return Heading(symbol, strategy_words(spec), fill_sentence(spec), needs_care(spec))


def lines_and_atr(result: BacktestResult) -> tuple[Lines, FloatArray | None]:
    """Return the strategy's lines over the bars of a run, and the ATR when its stops are in ATR.

    Raises
    ------
    StrategyError, InputError
        The strategy is gone, or failed.
    """
    from engine.backtest.targets import lines_of  # noqa: PLC0415  (numba only when used)
    from engine.strategies import load  # noqa: PLC0415

    strategy, spec = load(result.spec.strategy.name), result.spec
    lines = lines_of(strategy, result.bars, strategy.parse(spec.strategy.params))
    if not needs_atr(spec.execution):
        return lines, None
    from engine.indicators.bank import compute  # noqa: PLC0415
    from engine.indicators.volatility import atr  # noqa: PLC0415

    return lines, compute(result.bars, [atr(spec.execution.atr_length)])[0]


def same_bars(one: Bars, other: Bars) -> bool:
    """Return whether two series hold the same prices: a run carries its own slice of what was loaded."""
    if one is other:
        return True
    if (one.symbol, one.timeframe, len(one)) != (other.symbol, other.timeframe, len(other)):
        return False
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("time", "close", "open"))
