"""Where a value stands among the last ones: percentile rank and quantile of a moving window.

Both write NaN before the first full window. The result depends on the values in the window only, so a
longer series gives the same bits.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import float64, int64, void

from engine.kernels.compile import compile_loop
from engine.kernels.types import SERIES, VECTOR


def _percentile_rank(x, n, out):
    for t in range(min(n - 1, x.shape[0])):
        out[t] = np.nan
    for t in range(n - 1, x.shape[0]):
        value, below, equal, missing = x[t], 0, 0, 0
        for i in range(t - n + 1, t + 1):
            below += x[i] < value
            equal += x[i] == value
            missing += np.isnan(x[i])
        out[t] = np.nan if missing > 0 else 100.0 * (below + 0.5 * (equal - 1)) / (n - 1)


def _rolling_quantile(x, n, q, out):
    size = x.shape[0]
    for t in range(min(n - 1, size)):
        out[t] = np.nan
    if size < n:
        return
    place = (n - 1) * q
    low = int(np.floor(place))
    high, share = min(low + 1, n - 1), place - low
    ordered = np.sort(x[:n])
    for t in range(n - 1, size):
        if t >= n:
            at = np.searchsorted(ordered, x[t - n])
            while at < n - 1 and ordered[at + 1] < x[t]:
                ordered[at] = ordered[at + 1]
                at += 1
            while at > 0 and ordered[at - 1] > x[t]:
                ordered[at] = ordered[at - 1]
                at -= 1
            ordered[at] = x[t]
        out[t] = ordered[low] + share * (ordered[high] - ordered[low])


@functools.cache
def percentile_rank_driver() -> Any:
    """Return the compiled ``(x, n, out)``: percent of the last ``n`` values below the current one.

    ``x`` and ``out`` are float64[size], ``n`` >= 2. 0 is the lowest of the window, 100 the highest; equal
    values count half. NaN where the window holds a NaN.
    """
    return compile_loop(_percentile_rank, void(SERIES, int64, VECTOR))


@functools.cache
def rolling_quantile_driver() -> Any:
    """Return the compiled ``(x, n, q, out)``: quantile ``q`` in [0, 1] of the last ``n`` values.

    ``x`` float64[size] without NaN, ``out`` float64[size], ``n`` >= 1; between two values it is
    interpolated, as `numpy.quantile` does. The window is kept in order from bar to bar.
    """
    return compile_loop(_rolling_quantile, void(SERIES, int64, float64, VECTOR))
