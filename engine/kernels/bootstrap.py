"""Many paths of an account from one sequence of steps: shuffled, drawn one by one, or drawn in blocks."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import boolean, float64, int64, void

from engine.kernels.chance import uniform
from engine.kernels.compile import compile_loop, kernel
from engine.kernels.types import INTEGERS, MATRIX, SERIES

SHUFFLE, DRAW, BLOCKS = 0, 1, 2
# Columns of a path's results.
FINAL, DRAWDOWN, UNDER_WATER, LOWEST = 0, 1, 2, 3
COLUMNS = 4


@kernel
def fill_order(method, jump, seed, path, order):
    """Write which step stands at each place of one path, int64[n]."""
    n, own = order.shape[0], seed + path
    if method == SHUFFLE:
        for t in range(n):
            order[t] = t
        for t in range(n - 1, 0, -1):
            k = int(uniform(own, t) * (t + 1))
            order[t], order[k] = order[k], order[t]
        return
    at = 0
    for t in range(n):
        if t == 0 or method == DRAW or uniform(own, 2 * t + 1) < jump:
            at = int(uniform(own, 2 * t) * n)
        else:
            at = at + 1 if at + 1 < n else 0
        order[t] = at


@kernel
def walk(steps, order, start, compound, points, fan, result):
    """Follow one path: what it ends with, how deep and how long it was below its peak."""
    value, peak, lowest, deepest = start, start, start, 0.0
    since, longest, mark = 0, 0, 0
    for t in range(order.shape[0]):
        step = steps[order[t]]
        value = value * (1.0 + step) if compound else value + step
        if value >= peak:
            peak, since = value, 0
        else:
            since += 1
            longest = max(longest, since)
            deepest = min(deepest, value / peak - 1.0)
        lowest = min(lowest, value)
        while mark < points.shape[0] and points[mark] == t:
            fan[mark] = value
            mark += 1
    result[FINAL], result[DRAWDOWN], result[UNDER_WATER], result[LOWEST] = value, deepest, longest, lowest


def draw_paths(steps, method, jump, seed, start, compound, points, fan, results):
    """Fill float64[n_paths, n_points] and float64[n_paths, COLUMNS]."""
    order = np.empty(steps.shape[0], np.int64)
    for path in range(results.shape[0]):
        fill_order(method, jump, seed, path, order)
        walk(steps, order, start, compound, points, fan[path], results[path])


@functools.cache
def paths_driver() -> Any:
    """Return `draw_paths` compiled."""
    signature = void(SERIES, int64, float64, int64, float64, boolean, INTEGERS, MATRIX, MATRIX)
    return compile_loop(draw_paths, signature)


def draw_orders(method, jump, seed, rows, n):
    """Return the orders of some paths, float64[n_paths, n]: for judges of the drawing itself."""
    order = np.empty(n, np.int64)
    for path in range(rows.shape[0]):
        fill_order(method, jump, seed, path, order)
        rows[path] = order


@functools.cache
def orders_driver() -> Any:
    """Return `draw_orders` compiled."""
    return compile_loop(draw_orders, void(int64, float64, int64, MATRIX, int64))
