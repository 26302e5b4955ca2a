"""Loops of the Markov trend lines: share of up states, expected move per bar.

As in `engine.kernels.rolling`: NaN before the first full window, any series length, ``x`` is only read,
lengths below 1 give NaN throughout.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.compile import kernel, loop_kernel
from engine.kernels.rolling import wilder_mean, window_mean


@kernel
def state_shares(x, ranges, length, lookback, threshold, history, out):
    """Write which share of the last ``history`` bars was in the up state.

    A bar is up when ``x`` rose over ``lookback`` bars by more than ``threshold`` x Wilder's average of the
    ranges, down when it fell by more, else it keeps the state of the bar before.

    Parameters
    ----------
    x : float64[size]
    ranges : float64[size]
        True ranges: NaN at the first bar, numbers from the second on. Not ``out``.
    length, lookback, history : int
        Bars of the average, of a move, and bars that are counted.
    threshold : float
        In average ranges, 0 or more.
    out : float64[size]
        NaN while one of the bars counted has no state: its move is unknown, or no bar so far went beyond
        the threshold.
    """
    size, first = x.shape[0], max(length, lookback)
    if size <= length or min(length, lookback, history) < 1:
        out[:] = np.nan
        return
    # The average is the one of `wilder_mean`, taken on in the loop: its slow recursion hides the counting.
    wilder_mean(ranges[: length + 1], length, out[: length + 1])
    value, alpha = out[length], 1.0 / length
    for t in range(length + 1, min(first, size)):
        value += alpha * (ranges[t] - value)
    out[:first] = np.nan
    rose = np.zeros(size + history, np.int8)
    state, ups, full = -1, 0, first + history - 1
    for t in range(first, size):
        if t > length:
            value += alpha * (ranges[t] - value)
        move, level = x[t] - x[t - lookback], threshold * value
        if move > level:
            state = 1
        elif move < -level:
            state = 0
        elif state < 0 or np.isnan(move):
            # No state yet, or a hole, which leaves the state to later bars: windows without this bar.
            full = t + history
        rising = 1 if state > 0 else 0
        ups += rising - rose[t]
        rose[t + history] = rising
        out[t] = ups / history if t >= full else np.nan


@loop_kernel
def expectations(x, lookback, mean, rises, falls, out):
    """Write the expected move of every full window; a loop without order, for the processor's vectors.

    Parameters
    ----------
    x : float64[size]
    lookback : int
        Changes in a window.
    mean : float64[size]
        Mean absolute change of each window.
    rises, falls : int64[size]
        How many changes up to each bar went up and down.
    out : float64[size]
        Written from position ``lookback`` on.
    """
    size = x.shape[0] - lookback
    # Slices from one position each: an index that might be negative keeps a loop from the vectors.
    x_then, rises_then, falls_then = x[:size], rises[:size], falls[:size]
    x_now, rises_now, falls_now = x[lookback:], rises[lookback:], falls[lookback:]
    means, moves = mean[lookback:], out[lookback:]
    for i in range(size):
        up, down = rises_now[i] - rises_then[i], falls_now[i] - falls_then[i]
        # Changes add up to the change over all bars: rises less falls needs no sum.
        total, net = means[i] * lookback, x_now[i] - x_then[i]
        weight = 0.5 * (up * (total + net) + down * (total - net))
        moves[i] = net * total / weight if weight != 0.0 else 0.0


@kernel
def expected_moves(x, lookback, n, out):
    """Write the mean of the last ``n`` expected moves per bar.

    The expected move is p_up x mean rise - p_down x mean fall, over the last ``lookback`` changes of ``x``;
    p_up and p_down are in proportion to count x sum of the rises and of the falls. So it equals
    (rises^2 - falls^2) / (count x rises + count x falls), where rises and falls are sums, and 0 when
    nothing moved.

    Parameters
    ----------
    x : float64[size]
    lookback, n : int
        Changes of each expectation; expectations that are averaged.
    out : float64[size]
        In units of ``x``; NaN where a window is not full or holds a NaN.
    """
    size = x.shape[0]
    if min(lookback, n) < 1 or size <= lookback:
        out[:] = np.nan
        return
    moves, rises, falls = np.empty(size), np.empty(size, np.int64), np.empty(size, np.int64)
    moves[0], rises[0], falls[0] = np.nan, 0, 0
    for t in range(1, size):
        step = x[t] - x[t - 1]
        moves[t], rises[t], falls[t] = abs(step), step > 0.0, step < 0.0
    up, down = 0, 0
    for t in range(1, size):
        up += rises[t]
        down += falls[t]
        rises[t], falls[t] = up, down
    window_mean(moves, lookback, out)
    moves[:lookback] = np.nan
    expectations(x, lookback, out, rises, falls, moves)
    window_mean(moves, n, out)
