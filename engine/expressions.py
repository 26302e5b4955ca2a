"""Small comparisons over named values, such as ``fast < slow and length >= 2``; no other code runs.

The same expression checks one set of parameters and masks the cells of a grid.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.core.errors import InputError, nearest

_UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.Not: np.logical_not}
_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: np.true_divide,
}  # fmt: skip
_COMPARE: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip


class Expression:
    """A parsed comparison.

    Parameters
    ----------
    text : str
        Names, numbers, ``+ - * /``, comparisons, ``and``, ``or``, ``not``.

    Raises
    ------
    InputError
        Anything else stands in the text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._tree = ast.parse(text, mode="eval").body
        except SyntaxError as error:
            raise self._refuse(f"cannot be read ({error.msg})") from None

    @property
    def names(self) -> set[str]:
        """Names that the expression reads."""
        return {node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)}

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """Return the value for scalars, or elementwise for arrays of one length.

        A comparison with an empty value (`None`, or NaN in an array) holds: a parameter that is not used
        breaks no rule.

        Raises
        ------
        InputError
            A name is not among the values, or the text holds something else than a comparison.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            return self._value(self._tree, values)

    def _value(self, node: ast.AST, values: Mapping[str, Any]) -> Any:
        match node:
            case ast.Constant(value=bool() | int() | float() | str()):
                return node.value
            case ast.Name(id=name):
                return self._lookup(name, values)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return _UNARY[type(op)](self._value(operand, values))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return _BINARY[type(op)](self._value(left, values), self._value(right, values))
            case ast.BoolOp(op=op, values=parts):
                join = np.logical_and if isinstance(op, ast.And) else np.logical_or
                return join.reduce(np.broadcast_arrays(*(self._value(p, values) for p in parts)))
            case ast.Compare(left=left, ops=ops, comparators=rest):
                return self._compare([left, *rest], ops, values)
        raise self._refuse("may hold names, numbers, arithmetic and comparisons only")

    def _lookup(self, name: str, values: Mapping[str, Any]) -> Any:
        if name not in values:
            raise InputError(
                f"unknown name '{name}' in '{self.text}'", field="constraint", value=name,
                hint=nearest(name, values),
            )  # fmt: skip
        return np.nan if values[name] is None else values[name]

    def _compare(self, nodes: list[ast.expr], ops: list[ast.cmpop], values: Mapping[str, Any]) -> Any:
        terms = [self._value(node, values) for node in nodes]
        held: Any = True
        for op, left, right in zip(ops, terms[:-1], terms[1:], strict=True):
            if type(op) not in _COMPARE:
                raise self._refuse("knows < <= > >= == != only")
            holds = _COMPARE[type(op)](left, right) | _is_empty(left) | _is_empty(right)
            held = np.logical_and(held, holds)
        return held

    def _refuse(self, why: str) -> InputError:
        return InputError(f"'{self.text}' {why}", field="constraint", value=self.text)


def _is_empty(value: Any) -> Any:
    array = np.asarray(value)
    return np.isnan(array) if array.dtype.kind == "f" else np.False_
