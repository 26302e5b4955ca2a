"""`ChartPresenter`: what the chart shows of the workspace, and what its gestures mean. Plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.core.errors import IvyError
from engine.core.trade import TRADE_DTYPE
from ivybt_desktop.docks.chart.drawn import CatalogueSource, DrawnIndicators
from ivybt_desktop.docks.chart.gates import gate_rows
from ivybt_desktop.docks.chart.history import cut_blocks, history_of, same_bars
from ivybt_desktop.docks.chart.leg import SYNTHETIC, Leg, leg_names, leg_of
from ivybt_desktop.docks.chart.ports import ChartScreen, FloatArray, Lines, Worker
from ivybt_desktop.docks.chart.signal_candles import Blocks, on_real_bars
from ivybt_desktop.docks.chart.tip import account_rows, ambiguous_rows, heading_of, price_rows
from ivybt_desktop.docks.chart.trade_levels import needs_atr, trade_levels
from ivybt_desktop.plots.calendar_ticks import Calendar
from ivybt_desktop.plots.scale import price_decimals
from ivybt_desktop.signal import Links

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.core.bars import Bars
    from ivybt_desktop.context import Workspace

SOURCE = "chart"
_NO_TRADES = np.empty(0, TRADE_DTYPE)
# Lines, ATR and derived candles, worked out off the window.
Computed = tuple[Lines, FloatArray | None, Blocks | None]


class ChartPresenter:
    """Chart of the workspace's bars, or of one instrument of the shown run.

    Bars and trades of an instrument of a portfolio are counted on its own bars here and on the run's axis
    in the workspace.

    Parameters
    ----------
    view : ChartScreen
        The widget, or a fake.
    workspace : Workspace
        What the user is looking at.
    worker : Worker
        Computes indicator lines: the first use of a strategy may compile for a second.
    source : CatalogueSource
        Computes what is put on the chart by hand.
    """

    def __init__(
        self, view: ChartScreen, workspace: Workspace, worker: Worker, source: CatalogueSource
    ) -> None:
        self._view, self._workspace, self._worker = view, workspace, worker
        self._bars: Bars | None = None
        self._calendar: Calendar | None = None
        self._decimals = 2
        self._lines: Lines = {}
        self._atr: FloatArray | None = None
        self._leg: Leg | None = None
        self._names: list[tuple[int, str]] = []
        self._computing: Leg | None = None
        self._own_click = False
        self.drawn = DrawnIndicators(view, source, self._show_lines)
        view.set_tip(self.describe)
        view.hovered.connect(self._hovered)
        view.range_changed.connect(self._range_moved)
        view.stepped.connect(self.step)
        view.trade_clicked.connect(self.click_trade)
        view.bar_clicked.connect(self.click_bar)
        view.leg_chosen.connect(self.show_leg)
        view.indicators_opened.connect(self.drawn.open)
        self._links = Links(
            (workspace.bars_changed, self._bars_changed),
            (workspace.result_changed, self._result_changed),
            (workspace.trade_selected, self._trade_selected),
            (workspace.bar_hovered, self._hovered_elsewhere),
            (workspace.range_changed, self._range_elsewhere),
            (workspace.place_asked, self._bring_place),
            (workspace.bar_asked, self._bar_asked),
            (workspace.badges_changed, self._badges_changed),
            (workspace.theme_changed, view.set_theme),
        )
        self._result_changed(workspace.result)
        self._trade_selected(workspace.trade)

    def close(self) -> None:
        """Disconnect and stop computing."""
        self._links.close()
        self._worker.close()
        self.drawn.close()

    def step(self, by: int) -> None:
        """Select the next (+1) or the previous (-1) trade shown; the first one when none is selected."""
        leg = self._leg
        if leg is None or leg.rows.size == 0:
            return
        row, last = leg.own_row(self._workspace.trade), leg.rows.size - 1
        place = min(max(row + by, 0), last) if row >= 0 else (0 if by > 0 else last)
        self._workspace.select_trade(int(leg.rows[place]))

    def click_trade(self, row: int) -> None:
        """Select the trade whose marker was clicked; it is in sight, so the chart stays."""
        leg = self._leg
        if leg is None or not 0 <= row < leg.rows.size:
            return
        self._own_click = True
        try:
            self._workspace.select_trade(int(leg.rows[row]))
        finally:
            self._own_click = False

    def click_bar(self, bar: int) -> None:
        """Ask for the reasons of a bar; again, or -1: of none."""
        if self._leg is None or bar < 0:
            self._workspace.ask_bar(-1, -1)
        else:
            # What a formula decided on is explained on the first of its legs.
            self._workspace.ask_bar(max(self._leg.asset, 0), self._leg.to_axis(bar))

    def ask_middle(self) -> None:
        """Ask for the reasons of the bar in the middle: without a mouse."""
        if self._leg is not None:
            self.click_bar(min(max(self._view.middle_bar(), 0), len(self._leg.run.bars) - 1))

    def _bar_asked(self, asset: int, bar: int) -> None:
        shown = self._leg is not None and max(self._leg.asset, 0) == asset and bar >= 0
        self._view.mark_bar(self._leg.from_axis(bar) if shown and self._leg is not None else -1)

    def show_leg(self, asset: int) -> None:
        """Show another instrument of the run at the same time of its history."""
        result, before = self._workspace.result, self._leg
        if result is None or before is None or before.asset == asset:
            return
        place = before.to_axis(self._view.middle_bar())
        self._show_leg(leg_of(result, asset))
        self._bring_axis(place)
        self._mark(self._workspace.trade)

    def step_leg(self, by: int) -> None:
        """Show the next (+1) or the previous (-1) instrument of a portfolio."""
        assets = [asset for asset, _ in self._names]
        if self._leg is None or self._leg.asset not in assets:
            return
        place = (assets.index(self._leg.asset) + by) % len(assets)
        self.show_leg(assets[place])

    def describe(self, bar: int) -> list[tuple[str, str]]:
        """Return the lines of the data tip at a bar: its date, then labels and values."""
        bars, leg = self._bars, self._leg
        if bars is None or self._calendar is None or not 0 <= bar < len(bars):
            return []
        rows = [("", self._calendar.stamp(bar)), *price_rows(bars, bar, self._all_lines(), self._decimals)]
        if leg is not None:
            rows += account_rows(leg.run, bar, shared=len(self._names) > 0) + ambiguous_rows(leg, bar)
        return rows

    def _bars_changed(self, bars: Bars) -> None:
        self._show_bars(bars)
        self._view.show_heading(heading_of(bars, None))

    def _result_changed(self, result: BacktestResult | None) -> None:
        self._names = leg_names(result) if result is not None else []
        if result is not None:
            known = [asset for asset, _ in self._names] or [0]
            asset = self._leg.asset if self._leg is not None and self._leg.asset in known else known[0]
            self._show_leg(leg_of(result, asset))
            return
        self._leg, self._atr, self._lines = None, None, {}
        self._view.mark_bar(-1)
        bars = self._workspace.bars
        if bars is None:
            self._view.show_empty()
            return
        self._show_bars(bars)
        self._view.show_heading(heading_of(bars, None))
        self._view.show_legs([], 0)
        self._view.show_levels([])
        self._show_lines()
        self._view.show_blocks(None)
        self._view.show_gates([])
        self._view.show_split(None)
        self._view.show_trades(_NO_TRADES, bars.close)

    def _show_leg(self, leg: Leg) -> None:
        # A run may cover fewer sessions than were loaded: its bars are the ones its trades count.
        run, self._leg, self._atr = leg.run, leg, None
        self._show_bars(run.bars)
        self._show_heading(run)
        self._view.show_legs(self._names, leg.asset)
        self._view.show_levels([])
        self._view.show_gates(gate_rows(run))
        self._view.show_split(run.split)
        self._view.show_trades(run.trades, run.bars.close)
        self._bar_asked(*(self._workspace.asked or (-1, -1)))
        if self._computing is None:
            self._compute_lines(leg)

    def _show_heading(self, run: BacktestResult) -> None:
        proof = self._workspace.result_badge.status
        self._view.show_heading(heading_of(run.bars, run, chosen=len(self._names) > 0, proof=proof))

    def _badges_changed(self) -> None:
        if self._leg is not None:
            self._show_heading(self._leg.run)

    def _show_bars(self, bars: Bars) -> None:
        if self._bars is not None and same_bars(self._bars, bars):
            return
        self._bars, self._calendar = bars, Calendar.of(bars)
        self._decimals = price_decimals(bars.close, bars.instrument.tick_size)
        self._lines = {}
        self._view.show_bars(bars, self._calendar, self._decimals)
        self.drawn.show_bars(bars)

    def _compute_lines(self, leg: Leg) -> None:
        if has_no_lines(leg):
            self._lines_ready(({}, None, None), leg)
            return
        self._computing = leg
        loaded = self._workspace.traded
        self._worker.call(lambda: lines_and_atr(leg.run, loaded), self._lines_ready, self._lines_failed)

    def _lines_ready(self, computed: Computed, done: Leg | None = None) -> None:
        lines, atr, blocks = computed
        if done is None:
            done, self._computing = self._computing, None
        leg = self._leg
        if leg is None or done is None:
            return
        if self._bars is not None and same_bars(self._bars, done.run.bars):
            self._lines = lines
            self._show_lines()
            self._view.show_blocks(blocks)
        if leg is done and atr is not None:
            self._atr = atr
            self._show_levels(leg.own_row(self._workspace.trade))
        if leg is not done:
            self._compute_lines(leg)

    def _all_lines(self) -> Lines:
        return {**self._lines, **{_apart(name, self._lines): line for name, line in self.drawn.lines.items()}}

    def _show_lines(self) -> None:
        self._view.show_lines(self._all_lines())

    def _lines_failed(self, error: IvyError) -> None:
        done, self._computing = self._computing, None
        leg = self._leg
        if leg is not None and leg is not done:
            self._compute_lines(leg)
            return
        self._lines = {}
        self._show_lines()
        self._view.show_blocks(None)
        self._workspace.log("warning", f"The chart has no indicator lines. {error}")

    def _show_levels(self, row: int) -> None:
        leg = self._leg
        if leg is None or not 0 <= row < leg.rows.size:
            self._view.show_levels([])
        else:
            self._view.show_levels(trade_levels(leg.run, row, self._atr))

    def _trade_selected(self, row: int) -> None:
        result = self._workspace.result
        chosen = result is not None and 0 <= row < result.trades.size
        if result is not None and chosen and self._leg is not None and self._leg.own_row(row) < 0:
            self._show_leg(leg_of(result, int(result.trades["asset"][row])))
        own = self._mark(row)
        if self._leg is None or own < 0 or self._own_click:
            return
        trade = self._leg.run.trades[own]
        self._view.bring(int(trade["entry_bar"]), int(trade["exit_bar"]))

    def _mark(self, row: int) -> int:
        own = self._leg.own_row(row) if self._leg is not None else -1
        self._view.mark_trade(own)
        self._show_levels(own)
        return own

    def _bring_place(self, asset: int, bar: int) -> None:
        result = self._workspace.result
        if result is None or self._leg is None:
            if self._bars is not None and 0 <= bar < len(self._bars):
                self._view.bring(bar, bar)
                self._view.set_cursor_bar(bar)
            return
        if result.is_portfolio and self._leg.asset != asset:
            self._show_leg(leg_of(result, asset))
            self._mark(self._workspace.trade)
        self._bring_axis(bar)

    def _bring_axis(self, bar: int) -> None:
        if self._leg is None:
            return
        own = max(self._leg.from_axis(bar), 0)
        self._view.bring(own, own)
        self._view.set_cursor_bar(own)

    def _hovered(self, bar: int) -> None:
        self._workspace.hover_bar(bar if self._leg is None else self._leg.to_axis(bar))

    def _hovered_elsewhere(self, bar: int) -> None:
        self._view.set_cursor_bar(bar if self._leg is None else self._leg.from_axis(bar))

    def _range_moved(self, first: float, last: float) -> None:
        if self._leg is not None:
            first, last = self._leg.span_to_axis(first, last)
        self._workspace.show_range(first, last, SOURCE)

    def _range_elsewhere(self, first: float, last: float, source: str) -> None:
        if source == SOURCE:
            return
        if self._leg is not None:
            first, last = self._leg.span_from_axis(first, last)
        self._view.follow(first, last)


def _apart(name: str, taken: Lines) -> str:
    return f"{name} (chart)" if name in taken else name


def has_no_lines(leg: Leg) -> bool:
    """Return whether a strategy saw other prices than the leg's: those of a formula lie on the synthetic."""
    return leg.run.spec.data.formula is not None and leg.asset != SYNTHETIC


def lines_and_atr(run: BacktestResult, loaded: Sequence[Bars] = ()) -> Computed:
    """Return lines over the bars of a run, the ATR when orders lie at multiples of it, and derived candles.

    Parameters
    ----------
    run : BacktestResult
    loaded : sequence of Bars, default ()
        Where the bars before those of the run are looked for.

    Raises
    ------
    StrategyError, InputError
        The strategy is gone, or failed.
    """
    from engine.backtest.targets import lines_of  # noqa: PLC0415  (numba only when used)
    from engine.strategies import load  # noqa: PLC0415

    strategy, spec = load(run.spec.strategy.name), run.spec
    params = strategy.parse(spec.strategy.params)
    seen, first = history_of(run, loaded)
    full, blocks = on_real_bars(
        seen, spec.data.candles, lambda bars: dict(lines_of(strategy, bars, params))
    )
    lines = {name: (values[first:], where) for name, (values, where) in full.items()}
    blocks = cut_blocks(blocks, first, len(run.bars))
    if not needs_atr(spec.execution):
        return lines, None, blocks
    from engine.indicators.bank import compute  # noqa: PLC0415
    from engine.indicators.volatility import atr  # noqa: PLC0415

    return lines, compute(seen, [atr(spec.execution.atr_length)])[0][first:], blocks
