"""Both halves of every split of CSCV at once: who is best in one half, and how it ranks in the other."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import void

from engine.kernels.compile import compile_loop, kernel
from engine.kernels.types import INTEGER_MATRIX, MATRIX, VECTOR

# A deviation below this is a return that does not move: rounding.
STILL = 1e-24


@kernel
def ratio(total, square, mean, n):
    """Return a Sharpe ratio of a bar from sums around a mean; 0 for a return that does not move."""
    around = total / n
    variance = (square - n * around * around) / (n - 1.0)
    return (mean + around) / np.sqrt(variance) if variance > STILL else 0.0


@kernel
def rank_of_best(chosen, other, logits, inside, outside, row):
    """Write what the best of ``chosen`` is worth in ``other``, both float64[n_strategies]."""
    best = 0
    for j in range(chosen.shape[0]):
        if chosen[j] > chosen[best]:
            best = j
    value, below, equal = other[best], 0.0, 0.0
    for j in range(other.shape[0]):
        below += 1.0 if other[j] < value else 0.0
        equal += 1.0 if other[j] == value else 0.0
    rank = (below + 0.5 * (equal + 1.0)) / (other.shape[0] + 1.0)
    logits[row], inside[row], outside[row] = np.log(rank / (1.0 - rank)), chosen[best], value


def judge_halves(total, squares, length, mean, halves, logits, inside, outside):
    """Fill three float64[2 x n_halves]: each row of ``halves`` names the blocks of one half, once."""
    blocks, count = total.shape
    first, second = np.empty(count), np.empty(count)
    every_total, every_square = np.zeros(count), np.zeros(count)
    bars = 0.0
    for b in range(blocks):
        bars += length[b]
        for j in range(count):
            every_total[j] += total[b, j]
            every_square[j] += squares[b, j]
    part_total, part_square = np.empty(count), np.empty(count)
    for row in range(halves.shape[0]):
        n = 0.0
        part_total[:], part_square[:] = 0.0, 0.0
        for k in range(halves.shape[1]):
            b = halves[row, k]
            n += length[b]
            for j in range(count):
                part_total[j] += total[b, j]
                part_square[j] += squares[b, j]
        for j in range(count):
            first[j] = ratio(part_total[j], part_square[j], mean[j], n)
            second[j] = ratio(
                every_total[j] - part_total[j], every_square[j] - part_square[j], mean[j], bars - n
            )
        rank_of_best(first, second, logits, inside, outside, 2 * row)
        rank_of_best(second, first, logits, inside, outside, 2 * row + 1)


@functools.cache
def halves_driver() -> Any:
    """Return `judge_halves` compiled."""
    signature = void(MATRIX, MATRIX, VECTOR, VECTOR, INTEGER_MATRIX, VECTOR, VECTOR, VECTOR)
    return compile_loop(judge_halves, signature)
