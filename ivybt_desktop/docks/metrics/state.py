"""What the Metrics view shows, as one frozen value, and how it is made from a run. Plain Python."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.metrics import METRICS, MetricInfo
from ivybt_desktop.context import NO_BADGE, Badge
from ivybt_desktop.docks.metrics.lines import Group, Line
from ivybt_desktop.docks.metrics.run_lines import run_groups
from ivybt_desktop.widgets import format as text
from ivybt_desktop.widgets.cost_words import cost_words
from ivybt_desktop.widgets.run_words import allocation_words, ambiguity_words, extra_words

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult

Tone = Literal["", "up", "down"]

EMPTY = "Run a backtest with F5 to see its numbers here"
HEADLINES = ("total_return", "cagr", "sharpe", "max_drawdown", "trades", "win_rate")
_GROUPS = ("Return", "Risk", "Ratios", "Trades", "Activity")
_UNITS = {"fraction": "%", "bars": "bars", "per year": "x/yr"}
# Only results are coloured; a drawdown is always negative and would say nothing in red.
_TONED = ("total_return", "cagr")


@dataclass(frozen=True, slots=True)
class Headline:
    """One of the large numbers; ``note`` stands small beside it."""

    name: str
    title: str
    value: str
    note: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class MetricsState:
    """Everything the Metrics view shows; ``empty`` is the sentence that stands there without a run."""

    empty: str
    headlines: tuple[Headline, ...] = ()
    groups: tuple[Group, ...] = ()
    warnings: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    receipt: str = ""
    badge: Badge = NO_BADGE


def state_of(result: BacktestResult, badge: Badge = NO_BADGE) -> MetricsState:
    """Return what is shown of a run.

    Parameters
    ----------
    result : BacktestResult
    badge : Badge
        Its look-ahead proof; a leak is the first of the warnings.
    """
    doubt = ambiguity_words(result)
    leak = (f"Looks ahead, so nobody can trade these results. {badge.sentence}",) if badge.is_leak else ()
    return MetricsState(
        empty="", headlines=tuple(_headline(name, result.metrics) for name in HEADLINES),
        groups=_groups(result) + run_groups(result),
        warnings=(*leak, *result.warnings, *((doubt,) if doubt else ())), footer=_footer(result),
        receipt=result.receipt, badge=badge,
    )  # fmt: skip


def shown(info: MetricInfo, value: float) -> str:
    """Return a metric as it stands in the list, without its unit."""
    match info.unit:
        case "fraction":
            return text.percent_points(value)
        case "count" | "bars":
            return text.count(value)
        case "bars/year":
            return text.count(value) if float(value).is_integer() else text.number(value)
        case _:
            return text.number(value)


def copied(result: BacktestResult, badge: Badge = NO_BADGE) -> str:
    """Return all metrics as tab-separated lines with headers, at full precision, for a spreadsheet."""
    lines = ["metric\ttitle\tvalue\tunit"]
    for name, info in METRICS.items():
        value = result.metrics[name]
        # A spreadsheet takes an empty cell for a missing number, and NaN for a word.
        lines.append(f"{name}\t{info.title}\t{'' if math.isnan(value) else repr(float(value))}\t{info.unit}")
    lines.append(f"receipt\tReceipt\t{result.receipt}\t")
    return "\n".join([*lines, *([f"proof\tLook-ahead proof\t{badge.status}\t"] if badge.status else [])])


def _headline(name: str, metrics: Mapping[str, float]) -> Headline:
    info, value = METRICS[name], metrics[name]
    sign = "%" if info.unit == "fraction" else ""
    number = shown(info, value)
    note = ""
    if name == "total_return":
        note = f"Buy and hold {text.percent(metrics['benchmark_return'])}"
    tone: Tone = ""
    if name in _TONED and number != text.DASH:
        tone = "down" if number.startswith(text.MINUS) else "up" if value > 0 else ""
    return Headline(name, info.title, number if number == text.DASH else f"{number}{sign}", note, tone)


def _groups(result: BacktestResult) -> tuple[Group, ...]:
    currency = result.bars.instrument.currency
    found: dict[str, list[Line]] = {title: [] for title in _GROUPS}
    for name, info in METRICS.items():
        unit = currency if info.unit == "currency" else _UNITS.get(info.unit, "")
        line = Line(name, info.title, shown(info, result.metrics[name]), unit)
        found.setdefault(info.group, []).append(line)
    return tuple(Group(title, tuple(lines)) for title, lines in found.items() if lines)


def _footer(result: BacktestResult) -> tuple[str, ...]:
    bars, spec = result.bars, result.spec
    costs = cost_words(spec.costs.model_dump())
    traded = f"{text.count(len(set(result.symbols)))} instruments" if result.is_portfolio else bars.symbol
    first, last = (_moment(bars.label(at)) for at in (0, result.equity.size - 1))
    periods = text.number(result.metrics["periods_per_year"]).removesuffix(".00")
    rate = f", risk-free rate {text.percent(spec.risk_free)}" if spec.risk_free else ""
    # A single instrument is not weighed, whatever the settings say.
    weights = allocation_words(spec) if result.is_portfolio else ""
    said = [words for words in (*extra_words(spec), weights) if words]
    return (
        f"{traded}, {bars.timeframe}: {text.count(result.equity.size)} bars, {first} to {last}",
        f"{spec.execution.fill.sentence}. Costs: {costs}",
        *(words[:1].upper() + words[1:] for words in said),
        f"{periods} bars per year{rate}",
    )


def _moment(label: str) -> str:
    # As everywhere in the window: minutes, without the marks of ISO 8601.
    return label[:16].replace("T", " ")
