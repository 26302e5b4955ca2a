"""What a run did, in the few words that stand over charts and beside numbers. Plain Python."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from engine.backtest.proof_words import LOOKS_AHEAD, PAST_ONLY, UNPROVEN
from engine.data.split import RunMode
from engine.execution.cost_words import costs_sentence
from engine.execution.fills import Entry, Fill
from engine.fields import Model, describe
from ivybt_desktop.widgets.field_words import shown_value
from ivybt_desktop.widgets.format import MINUS, exact, money

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.backtest.spec import BacktestSpec, CandleSpec
    from engine.execution.fills import ExecutionModel

_CANDLES = {"heikin_ashi": "Heikin Ashi candles", "renko": "Renko bricks"}


def run_sentence(spec: BacktestSpec, proof: str = "") -> str:
    """Return when orders fill, what they cost, and what else decided, in one line.

    Parameters
    ----------
    spec : BacktestSpec
    proof : str, default ""
        Word of the run's look-ahead badge; a leak stands first.
    """
    parts = [f"{spec.execution.fill.sentence}, {cost_words(spec)}", *extra_words(spec)]
    if proof == LOOKS_AHEAD:
        return "; ".join(["Looks ahead: nobody can trade this", *parts])
    known = {PAST_ONLY: "reads past bars only", UNPROVEN: "look-ahead unproven"}
    return "; ".join([*parts, *([known[proof]] if proof in known else [])])


def needs_care(spec: BacktestSpec, proof: str = "") -> bool:
    """Return whether the sentence is a warning: a leak, fills at the deciding price, or no costs at all."""
    return proof == LOOKS_AHEAD or spec.execution.fill is Fill.THIS_CLOSE or spec.costs.is_free


def cost_words(spec: BacktestSpec) -> str:
    """Return ``costs 10 bps slippage, 1 per order`` or ``no costs``."""
    return costs_sentence(spec.costs, spec.symbol_costs)


def extra_words(spec: BacktestSpec) -> list[str]:
    """Return what differs from a plain run: entries, sizing, gates, candles, part of the history."""
    said = [
        entry_words(spec.execution), sizing_words(spec), gate_words(spec), candle_words(spec.data.candles),
        part_words(spec),
    ]  # fmt: skip
    return [words for words in said if words]


def entry_words(execution: ExecutionModel) -> str:
    """Return ``limit entries for 3 bars``; empty for market orders."""
    if execution.entry is Entry.MARKET:
        return ""
    bars = "1 bar" if execution.entry_bars == 1 else f"{execution.entry_bars} bars"
    return f"{execution.entry.value} entries, good for {bars}"


def sizing_words(spec: BacktestSpec) -> str:
    """Return ``sized by volatility target 15% per year``; empty when the whole account is invested."""
    sizing = spec.sizing
    if sizing.name == "fixed_fraction" and getattr(sizing, "fraction", None) == 1.0:
        return ""
    infos = [info for info in describe(type(sizing)) if info.name != "name"]
    first = f" {shown_value(infos[0], getattr(sizing, infos[0].name))}" if infos else ""
    return f"sized by {_lower(sizing)}{first}"


def allocation_words(spec: BacktestSpec) -> str:
    """Return ``weights by risk parity``; empty when nothing weighs the instruments of a portfolio."""
    allocation = spec.portfolio.allocation
    return "" if allocation.name == "none" else f"weights by {_lower(allocation)}"


def gate_words(spec: BacktestSpec) -> str:
    """Return ``trades while moving average is open``; empty without gates."""
    if not spec.gates:
        return ""
    names = " and ".join(_lower(gate) for gate in spec.gates)
    return f"trades while {names} {'is' if len(spec.gates) == 1 else 'are'} open"


def candle_words(candles: CandleSpec) -> str:
    """Return ``decides on Renko bricks of 2``; empty when it decides on the bars themselves."""
    parts = []
    if candles.kind.value in _CANDLES:
        parts.append(_CANDLES[candles.kind.value])
        if candles.brick_size and candles.kind.value == "renko":
            parts.append(f"of {exact(candles.brick_size)}")
        elif candles.brick_atr and candles.kind.value == "renko":
            parts.append(f"of ATR({candles.brick_atr})")
    if candles.timeframe:
        parts.append(f"{'of ' if parts else ''}{candles.timeframe} bars")
    return f"decides on {' '.join(parts)}" if parts else ""


def part_words(spec: BacktestSpec) -> str:
    """Return ``trades the test part (last 30%)``; empty when all of the history is traded."""
    data = spec.data
    if data.train_split is None or data.run_mode is RunMode.FULL:
        return ""
    share = data.train_split if data.run_mode is RunMode.TRAIN else 1.0 - data.train_split
    place = "first" if data.run_mode is RunMode.TRAIN else "last"
    return f"trades the {data.run_mode.value} part ({place} {exact(round(100 * share, 2))}%)"


def ambiguity_words(result: BacktestResult) -> str:
    """Return ``11 % of trades ambiguous, they carry 63 % of net profit``; empty without such trades.

    A share of a loss says nothing: then both amounts are told.
    """
    band = result.band
    closed = result.trades[~result.trades["open"]]
    if band is None or band.trades == 0 or closed.size == 0:
        return ""
    net = float(np.sum(closed["pnl"]))
    share = _share(band.trades / closed.size)
    head = f"{share[:1].upper()}{share[1:]} of trades ambiguous"
    if net > 0 and band.profit >= 0:
        return f"{head}, they carry {_share(band.profit / net)} of net profit"
    currency = result.bars.instrument.currency
    return f"{head}, they made {money(band.profit, signed=True)} of {money(net, signed=True)} {currency}"


def leg_titles(result: BacktestResult) -> list[str]:
    """Return one name per leg: its symbol, with the strategy where a symbol has several."""
    symbols = result.symbols
    sleeves = (*result.sleeves, *[""] * (len(symbols) - len(result.sleeves)))
    shared = {symbol for symbol, legs in Counter(symbols).items() if legs > 1}
    seen: Counter[str] = Counter()
    titles = []
    for symbol, sleeve in zip(symbols, sleeves, strict=True):
        title = f"{symbol} {sleeve}".strip() if symbol in shared else symbol
        seen[title] += 1
        titles.append(f"{title} {seen[title]}" if seen[title] > 1 else title)
    return titles


def gate_title(model: Model) -> str:
    """Return the title of a gate, or its name when it has none."""
    return str(getattr(model, "title", "") or getattr(model, "name", "gate"))


def gate_titles(result: BacktestResult) -> list[str]:
    """Return the title of each gate that a run has kept; a number where the settings name none."""
    named = [gate_title(gate) for gate in result.spec.gates]
    named += [f"Gate {place + 1}" for place in range(len(named), len(result.gates))]
    return named[: len(result.gates)]


def _lower(model: Model) -> str:
    title = gate_title(model)
    # "GARCH volatility" keeps its capitals, "Moving average" does not.
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def _share(value: float) -> str:
    text = f"{abs(value) * 100:,.0f}"
    if text == "0" and value:
        text = "less than 1"
    return f"{MINUS if value < 0 and text != 'less than 1' else ''}{text} %"
