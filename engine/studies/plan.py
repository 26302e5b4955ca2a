"""Plan a sweep: which distinct indicator lines its cells need, and which of them each cell reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core.bars import FloatArray, IntArray
from engine.indicators import KINDS, Indicator
from engine.strategies import Strategy, number_of
from engine.studies.symbols import NotSymbolic, Symbol, SymbolicParams


@dataclass(frozen=True, eq=False)
class BankPlan:
    """What a bank must hold.

    Parameters
    ----------
    requests : list of (kind, source, args)
        Args are float64[m, n_args], distinct rows; each request fills m x outputs bank rows.
    cell_rows : int64[n_cells, n_lines]
        Bank row of each declared line of each cell.
    size : int
        Rows of the bank.
    """

    requests: list[tuple[str, str, FloatArray]]
    cell_rows: npt.NDArray[np.int64]
    size: int


def plan_bank(strategy: Strategy, columns: Mapping[str, Any], n_cells: int) -> BankPlan:
    """Return the plan for cells whose parameters are ``columns`` (`engine.studies.grid.full_columns`)."""
    try:
        declared = list(strategy.indicators(SymbolicParams(columns)).values())
        args = [_arguments(line.args, n_cells) for line in declared]
        return _assemble(declared, args, n_cells)
    except NotSymbolic:
        return _plan_each(strategy, columns, n_cells)


def param_matrix(strategy: Strategy, columns: Mapping[str, Any], n_cells: int) -> FloatArray:
    """Return float64[n_cells, parameters] as rules see them (`engine.strategies.number_of`)."""
    infos = strategy.fields()
    matrix = np.empty((n_cells, len(infos)))
    for k, info in enumerate(infos):
        value = columns[info.name]
        if isinstance(value, np.ndarray) and value.dtype.kind not in "ifb":
            value = [number_of(info, item) for item in value.tolist()]
        elif not isinstance(value, np.ndarray):
            value = number_of(info, value)
        matrix[:, k] = value
    return matrix


def cell_params(columns: Mapping[str, Any], cell: int) -> dict[str, Any]:
    """Return the parameters of one cell as plain Python values."""
    found: dict[str, Any] = {}
    for name, value in columns.items():
        item = value[cell : cell + 1].tolist()[0] if isinstance(value, np.ndarray) else value
        found[name] = None if isinstance(item, float) and np.isnan(item) else item
    return found


def _arguments(args: Sequence[Any], n_cells: int) -> FloatArray:
    matrix = np.empty((n_cells, len(args)))
    for k, value in enumerate(args):
        matrix[:, k] = value.values if isinstance(value, Symbol) else value
    return matrix


def _assemble(lines: Sequence[Indicator], args: Sequence[FloatArray], n_cells: int) -> BankPlan:
    """Merge lines of one kind and source, so that each distinct computation stands once."""
    groups: dict[tuple[str, str], list[int]] = {}
    for at, line in enumerate(lines):
        groups.setdefault((line.kind, line.source), []).append(at)
    rows = np.zeros((n_cells, len(lines)), np.int64)
    requests, size = [], 0
    for (kind, source), members in groups.items():
        stacked = np.concatenate([args[at] for at in members])
        distinct, inverse = _distinct(stacked)
        outputs = len(KINDS[kind].outputs)
        for position, at in enumerate(members):
            part = inverse[position * n_cells : (position + 1) * n_cells]
            rows[:, at] = size + part * outputs + lines[at].output
        requests.append((kind, source, distinct))
        size += distinct.shape[0] * outputs
    return BankPlan(requests, rows, size)


def _distinct(matrix: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the distinct rows and the index of each row among them."""
    codes = np.zeros(matrix.shape[0], np.int64)
    for k in range(matrix.shape[1]):
        values, inverse = np.unique(matrix[:, k], return_inverse=True)
        _, codes = np.unique(codes * values.size + inverse, return_inverse=True)
    _, first = np.unique(codes, return_index=True)
    return np.ascontiguousarray(matrix[first]), codes


def _plan_each(strategy: Strategy, columns: Mapping[str, Any], n_cells: int) -> BankPlan:
    """Declare cell by cell: for strategies that branch on a parameter."""
    known: dict[tuple[str, str, tuple[float, ...]], int] = {}
    requests: list[tuple[str, str, FloatArray]] = []
    rows: list[list[int]] = []
    size = 0
    for cell in range(n_cells):
        mine = []
        for line in strategy.indicators(SimpleNamespace(**cell_params(columns, cell))).values():
            key = (line.kind, line.source, tuple(float(value) for value in line.args))
            if key not in known:
                known[key] = size
                requests.append((line.kind, line.source, np.array([key[2]])))
                size += len(KINDS[line.kind].outputs)
            mine.append(known[key] + line.output)
        rows.append(mine)
    width = max(map(len, rows), default=0)
    padded = np.array([mine + [0] * (width - len(mine)) for mine in rows], np.int64)
    return BankPlan(requests, padded.reshape(n_cells, width), size)
