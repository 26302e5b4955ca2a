"""Correlations of many assets, and positions against the mean of the group an asset belongs to."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import float64, int64, types, void

from engine.kernels.compile import compile_loop
from engine.kernels.types import MATRIX, SERIES, STAMPS

# A standard deviation of log prices or returns below this is rounding, not a movement.
STANDS_STILL = 1e-10

TABLE = types.Array(float64, 2, "C", readonly=True)


def _correlations(logs, assets, stop, n, out):
    count = assets.shape[0]
    moves = np.empty((count, n))
    for i in range(count):
        mean = 0.0
        for k in range(n):
            bar = stop - n + k
            moves[i, k] = logs[assets[i], bar] - logs[assets[i], bar - 1]
            mean += moves[i, k]
        mean /= n
        squares = 0.0
        for k in range(n):
            moves[i, k] -= mean
            squares += moves[i, k] * moves[i, k]
        length = np.sqrt(squares)
        for k in range(n):
            moves[i, k] = moves[i, k] / length if length >= STANDS_STILL * np.sqrt(n) else np.nan
    for i in range(count):
        for j in range(i + 1):
            total = 0.0
            for k in range(n):
                total += moves[i, k] * moves[j, k]
            out[i, j] = out[j, i] = total


def _group_positions(logs, own, refits, members, n, rules, out):
    n_assets, n_bars = logs.shape
    enter, leave = rules[0], rules[1]
    side, mean = np.zeros(n_assets), np.full(n_bars, np.nan)
    out[:] = 0.0
    for k in range(refits.shape[0]):
        stop = refits[k + 1] if k + 1 < refits.shape[0] else n_bars
        size = 0
        for i in range(n_assets):
            size += 1 if members[k, i] != 0.0 else 0
            if members[k, i] == 0.0:
                side[i] = 0.0
        if size == 0:
            continue
        for t in range(refits[k] - n + 1, stop):
            total = 0.0
            for i in range(n_assets):
                if members[k, i] != 0.0:
                    total += logs[i, t]
            mean[t] = total / size
        for t in range(refits[k], stop):
            for i in range(n_assets):
                if members[k, i] == 0.0:
                    continue
                if own[i, t] < 0.0:
                    side[i] = 0.0  # no longer traded
                elif own[i, t] > 0.0:
                    centre, squares = 0.0, 0.0
                    for s in range(t - n + 1, t + 1):
                        centre += logs[i, s] - mean[s]
                    centre /= n
                    for s in range(t - n + 1, t + 1):
                        away = logs[i, s] - mean[s] - centre
                        squares += away * away
                    deviation = np.sqrt(squares / n)
                    if deviation >= STANDS_STILL:
                        z = (logs[i, t] - mean[t] - centre) / deviation
                        if side[i] * z >= -leave:
                            side[i] = 0.0
                        if side[i] == 0.0 and abs(z) > enter:
                            side[i] = -1.0 if z > 0.0 else 1.0
                out[i, t] = side[i] / size


@functools.cache
def correlations_driver() -> Any:
    """Return the compiled ``(logs, assets, stop, n, out)``: correlations of the last ``n`` returns.

    ``logs`` float64[n_assets, n_bars] are log prices, ``assets`` int64[k] the rows to compare, the returns
    those of bars ``stop - n`` to ``stop - 1``. ``out`` float64[k, k]; NaN for an asset that stands still.
    """
    return compile_loop(_correlations, void(TABLE, STAMPS, int64, int64, MATRIX))


@functools.cache
def group_positions_driver() -> Any:
    """Return the compiled ``(logs, own, refits, members, n, rules, out)``: mean reversion in a group.

    Parameters are ``logs`` float64[n_assets, n_bars], carried where an asset has no bar; ``own`` of that
    shape: 1 at its bars, 0 between them, -1 once it no longer trades; ``refits`` int64[k], at least
    ``n - 1`` each, and ``members`` float64[k, n_assets], 1 for the members of the group from that bar on;
    ``rules`` (entry, exit). ``out`` receives the side of each asset divided by the size of the group.
    """
    return compile_loop(_group_positions, void(TABLE, TABLE, STAMPS, TABLE, int64, SERIES, MATRIX))
