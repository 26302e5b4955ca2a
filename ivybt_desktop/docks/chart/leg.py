"""`Leg`: one instrument of a run as the chart shows it, and where its bars and trades stand in the run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.backtest.spec import StrategySpec
    from engine.core.bars import Bars

IntArray = npt.NDArray[np.int64]
# Stands for the synthetic instrument of a formula: signals live on it, orders on its legs.
SYNTHETIC = -1


@dataclass(frozen=True, eq=False)
class Leg:
    """One instrument.

    Parameters
    ----------
    asset : int
        Its value of ``asset`` in the run, or `SYNTHETIC`.
    run : BacktestResult
        The run seen on it alone: its own bars, trades and stops.
    rows : int64[k]
        Row in the whole run of each of its trades.
    places : int64[n] or None
        Bar of the run's axis of each of its bars; None when they are the same.
    axis : Bars
        The run's time axis.
    """

    asset: int
    run: BacktestResult
    rows: IntArray
    places: IntArray | None
    axis: Bars

    def own_row(self, row: int) -> int:
        """Return its row of a trade of the whole run; -1 when the trade is another instrument's."""
        at = int(np.searchsorted(self.rows, row))
        return at if at < self.rows.size and self.rows[at] == row else -1

    def to_axis(self, bar: int) -> int:
        """Return the bar of the axis of one of its bars; -1 stays."""
        if self.places is None or not 0 <= bar < self.places.size:
            return bar if self.places is None else -1
        return int(self.places[bar])

    def from_axis(self, bar: int) -> int:
        """Return its last bar known at a bar of the axis; -1 stays."""
        if self.places is None or bar < 0:
            return bar
        return int(np.searchsorted(self.places, bar, side="right")) - 1

    def span_to_axis(self, first: float, last: float) -> tuple[float, float]:
        """Return visible positions as positions on the axis."""
        return self._map(first, last, outward=True)

    def span_from_axis(self, first: float, last: float) -> tuple[float, float]:
        """Return visible positions of the axis as positions on its bars."""
        return self._map(first, last, outward=False)

    def _map(self, first: float, last: float, *, outward: bool) -> tuple[float, float]:
        if self.places is None or self.places.size < 2:
            return first, last
        own = np.arange(self.places.size, dtype=np.float64)
        there = self.places.astype(np.float64)
        given, wanted = (own, there) if outward else (there, own)
        start, end = np.interp((first + 0.5, last - 0.5), given, wanted)
        return float(start) - 0.5, float(end) + 0.5


def leg_of(result: BacktestResult, asset: int) -> Leg:
    """Return one instrument of a run; of a single run the run itself."""
    if not result.is_portfolio:
        return Leg(0, result, np.arange(result.trades.size), None, result.bars)
    if asset == SYNTHETIC:
        alone = replace(result, trades=result.trades[:0], orders=result.orders[:0], stops=None)
        return Leg(SYNTHETIC, alone, np.empty(0, np.int64), None, result.bars)
    from engine.backtest.leg_view import leg_view  # noqa: PLC0415  (only portfolios need it)

    run = leg_view(result, asset)
    run = replace(run, spec=run.spec.model_copy(update={"strategy": _strategy_of(result, asset)}))
    rows = np.flatnonzero(result.trades["asset"] == asset)
    places = np.searchsorted(result.bars.time, run.bars.time).astype(np.int64)
    same = places.size == len(result.bars)
    return Leg(asset, run, rows, None if same else places, result.bars)


def _strategy_of(result: BacktestResult, asset: int) -> StrategySpec:
    """Return the strategy that decided on a leg."""
    spec, name = result.spec, result.sleeves[asset] if asset < len(result.sleeves) else ""
    symbol = result.symbols[asset]
    named = [sleeve for sleeve in (spec.strategy, *spec.sleeves) if sleeve.name == name]
    # The same strategy may stand there twice with other parameters, each for symbols of its own.
    fitting = [sleeve for sleeve in named if not sleeve.symbols or symbol in sleeve.symbols]
    return (fitting or named or [spec.strategy])[0]


def leg_names(result: BacktestResult) -> list[tuple[int, str]]:
    """Return instrument and name of everything the chart can show of a run; empty for a single run.

    Two strategies on one symbol are told apart by their names.
    """
    if not result.is_portfolio:
        return []
    symbols, sleeves = result.symbols, result.sleeves
    twice = {symbol for symbol in symbols if symbols.count(symbol) > 1}
    named = [
        (asset, f"{symbol}  {sleeves[asset]}" if symbol in twice and asset < len(sleeves) else symbol)
        for asset, symbol in enumerate(symbols)
    ]
    formula = result.spec.data.formula
    return [(SYNTHETIC, formula), *named] if formula else named
