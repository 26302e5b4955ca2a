"""Readable words for the expressions of a strategy's source: its lines, parameters and prices by name."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.backtest.why_parts import plain_number
from engine.backtest.why_source import Reading, assigned, taken_apart

OPERATORS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=", ast.NotEq: "is not",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_ARITHMETIC = {
    ast.Add: ("+", 1), ast.Sub: ("-", 1), ast.Mult: ("x", 2), ast.Div: ("/", 2), ast.FloorDiv: ("//", 2),
    ast.Mod: ("mod", 2), ast.Pow: ("to the power of", 3), ast.BitAnd: ("and", 0), ast.BitOr: ("or", 0),
}  # fmt: skip
_UNKNOWN = {"isnan": "is not known", "isfinite": "is a number", "isna": "is not known", "notna": "is known"}


class Namer:
    """Words for expressions of one function.

    Parameters
    ----------
    reading : Reading
    lines : sequence of str
        Declared indicators in order, as ``bank[rows[k]]`` means them.
    params : mapping of str to float
        Parameters in order, as ``params[k]`` means them.
    """

    def __init__(self, reading: Reading, lines: Sequence[str], params: Mapping[str, float]) -> None:
        self._lines, self._params = list(lines), list(params)
        self._numbers = list(params.values())
        self._values: dict[str, ast.expr] = {}
        self._pending: set[str] = set()
        given: Counter[str] = Counter()
        for node in ast.walk(reading.node):
            for target, value in assigned(node):
                for part in ast.walk(target):
                    if isinstance(part, ast.Name):
                        given[part.id] += 1
                if isinstance(target, ast.Name) and not isinstance(node, ast.For | ast.AugAssign):
                    self._values[target.id] = value
        # A name that is set more than once means another thing each time.
        self._once = {name: value for name, value in self._values.items() if given[name] == 1}
        self._values = {name: value for name, value in self._once.items() if _is_plain(value)}
        self._counters = reading.counters
        names = [*reading.arguments, *[""] * 5]
        at = 1 if names[0] == "self" else 0
        self._bars = names[at]
        self._bank, self._rows, self._given = ("", "", "") if at else (names[1], names[2], names[3])
        self._p = names[2] if at else ""

    def words(self, node: ast.expr) -> str:
        """Return an expression in words."""
        return self._say(node, 0)

    def statement(self, node: ast.stmt) -> str:
        """Return what a statement sets: ``side = 1``."""
        match node:
            case ast.Assign(targets=[target], value=value):
                pairs = taken_apart(target, value)
                return ", ".join(f"{self._own(one)} = {self.words(two)}" for one, two in pairs)
            case ast.AugAssign(target=target, op=op, value=value):
                return f"{self._own(target)} {_sign(op)[0]}= {self.words(value)}"
            case ast.Continue():
                return "next bar"
        return ast.unparse(node)

    def _own(self, node: ast.expr) -> str:
        match node:
            case ast.Subscript(value=ast.Name(id=name)):
                return name
            case ast.Name(id=name):
                return name
        return ast.unparse(node)

    def _say(self, node: ast.expr, level: int) -> str:
        kinds: dict[type[ast.AST], Callable[[Any, int], str]] = {
            ast.Constant: self._constant, ast.Name: lambda one, own: self._name(one.id, own),
            ast.UnaryOp: self._unary, ast.BinOp: self._arithmetic, ast.Attribute: self._attribute,
            ast.Subscript: self._element, ast.Call: self._call, ast.Compare: self._comparison,
            ast.BoolOp: self._joined,
        }  # fmt: skip
        say = kinds.get(type(node))
        return ast.unparse(node) if say is None else say(node, level)

    @staticmethod
    def _constant(node: ast.Constant, _level: int) -> str:
        value: Any = node.value
        return plain_number(float(value)) if _is_number(value) else str(value)

    def _unary(self, node: ast.UnaryOp, _level: int) -> str:
        sign = {ast.USub: "-", ast.UAdd: "+"}.get(type(node.op), "not ")
        return sign + self._say(node.operand, 3)

    def _arithmetic(self, node: ast.BinOp, level: int) -> str:
        sign, own = _sign(node.op)
        text = f"{self._say(node.left, own)} {sign} {self._say(node.right, own + 1)}"
        return f"({text})" if own < level else text

    def _comparison(self, node: ast.Compare, level: int) -> str:
        left, right = node.left, node.comparators[0]
        is_switch = isinstance(left, ast.Subscript) and getattr(left.value, "id", "") == self._given
        if is_switch and isinstance(node.ops[0], ast.Gt) and getattr(right, "value", None) == 0.0:
            return self._say(left, level)
        return f"{self._say(left, 1)} {OPERATORS[type(node.ops[0])]} {self._say(right, 1)}"

    def _joined(self, node: ast.BoolOp, level: int) -> str:
        joint = " and " if isinstance(node.op, ast.And) else " or "
        text = joint.join(self._say(part, 1) for part in node.values)
        return f"({text})" if level else text

    def _name(self, name: str, level: int) -> str:
        value = self._values.get(name)
        if value is None or name in self._pending:
            return name.replace("_", " ")
        self._pending.add(name)
        try:
            return self._say(value, level)
        finally:
            self._pending.discard(name)

    def _attribute(self, node: ast.Attribute, _level: int) -> str:
        if isinstance(node.value, ast.Name) and node.value.id in (self._bars, self._p):
            return node.attr.replace("_", " ")
        return f"{self._say(node.value, 3)}.{node.attr}"

    def _element(self, node: ast.Subscript, level: int) -> str:
        match node:
            case ast.Subscript(
                value=ast.Name(id=self._bank),
                slice=ast.Subscript(value=ast.Name(id=self._rows), slice=ast.Constant(value=int(at))),
            ) if at < len(self._lines):
                return self._lines[at].replace("_", " ")
            case ast.Subscript(value=ast.Name(id=self._given), slice=ast.Constant(value=int(at))) if (
                at < len(self._params)
            ):
                return self._params[at].replace("_", " ")
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            return node.slice.value.replace("_", " ")  # a column
        inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
        words = self._say(node.value, 3)
        if isinstance(inner, ast.Name) and inner.id not in self._counters:
            inner = self._once.get(inner.id, inner)  # a bar that has a name: made = t - shift
        match inner:
            case ast.Name() | ast.Slice():
                return words
            case ast.BinOp(left=ast.Name(), op=ast.Sub() | ast.Add() as op, right=by):
                way = "before" if isinstance(op, ast.Sub) else "later"
                back = self._count(by)
                text = f"{words} {back} {'bar' if back == '1' else 'bars'} {way}"
                return f"({text})" if level > 1 else text
        return f"{words}[{ast.unparse(node.slice)}]"

    def _count(self, node: ast.expr) -> str:
        """Return a number of bars: that of a parameter, where it is one."""
        value: ast.expr | None = node
        while isinstance(value, ast.Name) and value.id in self._values:
            value = self._values[value.id]
        while isinstance(value, ast.Call) and len(value.args) == 1:
            value = value.args[0]
        match value:
            case ast.Subscript(value=ast.Name(id=self._given), slice=ast.Constant(value=int(at))) if (
                at < len(self._numbers)
            ):
                return plain_number(self._numbers[at])
        return self._say(node, 0)

    def _call(self, node: ast.Call, level: int) -> str:
        called: Any = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name in ("int", "float", "bool") and len(node.args) == 1:
            return self._say(node.args[0], level)
        if name in _UNKNOWN and (node.args or isinstance(called, ast.Attribute)):
            about = node.args[0] if node.args else called.value
            return f"{self._say(about, 1)} {_UNKNOWN[name]}"
        if name == "shift" and isinstance(called, ast.Attribute) and len(node.args) == 1:
            back = self._count(node.args[0])
            return f"{self._say(called.value, 3)} {back} {'bar' if back == '1' else 'bars'} before"
        given = ", ".join(self._say(one, 0) for one in node.args)
        owner = called.value if isinstance(called, ast.Attribute) else None
        is_method = owner is not None and getattr(owner, "id", "") not in ("np", "math")
        head = f"{self._say(called.value, 3)}.{name}" if is_method else name
        return f"{head}({given})"


def _sign(op: ast.operator) -> tuple[str, int]:
    return _ARITHMETIC.get(type(op), (type(op).__name__, 3))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_plain(value: ast.expr) -> bool:
    """Return whether a name stands for one line, parameter, price or number."""
    match value:
        case ast.Subscript(value=ast.Name() | ast.Attribute()):
            return True
        case ast.Attribute(value=ast.Name()):
            return True
        case ast.Call(func=ast.Name(id="int" | "float" | "bool"), args=[inner]):
            return _is_plain(inner)
        case ast.Compare(left=ast.Subscript(value=ast.Name(id="params"))):
            return True
    return False
