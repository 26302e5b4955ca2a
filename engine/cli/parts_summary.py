"""The lines of a tear sheet that only some runs have: portfolio, gates, ambiguity, train and test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.cli import facts
from engine.cli.columns import DASH, count, money, percent, section, short, table
from engine.fields import describe

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.backtest.spec import BacktestSpec, StrategySpec

_SHOWN_LEGS = 20
_SHOWN_REJECTED = 3


def strategy_sentences(spec: BacktestSpec) -> list[str]:
    """Return each strategy with its parameters, and the rule of position size."""
    lines = [_strategy(sleeve, shared=bool(spec.sleeves)) for sleeve in (spec.strategy, *spec.sleeves)]
    sizing: Any = spec.sizing
    if sizing.name == "fixed_fraction":
        lines.append(f"{percent(sizing.fraction)} of equity at a full signal.")
    else:
        lines.append(f"Position size by {_words(sizing)}.")
    candles = spec.data.candles
    if candles.kind.value != "standard" or candles.timeframe:
        kind = candles.kind.value.replace("_", " ")
        length = f" of {candles.timeframe}" if candles.timeframe else ""
        lines.append(f"Decides on {kind} candles{length}; fills are on the bars of the file.")
    return lines


def gate_sentences(result: BacktestResult) -> list[str]:
    """Return one line per gate: what it asks for, how long it was open, how often it was fitted."""
    lines = []
    for gate in facts.gates(result):
        share = DASH if gate["open_share"] is None else percent(gate["open_share"])
        fits = f", fitted {count(gate['refits'])} times" if gate["refits"] else ""
        failed = f" ({count(gate['failed_fits'])} without a solution)" if gate["failed_fits"] else ""
        legend = f" ({gate['legend']})" if gate["legend"] else ""
        lines.append(f"Gate {gate['name']}{legend}: open on {share} of bars{fits}{failed}.")
    return lines


def split_line(result: BacktestResult) -> list[str]:
    """Return which part of the history was traded; nothing when it is not split."""
    split = facts.split(result)
    if split is None:
        return []
    share = percent(split["train_split"])
    if split["run_mode"] == "train":
        return [f"Only the training part was traded: the first {share} of the bars."]
    start = f"from {split['test_start']} on"
    if split["run_mode"] == "test":
        return [f"Only the test part was traded: {start}, after {share} of the bars."]
    return [f"The first {share} of the bars is the training part; the test part is {start}."]


def ambiguity_lines(result: BacktestResult) -> list[str]:
    """Return how much rests on what came first inside a bar; nothing when no order can."""
    found = facts.ambiguity(result)
    if found is None:
        return []
    resolved = f" {count(found['resolved'])} bars were decided by finer bars." if found["resolved"] else ""
    if not found["trades"]:
        return [f"No trade is ambiguous.{resolved}"]
    share = _whole_percent(found["share"])
    if found["profit_share"] is None:
        carried = f"they made {money(found['profit'])}"
    else:
        carried = f"they carry {_whole_percent(found['profit_share'])} of net profit"
    low, high = money(found["pessimistic_final"]), money(found["optimistic_final"])
    return [
        f"{share} of trades are ambiguous, {carried}.{resolved}",
        f"Final equity is between {low} and {high}, whatever came first inside their bars.",
    ]


def portfolio_lines(result: BacktestResult) -> list[str]:
    """Return the table of instruments, and the candidates left out; nothing for one instrument."""
    if not result.is_portfolio:
        return _rejected_lines(result)
    lines = section(f"Instruments, {len(result.legs)}", table(_HEADER, _leg_rows(result), left=2))
    if len(result.legs) > _SHOWN_LEGS:
        lines.append(f"  The {_SHOWN_LEGS} with the largest P&L up or down are shown.")
    if result.scaling is not None and (scaled := int(np.sum(result.scaling < 1.0))):
        lines.append(f"  Targets were scaled down together at {count(scaled)} closes: leverage limit.")
    return lines + _rejected_lines(result)


_HEADER = (
    "Symbol", "Strategy", "P&L", "Of all", "Trades", "Exposure", "Last weight", "First bar", "Last bar",
)  # fmt: skip


def _leg_rows(result: BacktestResult) -> list[list[str]]:
    from engine.backtest.contribution import contributions  # noqa: PLC0415

    pnl = contributions(result).sum(axis=1)
    held, total = facts.exposure_of_legs(result), float(pnl.sum())
    closed = result.trades[~result.trades["open"]]
    trades = np.bincount(closed["asset"], minlength=len(result.legs))
    sleeves = result.sleeves or ("",) * len(result.legs)
    weights = None if result.allocation is None else result.allocation.weights[:, -1]
    shown = np.sort(np.argsort(-np.abs(pnl), kind="stable")[:_SHOWN_LEGS])
    return [
        [
            leg.symbol, sleeves[row], money(float(pnl[row])),
            percent(float(pnl[row]) / total) if total else DASH, count(int(trades[row])),
            percent(float(held[row])), DASH if weights is None else percent(float(weights[row])),
            *((leg.label(0), leg.label(len(leg) - 1)) if len(leg) else (DASH, DASH)),
        ]
        for row, leg in ((int(row), result.legs[row]) for row in shown)
    ]  # fmt: skip


def _rejected_lines(result: BacktestResult) -> list[str]:
    rows = facts.rejected(result)
    if not rows:
        return []
    missed = money(sum(row["missed_pnl"] for row in rows))
    lines = [f"{count(len(rows))} candidates were left out or cut; they would have made {missed}."]
    worst = sorted(rows, key=lambda row: -abs(row["missed_pnl"]))[:_SHOWN_REJECTED]
    cells = [
        [
            row["symbol"], row["time"], percent(row["exposure"]), percent(row["filled"]),
            percent(row["missed_return"]), money(row["missed_pnl"]),
        ]
        for row in worst
    ]  # fmt: skip
    header = ("Symbol", "At", "Asked for", "Filled", "Missed return", "Missed P&L")
    return [*lines, *(f"  {line}" for line in table(header, cells, left=2))]


def _strategy(sleeve: StrategySpec, *, shared: bool) -> str:
    params = ", ".join(f"{name} {value}" for name, value in sleeve.params.items())
    words = f"Strategy {sleeve.name}"
    if shared or sleeve.symbols:
        words += f" on {', '.join(sleeve.symbols) or 'all instruments'}"
    if shared:
        words += f", weight {short(sleeve.weight)}"
    return f"{words}: {params}." if params else f"{words}."


def _words(model: Any) -> str:
    fields = [info for info in describe(type(model)) if info.name != "name"]
    values = (f"{info.name} {_value(getattr(model, info.name))}".replace("_", " ") for info in fields)
    return f"{model.name.replace('_', ' ')} ({', '.join(values)})"


def _value(value: Any) -> str:
    return short(value) if isinstance(value, int | float) else str(value)


def _whole_percent(share: float) -> str:
    points = share * 100
    return "less than 1 %" if 0 < points < 0.5 else f"{points:,.0f} %"
