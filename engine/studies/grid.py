"""Grids: the product of candidate values, with illegal cells left out and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core.errors import InputError, nearest
from engine.expressions import Expression
from engine.fields import FieldInfo
from engine.strategies import Strategy, load

MOST_CELLS = 50_000_000


@dataclass(frozen=True, eq=False)
class Cells:
    """Legal cells of a grid.

    Parameters
    ----------
    params : structured array, one row per cell
        One field per axis, in the order given; the last axis varies fastest.
    illegal : int
        Cells left out because they break the strategy's constraint.
    """

    params: npt.NDArray[Any]
    illegal: int

    def __len__(self) -> int:
        return int(self.params.size)


def build_cells(strategy_name: str, params: Mapping[str, Any], grid: Mapping[str, Sequence[Any]]) -> Cells:
    """Return the legal cells of a grid.

    Parameters
    ----------
    strategy_name : str
    params : mapping
        Fixed parameters; the rest takes defaults.
    grid : mapping of str to sequence
        Candidate values by parameter name.

    Raises
    ------
    InputError
        Unknown parameter, a value out of range or of the wrong type, an empty axis, or no legal cell.
    """
    strategy = load(strategy_name)
    table, _ = _table(strategy, grid)
    total = int(table.size)
    legal = _legal(strategy, params, table)
    kept = table if legal is None else table[legal]
    if kept.size == 0:
        raise InputError(
            f"no cell satisfies {strategy.Params.constraint}",
            field="grid",
            value=total,
            hint="Change the ranges",
        )
    return Cells(kept, total - int(kept.size))


def legal_mask(
    strategy: str | Strategy, axes: Mapping[str, Sequence[Any]], params: Mapping[str, Any] | None = None
) -> npt.NDArray[np.bool_]:
    """Return which cells of a grid satisfy the strategy's constraint, for heat maps to grey out the rest.

    Parameters
    ----------
    strategy : str or Strategy
        Id or instance.
    axes : mapping of str to sequence
        Candidate values by parameter name, as in `build_cells`.
    params : mapping, optional
        Fixed parameters; the rest takes defaults.

    Returns
    -------
    bool[len(axis), ...]
        One dimension for each axis, in the order given.

    Raises
    ------
    InputError
        As `build_cells`, but for a grid without a legal cell, which is all False.
    """
    made = load(strategy) if isinstance(strategy, str) else strategy
    table, shape = _table(made, axes)
    legal = _legal(made, params or {}, table)
    return np.ones(shape, np.bool_) if legal is None else legal.reshape(shape).copy()


def full_columns(strategy: Strategy, params: Mapping[str, Any], table: npt.NDArray[Any]) -> dict[str, Any]:
    """Return every parameter by name: an array where it is an axis, else the fixed or default value.

    Raises
    ------
    InputError
        A fixed parameter is unknown or out of range.
    """
    axes = set(table.dtype.names or ())
    infos = {info.name: info for info in strategy.fields()}
    columns: dict[str, Any] = {name: info.default for name, info in infos.items()}
    for name, value in params.items():
        if name not in axes:
            checked = _axis(name, [value], infos).tolist()[0]
            columns[name] = None if value is None else checked
    return columns | {name: table[name] for name in axes}


def _table(
    strategy: Strategy, grid: Mapping[str, Sequence[Any]]
) -> tuple[npt.NDArray[Any], tuple[int, ...]]:
    """Return the whole product of a grid, one row per cell, and the sizes of its axes."""
    infos = {info.name: info for info in strategy.fields()}
    axes = {name: _axis(name, _listed(name, values), infos) for name, values in grid.items()}
    if not axes:
        raise InputError("the grid has no axis", field="grid", hint="Give at least one parameter a range")
    total = int(np.prod([axis.size for axis in axes.values()], dtype=np.float64))
    if total > MOST_CELLS:
        raise InputError(
            f"the grid has {total:,} cells, at most {MOST_CELLS:,} fit", field="grid", hint="Use larger steps"
        )
    table = np.empty(total, dtype=[(name, axis.dtype) for name, axis in axes.items()])
    for (name, _), values in zip(axes.items(), np.meshgrid(*axes.values(), indexing="ij"), strict=True):
        table[name] = values.ravel()
    return table, tuple(axis.size for axis in axes.values())


def _legal(
    strategy: Strategy, params: Mapping[str, Any], table: npt.NDArray[Any]
) -> npt.NDArray[np.bool_] | None:
    if not strategy.Params.constraint:
        return None
    mask = Expression(strategy.Params.constraint).evaluate(full_columns(strategy, params, table))
    return np.broadcast_to(np.asarray(mask, dtype=np.bool_), (table.size,))


def _listed(name: str, values: Any) -> list[Any]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InputError(
            f"needs several values, was {values!r}", field=f"grid.{name}", value=values,
            hint="Give a list or a range, such as range(5, 55, 5)",
        )  # fmt: skip
    return list(values)


def _axis(name: str, values: Sequence[Any], infos: Mapping[str, FieldInfo]) -> npt.NDArray[Any]:
    if name not in infos:
        raise InputError(
            f"unknown parameter '{name}'", field=f"grid.{name}", value=name, hint=nearest(name, infos)
        )
    if not values:
        raise InputError("the axis has no values", field=f"grid.{name}", hint="Give a range such as 5:50:5")
    info = infos[name]
    for value in values:
        _check(name, value, info)
    kinds: dict[str, Any] = {"int": np.int64, "float": np.float64, "bool": np.bool_}
    if info.type in kinds:
        filled = [np.nan if value is None else value for value in values]
        return np.asarray(filled, dtype=np.float64 if None in values else kinds[info.type])
    if None in values:  # words beside an empty value: kept as Python objects
        return np.asarray([None if value is None else _plain(value) for value in values], dtype=object)
    return np.asarray([_plain(value) for value in values])


def _plain(value: Any) -> str:
    return str(value.value if isinstance(value, Enum) else value)


def _check(name: str, value: Any, info: FieldInfo) -> None:
    where = f"grid.{name}"
    if value is None and info.optional:
        return
    if info.type in ("int", "float"):
        if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
            raise InputError(f"must be a number, was {value!r}", field=where, value=value)
        if not isfinite(value):
            raise InputError(f"must be a finite number, was {value!r}", field=where, value=value)
        if info.type == "int" and value != int(value):
            raise InputError(f"must be a whole number, was {value!r}", field=where, value=value)
        if (info.low is not None and value < info.low) or (info.high is not None and value > info.high):
            hint = f"Use values from {info.low:g} to {info.high:g}" if info.high is not None else ""
            raise InputError(f"{value!r} is out of range", field=where, value=value, hint=hint)
    if info.type == "bool" and not isinstance(value, bool | np.bool_):
        raise InputError(
            f"must be true or false, was {value!r}", field=where, value=value, hint="Use True and False"
        )
    if info.type == "choice" and _plain(value) not in info.choices:
        raise InputError(
            f"unknown value {value!r}", field=where, value=value, hint=nearest(_plain(value), info.choices)
        )
