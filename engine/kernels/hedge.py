"""Hedge ratios of two price series and the z-score of what they leave; the test for cointegration.

All read logarithms of prices at common bars and write NaN where a value is not known yet or not defined.
Each value comes from its own window (or from a filter that starts with the first one), so a longer series
gives the same bits.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import int64, void

from engine.kernels.compile import compile_loop, kernel
from engine.kernels.rolling import window_moments
from engine.kernels.types import SERIES, VECTOR

# A standard deviation of log prices below this is rounding, not a movement.
STANDS_STILL = 1e-10


@kernel
def least_squares(y, x, first, stop):
    """Regress ``y[first:stop]`` on ``x`` with an intercept.

    Returns
    -------
    slope, y_mean, x_mean, deviation : float
        Deviation is the population standard deviation of the residuals; slope and deviation are NaN when
        ``x`` stands still.
    """
    n = stop - first
    y_mean, x_mean = 0.0, 0.0
    for i in range(first, stop):
        y_mean += y[i]
        x_mean += x[i]
    y_mean, x_mean = y_mean / n, x_mean / n
    xx, xy = 0.0, 0.0
    for i in range(first, stop):
        xx += (x[i] - x_mean) * (x[i] - x_mean)
        xy += (x[i] - x_mean) * (y[i] - y_mean)
    if np.sqrt(xx / n) < STANDS_STILL:
        return np.nan, y_mean, x_mean, np.nan
    slope, squares = xy / xx, 0.0
    for i in range(first, stop):
        rest = y[i] - y_mean - slope * (x[i] - x_mean)
        squares += rest * rest
    return slope, y_mean, x_mean, np.sqrt(squares / n)


def _rolling_hedge(y, x, n, slope, score):
    slope[:] = np.nan
    score[:] = np.nan
    for t in range(n - 1, y.shape[0]):
        found, y_mean, x_mean, deviation = least_squares(y, x, t - n + 1, t + 1)
        slope[t] = found
        if deviation >= STANDS_STILL:
            score[t] = (y[t] - y_mean - found * (x[t] - x_mean)) / deviation


def _kalman_hedge(y, x, n, slope, score):
    size = y.shape[0]
    slope[:] = np.nan
    score[:] = np.nan
    if size < 2 * n:
        return
    beta, y_mean, x_mean, _ = least_squares(y, x, 0, n)
    if np.isnan(beta):
        beta = 0.0
    alpha = y_mean - beta * x_mean
    squares = 0.0
    for i in range(n):
        squares += x[i] * x[i]
    # With this noise the filter forgets over about n bars: its gain settles near 1 / n.
    noise = 1.0 / (n * n * (1.0 + squares / n))
    p, q, r = 0.0, 0.0, 0.0  # covariance of (beta, alpha): [[p, q], [q, r]]
    surprise = np.empty(size - n)
    for t in range(n, size):
        p, r = p + noise, r + noise
        error = y[t] - alpha - beta * x[t]
        gain_beta, gain_alpha = p * x[t] + q, q * x[t] + r
        spread = gain_beta * x[t] + gain_alpha + 1.0
        beta += gain_beta / spread * error
        alpha += gain_alpha / spread * error
        p -= gain_beta * gain_beta / spread
        q -= gain_beta * gain_alpha / spread
        r -= gain_alpha * gain_alpha / spread
        slope[t] = beta
        surprise[t - n] = error
    mean, deviation = np.empty(size - n), np.empty(size - n)
    window_moments(surprise, n, mean, deviation)
    for t in range(2 * n - 1, size):
        if deviation[t - n] >= STANDS_STILL:
            score[t] = (surprise[t - n] - mean[t - n]) / deviation[t - n]


def _engle_granger(y, x, n, every, statistic):
    statistic[:] = np.nan
    rest = np.empty(max(n, 1))
    for t in range(n - 1, y.shape[0], every):
        first = t - n + 1
        slope, y_mean, x_mean, deviation = least_squares(y, x, first, t + 1)
        if not deviation >= STANDS_STILL:
            continue
        for i in range(n):
            rest[i] = y[first + i] - y_mean - slope * (x[first + i] - x_mean)
        # Change of the residual on its level and its last change, without an intercept.
        aa, ab, bb, ac, bc = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(2, n):
            level, before, change = rest[i - 1], rest[i - 1] - rest[i - 2], rest[i] - rest[i - 1]
            aa, ab, bb = aa + level * level, ab + level * before, bb + before * before
            ac, bc = ac + level * change, bc + before * change
        whole = aa * bb - ab * ab
        if not whole > 0.0:
            continue
        pull, echo = (ac * bb - bc * ab) / whole, (bc * aa - ac * ab) / whole
        squares = 0.0
        for i in range(2, n):
            level, before, change = rest[i - 1], rest[i - 1] - rest[i - 2], rest[i] - rest[i - 1]
            error = change - pull * level - echo * before
            squares += error * error
        scale = np.sqrt(squares / (n - 4) * bb / whole)
        if scale > 0.0:
            statistic[t] = pull / scale


@functools.cache
def rolling_hedge_driver() -> Any:
    """Return the compiled ``(y, x, n, slope, score)``: least squares over the last ``n`` bars.

    ``slope`` is that of ``y`` on ``x`` with an intercept, ``score`` the last residual divided by the
    population standard deviation of the window's residuals; all float64[size].
    """
    return compile_loop(_rolling_hedge, void(SERIES, SERIES, int64, VECTOR, VECTOR))


@functools.cache
def kalman_hedge_driver() -> Any:
    """Return the compiled ``(y, x, n, slope, score)``: a Kalman filter of slope and intercept.

    Both walk at random with variance 1 / (n^2 (1 + mean of x^2 over the first n bars)) a bar, observation
    noise 1. They start as the least squares of the first ``n`` bars, known exactly. ``score`` is that of
    the forecast error against those of the last ``n`` bars (population deviation): from bar 2 n - 1 on.
    """
    return compile_loop(_kalman_hedge, void(SERIES, SERIES, int64, VECTOR, VECTOR))


@functools.cache
def engle_granger_driver() -> Any:
    """Return the compiled ``(y, x, n, every, statistic)``: Engle and Granger's test at every few bars.

    The t statistic of an augmented Dickey-Fuller test with one lag on the residuals of the last ``n`` bars,
    at bars n - 1, n - 1 + every, ...; as `statsmodels.tsa.stattools.coint` with ``maxlag=1, autolag=None``.
    """
    return compile_loop(_engle_granger, void(SERIES, SERIES, int64, int64, VECTOR))


def _pair_sides(score, slope, sound, cut, rules, side, hedge):
    enter, leave, stop = rules[0], rules[1], rules[2]
    now, ratio, armed = 0.0, 0.0, True
    for t in range(score.shape[0]):
        z = score[t]
        if now != 0.0:
            away = -now * z  # how far the spread is on the side that was entered
            if sound[t] == 0.0 or cut[t] != 0.0 or away >= stop:
                now, armed = 0.0, False
            elif away <= leave:
                now = 0.0
        elif cut[t] != 0.0:
            armed = False
        if abs(z) < enter:
            armed = True
        is_pair = sound[t] != 0.0 and slope[t] > 0.0
        if now == 0.0 and armed and is_pair and abs(z) > enter and not abs(z) >= stop:
            now, ratio = (-1.0 if z > 0.0 else 1.0), slope[t]
        side[t], hedge[t] = now, ratio


@functools.cache
def pair_sides_driver() -> Any:
    """Return the compiled ``(score, slope, sound, cut, rules, side, hedge)``: the states of a pair.

    ``sound`` and ``cut`` are 1 where the pair is cointegrated, and where it stopped trading since the bar
    before; all float64[size]. ``rules`` is (entry, exit, stop), stop NaN for none. ``side`` is 1 long the
    first, -1 short, 0 flat; ``hedge`` the slope of the last entry.
    """
    return compile_loop(_pair_sides, void(SERIES, SERIES, SERIES, SERIES, SERIES, VECTOR, VECTOR))

