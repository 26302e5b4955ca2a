"""Choosing a cell of a grid: the middle of a plateau, or the highest peak.

A peak beside cliffs is what luck looks like. The plateau scores a cell by the median over itself and its
neighbours in the grid: one step up or down on every axis of numbers.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core.bars import FloatArray, IntArray
from engine.core.errors import InputError, nearest
from engine.metrics import METRICS

_BLOCK_VALUES = 4_000_000


class Pick(StrEnum):
    """Which cell is chosen."""

    PLATEAU = "plateau"
    PEAK = "peak"


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen cell, and what the highest one would have been.

    Parameters
    ----------
    cell : int
        Row of the table of cells.
    value : float
        Its target metric.
    plateau : float
        Median of the target over its neighbourhood; infinite where most of it is undefined.
    peak_cell : int
        Cell with the best target metric of all.
    peak : float
        That metric.
    """

    cell: int
    value: float
    plateau: float
    peak_cell: int
    peak: float


def direction(target: str) -> float:
    """Return 1 for a metric that is better higher, -1 for one that is better lower.

    Raises
    ------
    InputError
        Unknown metric, or one that is neither.
    """
    if target not in METRICS:
        raise InputError(
            f"unknown metric '{target}'", field="target", value=target, hint=nearest(target, METRICS)
        )
    better = METRICS[target].better
    if better == "none":
        raise InputError(
            f"{METRICS[target].title} is neither better higher nor lower", field="target", value=target,
            hint="Choose another target, such as sharpe",
        )  # fmt: skip
    return 1.0 if better == "higher" else -1.0


def choose(
    params: npt.NDArray[Any], values: FloatArray, sign: float = 1.0, pick: Pick | str = Pick.PLATEAU
) -> Choice | None:
    """Choose a cell.

    Parameters
    ----------
    params : structured array, one row per cell
    values : float64[n_cells]
        Target metric of each cell, NaN where undefined or failed.
    sign : float, default 1.0
        -1 where lower is better.
    pick : Pick, default "plateau"
        The plateau takes the best neighbourhood; of equal ones the best cell; of equal cells the first. The
        peak takes the best cell; of equal ones the best neighbourhood; then the first.

    Returns
    -------
    Choice or None
        None when the target is undefined in every cell.

    Raises
    ------
    InputError
        Unknown ``pick``.
    """
    if pick not in Pick:
        raise InputError(
            f"unknown choice '{pick}'", field="pick", value=str(pick), hint=nearest(str(pick), map(str, Pick))
        )
    known = np.flatnonzero(~np.isnan(values))
    if known.size == 0:
        return None
    own = sign * values
    around = neighbourhood_medians(params, own)
    order = (around, own) if pick == Pick.PLATEAU else (own, around)
    # The last key sorts first; positions in the table settle what is equal in both.
    best = int(known[np.lexsort((known, -order[1][known], -order[0][known]))[0]])
    peak = int(known[np.argmax(own[known])])
    return Choice(best, float(values[best]), float(sign * around[best]), peak, float(values[peak]))


def neighbourhood_medians(params: npt.NDArray[Any], values: FloatArray) -> FloatArray:
    """Return the median over each cell and its neighbours, float64[n_cells].

    Parameters
    ----------
    params : structured array, one row per cell
        Neighbours differ by at most one step on every axis of numbers, a step being to the next value that
        stands in the table; words, switches and empty values have no neighbours. Cells that are not in the
        table (illegal ones, beyond the edge) do not count.
    values : float64[n_cells]
        Higher is better. An undefined neighbour (NaN) counts as the worst: next to a cliff is no plateau.
    """
    codes, spans, reaches = _codes(params)
    if np.prod(np.array(spans, np.float64)) > 2.0**62:
        return np.where(np.isnan(values), -np.inf, values)  # values drawn at random: a cell has no neighbours
    strides = np.cumprod([1, *spans[::-1]])[:-1][::-1].astype(np.int64)
    places = codes @ strides
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    worst = np.where(np.isnan(values), -np.inf, values)
    moves = itertools.product(*[(-1, 0, 1) if reach else (0,) for reach in reaches])
    steps = np.array(list(moves), np.int64) @ strides
    out = np.empty(values.size)
    block = max(1, _BLOCK_VALUES // steps.size)
    for start in range(0, values.size, block):
        wanted = places[start : start + block, None] + steps
        at = np.minimum(np.searchsorted(ordered, wanted), ordered.size - 1)
        out[start : start + block] = _medians(np.where(ordered[at] == wanted, worst[order[at]], np.nan))
    return out


def _medians(table: FloatArray) -> FloatArray:
    """Return the median of what is there in each row; NaN is not there, and every row has something."""
    ranked = np.sort(table, axis=1)
    count = (~np.isnan(table)).sum(axis=1)
    rows = np.arange(len(table))
    return np.asarray((ranked[rows, (count - 1) // 2] + ranked[rows, count // 2]) / 2.0)


def _codes(params: npt.NDArray[Any]) -> tuple[IntArray, list[int], list[bool]]:
    """Return the place of each cell on each axis, how wide each axis is, and whether it has an order."""
    names = params.dtype.names or ()
    codes = np.empty((params.size, len(names)), np.int64)
    spans, reaches = [], []
    for k, name in enumerate(names):
        column = params[name]
        ordered = column.dtype.kind in "if"
        plain = column if ordered else np.array([str(value) for value in column.tolist()])
        distinct, codes[:, k] = np.unique(plain, return_inverse=True)
        codes[:, k] += 1  # a step from the edge must not land on another row of the grid
        if ordered and np.isnan(distinct[-1:]).any():
            codes[codes[:, k] == distinct.size, k] += 1  # an empty value is next to no number
        spans.append(distinct.size + 4)
        reaches.append(ordered)
    return codes, spans, reaches
