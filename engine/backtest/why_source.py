"""The source of a strategy's decision as a tree: found in its file, compared with what is in memory, read.

What is read: every test that the function makes at a bar (`Test`), the comparisons it is made of (`Leaf`),
and which names hold market values. `engine.backtest.why_traced` makes the copies that tell about them.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

from engine.core.errors import StrategyError

# ("leaf", i), ("not", tree), ("and", trees) or ("or", trees); whole-array operators read the same.
Tree = tuple[Any, ...]

_MOST_LEADS = 2


@dataclass(frozen=True, eq=False)
class Leaf:
    """A comparison, or another expression that is true or false by itself.

    Parameters
    ----------
    at : int
        Its number.
    node : ast.expr
        A comparison with one operator, or the expression.
    line : int
    is_state : bool
        Whether no side holds a market value.
    """

    at: int
    node: ast.expr
    line: int
    is_state: bool

    @property
    def is_comparison(self) -> bool:
        """Whether it has two sides."""
        return isinstance(self.node, ast.Compare)


@dataclass(frozen=True, eq=False)
class Test:
    """One test.

    Parameters
    ----------
    at, statement, chain : int
        Its number, that of its statement, and that of its row of alternatives, of which the first that holds
        is taken.
    node : ast.expr
    tree : Tree
    line : int
    leads : list of ast.stmt
        Simple statements that follow when it holds.
    defines : str
        Name that keeps the outcome.
    """

    at: int
    statement: int
    chain: int
    node: ast.expr
    tree: Tree
    line: int
    leads: list[ast.stmt]
    defines: str = ""


@dataclass(eq=False)
class Reading:
    """What a function was read as.

    Parameters
    ----------
    function : callable
    node : ast.FunctionDef
        Its definition; nodes of leaves carry their numbers as ``why_leaf``.
    arguments : list of str
    market : set of str
        Names that hold prices, lines or what is computed from them.
    leaves : list of Leaf
    tests : list of Test
    statements : list of list of int
        Leaves of each statement that makes tests.
    counters : set of str
        Variables that count bars.
    """

    function: Callable[..., Any]
    node: ast.FunctionDef
    arguments: list[str]
    market: set[str]
    leaves: list[Leaf] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    statements: list[list[int]] = field(default_factory=list)
    counters: set[str] = field(default_factory=set)
    chains: int = 0

    def add_statement(self) -> int:
        """Begin a statement and return its number."""
        self.statements.append([])
        return len(self.statements) - 1

    def add_chain(
        self, statement: int, tests: list[tuple[ast.expr, list[ast.stmt], str]]
    ) -> None:
        """Add alternatives, each with what it leads to and the name it defines."""
        chain, self.chains = self.chains, self.chains + 1
        for node, leads, defines in tests:
            tree = self._tree(node, statement)
            self.tests.append(
                Test(len(self.tests), statement, chain, node, tree, node.lineno, leads, defines)
            )

    def _tree(self, node: ast.expr, statement: int) -> Tree:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
            return ("not", self._tree(node.operand, statement))
        if isinstance(node, ast.Compare) and len(node.ops) > 1:
            return ("and", [self._leaf(part, statement) for part in _pairs(node)])
        parts, is_any = _parts(node)
        if not parts:
            return self._leaf(node, statement)
        return ("or" if is_any else "and", [self._tree(part, statement) for part in parts])

    def _leaf(self, node: ast.expr, statement: int) -> Tree:
        at = len(self.leaves)
        node.why_leaf = at  # type: ignore[attr-defined]  # survives a copy of the tree
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else [node]
        is_state = not any(holds_market(side, self.market) for side in sides)
        self.leaves.append(Leaf(at, node, node.lineno, is_state))
        self.statements[statement].append(at)
        return ("leaf", at)


def read_function(function: Callable[..., Any], given: tuple[str, ...]) -> Reading:
    """Return the definition of a function, ready to be read.

    Parameters
    ----------
    function : callable
        A rule's Python, or a bound method.
    given : tuple of str
        Arguments that hold market values, by position: "" for one that does not.

    Raises
    ------
    StrategyError
        The source cannot be found, or the file has changed since it was loaded.
    """
    plain = getattr(function, "__func__", function)
    node = _definition(plain)
    arguments = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    market = {name for name, role in zip(arguments, given, strict=False) if role}
    return Reading(plain, node, arguments, _spread(node, market))


def _definition(function: Any) -> ast.FunctionDef:
    code: CodeType = function.__code__
    path = Path(code.co_filename)
    if not path.is_file():
        module = sys.modules.get(function.__module__)
        path = Path(str(getattr(module, "__file__", "") or code.co_filename))
    try:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text, str(path))
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise StrategyError(
            "the source cannot be read", where=str(path), hint="Restore the strategy's file"
        ) from error
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            if first == code.co_firstlineno and _is_same(tree, path, code):
                return node
    raise StrategyError(
        "the file has changed since the strategy was loaded", where=str(path),
        hint="Run the backtest again with the file as it is now",
    )


def _is_same(tree: ast.Module, path: Path, code: CodeType) -> bool:
    # Docstrings go when Python optimises; the instructions stay.
    compiled = compile(tree, str(path), "exec", dont_inherit=True)
    return any(
        found.co_firstlineno == code.co_firstlineno and found.co_code == code.co_code
        and _numbers(found) == _numbers(code) and found.co_names == code.co_names
        for found in _codes(compiled) if found.co_name == code.co_name
    )  # fmt: skip


def _numbers(code: CodeType) -> list[Any]:
    return [value for value in code.co_consts if isinstance(value, int | float)]


def _codes(code: CodeType) -> Iterator[CodeType]:
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield value
            yield from _codes(value)


def _parts(node: ast.expr) -> tuple[list[ast.expr], bool]:
    """Return the conditions that a node joins, and whether one of them is enough."""
    match node:
        case ast.BoolOp(op=op, values=parts):
            return parts, isinstance(op, ast.Or)
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr() as op, right=right):
            return [left, right], isinstance(op, ast.BitOr)
    return [], False


def _pairs(node: ast.Compare) -> Iterator[ast.Compare]:
    sides = [node.left, *node.comparators]
    for at, operator in enumerate(node.ops):
        pair = ast.Compare(sides[at], [operator], [sides[at + 1]])
        yield ast.copy_location(pair, node)


def holds_market(node: ast.AST, market: set[str]) -> bool:
    """Return whether an expression's value comes from prices or lines; outcomes of tests do not count."""
    match node:
        case ast.Compare() | ast.BoolOp() | ast.Attribute(attr="shape" | "size") | ast.Call(
            func=ast.Name(id="len")
        ):
            return False
        case ast.Name(id=name):
            return name in market
        case ast.IfExp(body=body, orelse=other):
            parts: list[ast.AST] = [body, other]
        case ast.Subscript(value=value):
            parts = [value]
        case _:
            parts = list(ast.iter_child_nodes(node))
    return any(holds_market(part, market) for part in parts)


def _spread(node: ast.FunctionDef, market: set[str]) -> set[str]:
    """Return the names that get a market value somewhere in the function."""
    found = set(market)
    while True:
        before = len(found)
        for inner in ast.walk(node):
            for target, value in assigned(inner):
                if holds_market(value, found):
                    found |= _names(target)
        if len(found) == before:
            return found


def taken_apart(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Return what each of several names is set to; the whole where it cannot be told apart."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield targets and values; a tuple of values is taken apart."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from taken_apart(target, value)
        case ast.AugAssign(target=target, value=value) | ast.For(target=target, iter=value):
            yield target, value
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield target, value


def _names(target: ast.expr) -> set[str]:
    # An element that is set makes its whole array a market value.
    match target:
        case ast.Name(id=name):
            return {name}
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return set().union(*(_names(part) for part in parts))
        case ast.Subscript(value=value):
            return _names(value)
    return set()


def chain_of(node: ast.If) -> list[ast.If]:
    """Return an ``if`` and its ``elif``s."""
    found = [node]
    while len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        node = node.orelse[0]
        found.append(node)
    return found


def simple(statements: list[ast.stmt]) -> list[ast.stmt]:
    """Return the first statements that set something."""
    kinds = ast.Assign | ast.AugAssign | ast.Continue | ast.Break | ast.Return
    found = [one for one in statements if isinstance(one, kinds) and not _is_alias(one)]
    # A choice that follows is a test of its own.
    plain: list[ast.stmt] = [
        one for one in found if not any(isinstance(part, ast.IfExp) for part in ast.walk(one))
    ]
    return plain[:_MOST_LEADS]


def _is_alias(node: ast.stmt) -> bool:
    values = [value for _, value in assigned(node)]
    return bool(values) and all(isinstance(value, ast.Subscript | ast.Attribute) for value in values)


def read_statement(reading: Reading, node: ast.stmt) -> int:
    """Read the tests of one statement; return its number, or -1 when it makes none."""
    if isinstance(node, ast.If):
        at = reading.add_statement()
        reading.add_chain(at, [(one.test, simple(one.body), "") for one in chain_of(node)])
        return at
    found: list[list[tuple[ast.expr, list[ast.stmt], str]]] = []
    for target, value in assigned(node):
        found += _value_tests(value, target)
    if isinstance(node, ast.Return | ast.Expr) and node.value is not None:
        found += _value_tests(node.value, None)
    if not found:
        return -1
    at = reading.add_statement()
    for tests in found:
        reading.add_chain(at, tests)
    return at


def _value_tests(
    value: ast.expr, target: ast.expr | None
) -> list[list[tuple[ast.expr, list[ast.stmt], str]]]:
    """Return the rows of tests in a value: choices, and what is a condition itself."""
    name = target.id if isinstance(target, ast.Name) else ""
    if is_condition(value):
        return [[(value, [], name)]]
    if isinstance(value, ast.IfExp):
        row: list[tuple[ast.expr, list[ast.stmt], str]] = []
        inner: list[list[tuple[ast.expr, list[ast.stmt], str]]] = []
        node: ast.expr = value
        while isinstance(node, ast.IfExp):
            row.append((node.test, _becomes(target, node.body), ""))
            inner += _value_tests(node.body, target) if isinstance(node.body, ast.IfExp) else []
            node = node.orelse
        return [row, *inner]
    found = []
    for child in ast.iter_child_nodes(value):
        has_own_names = isinstance(child, ast.Lambda | ast.ListComp | ast.GeneratorExp)
        if isinstance(child, ast.expr) and not has_own_names:
            found += _value_tests(child, None)
    return found


def _becomes(target: ast.expr | None, body: ast.expr) -> list[ast.stmt]:
    if target is None or isinstance(body, ast.IfExp):
        return []
    return [ast.copy_location(ast.Assign([target], body), body)]


def is_condition(node: ast.expr) -> bool:
    """Return whether an expression is a condition or several joined by operators."""
    match node:
        case ast.Compare():
            return True
        case ast.BoolOp(values=parts):
            return any(is_condition(part) for part in parts)
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=inner):
            return is_condition(inner)
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr(), right=right):
            return is_condition(left) or is_condition(right)
    return False
