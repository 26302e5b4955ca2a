"""Symbols that stand for a parameter of many cells at once.

A sweep calls ``strategy.indicators(p)`` once with symbols: ``p.fast`` is a `Symbol`, arithmetic on
it builds another one, and its values for all cells come out as one array. A strategy that branches
on a parameter raises `NotSymbolic`, and its cells are declared one by one instead.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


class NotSymbolic(Exception):  # noqa: N818  (a signal to the planner, not an error people see)
    """The strategy needs a concrete value."""


class Symbol:
    """An array of one value per cell, under arithmetic.

    Parameters
    ----------
    values : ndarray of shape (n_cells,)
    """

    __slots__ = ("values",)
    __hash__ = object.__hash__

    def __init__(self, values: Any) -> None:
        self.values = values

    def _refuse(self, *_args: object) -> Any:
        raise NotSymbolic

    __bool__ = __int__ = __float__ = __index__ = __str__ = __format__ = __iter__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _refuse

    def _join(self, other: Any, join: Callable[[Any, Any], Any]) -> Symbol:
        return Symbol(join(self.values, other.values if isinstance(other, Symbol) else other))

    def __add__(self, other: Any) -> Symbol:
        return self._join(other, operator.add)

    def __sub__(self, other: Any) -> Symbol:
        return self._join(other, operator.sub)

    def __mul__(self, other: Any) -> Symbol:
        return self._join(other, operator.mul)

    def __truediv__(self, other: Any) -> Symbol:
        return self._join(other, operator.truediv)

    def __floordiv__(self, other: Any) -> Symbol:
        return self._join(other, operator.floordiv)

    def __rsub__(self, other: Any) -> Symbol:
        return Symbol(other - self.values)

    def __rtruediv__(self, other: Any) -> Symbol:
        return Symbol(other / self.values)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Symbol:
        return Symbol(-self.values)


class SymbolicParams:
    """Parameters by attribute: a `Symbol` where the value differs between cells."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        for name, value in columns.items():
            if not isinstance(value, np.ndarray):
                setattr(self, name, value)
            elif value.dtype.kind in "if" and not np.isnan(value).any():
                setattr(self, name, Symbol(value))

    def __getattr__(self, name: str) -> Any:
        # Words, switches and empty values (NaN) have no arithmetic: such cells are declared one by one.
        raise NotSymbolic(name)
