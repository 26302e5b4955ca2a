"""Small dense problems of portfolio weights: Cholesky rows, a quadratic programme, equal risk.

Plain loops instead of a linear-algebra library: the sums run in one fixed order, so the weights have the
same bits with any number of threads and on any processor.

References
----------
Nocedal and Wright (2006), "Numerical Optimization", algorithm 16.3 (active set). Spinu (2013), "An
Algorithm for Computing Risk Parity Weights" (damped Newton on the logarithmic barrier).
"""

from __future__ import annotations

import math

import numpy as np

from engine.kernels.compile import kernel

CONVERGED = 0
NOT_CONVERGED = 1
NOT_DEFINITE = 2

_GAIN = 1e-13  # a bound is left only for a gain above this, relative to the largest expected return
_REST = 1e-13  # a shorter way is rounding
_EVEN = 1e-11  # shares of risk agree to this
_CANCELLED = 1e4  # a risk below that of one asset by this factor is rounding


@kernel
def extend_factor(matrix, order, start, count, factor):
    """Write rows ``start`` to ``count`` - 1 of the Cholesky factor of ``matrix[order][:, order]``.

    Parameters
    ----------
    matrix : float64[n, n]
        Symmetric.
    order : int64[n]
        Rows of the matrix in the order in which they enter; the first ``count`` are used.
    start, count : int
    factor : float64[n, n]
        Lower triangle; rows below ``start`` must be there already.

    Returns
    -------
    float
        The smallest pivot relative to its diagonal element (1 for uncorrelated rows); at or below zero the
        matrix is not positive definite and the rows from there on are not written.
    """
    smallest = 1.0
    for i in range(start, count):
        row = order[i]
        for j in range(i):
            total = matrix[row, order[j]]
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            factor[i, j] = total / factor[j, j]
        pivot = matrix[row, row]
        for k in range(i):
            pivot -= factor[i, k] * factor[i, k]
        if not pivot > 0.0:
            return min(pivot, 0.0)
        smallest = min(smallest, pivot / matrix[row, row])
        factor[i, i] = math.sqrt(pivot)
    return smallest


@kernel
def solve_factor(factor, count, x):
    """Replace the first ``count`` values of ``x`` by the solution of ``factor factor' y = x``."""
    for i in range(count):
        total = x[i]
        for k in range(i):
            total -= factor[i, k] * x[k]
        x[i] = total / factor[i, i]
    for i in range(count - 1, -1, -1):
        total = x[i]
        for k in range(i + 1, count):
            total -= factor[k, i] * x[k]
        x[i] = total / factor[i, i]


@kernel
def _start(matrix, gain, cap, weights, state):
    """Fill the assets that are best on their own up to the cap; the last one is free. Return its row."""
    n = gain.shape[0]
    merit = np.empty(n)
    for i in range(n):
        merit[i] = 0.5 * matrix[i, i] - gain[i]
    rest = 1.0
    last = 0
    for row in np.argsort(merit, kind="mergesort"):
        last = row
        if rest <= cap:
            break
        weights[row], state[row] = cap, 1
        rest -= cap
    weights[last], state[last] = min(rest, cap), 0
    return last


@kernel
def _target(matrix, gain, cap, state, free, count, factor, target):
    """Write the best weights of the free assets, the bounds aside. Return the multiplier of the sum."""
    n = gain.shape[0]
    ones = np.ones(count)  # the solution of matrix y = 1, once solved
    rest = 1.0
    for row in range(n):
        if state[row] > 0:
            rest -= cap
    for i in range(count):
        total = gain[free[i]]
        for row in range(n):
            if state[row] > 0:
                total -= matrix[free[i], row] * cap
        target[i] = total
    solve_factor(factor, count, target)
    solve_factor(factor, count, ones)
    price = (np.sum(target[:count]) - rest) / np.sum(ones)
    for i in range(count):
        target[i] -= price * ones[i]
    # Large gains cancel here: what rounding took from the sum is given back.
    missing = (rest - np.sum(target[:count])) / np.sum(ones)
    for i in range(count):
        target[i] += missing * ones[i]
    if count == 1:
        target[0] = min(max(rest, 0.0), cap)
    return price


@kernel
def _entrant(matrix, gain, price, weights, state, barred):
    """Return the row whose bound costs most, -1 when none does."""
    n = gain.shape[0]
    scale = 1.0
    for row in range(n):
        scale = max(scale, abs(gain[row]))
    best, most = -1, _GAIN * scale
    for row in range(n):
        if state[row] == 0 or barred[row]:
            continue
        slope = gain[row] - price
        for other in range(n):
            slope -= matrix[row, other] * weights[other]
        if -state[row] * slope > most:
            best, most = row, -state[row] * slope
    return best


@kernel
def _move(weights, free, count, target, cap):
    """Move the free weights toward the target as far as the bounds allow.

    Returns
    -------
    tuple of int, int, float
        Position of the weight that stopped the move (-1: none), its bound (-1 zero, 1 cap), distance moved.
    """
    step, position, bound = 1.0, -1, 0
    for i in range(count):
        now, wanted = weights[free[i]], target[i]
        if wanted < 0.0 and now / (now - wanted) < step:
            step, position, bound = now / (now - wanted), i, -1
        elif wanted > cap and wanted > now and (cap - now) / (wanted - now) < step:
            step, position, bound = max((cap - now) / (wanted - now), 0.0), i, 1
    moved = 0.0
    for i in range(count):
        change = step * (target[i] - weights[free[i]])
        weights[free[i]] = target[i] if position < 0 else weights[free[i]] + change
        moved = max(moved, abs(change))
    return position, bound, moved


@kernel
def long_only(matrix, gain, cap, weights):
    """Maximise ``gain'w - w'matrix w / 2`` with w summing to 1 and 0 <= w <= ``cap``.

    Parameters
    ----------
    matrix : float64[n, n]
        Symmetric, positive definite; its diagonal of the order of 1.
    gain : float64[n]
        Zeros for the smallest variance.
    cap : float
        Above 1 / n.
    weights : float64[n]
        Written; weights at a bound are exactly 0 or ``cap``.

    Returns
    -------
    int
        `CONVERGED`, `NOT_CONVERGED` or `NOT_DEFINITE`.
    """
    n = gain.shape[0]
    state = np.full(n, -1, np.int64)  # -1 at zero, 0 free, 1 at the cap
    barred = np.zeros(n, np.bool_)  # entered and was thrown back at once: rounding, not a gain
    free = np.empty(n, np.int64)
    factor, target = np.empty((n, n)), np.empty(n)
    weights[:] = 0.0
    free[0] = _start(matrix, gain, cap, weights, state)
    count, begin = 1, 0
    for _ in range(100 + 50 * n):
        if extend_factor(matrix, free, begin, count, factor) <= 0.0:
            return NOT_DEFINITE
        price = _target(matrix, gain, cap, state, free, count, factor, target)
        position, bound, moved = _move(weights, free, count, target, cap)
        if moved > _REST:
            barred[:] = False
        if position >= 0:
            row = free[position]
            weights[row], state[row] = (cap if bound > 0 else 0.0), bound
            barred[row] = moved <= _REST
            count -= 1
            free[position:count] = free[position + 1 : count + 1].copy()
            begin = position
            continue
        row = _entrant(matrix, gain, price, weights, state, barred)
        if row < 0:
            return CONVERGED
        state[row], free[count] = 0, row
        begin = count
        count += 1
    return NOT_CONVERGED


@kernel
def _even_start(matrix, x):
    """Write equal exposures of the right size, then solve for each asset in turn, three times.

    From a plain start the damped steps alone need eighty rounds for a hundred correlated assets.
    """
    n = x.shape[0]
    x[:] = 1.0 / math.sqrt(max(np.sum(matrix), 1.0 / n))
    for _ in range(3):
        for i in range(n):
            rest = -matrix[i, i] * x[i]
            for k in range(n):
                rest += matrix[i, k] * x[k]
            x[i] = (math.sqrt(rest * rest + 4.0 * matrix[i, i] / n) - rest) / (2.0 * matrix[i, i])


@kernel
def equal_risk(matrix, x):
    """Find x > 0 with ``x[i] * (matrix x)[i] = 1 / n`` for all i: equal contributions to the variance.

    Minimises ``x'matrix x / 2 - sum(log x) / n`` by coordinate, then damped Newton steps, all positive.

    Parameters
    ----------
    matrix : float64[n, n]
        Symmetric, positive semidefinite, ones on the diagonal.
    x : float64[n]
        Written.

    Returns
    -------
    int
        `CONVERGED`, or `NOT_CONVERGED` when no such x was found: assets that cancel each other out.
    """
    n = x.shape[0]
    order = np.arange(n)
    factor, hessian = np.empty((n, n)), matrix.copy()
    slope, step = np.empty(n), np.empty(n)
    _even_start(matrix, x)
    for _ in range(200):
        worst = 0.0
        for i in range(n):
            total = 0.0
            for k in range(n):
                total += matrix[i, k] * x[k]
            worst = max(worst, abs(n * x[i] * total - 1.0))
            slope[i] = total - 1.0 / (n * x[i])
            step[i] = slope[i]
            hessian[i, i] = matrix[i, i] + 1.0 / (n * x[i] * x[i])
        if np.max(x) > _CANCELLED:
            return NOT_CONVERGED
        if worst < _EVEN:
            return CONVERGED
        if extend_factor(hessian, order, 0, n, factor) <= 0.0:
            return NOT_CONVERGED
        solve_factor(factor, n, step)
        decrement = 0.0
        for i in range(n):
            decrement += slope[i] * step[i]
        size = math.sqrt(max(n * decrement, 0.0))
        share = 1.0 if size < 0.25 else 1.0 / (1.0 + size)
        for i in range(n):
            x[i] -= share * step[i]
    return NOT_CONVERGED
