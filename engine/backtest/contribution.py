"""Who earned what in a run: net P&L, exposure and co-movement of each leg, from its orders and marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtest.result import BacktestResult
from engine.core.bars import Bars, FloatArray, IntArray

# Fewer common returns than this say nothing about how two legs move together.
LEAST_COMMON = 3


def bars_on_axis(leg: Bars, axis: Bars, count: int) -> IntArray:
    """Return for each bar of the axis the last bar of a leg that had closed by then.

    Parameters
    ----------
    leg, axis : Bars
        A leg and the time axis of its run.
    count : int
        Bars of the axis that were simulated.

    Returns
    -------
    int64[count]
        Positions in ``leg``; -1 before its first bar.
    """
    return np.searchsorted(leg.time, axis.time[:count], side="right").astype(np.int64) - 1


def marks(result: BacktestResult) -> FloatArray:
    """Return the close that values each leg at each bar of the run.

    Returns
    -------
    float64[n_assets, n]
        The leg's last close; 0 before its first bar, where nothing can be held.
    """
    count = result.equity.size
    table = np.zeros((len(result.instruments), count))
    for row, leg in enumerate(result.instruments):
        at = bars_on_axis(leg, result.bars, count)
        if len(leg):
            table[row] = np.where(at >= 0, leg.close[np.maximum(at, 0)], 0.0)
    return table


def exposures(result: BacktestResult) -> FloatArray:
    """Return the signed value held of each leg as a share of equity at each close.

    Returns
    -------
    float64[n_assets, n]
        ``holdings x close x multiplier / equity``; 0 where the equity is 0.
    """
    value = result.holdings * marks(result) * _multipliers(result)
    equity = result.equity
    return np.divide(value, equity, out=np.zeros_like(value), where=equity != 0.0)


def contributions(result: BacktestResult) -> FloatArray:
    """Return the net P&L of each leg in each bar, in currency.

    The change of the leg's value, less what was paid for it, its commissions, and the borrow and interest
    charged to it. Fills are booked at their slipped prices, so slippage is in it.

    Returns
    -------
    float64[n_assets, n]
        The columns sum to the change of equity in each bar (the first against the capital), to rounding.
    """
    count, multiplier = result.equity.size, _multipliers(result)
    value = result.holdings * marks(result) * multiplier
    earned = np.diff(value, prepend=0.0, axis=1)
    orders = result.orders
    paid = orders["quantity"] * orders["price"] * multiplier[orders["asset"], 0] + orders["commission"]
    np.subtract.at(earned, (orders["asset"], orders["fill_bar"]), paid)
    if result.charges is not None:
        earned -= result.charges[:, :count]
    return earned


def return_correlations(legs: Sequence[Bars]) -> FloatArray:
    """Return the correlations of the legs' returns, each pair over the bars that both have.

    A return runs from one bar that both have to the next, so different calendars compare the same spans.

    Parameters
    ----------
    legs : sequence of Bars

    Returns
    -------
    float64[k, k]
        NaN where fewer than three common returns exist or a price did not move.
    """
    count = len(legs)
    table = np.eye(count)
    shared = _shared_returns(legs)
    if shared is not None:
        return correlations(shared)
    for one in range(count):
        for other in range(one):
            _, here, there = np.intersect1d(
                legs[one].time, legs[other].time, assume_unique=True, return_indices=True
            )
            pair = np.vstack((_changes(legs[one].close[here]), _changes(legs[other].close[there])))
            table[one, other] = table[other, one] = correlations(pair)[0, 1]
    return table


def correlations(series: FloatArray) -> FloatArray:
    """Return the correlation matrix of some rows; NaN where a row does not move or is too short.

    Parameters
    ----------
    series : float64[k, n]
        One series per row.

    Returns
    -------
    float64[k, k]
        1 on the diagonal of rows that move.
    """
    if series.shape[1] < LEAST_COMMON:
        return np.full((series.shape[0],) * 2, np.nan)
    centred = series - series.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred**2).sum(axis=1))
    # A row of one number leaves rounding behind, not movement.
    still = spread <= 1e-12 * np.abs(series).max(axis=1, initial=0.0) * np.sqrt(series.shape[1])
    spread = np.where(still, np.nan, spread)
    table = np.clip(centred @ centred.T / np.outer(spread, spread), -1.0, 1.0)
    table[np.diag_indices_from(table)] = np.where(still, np.nan, 1.0)
    return np.asarray(table)


def turnover_of_legs(result: BacktestResult) -> FloatArray:
    """Return the value traded of each leg over the whole run, in currency, float64[n_assets]."""
    orders = result.orders
    value = np.abs(orders["quantity"]) * orders["price"] * _multipliers(result)[orders["asset"], 0]
    return _sums(orders["asset"], value, len(result.instruments))


def sums_by_leg(result: BacktestResult, values: npt.NDArray[Any]) -> FloatArray:
    """Return the sum of one value per trade over each leg's trades, float64[n_assets]."""
    return _sums(result.trades["asset"], values, len(result.instruments))


def _sums(assets: npt.NDArray[Any], values: npt.NDArray[Any], count: int) -> FloatArray:
    # Without rows numpy would count integers.
    return np.asarray(np.bincount(assets, weights=values, minlength=count), np.float64)


def _multipliers(result: BacktestResult) -> FloatArray:
    factors = [leg.instrument.multiplier for leg in result.instruments]
    return np.array(factors, dtype=np.float64).reshape(-1, 1)


def _changes(close: FloatArray) -> FloatArray:
    return np.asarray(close[1:] / close[:-1] - 1.0)


def _shared_returns(legs: Sequence[Bars]) -> FloatArray | None:
    """Return the returns of legs that all have the same bars, float64[k, n - 1]; None when they differ."""
    first = legs[0].time
    if any(leg.time.size != first.size or not np.array_equal(leg.time, first) for leg in legs[1:]):
        return None
    return np.vstack([_changes(leg.close) for leg in legs])
