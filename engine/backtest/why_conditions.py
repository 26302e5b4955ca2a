"""From what a replay told to conditions in words, and to the condition that missed by least."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backtest.why_names import OPERATORS, Namer
from engine.backtest.why_parts import Condition, Miss, Step
from engine.backtest.why_replay import COMPARE, REACH, Replay
from engine.backtest.why_source import Leaf, Test, Tree

MOST_MISSES = 4
# Ways to look for what else would have had to hold, through names that keep an outcome.
_DEEPEST = 4
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_INFINITE = (math.inf, frozenset[int]())

Place = Callable[[int], tuple[int, str]]


@dataclass(eq=False)
class Conditions:
    """Conditions of one bar.

    Parameters
    ----------
    replay : Replay
    namer : Namer
    asset : int, default 0
        Column, where values have one per instrument.
    """

    replay: Replay
    namer: Namer
    asset: int = 0

    def __post_init__(self) -> None:
        self._asked = self.replay.tracer.asked
        self._series: dict[int, dict[int, tuple[float, float]]] = {}

    def steps(self) -> tuple[Step, ...]:
        """Return the tests that the bar came to, in the order of the source."""
        found, taken = [], set()
        arrays = self.replay.tracer.arrays  # whole arrays are compared in full
        for test in self.replay.reading.tests:
            if not self._is_there(test):
                continue
            reached = test.chain not in taken
            marks: dict[int, bool] = {}
            held = _walk(test.tree, self._outcome, marks, reached=reached) is True
            come_to = {leaf for leaf, mark in marks.items() if mark or leaf in arrays}
            if held and not test.defines:
                taken.add(test.chain)
            conditions = tuple(
                self._condition(self.replay.reading.leaves[leaf], reached=leaf in come_to)
                for leaf in _leaves(test.tree) if self._is_shown(leaf)
            )  # fmt: skip
            leads = ", ".join(self.namer.statement(one) for one in test.leads)
            if conditions:
                found.append(
                    Step(
                        ast.unparse(test.node), test.line, held, reached, leads,
                        test.defines.replace("_", " "), conditions,
                    )
                )  # fmt: skip
        return tuple(sorted(found, key=lambda step: step.line))

    def misses(self, said: float, place: Place) -> tuple[Miss, ...]:
        """Return the failed conditions that would have changed the target, nearest first.

        Parameters
        ----------
        said : float
            Target of the bar.
        place : callable
            ``place(bar) -> (bar of the run's axis, label)``.
        """
        best: dict[int, Miss] = {}
        for test in self.replay.reading.tests:
            if not self._is_there(test) or _walk(test.tree, self._outcome, {}, reached=True) is not False:
                continue
            cost, flips = self._cost(test.tree, test, wanted=True, depth=0)
            if not flips or not math.isfinite(cost):
                continue
            target = self.replay.turned(flips)
            if target == said or (self.replay.step is not None and math.isnan(target)):
                continue
            at = max(flips, key=self._relative)
            miss = self._miss(at, len(flips), target, place)
            if at not in best or miss.together < best[at].together:
                best[at] = miss
        return tuple(sorted(best.values(), key=lambda one: one.relative)[:MOST_MISSES])

    def _is_there(self, test: Test) -> bool:
        if self._asked in self.replay.tracer.passed.get(test.statement, ()):
            return True
        arrays, leaves = self.replay.tracer.arrays, self.replay.reading.leaves
        # Outside the loop over bars a comparison of settings is the same for every bar.
        return any(leaf in arrays and not leaves[leaf].is_state for leaf in _leaves(test.tree))

    def _is_shown(self, leaf: int) -> bool:
        node = self.replay.reading.leaves[leaf].node
        left = node.left if isinstance(node, ast.Compare) else node
        # That there is a bar before is no condition of the market.
        counts = isinstance(left, ast.Name) and left.id in self.replay.reading.counters
        return not counts and self._outcome(leaf) is not None

    def _sides(self, leaf: int) -> dict[int, tuple[float, float]]:
        """Return both sides of a leaf by bar, around the asked one."""
        if leaf not in self._series:
            tracer = self.replay.tracer
            if leaf in tracer.arrays:
                told: dict[int, tuple[float | None, ...]] = {
                    bar: tuple(_element(side, bar, self.asset) for side in tracer.arrays[leaf])
                    for bar in range(tracer.low, tracer.high + 1)
                }
            else:
                told = {
                    bar: tuple(_scalar(side, self.asset) for side in sides)
                    for bar, sides in tracer.seen.get(leaf, {}).items()
                }
            # What is no number at one bar (a whole row, a list) says nothing about this instrument.
            self._series[leaf] = {
                bar: (float(sides[0] or 0.0), float(sides[1] or 0.0) if len(sides) > 1 else math.nan)
                for bar, sides in told.items() if None not in sides
            }  # fmt: skip
        return self._series[leaf]

    def _outcome(self, leaf: int, bar: int | None = None) -> bool | None:
        sides = self._sides(leaf).get(self._asked if bar is None else bar)
        if sides is None:
            return None
        node = self.replay.reading.leaves[leaf].node
        if not isinstance(node, ast.Compare):
            return None if math.isnan(sides[0]) else bool(sides[0])
        name = type(node.ops[0]).__name__
        if name in ("In", "NotIn", "Is", "IsNot"):
            given = self.replay.tracer.seen.get(leaf, {}).get(self._asked if bar is None else bar)
            return None if given is None else bool(COMPARE[name](*given))
        return bool(COMPARE[name](*sides))

    def _condition(self, leaf: Leaf, *, reached: bool) -> Condition:
        left, right = self._sides(leaf.at)[self._asked]
        held = self._outcome(leaf.at) is True
        if not isinstance(leaf.node, ast.Compare):
            words = self.namer.words(leaf.node)
            return Condition(
                ast.unparse(leaf.node), leaf.line, words, "", "", left, math.nan, held, reached,
                leaf.is_state and not self._is_defined(leaf),
            )
        node = leaf.node
        return Condition(
            ast.unparse(node), leaf.line, self.namer.words(node.left), OPERATORS[type(node.ops[0])],
            self.namer.words(node.comparators[0]), left, right, held, reached, leaf.is_state,
        )  # fmt: skip

    def _is_defined(self, leaf: Leaf) -> bool:
        named = {test.defines for test in self.replay.reading.tests} - {""}
        return isinstance(leaf.node, ast.Name) and leaf.node.id in named

    def _scale(self, leaf: int) -> float:
        sides = self._sides(leaf)
        away = [
            abs(left - right) for bar, (left, right) in sides.items()
            if self._asked - REACH < bar <= self._asked and math.isfinite(left - right)
        ]  # fmt: skip
        return float(np.mean(away)) if away else math.nan

    def _relative(self, leaf: int) -> float:
        left, right = self._sides(leaf)[self._asked]
        scale = self._scale(leaf)
        distance = abs(left - right)
        if distance == 0.0:
            return 0.0
        return distance / scale if scale > 0.0 else math.inf

    def _cost(self, tree: Tree, test: Test, *, wanted: bool, depth: int) -> tuple[float, frozenset[int]]:
        """Return how far a tree is from an outcome, and the comparisons that would have to change."""
        kind = tree[0]
        if kind == "leaf":
            return self._leaf_cost(tree[1], test, wanted=wanted, depth=depth)
        if kind == "not":
            return self._cost(tree[1], test, wanted=not wanted, depth=depth)
        parts = [self._cost(part, test, wanted=wanted, depth=depth) for part in tree[1]]
        if (kind == "and") is wanted:
            return max(cost for cost, _ in parts), frozenset().union(*(flips for _, flips in parts))
        return min(parts, key=lambda part: part[0])

    def _leaf_cost(
        self, leaf: int, test: Test, *, wanted: bool, depth: int
    ) -> tuple[float, frozenset[int]]:
        outcome = self._outcome(leaf)
        if outcome is wanted:
            return 0.0, frozenset()
        found = self.replay.reading.leaves[leaf]
        if isinstance(found.node, ast.Name) and depth < _DEEPEST:
            definition = self._definition(found.node.id, test)
            return _INFINITE if definition is None else self._cost(
                definition.tree, definition, wanted=wanted, depth=depth + 1
            )
        if outcome is None or found.is_state or not isinstance(found.node, ast.Compare):
            return _INFINITE
        if not isinstance(found.node.ops[0], _ORDERED):
            return _INFINITE
        relative = self._relative(leaf)
        return (relative, frozenset((leaf,))) if math.isfinite(relative) else _INFINITE

    def _definition(self, name: str, test: Test) -> Test | None:
        named = [one for one in self.replay.reading.tests if one.defines == name and one.at < test.at]
        return named[-1] if named and self._is_there(named[-1]) else None

    def _miss(self, leaf: int, together: int, target: float, place: Place) -> Miss:
        left, right = self._sides(leaf)[self._asked]
        held = [bar for bar in self._sides(leaf) if self._outcome(leaf, bar)]
        near = min(held, key=lambda bar: (abs(bar - self._asked), bar), default=-1)
        bar, label = place(near) if near >= 0 else (-1, "")
        return Miss(
            self._condition(self.replay.reading.leaves[leaf], reached=True), together, target,
            abs(left - right), self._scale(leaf), self._relative(leaf), bar, label,
            near - self._asked if near >= 0 else 0,
        )  # fmt: skip


def _leaves(tree: Tree) -> Iterator[int]:
    if tree[0] == "leaf":
        yield tree[1]
    elif tree[0] == "not":
        yield from _leaves(tree[1])
    else:
        for part in tree[1]:
            yield from _leaves(part)


def _walk(
    tree: Tree, outcome: Callable[[int], bool | None], marks: dict[int, bool], *, reached: bool
) -> bool | None:
    """Return the outcome of a tree, None when it is not known; mark the leaves that were come to."""
    if tree[0] == "leaf":
        marks[tree[1]] = reached
        return outcome(tree[1])
    if tree[0] == "not":
        inner = _walk(tree[1], outcome, marks, reached=reached)
        return None if inner is None else not inner
    ends, found = bool(tree[0] == "or"), []
    for part in tree[1]:
        value = _walk(part, outcome, marks, reached=reached)
        found.append(value)
        reached = reached and value is not ends
    if ends in found:
        return ends
    return None if None in found else not ends


def _element(side: Any, bar: int, asset: int) -> float | None:
    """Return the value of an array, a series or a table at a bar; a single number is itself."""
    values = np.asarray(side)
    if values.ndim == 0:
        return _scalar(values, asset)
    return _scalar(values[bar], asset) if bar < values.shape[0] else None


def _scalar(value: Any, asset: int) -> float | None:
    try:
        values = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    if values.ndim == 0:
        return float(values)
    return float(values[asset]) if values.ndim == 1 and asset < values.size else None
