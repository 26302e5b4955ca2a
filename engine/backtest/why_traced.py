"""Copies of a strategy's decision that tell about its tests: a traced one, and one single step.

The traced copy runs as the original does. Before each statement that makes tests it evaluates both sides of
every comparison for the record, also of those that the statement will not get to, while the asked bars are
passed. The step is the body of the loop over bars alone: it answers what one other outcome would have led to.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from types import FunctionType
from typing import Any

from engine.backtest.why_source import (
    Reading,
    assigned,
    chain_of,
    is_condition,
    read_statement,
)

# Names that traced code uses; no strategy's own.
TRACER, ON, STEP = "_why", "_why_on", "_why_step"

# What changes something when it is called twice.
_IMPURE = frozenset(
    (
        "append", "pop", "add", "update", "extend", "insert", "remove", "clear", "sort", "fill", "popleft",
        "appendleft", "write", "setdefault", "next", "input", "print", "open", "random", "normal", "integers",
        "choice", "shuffle", "permutation", "standard_normal",
    )
)


class Tracing:
    """Reads a function and makes its traced copy.

    Parameters
    ----------
    reading : Reading
        Filled with leaves and tests.
    clips : bool
        Whether loops over bars may start late (rules); else they run in full.
    deep : bool
        Whether loops inside the loop over bars are traced too (over instruments).
    """

    def __init__(self, reading: Reading, *, clips: bool, deep: bool) -> None:
        self._reading, self._clips, self._deep = reading, clips, deep
        self.loops: list[ast.For] = []

    def traced(self) -> ast.FunctionDef:
        """Return the definition of the traced copy."""
        node = copy.copy(self._reading.node)
        node.body = self._outside(node.body)
        return node

    def _outside(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """Rewrite what stands outside loops over bars: comparisons of whole arrays tell themselves."""
        found: list[ast.stmt] = []
        for node in statements:
            if isinstance(node, ast.For) and is_bar_loop(node):
                found.append(self._bar_loop(node))
            elif isinstance(node, ast.If | ast.For | ast.While | ast.With):
                found.append(self._compound(node, self._outside))
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.append(node)
            else:
                read_statement(self._reading, node)
                found.append(_Native().visit(copy.deepcopy(node)))
        return found

    def _compound(self, node: Any, rewrite: Callable[[list[ast.stmt]], list[ast.stmt]]) -> ast.stmt:
        new: Any = copy.copy(node)
        new.body = rewrite(node.body)
        if getattr(node, "orelse", None):
            new.orelse = rewrite(node.orelse)
        changed: ast.stmt = new
        return changed

    def _bar_loop(self, node: ast.For) -> ast.For:
        self.loops.append(node)
        name = node.target.id  # type: ignore[attr-defined]
        self._reading.counters.add(name)
        new = copy.copy(node)
        loop = len(self.loops) - 1
        given = [ast.Constant(loop), node.iter, ast.Constant(self._clips)]
        new.iter = ast.Call(_attribute("span"), given, [])
        head = ast.parse(
            f"{ON} = {TRACER}.low <= {name} <= {TRACER}.high and {TRACER}.counts[{loop}]\n"
            f"if {ON} and {name} == {TRACER}.asked: {TRACER}.keep({loop}, dict(locals()))\n"
        ).body
        new.body = [*head, *self._inside(node.body, name, ())]
        return new

    def _inside(self, statements: list[ast.stmt], bar: str, inner: tuple[str, ...]) -> list[ast.stmt]:
        """Rewrite the body of a loop over bars: a note goes before each statement that makes tests."""
        found: list[ast.stmt] = []
        for node in statements:
            if isinstance(node, ast.For | ast.While):
                found.append(self._inner_loop(node, bar, inner))
                continue
            at = read_statement(self._reading, node)
            if at >= 0:
                found.append(self._note(at, bar, inner))
            found.append(self._chain(node, bar, inner) if isinstance(node, ast.If) else node)
        return found

    def _inner_loop(self, node: Any, bar: str, inner: tuple[str, ...]) -> ast.stmt:
        if not self._deep or not isinstance(node, ast.For) or not isinstance(node.target, ast.Name):
            return node  # type: ignore[no-any-return]
        names = (*inner, node.target.id)
        return self._compound(node, lambda body: self._inside(body, bar, names))

    def _chain(self, node: ast.If, bar: str, inner: tuple[str, ...]) -> ast.If:
        parts = [copy.copy(one) for one in chain_of(node)]
        for part, following in zip(parts, [*parts[1:], None], strict=True):
            part.body = self._inside(part.body, bar, inner)
            if following is not None:
                part.orelse = [following]
            elif part.orelse:
                part.orelse = self._inside(part.orelse, bar, inner)
        return parts[0]

    def _note(self, statement: int, bar: str, inner: tuple[str, ...]) -> ast.stmt:
        leaves = [self._reading.leaves[at].node for at in self._reading.statements[statement]]
        key = ast.Tuple([ast.Name(name, ast.Load()) for name in inner], ast.Load())
        call = ast.Call(
            _attribute("note"),
            [
                ast.Constant(statement), ast.Name(bar, ast.Load()), key,
                ast.Tuple([_shadow(leaf) for leaf in leaves], ast.Load()),
            ], [],
        )  # fmt: skip
        return ast.If(ast.Name(ON, ast.Load()), [ast.Expr(call)], [])


def is_bar_loop(node: ast.For) -> bool:
    """Return whether a loop's variable counts bars: it is a number that indexes something in the body."""
    if not isinstance(node.target, ast.Name) or not isinstance(node.iter, ast.Call):
        return False
    if not isinstance(node.iter.func, ast.Name) or node.iter.func.id not in ("range", "prange"):
        return False
    name = node.target.id
    return any(
        isinstance(inner, ast.Subscript)
        and any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(inner.slice))
        for statement in node.body for inner in ast.walk(statement)
    )  # fmt: skip


def build(reading: Reading, definition: ast.FunctionDef, tracer: Any) -> Callable[..., Any]:
    """Compile a copy of a function in its own module's names.

    Parameters
    ----------
    reading : Reading
    definition : ast.FunctionDef
        From `Tracing.traced` or `step_of`.
    tracer : object
        What the copy tells.
    """
    definition = copy.copy(definition)
    definition.decorator_list, definition.returns = [], None
    definition.args = copy.deepcopy(definition.args)
    for one in (*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs):
        one.annotation = None
    module = ast.fix_missing_locations(ast.Module([definition], []))
    function: Any = reading.function
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    scope = {**function.__globals__, **{name: cell.cell_contents for name, cell in cells}, TRACER: tracer}
    made: dict[str, Any] = {}
    exec(compile(module, function.__code__.co_filename, "exec", dont_inherit=True), scope, made)  # noqa: S102
    found: FunctionType = made[definition.name]
    if definition.name != STEP:
        found.__defaults__, found.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    return found


def step_of(reading: Reading, loop: ast.For) -> ast.FunctionDef:
    """Return one pass of a loop over bars as a function of everything that the pass can read."""
    names = [*reading.arguments]
    for inner in ast.walk(reading.node):
        for target, _ in assigned(inner):
            names += [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]
    names = list(dict.fromkeys([*names, loop.target.id]))  # type: ignore[attr-defined]
    body = copy.copy(loop)
    body.iter = ast.Tuple([ast.Name(loop.target.id, ast.Load())], ast.Load())  # type: ignore[attr-defined]
    body.body, body.orelse = [_Flips().visit(copy.deepcopy(one)) for one in loop.body], []
    head = ast.parse(f"def {STEP}({', '.join(f'{name}=None' for name in names)}): pass").body[0]
    head.body = [body]  # type: ignore[attr-defined]
    return head  # type: ignore[return-value]


def _attribute(name: str) -> ast.Attribute:
    return ast.Attribute(ast.Name(TRACER, ast.Load()), name, ast.Load())


def _shadow(leaf: ast.expr) -> ast.expr:
    """Return a function without arguments that gives the sides of a leaf; None when it must not be tried."""
    if not _is_pure(leaf):
        return ast.Constant(None)
    sides = [leaf.left, *leaf.comparators] if isinstance(leaf, ast.Compare) else [leaf]
    parts = [_Bounded().visit(copy.deepcopy(side)) for side in sides]
    nothing = ast.arguments([], [], None, [], [], None, [])
    return ast.Lambda(nothing, ast.Tuple(parts, ast.Load()))


def _is_pure(node: ast.expr) -> bool:
    for inner in ast.walk(node):
        if isinstance(inner, ast.NamedExpr | ast.Yield | ast.Await):
            return False
        if isinstance(inner, ast.Call):
            called = inner.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in _IMPURE:
                return False
    return True


class _Bounded(ast.NodeTransformer):
    """Turns ``x[i]`` into a call that refuses a negative index: at the first bars that is a later bar."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.slice, ast.Slice) or not isinstance(node.ctx, ast.Load):
            return node
        return ast.Call(_attribute("at"), [node.value, node.slice], [])


class _Native(ast.NodeTransformer):
    """Replaces comparisons of whole arrays by ones that tell."""

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        at = getattr(node, "why_leaf", None)
        if at is None or len(node.ops) > 1:
            return node
        which = [ast.Constant(at), ast.Constant(type(node.ops[0]).__name__)]
        return ast.Call(_attribute("compare"), [*which, node.left, *node.comparators], [])

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        return node


class _Flips(ast.NodeTransformer):
    """Lets the outcome of chosen comparisons be the opposite."""

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        at = getattr(node, "why_leaf", None)
        return node if at is None else ast.Call(_attribute("flip"), [ast.Constant(at), node], [])


__all__ = ["Tracing", "build", "is_bar_loop", "is_condition", "step_of"]
