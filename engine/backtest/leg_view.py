"""One leg of a portfolio as a run of its own, so that chart and trade log need no second code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.allocation import WeightSeries
from engine.backtest.result import BacktestResult, Band
from engine.core.bars import Bars, FloatArray, IntArray
from engine.core.errors import InputError

_TRADE_BARS = ("entry_decision", "entry_bar", "exit_decision", "exit_bar")
_ORDER_BARS = ("decision_bar", "fill_bar")
_REJECTED_BARS = ("decision_bar", "bar", "exit_bar")


def leg_view(result: BacktestResult, asset: int) -> BacktestResult:
    """Return a run as seen on one of its legs alone.

    Parameters
    ----------
    result : BacktestResult
        Any run; one on a single instrument is returned as it is.
    asset : int
        Position in ``result.instruments``.

    Returns
    -------
    BacktestResult
        Bars are the leg's own; signals, positions, stops, charges and the curves of the account stand at
        its bars, and its trades, orders and rejected candidates count them (asset 0). What happened between
        two of its bars (a liquidation, the end of the run) is put at the last bar of its own before, and
        charges at the next one. Gates are there for legs on the bars of the first one. Metrics, receipt and
        warnings are those of the whole account.

    Raises
    ------
    InputError
        There is no such leg.
    """
    legs = result.instruments
    if not 0 <= asset < len(legs):
        raise InputError(
            f"there is no leg {asset}", field="asset", value=asset,
            hint=f"The run has legs 0 to {len(legs) - 1}",
        )  # fmt: skip
    if not result.is_portfolio:
        return result
    leg = legs[asset]
    view = _Axis.of(result, leg)
    return replace(
        result,
        bars=leg,
        legs=(),
        sleeves=result.sleeves[asset : asset + 1],
        equity=result.equity[view.at],
        signals=_row(result.signals, asset)[view.at],
        positions=_row(result.positions, asset)[view.at],
        orders=view.recounted(result.orders, asset, _ORDER_BARS),
        trades=view.recounted(result.trades, asset, _TRADE_BARS),
        rejected=view.recounted(result.rejected, asset, _REJECTED_BARS),
        band=view.band(result.band),
        gates=result.gates if _same_bars(leg, legs[0]) else (),
        allocation=view.weights(result.allocation, asset),
        scaling=None if result.scaling is None else result.scaling[view.at],
        stops=None if result.stops is None else result.stops[asset : asset + 1, view.at],
        charges=None if result.charges is None else view.sums(result.charges[asset]),
        split=None if result.split is None else int(view.first_from(result.split)),
    )


@dataclass(frozen=True, eq=False)
class _Axis:
    """Where the bars of a leg stand on the axis of a run.

    Parameters
    ----------
    at : int64[m]
        Axis bar of each bar of the leg that was simulated.
    places : int64[len(leg)]
        Axis bar of each bar of the leg.
    """

    at: IntArray
    places: IntArray

    @classmethod
    def of(cls, result: BacktestResult, leg: Bars) -> _Axis:
        # A leg of a formula may have bars that the axis lacks: they stand at the last one before.
        last = np.searchsorted(result.bars.time, leg.time, side="right") - 1
        places = np.maximum(last, 0).astype(np.int64)
        return cls(places[: int(np.searchsorted(places, result.equity.size))], places)

    def own_bar(self, bars: npt.NDArray[Any]) -> IntArray:
        """Return the leg's last bar at or before each axis bar; a mark below 0 stays."""
        own = np.searchsorted(self.places, bars, side="right") - 1
        return np.where(bars < 0, bars, np.maximum(own, 0)).astype(np.int64)

    def first_from(self, bar: int) -> np.intp:
        return np.searchsorted(self.places, bar)

    def recounted(self, rows: npt.NDArray[Any], asset: int, columns: tuple[str, ...]) -> npt.NDArray[Any]:
        own: npt.NDArray[Any] = rows[rows["asset"] == asset].copy()
        own["asset"] = 0
        for name in columns:
            own[name] = self.own_bar(own[name])
        return own

    def sums(self, values: FloatArray) -> FloatArray:
        """Return float64[1, m]: each value of the axis counted at the leg's next bar, or at its last one."""
        count = self.at.size
        if not count:
            return np.zeros((1, 0))
        place = np.minimum(np.searchsorted(self.at, np.arange(values.size)), count - 1)
        return np.bincount(place, weights=values, minlength=count).astype(np.float64).reshape(1, -1)

    def band(self, band: Band | None) -> Band | None:
        if band is None:
            return None
        return replace(band, pessimistic=band.pessimistic[self.at], optimistic=band.optimistic[self.at])

    def weights(self, series: WeightSeries | None, asset: int) -> WeightSeries | None:
        if series is None:
            return None
        known = self.places[self.places < series.weights.shape[1]]
        anew = np.searchsorted(known, series.recomputed)
        return WeightSeries(series.weights[asset : asset + 1, known], np.unique(anew[anew < known.size]))


def _row(values: FloatArray, asset: int) -> FloatArray:
    # A formula has one signal for all its legs.
    return values if values.ndim == 1 else np.asarray(values[asset if values.shape[0] > 1 else 0])


def _same_bars(one: Bars, other: Bars) -> bool:
    return one is other or (one.symbol == other.symbol and np.array_equal(one.time, other.time))
