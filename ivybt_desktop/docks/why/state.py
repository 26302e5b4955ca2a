"""An explanation as rows of words and numbers. Plain Python; `engine.backtest.why` worked them out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.backtest.why_parts import (
    BarExplanation,
    Condition,
    Decision,
    Figure,
    GateState,
    Miss,
    Section,
    Step,
    TradeExplanation,
    plain_number,
)
from ivybt_desktop.widgets.format import DASH, MINUS, money, number, percent_points

# Words of a mark; the sign beside it differs in shape, not only in colour.
HELD, FAILED = "held", "failed"
_UNITS = {"share": "%", "times": "\N{MULTIPLICATION SIGN}", "units": "units", "bars": "bars"}
_TOTALS = frozenset({"net", "delayed_net", "position", "equity", "exposure", "target"})
_SIGNED = frozenset({"costs", "delay"})
_PRICE_DIGITS = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One line.

    Parameters
    ----------
    label : str
        Words.
    value, unit : str
        Number and what it counts; empty for a line of words.
    mark : {"", "held", "failed"}
    quiet : bool
        Words that recede.
    strong : bool
        A number that others add up to.
    """

    label: str
    value: str = ""
    unit: str = ""
    mark: str = ""
    quiet: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A part with a heading.

    Parameters
    ----------
    title, sentence : str
    rows : tuple of Row
    bar : int
        Bar of the run that the heading leads to; -1 for none.
    label : str
        Date or time of that bar.
    """

    title: str
    sentence: str
    rows: tuple[Row, ...] = ()
    bar: int = -1
    label: str = ""


@dataclass(frozen=True, slots=True)
class WhyState:
    """Everything the dock shows of one trade or bar.

    Parameters
    ----------
    heading : str
    asset : int
        Instrument that the bars belong to.
    blocks : tuple of Block
    is_bar : bool
        Whether a bar is explained, and not a trade.
    decision_bar : int
        Bar that decided.
    """

    heading: str
    asset: int
    blocks: tuple[Block, ...]
    is_bar: bool
    decision_bar: int


def trade_state(told: TradeExplanation, decimals: int) -> WhyState:
    """Return a trade's explanation; ``decimals`` is how many the instrument's prices have."""
    net = told.costs.value("net")
    blocks = [_decision(told.decision, "Decision", decimals), *_gates(told.decision)]
    blocks += [_section(told.size, told.currency, decimals), _section(told.fill, told.currency, decimals)]
    if told.levels.figures:
        blocks.append(_section(told.levels, told.currency, decimals))
    blocks.append(_section(told.exit, told.currency, decimals))
    if told.exit_decision is not None:
        blocks.append(_decision(told.exit_decision, "Decision of the exit", decimals))
    blocks += [_section(told.costs, told.currency, decimals), _section(told.delay, told.currency, decimals)]
    heading = f"{told.title}: {money(net, signed=True)} {told.currency}"
    return WhyState(heading, told.asset, tuple(blocks), is_bar=False, decision_bar=told.decision.bar)


def bar_state(told: BarExplanation, decimals: int) -> WhyState:
    """Return a bar's explanation."""
    blocks = [_section(told.verdict, told.currency, decimals)]
    if told.decision is not None:
        blocks += _misses(told.decision.misses)
        blocks += [_decision(told.decision, "Decision", decimals), *_gates(told.decision)]
    heading = f"{told.symbol} {told.label}".strip()
    return WhyState(heading, told.asset, tuple(blocks), is_bar=True, decision_bar=told.bar)


def text_of(state: WhyState) -> str:
    """Return the whole explanation as text for the clipboard, columns apart by tabs."""
    lines = [state.heading]
    for block in state.blocks:
        lines += ["", "\t".join(part for part in (block.title, block.label) if part)]
        lines += [block.sentence] if block.sentence else []
        for row in block.rows:
            mark = f"{row.mark}: " if row.mark else ""
            lines.append("\t".join(part for part in (mark + row.label, row.value, row.unit) if part))
    return "\n".join(lines) + "\n"


def _decision(decision: Decision, title: str, decimals: int) -> Block:
    if decision.said == decision.before:
        sentence = f"The strategy said {_target(decision.said)}, as at the close before"
    else:
        sentence = f"The strategy went from {_target(decision.before)} to {_target(decision.said)}"
    if decision.seen_label:
        sentence += f"; it saw the bar of {decision.seen_label}"
    told = [(step, condition) for step in decision.steps for condition in step.conditions]
    rows = [row for step in decision.steps for row in _step(step)]
    if any(not (step.reached and condition.reached) for step, condition in told):
        rows += [Row("Not reached at this bar, for the record:", quiet=True), *_record(decision.steps)]
    named = {words for condition in decision.conditions for words in (condition.left, condition.right)}
    rows += [_figure(line, "", decimals) for line in decision.lines if line.title not in named]
    if decision.target != decision.said:
        rows += [_figure(factor, "", decimals) for factor in decision.factors]
    if decision.problem:
        rows.insert(0, Row(decision.problem, quiet=True))
    return Block(title, sentence, tuple(rows), decision.bar, decision.label)


def _target(value: float) -> str:
    return {1.0: "long", -1.0: "short", 0.0: "flat"}.get(value, plain_number(value).replace("-", MINUS))


def _step(step: Step) -> Iterable[Row]:
    """Return the conditions that one test came to; the last tells what it led to."""
    shown = [one for one in step.conditions if step.reached and one.reached and not _is_warm(one)]
    for place, condition in enumerate(shown):
        words = _typeset(condition.words)
        if step.defines and len(step.conditions) == 1:
            words = f"{step.defines}: {words}"
        if place == len(shown) - 1 and step.held and step.leads_to:
            words += f", so {_typeset(step.leads_to)}"
        yield Row(words, mark=HELD if condition.held else FAILED)


def _record(steps: Sequence[Step]) -> Iterable[Row]:
    """Return the conditions that were not come to."""
    for step in steps:
        for condition in step.conditions:
            if not (step.reached and condition.reached) and not _is_warm(condition):
                mark = HELD if condition.held else FAILED
                yield Row(_typeset(condition.words), mark=mark, quiet=True)


def _is_warm(condition: Condition) -> bool:
    """Return whether a condition only says that its lines are known, which they are."""
    return not condition.operator and not condition.held and condition.left.endswith("is not known")


def _misses(misses: Sequence[Miss]) -> list[Block]:
    if not misses:
        return []
    rows = []
    for miss in misses:
        rows.append(Row(_typeset(miss.condition.words), mark=FAILED))
        rows.append(Row("missed by", _plain(miss.distance)))
        rows.append(Row("usual distance", _plain(miss.scale)))
        share = DASH if math.isinf(miss.relative) else percent_points(miss.relative, 0)
        rows.append(Row("of the usual", share, "%"))
        if not math.isnan(miss.target):
            others = "" if miss.together == 1 else f", with {miss.together - 1} more"
            rows.append(Row(f"target had it held{others}", _target(miss.target)))
        rows.append(Row(*_when(miss)))
    several = len(misses) > 1
    nearest = "Conditions that failed, nearest first" if several else "The condition that failed by least"
    return [Block("Nearest miss", nearest, tuple(rows), misses[0].bar, misses[0].label)]


def _when(miss: Miss) -> tuple[str, str]:
    if miss.bars_away == 0:
        return "it held", "at no bar nearby"
    count = abs(miss.bars_away)
    way = "later" if miss.bars_away > 0 else "before"
    return f"it held {count} bar{'s' * (count != 1)} {way}", miss.label


def _gates(decision: Decision) -> list[Block]:
    if not decision.gates:
        return []
    rows = [row for gate in decision.gates for row in _gate(gate)]
    shut = [gate.title for gate in decision.gates if not gate.open]
    sentence = f"Shut: {', '.join(shut)}" if shut else "Open: the signal may act"
    return [Block("Gate", sentence, tuple(rows), decision.bar, decision.label)]


def _gate(gate: GateState) -> Iterable[Row]:
    yield Row(gate.title, "open" if gate.open else "shut", mark=HELD if gate.open else FAILED)
    if gate.legend:
        yield Row(gate.legend, quiet=True)
    for figure in gate.figures:
        yield Row(figure.title, _plain(figure.value))


def _section(section: Section, currency: str, decimals: int) -> Block:
    signed = section.name in _SIGNED
    rows = tuple(_figure(figure, currency, decimals, signed=signed) for figure in section.figures)
    return Block(section.title, _typeset(section.sentence), rows, section.bar, section.label)


def _figure(figure: Figure, currency: str, decimals: int, *, signed: bool = False) -> Row:
    value, kind = figure.value, figure.unit
    match kind:
        case "price":
            text = number(value, decimals + _PRICE_DIGITS)
        case "money":
            text = money(value, signed=signed)
        case "share":
            text = percent_points(value, signed=signed)
        case "units":
            text = _trimmed(number(value, 4))
        case "times":
            text = _trimmed(number(value, 4))
        case "bars":
            text = number(value, 0)
        case _:
            text = _plain(value)
    unit = currency if kind == "money" else _UNITS.get(kind, "")
    label = f"{figure.title}, {figure.note}" if figure.note else figure.title
    return Row(_typeset(label), text, unit, strong=figure.name in _TOTALS and kind != "price")


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _plain(value: float) -> str:
    if math.isnan(value):
        return DASH
    return plain_number(value).replace("-", MINUS)


def _typeset(words: str) -> str:
    """Return words with the signs of print: a minus as wide as a digit, a times sign."""
    parts = words.split(" ")
    parts = ["\N{MULTIPLICATION SIGN}" if part == "x" else MINUS if part == "-" else part for part in parts]
    parts = ["\N{LESS-THAN OR EQUAL TO}" if part == "<=" else part for part in parts]
    parts = ["\N{GREATER-THAN OR EQUAL TO}" if part == ">=" else part for part in parts]
    return " ".join(MINUS + part[1:] if _is_negative(part) else part for part in parts)


def _is_negative(part: str) -> bool:
    return len(part) > 1 and part[0] == "-" and (part[1].isdigit() or part[1] == "(" or part[1].isalpha())
