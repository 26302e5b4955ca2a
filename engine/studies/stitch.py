"""The test parts of a walk-forward one after the other, as one account would have lived through them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import float64, int64, void

from engine.backtest.result import BacktestResult
from engine.core.bars import FloatArray, IntArray
from engine.core.timeframe import NS_PER_DAY
from engine.kernels import performance as kernel
from engine.kernels import positions
from engine.kernels.compile import compile_loop
from engine.kernels.types import MATRIX, SERIES, VECTOR
from engine.metrics import METRIC_NAMES, TAIL_NAMES
from engine.metrics.returns import tail_risk


@dataclass(frozen=True, eq=False)
class Stitched:
    """Out-of-sample runs joined.

    Parameters
    ----------
    time : int64[n]
        Close of each bar, nanoseconds UTC.
    session : int64[n]
        Session date, days since 1970-01-01.
    returns : float64[n]
        The folds' own net returns.
    equity : float64[n]
        The folds' own equity; each fold begins with what the one before it left.
    starts : int64[n_joined]
        First bar of each fold that is part of it.
    scales : float64[n_joined]
        What a fold's own equity is multiplied by: its starting equity over the capital.
    metrics : mapping of str to float
        Of the whole, as of a single run.
    """

    time: IntArray
    session: IntArray
    returns: FloatArray
    equity: FloatArray
    starts: IntArray
    scales: FloatArray
    metrics: Mapping[str, float]


def stitch(runs: Sequence[BacktestResult]) -> Stitched:
    """Join runs that follow one another in time.

    A position open at the end of a fold is marked there at the last close, and the next fold begins in cash.
    A fold that was liquidated is the last one that is joined: nobody trades on with a closed account.

    Parameters
    ----------
    runs : sequence of BacktestResult
        At least one, all with the same capital.
    """
    joined: list[BacktestResult] = []
    scales = [1.0]
    for run in runs:
        joined.append(run)
        if run.equity.size < len(run.bars) or run.equity[-1] <= 0.0:
            break
        scales.append(scales[-1] * (float(run.equity[-1]) / float(run.spec.capital)))
    sizes = np.array([run.equity.size for run in joined], np.int64)
    scale = np.array(scales[: len(joined)])
    time = np.concatenate([run.bars.time[: run.equity.size] for run in joined])
    session = np.concatenate([run.bars.session[: run.equity.size] for run in joined])
    equity = np.concatenate([run.equity * own for run, own in zip(joined, scale, strict=True)])
    returns = np.concatenate([run.returns for run in joined])
    starts = np.cumsum(sizes) - sizes
    return Stitched(
        time, session, returns, equity, starts, scale, _metrics(joined, scale, time, equity, returns)
    )


def _metrics(
    runs: Sequence[BacktestResult], scales: FloatArray, time: IntArray, equity: FloatArray,
    returns: FloatArray,
) -> dict[str, float]:  # fmt: skip
    first, spec, n = runs[0], runs[0].spec, equity.size
    benchmark = float(runs[-1].bars.close[-1] / first.bars.close[0] - 1.0)
    out = np.empty(kernel.METRIC_COUNT)
    _measure_driver()(
        equity, n, _book(runs, scales), float(spec.capital), float(first.metrics["periods_per_year"]),
        float(spec.risk_free), float(time[-1] - time[0]) / NS_PER_DAY,
        benchmark, np.empty(n), np.empty((2, kernel.LANES)), out,
    )  # fmt: skip
    return dict(zip(METRIC_NAMES, out.tolist(), strict=True)) | dict(
        zip(TAIL_NAMES, tail_risk(returns), strict=True)
    )


def _book(runs: Sequence[BacktestResult], scales: FloatArray) -> FloatArray:
    """Return the sums over the folds' orders and trades, money at each fold's scale."""
    book = np.zeros(positions.BOOK_SIZE)
    for run, scale in zip(runs, scales, strict=True):
        metrics, orders = run.metrics, run.orders
        closed = run.trades[~run.trades["open"]]
        profit = closed["pnl"] * scale
        points = np.array([leg.instrument.multiplier for leg in run.instruments])
        traded = np.abs(orders["quantity"] * orders["price"]) * points[orders["asset"]]
        book[positions.EXPOSED] += round(metrics["exposure"] * run.equity.size)
        book[positions.NOTIONAL] += scale * traded.sum()
        book[positions.ORDERS] += metrics["orders"]
        book[positions.TRADES] += closed.size
        book[positions.WINS] += (profit > 0.0).sum()
        book[positions.LOSSES] += (profit < 0.0).sum()
        book[positions.SUM_WIN] += profit[profit > 0.0].sum()
        book[positions.SUM_LOSS] += profit[profit < 0.0].sum()
        book[positions.SUM_PNL] += profit.sum()
        book[positions.COMMISSION] += metrics["costs_paid"] * scale
    return book


@functools.cache
def _measure_driver() -> Any:
    numbers = (float64,) * 5
    return compile_loop(kernel.measure, void(SERIES, int64, VECTOR, *numbers, VECTOR, MATRIX, VECTOR))
