"""Hidden Markov model with normal returns: Baum-Welch estimation and the forward filter.

Densities are divided by the largest of their bar, so the likeliest state of a bar has 1 and no product
underflows; transition and start probabilities are kept at or above `LEAST`, so the normalising sum of a
bar is never zero.

References
----------
Rabiner (1989), A tutorial on hidden Markov models; Baum et al. (1970).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import float64, int64, types, void

from engine.kernels.compile import compile_loop, kernel
from engine.kernels.types import MATRIX, SERIES, VECTOR

LEAST = 1e-6

# Outcomes of an estimation besides the number of steps it took.
EMPTY_STATE = -1
NOT_CONVERGED = -2


@kernel
def densities(x, mean, variance, density):
    """Write each state's density over the largest of its bar; return the sum of the logs taken out.

    Parameters
    ----------
    x : float64[n]
    mean, variance : float64[k]
    density : float64[n, k]
    """
    n, k = density.shape
    taken = 0.0
    for t in range(n):
        top = -np.inf
        for j in range(k):
            step = x[t] - mean[j]
            log = -0.5 * (np.log(2.0 * np.pi * variance[j]) + step * step / variance[j])
            density[t, j] = log
            top = max(top, log)
        taken += top
        for j in range(k):
            density[t, j] = np.exp(density[t, j] - top)
    return taken


@kernel
def forward(density, transition, start, filtered, scale):
    """Write the filtered probabilities and each bar's normalising sum; return the sum of their logs.

    Parameters
    ----------
    density : float64[n, k]
    transition : float64[k, k]
        Row: from; column: to.
    start : float64[k]
        Probabilities of the states at the first bar before its return is seen.
    filtered : float64[n, k]
        P(state at t | returns up to t).
    scale : float64[n]
    """
    n, k = density.shape
    total = 0.0
    for t in range(n):
        norm = 0.0
        for j in range(k):
            expected = start[j]
            if t > 0:
                expected = 0.0
                for i in range(k):
                    expected += filtered[t - 1, i] * transition[i, j]
            filtered[t, j] = expected * density[t, j]
            norm += filtered[t, j]
        scale[t] = norm
        total += np.log(norm)
        for j in range(k):
            filtered[t, j] /= norm
    return total


@kernel
def normalise(values):
    """Scale probabilities to a sum of 1, each at or above `LEAST`."""
    total = 0.0
    for j in range(values.shape[0]):
        total += values[j]
    for j in range(values.shape[0]):
        values[j] = max(values[j] / total, LEAST)
    total = 0.0
    for j in range(values.shape[0]):
        total += values[j]
    for j in range(values.shape[0]):
        values[j] /= total


@kernel
def expected_counts(x, density, filtered, scale, transition, start, sums, moves):
    """Run backward; write weight, sum and sum of squares of each state, and the expected moves.

    Parameters
    ----------
    x : float64[n]
    density, filtered : float64[n, k]
    scale : float64[n]
    transition : float64[k, k]
    start : float64[k]
        Becomes the smoothed probabilities of the first bar.
    sums : float64[3, k]
    moves : float64[k, k]
    """
    n, k = density.shape
    sums[:, :] = 0.0
    moves[:, :] = 0.0
    later, seen = np.ones(k), np.empty(k)
    for t in range(n - 1, -1, -1):
        for j in range(k):
            weight = filtered[t, j] * later[j]
            sums[0, j] += weight
            sums[1, j] += weight * x[t]
            sums[2, j] += weight * x[t] * x[t]
            if t == 0:
                start[j] = weight
            seen[j] = density[t, j] * later[j] / scale[t]
        if t > 0:
            for i in range(k):
                total = 0.0
                for j in range(k):
                    step = transition[i, j] * seen[j]
                    moves[i, j] += filtered[t - 1, i] * step
                    total += step
                later[i] = total


@kernel
def maximise(sums, moves, floor, mean, variance, transition, start):
    """Write the parameters that fit the expected counts; return whether every state holds something."""
    k = mean.shape[0]
    for j in range(k):
        if not sums[0, j] > LEAST:
            return False
        mean[j] = sums[1, j] / sums[0, j]
        variance[j] = max(sums[2, j] / sums[0, j] - mean[j] * mean[j], floor)
        for i in range(k):
            transition[j, i] = moves[j, i] + 1e-300  # a state seen at the last bar only has no move
        normalise(transition[j])
    normalise(start)
    return True


def _baum_welch(x, floor, tolerance, most, mean, variance, transition, start):
    n, k = x.shape[0], mean.shape[0]
    density, filtered, scale = np.empty((n, k)), np.empty((n, k)), np.empty(n)
    sums, moves = np.empty((3, k)), np.empty((k, k))
    last = -np.inf
    for step in range(most):
        likelihood = densities(x, mean, variance, density)
        likelihood += forward(density, transition, start, filtered, scale)
        if likelihood - last < tolerance:
            return step, likelihood
        last = likelihood
        expected_counts(x, density, filtered, scale, transition, start, sums, moves)
        if not maximise(sums, moves, floor, mean, variance, transition, start):
            return EMPTY_STATE, likelihood
    return NOT_CONVERGED, last


def _filter(x, mean, variance, transition, start, filtered):
    density = np.empty(filtered.shape)
    densities(x, mean, variance, density)
    forward(density, transition, start, filtered, np.empty(x.shape[0]))


@functools.cache
def baum_welch_driver() -> Any:
    """Return the compiled ``(x, floor, tolerance, most, mean, variance, transition, start)``.

    ``x`` float64[n]; the last four hold start values, float64[k], [k], [k, k], [k], and receive the
    estimates. No variance falls below ``floor``. It stops when a step gains less than ``tolerance`` in
    log-likelihood. Returns the steps taken, or `EMPTY_STATE` or (after ``most`` steps) `NOT_CONVERGED`,
    and the log-likelihood.
    """
    result = types.Tuple((int64, float64))
    arrays = (SERIES, float64, float64, int64, VECTOR, VECTOR, MATRIX, VECTOR)
    return compile_loop(_baum_welch, result(*arrays))


@functools.cache
def filter_driver() -> Any:
    """Return the compiled ``(x, mean, variance, transition, start, filtered)``, arrays as in `forward`."""
    return compile_loop(_filter, void(SERIES, SERIES, SERIES, MATRIX, SERIES, MATRIX))
