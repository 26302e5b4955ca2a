"""Loops of the oscillators: MACD, Wilder's RSI, z-scores of a value, a ratio and a return.

As in `engine.kernels.rolling`: NaN before the first full window, any series length, ``x`` is only read.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.compile import kernel
from engine.kernels.rolling import exponential_mean, first_number, window_moments


@kernel
def converge(x, fast, slow, smooth, start, first, known, macd, signal):
    """Run the three averages of `convergence` side by side: each waits for itself alone, bar after bar.

    ``start`` is the first number of ``x``, ``first`` the first bar with both averages, ``known`` that with
    the signal. The same operations as those of `exponential_mean`, to the bit.
    """
    alpha, beta, gamma = 2.0 / (fast + 1.0), 2.0 / (slow + 1.0), 2.0 / (smooth + 1.0)
    quick, lag = x[start], x[start]
    for t in range(start + 1, first + 1):
        quick += alpha * (x[t] - quick)
        lag += beta * (x[t] - lag)
    level = quick - lag
    for t in range(first + 1, known + 1):
        quick += alpha * (x[t] - quick)
        lag += beta * (x[t] - lag)
        level += gamma * ((quick - lag) - level)
    macd[:known], signal[:known] = np.nan, np.nan
    macd[known], signal[known] = quick - lag, level
    for t in range(known + 1, x.shape[0]):
        quick += alpha * (x[t] - quick)
        lag += beta * (x[t] - lag)
        macd[t] = quick - lag
        level += gamma * (macd[t] - level)
        signal[t] = level


@kernel
def convergence(x, fast, slow, smooth, macd, signal):
    """Write the MACD, the difference of two EMAs, and the EMA of it.

    Parameters
    ----------
    x : float64[size]
    fast, slow, smooth : int
        Spans in bars of both averages and of the signal line.
    macd, signal : float64[size]
        Both are valid from bar max(fast, slow) + smooth - 2 on: the signal's seed is the first difference.
    """
    size, start = x.shape[0], first_number(x)
    first = start + max(fast, slow) - 1
    known = first + smooth - 1
    if min(fast, slow, smooth) > 1 and known < size:
        converge(x, fast, slow, smooth, start, first, known, macd, signal)
        return
    exponential_mean(x, fast, macd)
    exponential_mean(x, slow, signal)
    for t in range(size):
        macd[t] -= signal[t]
    exponential_mean(macd, smooth, signal)
    for t in range(size):
        if np.isnan(signal[t]):
            macd[t] = np.nan


@kernel
def relative_strength(x, n, out):
    """Write Wilder's RSI from 0 to 100, valid from the n-th change on.

    Parameters
    ----------
    x : float64[size]
        Leading NaN are skipped; a later one makes everything after it NaN.
    n : int
        Length in bars.
    out : float64[size]
        50 while the price has not moved at all.
    """
    size = x.shape[0]
    start = first_number(x)
    if n < 1 or size - start <= n:
        out[:] = np.nan
        return
    first = start + n
    out[:first] = np.nan
    gain, loss = 0.0, 0.0
    for t in range(start + 1, first + 1):
        change = x[t] - x[t - 1]
        if change > 0.0:
            gain += change
        else:
            loss -= change
    gain, loss, alpha = gain / n, loss / n, 1.0 / n
    for t in range(first, size):
        if t > first:
            change = x[t] - x[t - 1]
            rise = change if change > 0.0 else 0.0
            gain += alpha * (rise - gain)
            # `change - rise` and not 0: a NaN must stay one.
            loss += alpha * (rise - change - loss)
        total = gain + loss
        out[t] = 50.0 if total == 0.0 else 100.0 * (gain / total)


@kernel
def standard_score(x, n, out):
    """Write how many population deviations each value lies above the mean of the last ``n`` values.

    Parameters
    ----------
    x : float64[size]
    n : int
        Window in bars; it holds the value itself.
    out : float64[size]
        NaN where the window is not full or holds a NaN; 0 where all its values are the same. Not ``x``.
    """
    mean = np.empty(x.shape[0])
    window_moments(x, n, mean, out)
    for t in range(x.shape[0]):
        # A NaN is not 0: it goes through the division.
        out[t] = 0.0 if out[t] == 0.0 else (x[t] - mean[t]) / out[t]


@kernel
def ratio(x, y, out):
    """Write ``x / y``; NaN where ``y`` is 0."""
    for t in range(x.shape[0]):
        out[t] = np.nan if y[t] == 0.0 else x[t] / y[t]


@kernel
def simple_return(x, n, out):
    """Write the return over ``n`` bars as a fraction; NaN in the first ``n`` bars and where the base is 0."""
    for t in range(x.shape[0]):
        base = x[t - n] if t >= n else np.nan
        out[t] = np.nan if base == 0.0 else x[t] / base - 1.0
