"""Loops over a moving window or a recursion: means, deviations, extremes.

All write NaN before the first full window, take series shorter than the window (all NaN) and empty ones,
and read ``x`` without changing it. Lengths below 1 give NaN throughout.

Window sums and extremes join the tail of one block and the head of the next (blocks as long as the
window), so each costs two steps per bar at any length and nothing is ever subtracted again: there is no
drift. Sums are of differences to an element of the window, so that the mean of a constant is that constant
to the last bit.

References
----------
van Herk (1992) and Gil, Werman (1993), for extremes; the same decomposition serves sums.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.compile import kernel


@kernel
def window_mean(x, n, out):
    """Write the mean of the last ``n`` values.

    Parameters
    ----------
    x : float64[size]
    n : int
        Window in bars.
    out : float64[size]
        NaN where the window is not full or holds a NaN.
    """
    size = x.shape[0]
    if n < 1 or size < n:
        out[:] = np.nan
        return
    out[: n - 1] = np.nan
    for start in range(0, size, n):
        origin = x[start]
        tail = 0.0
        for i in range(start - 1, max(start - n, -1), -1):
            tail += x[i] - origin
            if i + n - 1 < size:
                out[i + n - 1] = tail
        head = 0.0
        for t in range(start, min(start + n, size)):
            head += x[t] - origin
            if t >= n - 1:
                joined = head if t == start + n - 1 else out[t] + head
                out[t] = origin + joined / n


@kernel
def window_moments(x, n, mean, deviation):
    """Write the mean and the population standard deviation (ddof 0) of the last ``n`` values.

    Parameters
    ----------
    x : float64[size]
    n : int
        Window in bars.
    mean, deviation : float64[size]
        NaN where the window is not full or holds a NaN; the deviation of a constant is exactly 0.
    """
    size = x.shape[0]
    if n < 1 or size < n:
        mean[:] = np.nan
        deviation[:] = np.nan
        return
    mean[: n - 1] = np.nan
    deviation[: n - 1] = np.nan
    for start in range(0, size, n):
        origin = x[start]
        tail, tail_squares = 0.0, 0.0
        for i in range(start - 1, max(start - n, -1), -1):
            step = x[i] - origin
            tail += step
            tail_squares += step * step
            if i + n - 1 < size:
                mean[i + n - 1] = tail
                deviation[i + n - 1] = tail_squares
        head, head_squares = 0.0, 0.0
        for t in range(start, min(start + n, size)):
            step = x[t] - origin
            head += step
            head_squares += step * step
            if t >= n - 1:
                whole = t == start + n - 1
                first = (head if whole else mean[t] + head) / n
                second = (head_squares if whole else deviation[t] + head_squares) / n
                mean[t] = origin + first
                # `max` would turn a NaN into a number.
                spread = second - first * first
                deviation[t] = 0.0 if spread < 0.0 else np.sqrt(spread)


@kernel
def window_maximum(x, n, out):
    """Write the largest of the last ``n`` values; ``x`` holds no NaN."""
    size = x.shape[0]
    if n < 1 or size < n:
        out[:] = np.nan
        return
    out[: n - 1] = np.nan
    for start in range(0, size, n):
        tail = -np.inf
        for i in range(start - 1, max(start - n, -1), -1):
            tail = max(tail, x[i])
            if i + n - 1 < size:
                out[i + n - 1] = tail
        head = -np.inf
        for t in range(start, min(start + n, size)):
            head = max(head, x[t])
            if t >= n - 1:
                out[t] = head if t == start + n - 1 else max(out[t], head)


@kernel
def window_minimum(x, n, out):
    """Write the smallest of the last ``n`` values; ``x`` holds no NaN."""
    size = x.shape[0]
    if n < 1 or size < n:
        out[:] = np.nan
        return
    out[: n - 1] = np.nan
    for start in range(0, size, n):
        tail = np.inf
        for i in range(start - 1, max(start - n, -1), -1):
            tail = min(tail, x[i])
            if i + n - 1 < size:
                out[i + n - 1] = tail
        head = np.inf
        for t in range(start, min(start + n, size)):
            head = min(head, x[t])
            if t >= n - 1:
                out[t] = head if t == start + n - 1 else min(out[t], head)


@kernel
def first_number(x):
    """Return the position of the first value that is not NaN, the length when there is none."""
    for t in range(x.shape[0]):
        if not np.isnan(x[t]):
            return t
    return x.shape[0]


@kernel
def exponential_mean(x, n, out):
    """Write the EMA: alpha = 2 / (n + 1), seeded with the first number, valid from the n-th on.

    Parameters
    ----------
    x : float64[size]
        Leading NaN are skipped; a later one makes everything after it NaN.
    n : int
        Span in bars.
    out : float64[size]
    """
    size = x.shape[0]
    start = first_number(x)
    if n < 1 or size - start < n:
        out[:] = np.nan
        return
    if n == 1:
        out[:] = x  # value + (x - value) need not be x
        return
    alpha, value = 2.0 / (n + 1.0), x[start]
    first = start + n - 1
    for t in range(start + 1, first + 1):
        # This form keeps a constant series constant to the last bit.
        value += alpha * (x[t] - value)
    out[:first] = np.nan
    out[first] = value
    for t in range(first + 1, size):
        value += alpha * (x[t] - value)
        out[t] = value


@kernel
def wilder_mean(x, n, out):
    """Write Wilder's average: alpha = 1 / n, seeded with the mean of the first ``n`` numbers.

    Parameters
    ----------
    x : float64[size]
        Leading NaN are skipped; a later one makes everything after it NaN.
    n : int
        Length in bars.
    out : float64[size]
        May be ``x`` itself.
    """
    size = x.shape[0]
    start = first_number(x)
    if n < 1 or size - start < n:
        out[:] = np.nan
        return
    if n == 1:
        out[:] = x
        return
    total, first = 0.0, start + n - 1
    for t in range(start, first + 1):
        total += x[t] - x[start]
    value, alpha = x[start] + total / n, 1.0 / n
    out[:first] = np.nan
    out[first] = value
    for t in range(first + 1, size):
        value += alpha * (x[t] - value)
        out[t] = value


@kernel
def true_range(high, low, close, out):
    """Write max(high, previous close) - min(low, previous close); NaN at the first bar."""
    for t in range(close.shape[0]):
        if t == 0:
            out[t] = np.nan
        else:
            out[t] = max(high[t], close[t - 1]) - min(low[t], close[t - 1])


@kernel
def average_true_range(high, low, close, n, out):
    """Write Wilder's average of the true range, valid from bar ``n``, as TA-Lib has it."""
    true_range(high, low, close, out)
    wilder_mean(out, n, out)
