"""`Leg`: one instrument of a run as the chart shows it, and where its bars and trades stand in the run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ivybt_desktop.widgets.run_words import leg_titles

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

    @cached_property
    def doubts(self) -> tuple[IntArray, IntArray]:
        """Bars, increasing, at which ambiguous trades were entered or left, and their own rows.

        Found once: the data tip asks at every move of the mouse.
        """
        trades = self.run.trades
        some = np.flatnonzero(trades["ambiguous"])
        left = some[~trades["open"][some]]
        bars = np.concatenate((trades["entry_bar"][some], trades["exit_bar"][left]))
        rows = np.concatenate((some, left))
        pairs = np.unique(np.stack((bars, rows)), axis=1) if bars.size else np.empty((2, 0), np.int64)
        return pairs[0], pairs[1]

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
        return _synthetic(result)
    from engine.backtest.leg_view import leg_view  # noqa: PLC0415  (only portfolios need it)

    run = leg_view(result, asset)
    run = replace(run, spec=run.spec.model_copy(update={"strategy": _strategy_of(result, asset)}))
    rows = np.flatnonzero(result.trades["asset"] == asset)
    return Leg(asset, run, rows, _places(result.bars, run.bars), result.bars)


def _places(axis: Bars, bars: Bars) -> IntArray | None:
    """Return where bars stand on an axis; None when they are its bars."""
    places = np.searchsorted(axis.time, bars.time).astype(np.int64)
    return None if places.size == len(axis) else np.minimum(places, len(axis) - 1)


def _synthetic(result: BacktestResult) -> Leg:
    """Return the synthetic instrument of a formula: what the strategy saw, without orders of its own."""
    from engine.data.formula import parse_formula, synthetic_bars  # noqa: PLC0415

    formula = parse_formula(result.spec.data.formula or "")
    bars, _ = synthetic_bars(formula, list({leg.symbol: leg for leg in result.legs}.values()))
    places = _places(result.bars, bars)
    at = np.arange(len(bars)) if places is None else places
    at = at[at < result.equity.size]
    split = None if result.split is None else int(np.searchsorted(at, result.split))
    run = replace(
        result, bars=bars, legs=(), sleeves=(), equity=result.equity[at], positions=result.holdings[:, at],
        trades=result.trades[:0], orders=result.orders[:0], rejected=result.rejected[:0], stops=None,
        band=None, charges=None, scaling=None, allocation=None, split=split,
    )  # fmt: skip
    return Leg(SYNTHETIC, run, np.empty(0, np.int64), places, result.bars)


def _strategy_of(result: BacktestResult, asset: int) -> StrategySpec:
    """Return the strategy that decided on a leg."""
    spec, pairs = result.spec, list(zip(result.symbols, result.sleeves, strict=False))
    if asset >= len(pairs):
        return spec.strategy
    symbol, name = pairs[asset]
    fitting = [
        sleeve for sleeve in (spec.strategy, *spec.sleeves)
        if sleeve.name == name and (not sleeve.symbols or symbol in sleeve.symbols)
    ]  # fmt: skip
    # The same strategy may stand there twice with other parameters: legs keep the order of the settings.
    place = pairs[:asset].count((symbol, name))
    return fitting[min(place, len(fitting) - 1)] if fitting else spec.strategy


def leg_names(result: BacktestResult) -> list[tuple[int, str]]:
    """Return instrument and name of everything the chart can show of a run; empty for a single run.

    Two strategies on one symbol are told apart by their names.
    """
    if not result.is_portfolio:
        return []
    named = list(enumerate(leg_titles(result)))
    formula = result.spec.data.formula
    return [(SYNTHETIC, formula), *named] if formula else named
