"""Metrics of a plain vector of returns: the formulas of rule 21, for tests and studies.

Functions take ``returns`` float64[n] (fractions per bar) and the number of bars in a year.
Undefined ratios are NaN.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import float64, int64, types, void

from engine.core.bars import FloatArray
from engine.kernels import performance as kernel
from engine.kernels.compile import compile_loop
from engine.kernels.performance import risk_ratios
from engine.kernels.types import MATRIX, SERIES, VECTOR


def _ratios(returns: FloatArray, periods_per_year: float, risk_free: float) -> FloatArray:
    out = np.empty(kernel.METRIC_COUNT)
    values = np.ascontiguousarray(returns, dtype=np.float64)
    lanes = np.empty((2, kernel.LANES))
    _ratio_driver()(values, values.size, float(periods_per_year), float(risk_free), lanes, out)
    return out


def _ratios_of(returns, n, periods, risk_free, lanes, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  (compiled)
    risk_ratios(returns, n, np.mean(returns[:n]), periods, risk_free, lanes, out)  # type: ignore[no-untyped-call]


@functools.cache
def _ratio_driver() -> Any:
    return compile_loop(_ratios_of, void(SERIES, int64, float64, float64, MATRIX, VECTOR))


@functools.cache
def _drawdown_driver() -> Any:
    return compile_loop(kernel.deepest, types.Tuple((float64, int64))(SERIES, float64, int64))


def volatility(returns: FloatArray, periods_per_year: float) -> float:
    """Return std(r, ddof=1) x sqrt(periods_per_year); NaN for fewer than two returns."""
    return float(_ratios(returns, periods_per_year, 0.0)[kernel.VOLATILITY])


def sharpe(returns: FloatArray, periods_per_year: float, risk_free: float = 0.0) -> float:
    """Return mean(r - rf) / std(r, ddof=1) x sqrt(periods_per_year).

    Parameters
    ----------
    returns : float64[n]
    periods_per_year : float
    risk_free : float, default 0.0
        Yearly rate; each bar is charged ``risk_free / periods_per_year``.

    References
    ----------
    Sharpe, W. F. (1994), "The Sharpe Ratio", Journal of Portfolio Management 21(1).
    """
    return float(_ratios(returns, periods_per_year, risk_free)[kernel.SHARPE])


def sortino(returns: FloatArray, periods_per_year: float, risk_free: float = 0.0) -> float:
    """Return the mean excess return over the downside deviation (root mean of min(r - rf, 0)^2), yearly.

    References
    ----------
    Sortino, F. and Price, L. (1994), "Performance Measurement in a Downside Risk Framework".
    """
    return float(_ratios(returns, periods_per_year, risk_free)[kernel.SORTINO])


def max_drawdown(equity: FloatArray, initial: float) -> float:
    """Return min(equity / running maximum - 1), the initial value counting as the first high; <= 0."""
    values = np.ascontiguousarray(equity, dtype=np.float64)
    return float(_drawdown_driver()(values, float(initial), values.size)[0])


def annual_return(total_return: float, bars: int, periods_per_year: float) -> float:
    """Return (1 + total_return) ^ (periods_per_year / bars) - 1."""
    final = 1.0 + total_return
    return final ** (periods_per_year / bars) - 1.0 if final > 0.0 else -1.0


def tail_risk(returns: FloatArray, share: float = 0.05) -> tuple[float, float]:
    """Return historical value at risk and expected shortfall of bar returns.

    Parameters
    ----------
    returns : float64[n]
    share : float, default 0.05
        Size of the tail.

    Returns
    -------
    var : float
        The ``share`` quantile, linear between order statistics.
    cvar : float
        Mean of the worst ``int((n - 1) * share) + 1`` returns (the convention of empyrical).
        Both NaN without returns.
    """
    n = returns.size
    if n == 0:
        return float("nan"), float("nan")
    position = (n - 1) * share
    below = int(position)
    # Only the tail is sorted: a million returns need no full sort, and the sum keeps one order.
    tail = np.sort(np.partition(returns, min(below + 1, n - 1))[: below + 2])
    above = tail[min(below + 1, tail.size - 1)]
    var = tail[below] + (above - tail[below]) * (position - below)
    return float(var), float(np.sum(tail[: below + 1]) / (below + 1))
