"""First-order autoregression by least squares over a moving or growing window, and the variance recursion.

``x[t]`` is the return of bar t; bar 0 has none (``x[0]`` is never read).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import float64, int64, void

from engine.kernels.compile import compile_loop, kernel
from engine.kernels.types import SERIES, VECTOR

STILL = 1e-24  # variance of log returns that is rounding and no movement


@kernel
def slope_and_t(n, xx, xy, yy):
    """Return the slope and its t statistic from centred sums; NaN where nothing moves.

    Parameters
    ----------
    n : int
        Number of pairs.
    xx, xy, yy : float
        Sums of squares and products about the means.
    """
    if n < 3 or not xx > n * STILL:
        return np.nan, np.nan
    slope = xy / xx
    rest = yy - slope * xy
    error = np.sqrt(rest / (n - 2) / xx) if rest > 0.0 else 0.0
    return slope, slope / error if error > 0.0 else np.nan


def _ar1(x, window, first, every, slope, t_statistic):
    size = x.shape[0]
    held, held_t = np.nan, np.nan
    count, mean_x, mean_y, xx, xy, yy = 0, 0.0, 0.0, 0.0, 0.0, 0.0
    for t in range(size):
        due = t >= first and (t - first) % every == 0
        if window == 0 and t >= 2:
            # Welford's update: no difference of large sums, whatever the length.
            count += 1
            step_x, step_y = x[t - 1] - mean_x, x[t] - mean_y
            mean_x += step_x / count
            mean_y += step_y / count
            xx += step_x * (x[t - 1] - mean_x)
            xy += step_x * (x[t] - mean_y)
            yy += step_y * (x[t] - mean_y)
        if due and window > 0:
            start = max(t - window + 1, 0) + 2
            count, mean_x, mean_y, xx, xy, yy = max(t - start + 1, 0), 0.0, 0.0, 0.0, 0.0, 0.0
            for i in range(start, t + 1):
                mean_x += x[i - 1] / count
                mean_y += x[i] / count
            for i in range(start, t + 1):
                step_x, step_y = x[i - 1] - mean_x, x[i] - mean_y
                xx += step_x * step_x
                xy += step_x * step_y
                yy += step_y * step_y
        if due:
            held, held_t = slope_and_t(count, xx, xy, yy)
        slope[t], t_statistic[t] = held, held_t


def _next_variance(y, terms, known, out):
    mean, phi, omega, alpha, beta = terms[0], terms[1], terms[2], terms[3], terms[4]
    variance = known
    for i in range(out.shape[0]):
        rest = y[i + 1] - mean - phi * y[i]
        variance = omega + alpha * rest * rest + beta * variance
        out[i] = variance


@functools.cache
def ar1_driver() -> Any:
    """Return the compiled ``(x, window, first, every, slope, t_statistic)``.

    ``x``, ``slope`` and ``t_statistic`` are float64[n]; ``window`` counts bars (a window of w bars holds
    w - 1 returns and w - 2 pairs), 0 stands for all bars so far. The regression of a return on the one
    before, with a constant, is made at bars ``first``, ``first + every``, ... and held in between; NaN
    before ``first``.
    """
    return compile_loop(_ar1, void(SERIES, int64, int64, int64, VECTOR, VECTOR))


@functools.cache
def next_variance_driver() -> Any:
    """Return the compiled ``(y, terms, known, out)``: GARCH(1,1) variance expected for the next bar.

    ``y`` float64[m + 1] returns, the first of them the one before the first bar; ``terms`` float64[5] =
    mean, AR coefficient, omega, alpha, beta; ``known`` the variance that was expected for the first bar;
    ``out`` float64[m] is filled with what the close of each bar expects for the bar after it.
    """
    return compile_loop(_next_variance, void(SERIES, SERIES, float64, VECTOR))
