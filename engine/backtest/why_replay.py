"""A strategy's decision run again in plain Python, telling about its tests around one bar.

A rule is run on a window that ends shortly after the bar. The window doubles until the rule's memory at the
bar no longer depends on where it began and its targets are those of the run; at last it is the whole series,
which is exact. A normal run does none of this.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backtest.targets import blaming
from engine.backtest.why_source import Reading, read_function
from engine.backtest.why_traced import Tracing, build, step_of
from engine.core.bars import FloatArray
from engine.core.errors import StrategyError
from engine.strategies import Rule, Strategy

# Bars on each side of the asked one whose comparisons are kept: for the usual distance and the nearest bar.
REACH = 100
# Series up to this length are run whole at once.
WHOLE = 20_000
_FIRST = 4_096
_CLOSE = 1e-9

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "Lt": operator.lt, "LtE": operator.le, "Gt": operator.gt, "GtE": operator.ge, "Eq": operator.eq,
    "NotEq": operator.ne, "Is": operator.is_, "IsNot": operator.is_not,
    "In": lambda one, others: one in others, "NotIn": lambda one, others: one not in others,
}  # fmt: skip


class Tracer:
    """What traced code tells.

    Attributes
    ----------
    asked, low, high : int
        The bar, and the bars whose comparisons are kept.
    seen : dict of int to dict of int to tuple
        Of each leaf, by bar: its sides.
    passed : dict of int to set of int
        Of each statement: the bars at which it was come to.
    arrays : dict of int to tuple
        Of each leaf outside loops over bars: its sides as whole arrays.
    """

    def __init__(self, reading: Reading, asked: int, size: int, asset: int = 0) -> None:
        self._statements, self._size = reading.statements, size
        self.asked, self._asset = asked, asset
        self.low, self.high = max(asked - REACH, 0), min(asked + REACH, size - 1)
        self.first = 0
        self.clear()

    def clear(self) -> None:
        """Forget what was told."""
        self.seen: dict[int, dict[int, tuple[Any, ...]]] = {}
        self.passed: dict[int, set[int]] = {}
        self.arrays: dict[int, tuple[Any, Any]] = {}
        self.kept: dict[int, dict[str, Any]] = {}
        self.counts: dict[int, bool] = {}
        self.flips: frozenset[int] = frozenset()

    def span(self, loop: int, bars: range, clips: bool) -> range:  # noqa: FBT001  (generated call)
        """Return the part of a loop that is run; one that does not end with the bars counts others."""
        self.counts[loop] = clips or abs(bars.stop - self._size) <= 1
        if not clips or bars.step != 1:
            return bars
        return range(max(bars.start, self.first), min(bars.stop, self.high + 1))

    def keep(self, loop: int, names: dict[str, Any]) -> None:
        """Keep what the code remembers at the beginning of the asked bar."""
        self.kept[loop] = names

    def note(
        self, statement: int, bar: int, inner: tuple[Any, ...], sides: tuple[Callable[[], Any] | None, ...]
    ) -> None:
        """Evaluate the comparisons of a statement for the record."""
        if inner and self._asset not in inner:
            return
        self.passed.setdefault(statement, set()).add(bar)
        for leaf, both in zip(self._statements[statement], sides, strict=True):
            if both is None:
                continue
            try:
                self.seen.setdefault(leaf, {})[bar] = both()
            except (LookupError, ArithmeticError, ValueError, TypeError, NameError, AttributeError):
                continue  # what the strategy would not have come to may not be possible here

    def compare(self, leaf: int, name: str, left: Any, right: Any) -> Any:
        """Compare whole arrays and keep both sides."""
        if any(np.shape(side)[:1] == (self._size,) for side in (left, right)):
            self.arrays[leaf] = (left, right)
        return COMPARE[name](left, right)

    def flip(self, leaf: int, outcome: Any) -> Any:
        """Return an outcome, or its opposite where that is asked."""
        return np.logical_not(outcome) if leaf in self.flips else outcome

    @staticmethod
    def at(values: Any, place: Any) -> Any:
        """Return an element; a negative place would be one of the last."""
        first = place[0] if isinstance(place, tuple) and place else place
        if isinstance(first, int | np.integer) and first < 0:
            raise IndexError(first)
        return values[place]


@dataclass(eq=False)
class Replay:
    """A decision that was run again.

    Parameters
    ----------
    reading : Reading
    tracer : Tracer
    loop : int
        The loop over bars that sets the target; -1 without one.
    first : int
        Bar at which the run again began.
    target : str
        Name of the array that the loop fills.
    step : callable or None
    place : int, default 0
        Column of the target, where it has several.
    """

    reading: Reading
    tracer: Tracer
    loop: int
    first: int
    target: str
    step: Callable[..., Any] | None
    place: int = 0

    def turned(self, leaves: frozenset[int]) -> float:
        """Return the target of the asked bar, had some comparisons come out the other way; NaN if unknown."""
        state = self.tracer.kept.get(self.loop)
        if self.step is None or state is None:
            return math.nan
        names = self.step.__code__.co_varnames[: self.step.__code__.co_argcount]
        only_read = {*self.reading.arguments, self.target}
        given = {
            name: state[name] if name in only_read else _own(state[name]) for name in names if name in state
        }
        filled, asked = given[self.target], self.tracer.asked
        before = np.array(filled[asked])
        self.tracer.flips = leaves
        try:
            with np.errstate(all="ignore"):
                self.step(**given)
            return float(np.ravel(filled[asked])[self.place])
        except Exception:  # noqa: BLE001  (border: a strategy's code in a state it never met)
            return math.nan
        finally:
            filled[asked] = before
            self.tracer.flips = frozenset()


def _own(value: Any) -> Any:
    """Return what a pass may change as a copy."""
    if isinstance(value, list | dict | set):
        return type(value)(value)
    if isinstance(value, np.ndarray) and value.base is None and value.flags.writeable:
        return np.array(value)
    return value


def replay_rule(
    strategy: Strategy, rule: Rule, given: tuple[Any, Any, Any, Any], real: FloatArray, asked: int
) -> Replay:
    """Run a rule again around a bar.

    Parameters
    ----------
    strategy : Strategy
    rule : Rule
    given : (Prices, bank, rows, params)
        As the rule is called with.
    real : float64[n]
        Targets of the compiled rule.
    asked : int

    Raises
    ------
    StrategyError
        The source cannot be read, the rule raised, or it does not give the targets of the run.
    """
    reading = read_function(rule.python, ("bars", "bank", "", "", ""))
    tracing = Tracing(reading, clips=True, deep=False)
    tracer = Tracer(reading, asked, real.size)
    function = build(reading, tracing.traced(), tracer)
    target = reading.arguments[4]
    loop = _deciding_loop(tracing.loops, target)
    width, before = _FIRST, None
    while True:
        first = 0 if real.size <= WHOLE or loop < 0 else max(asked - width, 0)
        out = np.zeros(real.size)
        tracer.clear()
        tracer.first = first
        with blaming(strategy), np.errstate(all="ignore"):
            function(*given, out)
        state = _memory(tracer.kept.get(loop, {}))
        checked = slice(first + (asked - first) // 2 if first else 0, tracer.high + 1)
        agrees = bool(np.allclose(out[checked], real[checked], rtol=0.0, atol=_CLOSE, equal_nan=True))
        if first == 0 and not agrees:
            raise StrategyError(
                "run again in Python it gives other targets", where=strategy.title,
                hint="Run the backtest again; a rule may use bars up to its own only",
            )  # fmt: skip
        if first == 0 or (agrees and before is not None and _same(before, state)):
            break
        before, width = state, 2 * width
    step = build(reading, step_of(reading, tracing.loops[loop]), tracer) if loop >= 0 else None
    return Replay(reading, tracer, loop, first, target, step)


def replay_method(
    strategy: Strategy, method: Callable[..., Any], given: tuple[Any, ...], size: int, asked: int,
    asset: int = 0,
) -> Replay:  # fmt: skip
    """Run a plain method (``signals`` or ``weights``) again over all bars.

    Parameters
    ----------
    strategy : Strategy
    method : callable
        Bound method.
    given : tuple
        Its arguments.
    size, asked, asset : int
        Bars, the asked one, and the instrument.

    Raises
    ------
    StrategyError
        The source cannot be read, or the method raised.
    """
    reading = read_function(method, ("", "bars", ""))
    tracing = Tracing(reading, clips=False, deep=True)
    tracer = Tracer(reading, asked, size, asset)
    function = build(reading, tracing.traced(), tracer)
    with blaming(strategy), np.errstate(all="ignore"):
        function(strategy, *given)
    target = _filled(tracing.loops[-1]) if tracing.loops else ""
    step = build(reading, step_of(reading, tracing.loops[-1]), tracer) if target else None
    return Replay(reading, tracer, len(tracing.loops) - 1, 0, target, step, asset)


def _deciding_loop(loops: list[ast.For], target: str) -> int:
    return max((at for at, loop in enumerate(loops) if target in _stored(loop)), default=-1)


def _stored(loop: ast.For) -> list[str]:
    """Return the arrays whose elements a loop sets at its own bar."""
    name = ast.unparse(loop.target)
    return [
        node.value.id for node in ast.walk(loop)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name) and _is_own(node.slice, name)
    ]  # fmt: skip


def _is_own(place: ast.expr, name: str) -> bool:
    first = place.elts[0] if isinstance(place, ast.Tuple) and place.elts else place
    return isinstance(first, ast.Name) and first.id == name


def _filled(loop: ast.For) -> str:
    return next(reversed(_stored(loop)), "")


def _memory(names: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: float(value) for name, value in names.items()
        if isinstance(value, bool | int | float | np.number | np.bool_) and not name.startswith("_why")
    }  # fmt: skip


def _same(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    if one.keys() != other.keys():
        return False
    return all(
        value == other[name] or (math.isnan(value) and math.isnan(other[name])) for name, value in one.items()
    )
