"""What an explanation consists of: frozen values, no arithmetic. `engine.backtest.why` makes them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

# How a number is to be read; a `share` is a fraction that people see in percent.
Unit = Literal["price", "money", "units", "share", "times", "bars", "number"]

NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its name.

    Parameters
    ----------
    name : str
        Stable key (``equity``).
    title : str
        Words for people.
    value : float
        NaN where it is not known.
    unit : {"price", "money", "units", "share", "times", "bars", "number"}
    note : str
        How it comes about, in a few words.
    """

    name: str
    title: str
    value: float
    unit: Unit = "number"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an explanation.

    Parameters
    ----------
    name, title : str
        Stable key and heading.
    sentence : str
        What happened, in one sentence without a full stop.
    figures : tuple of Figure
        In reading order.
    bar : int
        Bar of the run's axis that it is about; -1 for none.
    label : str
        Date or time of that bar.
    """

    name: str
    title: str
    sentence: str
    figures: tuple[Figure, ...] = ()
    bar: int = -1
    label: str = ""

    def value(self, name: str) -> float:
        """Return the figure of that name.

        Raises
        ------
        KeyError
            There is none.
        """
        for figure in self.figures:
            if figure.name == name:
                return figure.value
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of the strategy's source at one bar.

    Parameters
    ----------
    source : str
        As it stands in the file.
    line : int
        Line of the file.
    left, operator, right : str
        Readable words; the operator is empty for a value that is true or false by itself.
    left_value, right_value : float
        NaN where not known.
    held : bool
        Its outcome.
    reached : bool
        False when the strategy did not get to it; it was then evaluated for the record only.
    is_state : bool
        Whether it compares what the strategy remembers, and not the market.
    """

    source: str
    line: int
    left: str
    operator: str
    right: str
    left_value: float
    right_value: float
    held: bool
    reached: bool
    is_state: bool

    @property
    def words(self) -> str:
        """The comparison with its numbers: ``fast 101.23 > slow 100.87``."""
        left = _with_value(self.left, self.left_value)
        if not self.operator:
            return self.left
        return f"{left} {self.operator} {_with_value(self.right, self.right_value)}"


@dataclass(frozen=True, slots=True)
class Step:
    """One test of the strategy: an ``if``, an ``elif``, a choice, or a named condition.

    Parameters
    ----------
    source : str
        As it stands in the file.
    line : int
        Line of the file.
    held, reached : bool
        Outcome, and whether the strategy got to it.
    leads_to : str
        What the strategy does when it holds (``side = 1``); empty for a named condition.
    defines : str
        Name that keeps the outcome; empty when none does.
    conditions : tuple of Condition
    """

    source: str
    line: int
    held: bool
    reached: bool
    leads_to: str
    defines: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Miss:
    """A condition that failed and would have changed the target.

    Parameters
    ----------
    condition : Condition
    together : int
        How many conditions had to change with it, itself included.
    target : float
        Target that the strategy would have given.
    distance : float
        Absolute difference of both sides.
    scale : float
        Mean absolute difference of both sides over the last bars (at most 100), this one included.
    relative : float
        distance / scale; infinite where the scale is not known.
    bar : int
        Nearest bar of the run's axis at which the condition held; -1 when it did not nearby.
    label : str
        Date or time of that bar.
    bars_away : int
        Bars of the strategy from this one to that; below 0 before it.
    """

    condition: Condition
    together: int
    target: float
    distance: float
    scale: float
    relative: float
    bar: int
    label: str
    bars_away: int


@dataclass(frozen=True, slots=True)
class GateState:
    """What a gate said at a close.

    Parameters
    ----------
    name, title : str
    open : bool
    legend : str
        Its own words.
    figures : tuple of Figure
        What it decided on, thresholds among them.
    """

    name: str
    title: str
    open: bool
    legend: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the strategy decided at one close, and why.

    Parameters
    ----------
    bar : int
        Bar of the run's axis.
    label : str
        Its date or time.
    seen_label : str
        Stamp of the bar that the strategy saw, where that is a derived one; else empty.
    before, said : float
        Target of the strategy at the bar before and at this one, before gates and weights.
    target : float
        Target of the run: after gates, weights and caps.
    factors : tuple of Figure
        From what was said to the target.
    steps : tuple of Step
        Tests of the source, in its order.
    misses : tuple of Miss
        Nearest first.
    lines : tuple of Figure
        Declared indicator lines.
    gates : tuple of GateState
    problem : str
        Why the conditions cannot be shown; empty when they are.
    """

    bar: int
    label: str
    seen_label: str
    before: float
    said: float
    target: float
    factors: tuple[Figure, ...]
    steps: tuple[Step, ...]
    misses: tuple[Miss, ...]
    lines: tuple[Figure, ...]
    gates: tuple[GateState, ...]
    problem: str = ""

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Conditions of all steps, in the order of the source."""
        return tuple(condition for step in self.steps for condition in step.conditions)

    @property
    def failed(self) -> tuple[Condition, ...]:
        """Conditions that did not hold."""
        return tuple(condition for condition in self.conditions if not condition.held)


@dataclass(frozen=True, slots=True)
class TradeExplanation:
    """Why a round trip was made, sized, filled and left, and what it cost.

    Parameters
    ----------
    row, asset : int
        Row of ``result.trades``; its instrument.
    symbol, currency : str
    title : str
        ``Long 12.5 SPY``.
    decision : Decision
        Of the entry.
    size, fill, costs, levels, exit, delay : Section
    exit_decision : Decision or None
        Where a signal closed it.
    """

    row: int
    asset: int
    symbol: str
    currency: str
    title: str
    decision: Decision
    size: Section
    fill: Section
    levels: Section
    exit: Section
    exit_decision: Decision | None
    costs: Section
    delay: Section

    @property
    def sections(self) -> tuple[Section, ...]:
        """Sections of numbers in reading order."""
        return (self.size, self.fill, self.levels, self.exit, self.costs, self.delay)


@dataclass(frozen=True, slots=True)
class BarExplanation:
    """Why a close caused an order, or none.

    Parameters
    ----------
    asset : int
    symbol, currency : str
    bar : int
        Bar of the run's axis.
    label : str
    kind : str
        Stable word for the verdict: ordered, no_signal, gate_shut, held, banned, too_small, no_room,
        waiting, not_due, last_bar, no_volume, no_weight, nothing_to_trade, absent, ended.
    verdict : Section
        What happened, with its numbers.
    decision : Decision or None
        None where the instrument has no bar.
    trade : int
        Row of the trade held or opened; -1 for none.
    """

    asset: int
    symbol: str
    currency: str
    bar: int
    label: str
    kind: str
    verdict: Section
    decision: Decision | None
    trade: int = -1


def plain_number(value: float) -> str:
    """Return a number with six significant digits and thousands separators: ``100.87``, ``1,234.5``."""
    if math.isnan(value):
        return NOT_KNOWN
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    size = abs(value)
    if value == int(value) and size < 1e15:
        return f"{int(value):,}"
    if size >= 1000:
        return f"{value:,.2f}"
    return f"{value:.6g}" if size >= 1e-4 else f"{value:.3g}"


def _with_value(words: str, value: float) -> str:
    text = plain_number(value)
    # A number in the source is its own value.
    return words if words == text or not words or _is_number(words) else f"{words} {text}"


def _is_number(words: str) -> bool:
    try:
        float(words.replace(",", ""))
    except ValueError:
        return False
    return True
