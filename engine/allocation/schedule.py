"""Weights along a price table: who takes part at each close, and when the weights are estimated anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from engine.allocation.risk import moves
from engine.core.bars import FloatArray, IntArray
from engine.core.errors import DataError
from engine.kernels.blas import one_blas_thread

if TYPE_CHECKING:
    from engine.allocation import Allocation, Estimated

Flags = npt.NDArray[np.bool_]

STILL_TRADES_BARS = 10
STILL_TRADES_DAYS = 7


@dataclass(frozen=True, eq=False)
class WeightSeries:
    """Weights known at each close.

    Parameters
    ----------
    weights : float64[n_assets, n_bars]
        Constant between the bars of `recomputed`; zeros while no asset takes part. Read-only.
    recomputed : int64[k]
        Bars at whose close the weights were set anew, increasing. Read-only.
    """

    weights: FloatArray
    recomputed: IntArray

    def __post_init__(self) -> None:
        for array in (self.weights, self.recomputed):
            array.setflags(write=False)


@dataclass(frozen=True, slots=True)
class _Prices:
    """Closes carried forward, and at which bar each was made."""

    carried: FloatArray  # [n_assets, n_bars], NaN before the first bar
    made: IntArray  # [n_assets, n_bars], -1 before the first bar
    own: Flags  # [n_assets, n_bars], a bar of the asset's own


def weights_over_time(allocation: Allocation, close: FloatArray, session: IntArray) -> WeightSeries:
    """Return the weights at every close, each from data up to that close.

    An asset takes part while it still trades (a bar of its own among the last 10 bars of the axis or in the
    last 7 days) and, for methods that estimate, has `min_history` returns in bars of its own within the
    last `lookback` bars. Weights are set anew at the first bar of each period of the calendar and when an
    asset enters or leaves. At a bar where an asset does not trade its close is carried, so its return is 0
    there. All assets share one window: it starts at the first return that all of them have. An asset whose
    price did not move in the window gets 0.

    Parameters
    ----------
    allocation : Allocation
        The method.
    close : float64[n_assets, n_bars]
        NaN where an asset has no bar.
    session : int64[n_bars]
        Session date of each bar, days since 1970-01-01, not decreasing.

    Raises
    ------
    DataError
        Shapes disagree, a price is not above zero, or the method cannot use the window; the message names
        the bar's date.
    """
    prices, days = _checked(close, session)
    if allocation.reads == "nothing":
        return WeightSeries(np.ones(prices.shape), np.zeros(min(prices.shape[1], 1), np.int64))
    if not days.size:
        return WeightSeries(np.zeros(prices.shape), np.zeros(0, np.int64))
    if allocation.reads == "presence" and not np.isnan(prices).any():
        return WeightSeries(np.full(prices.shape, 1.0 / len(prices)), np.zeros(1, np.int64))
    table = _carry(prices)
    if allocation.reads == "presence":
        return _equal(_trades(table, days))
    with one_blas_thread():
        return _estimated(cast("Estimated", allocation), table, days)


def _checked(close: FloatArray, session: IntArray) -> tuple[FloatArray, IntArray]:
    prices = np.ascontiguousarray(close, dtype=np.float64)
    days = np.ascontiguousarray(session, dtype=np.int64)
    if prices.ndim != 2 or days.shape != prices.shape[1:]:
        raise DataError(
            f"close has shape {prices.shape}, session {days.shape}", where="allocation",
            hint="Give close as assets x bars and one session date per bar",
        )  # fmt: skip
    if prices.size and prices.min() > 0.0 and prices.max() < np.inf:  # false where one is missing
        return prices, days
    bad = np.argwhere(~np.isnan(prices) & ~((prices > 0) & (prices < np.inf)))
    if bad.size:
        asset, bar = bad[0]
        raise DataError(
            f"close of asset {asset} is {prices[asset, bar]:g} at bar {bar}", where="allocation",
            hint="Returns need prices above zero; use 'none' or leave the asset out",
        )  # fmt: skip
    return prices, days


def _carry(prices: FloatArray) -> _Prices:
    own = ~np.isnan(prices)
    bars = np.arange(prices.shape[1])
    if own.all():
        return _Prices(prices, np.broadcast_to(bars, prices.shape), own)
    made = np.maximum.accumulate(np.where(own, bars, -1), axis=1)
    carried = np.where(made >= 0, np.take_along_axis(prices, np.maximum(made, 0), axis=1), np.nan)
    return _Prices(carried, made, own)


def _trades(table: _Prices, days: IntArray) -> Flags:
    """Return bool[n_assets, n_bars]: who had a bar lately.

    Ten bars alone would drop every stock overnight from an hourly axis that it shares with a currency.
    """
    bars = np.arange(days.size)
    lately = bars - table.made < STILL_TRADES_BARS
    this_week = days - days[np.maximum(table.made, 0)] <= STILL_TRADES_DAYS
    flags: Flags = (table.made >= 0) & (lately | this_week)
    return flags


def _changes(taking_part: Flags) -> Flags:
    """Return bool[n_bars]: somebody enters or leaves."""
    flags = np.zeros(taking_part.shape[1], np.bool_)
    flags[:1] = taking_part[:, :1].any()
    flags[1:] = (taking_part[:, 1:] != taking_part[:, :-1]).any(axis=0)
    return flags


def _equal(taking_part: Flags) -> WeightSeries:
    count = taking_part.sum(axis=0)
    return WeightSeries(taking_part / np.maximum(count, 1), np.flatnonzero(_changes(taking_part)))


def _starts(days: IntArray, calendar: str) -> Flags:
    """Return bool[n_bars]: the first bar of each period, known at that bar without the next one."""
    months = days.view("M8[D]").astype("M8[M]").astype(np.int64)
    period = {
        "daily": days,
        "weekly": (days + 3) // 7,  # weeks begin on Monday; 1970-01-01 was a Thursday
        "monthly": months,
        "quarterly": months // 3,
    }[calendar]
    flags = np.ones(days.size, np.bool_)
    flags[1:] = period[1:] != period[:-1]
    return flags


def _with_history(table: _Prices, lookback: int, min_history: int) -> Flags:
    earned = table.own.copy()  # a bar of its own with an earlier close: a return
    earned[:, :1] = False
    earned[:, 1:] &= table.made[:, :-1] >= 0
    total = np.cumsum(earned, axis=1, dtype=np.int64)
    total[:, lookback:] -= total[:, :-lookback].copy()
    flags: Flags = total >= min_history
    return flags


def _estimated(allocation: Estimated, table: _Prices, days: IntArray) -> WeightSeries:
    taking_part = _trades(table, days) & _with_history(table, allocation.lookback, allocation.min_history)
    anew = _changes(taking_part) | (_starts(days, allocation.recompute) & taking_part.any(axis=0))
    bars = np.flatnonzero(anew)
    first = np.where(table.own.any(axis=1), table.own.argmax(axis=1), days.size)
    steps = np.zeros((table.own.shape[0], bars.size + 1))
    for k, bar in enumerate(bars):
        rows = np.flatnonzero(taking_part[:, bar])
        if not rows.size:
            continue
        start = max(bar - allocation.lookback, int(first[rows].max()))
        steps[rows, k + 1] = _at(allocation, table.carried[rows, start : bar + 1], days[bar])
    return WeightSeries(steps[:, np.cumsum(anew)], bars)


def _at(allocation: Estimated, carried: FloatArray, day: Any) -> FloatArray:
    """Return the weights of the rows of ``carried`` float64[n, window + 1]; prices that stand still get 0."""
    # One layout for every slice, so that a longer table cannot change the order of a sum.
    closes = np.ascontiguousarray(carried.T)
    returns = closes[1:] / closes[:-1] - 1.0
    weights = np.zeros(returns.shape[1])
    usable = moves(returns)
    if not usable.any():
        return weights
    try:
        weights[usable] = allocation.weights(returns[:, usable])
    except DataError as error:
        where = f"{allocation.name} on {np.datetime64(int(day), 'D')}"
        raise DataError(error.what, where=where, hint=error.hint) from error
    return weights
