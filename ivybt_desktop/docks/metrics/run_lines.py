"""What the metrics of a run rest on, as lines of the list: part, instruments, gates, doubt. Plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.data.split import RunMode
from ivybt_desktop.docks.metrics.lines import Group, Line
from ivybt_desktop.widgets import format as text
from ivybt_desktop.widgets.run_words import gate_titles

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult


def run_groups(result: BacktestResult) -> tuple[Group, ...]:
    """Return the groups that a run has besides its metrics; a plain run has none."""
    found = (
        Group("Run", tuple(_run_lines(result))),
        Group("Ambiguity", tuple(_ambiguity_lines(result))),
        Group("Gates", tuple(_gate_lines(result))),
    )
    return tuple(group for group in found if group.lines)


def _run_lines(result: BacktestResult) -> list[Line]:
    lines, data = [], result.spec.data
    if result.is_portfolio:
        count = len(set(result.symbols))
        lines.append(_line("instruments", "Instruments", text.count(count), "", "They share one account"))
        # The same strategy may stand there twice with other parameters.
        strategies = 1 + len(result.spec.sleeves)
        if strategies > 1:
            lines.append(_line("strategies", "Strategies", text.count(strategies), "", "On the same account"))
        lines.append(_line(
            "rejected", "Rejected", text.count(result.rejected.size), "",
            "Candidates that cash, leverage or places left out or cut by more than 1 %",
        ))  # fmt: skip
    if result.scaling is not None and result.is_portfolio:
        share = float(np.mean(result.scaling < 1.0 - 1e-9)) if result.scaling.size else np.nan
        lines.append(_line(
            "scaled", "Scaled down", text.percent_points(share), "%",
            "Share of bars at which all targets were scaled down together to the leverage limit",
        ))  # fmt: skip
    if data.train_split is not None:
        part = "train and test" if data.run_mode is RunMode.FULL else f"{data.run_mode.value} only"
        lines.append(_line("part", "Part traded", part, "", "The strategy always sees all earlier bars"))
    if result.split is not None:
        size = min(result.split, result.equity.size)
        lines.append(_line("train_bars", "Training bars", text.count(size), "bars", "Bars before the split"))
        rest = text.count(result.equity.size - size)
        lines.append(_line("test_bars", "Test bars", rest, "bars", "Bars from the split on"))
        lines += _split_returns(result, size)
    return lines


def _split_returns(result: BacktestResult, cut: int) -> list[Line]:
    if not 0 < cut < result.equity.size:
        return []
    before = result.equity[cut - 1] / result.spec.capital - 1.0
    after = result.equity[-1] / result.equity[cut - 1] - 1.0 if result.equity[cut - 1] else np.nan
    help_ = "Total return of the part, from the account as it stood at its start"
    return [
        _line("train_return", "Training return", text.percent_points(before), "%", help_),
        _line("test_return", "Test return", text.percent_points(after), "%", help_),
    ]


def _ambiguity_lines(result: BacktestResult) -> list[Line]:
    band = result.band
    if band is None:
        return []
    currency = result.bars.instrument.currency
    lines = [
        _line("ambiguous", "Ambiguous trades", text.count(band.trades), "",
              "What came first inside the entry or exit bar is not known"),
        _line("ambiguous_pnl", "Their net profit", text.money(band.profit), currency, "Sum of their net P&L"),
    ]  # fmt: skip
    if band.pessimistic.size:
        low, high = float(band.pessimistic[-1]), float(band.optimistic[-1])
        lines += [
            _line("pessimistic", "Final equity, at worst", text.money(low), currency,
                  "If every unknown order of events went against the account"),
            _line("optimistic", "Final equity, at best", text.money(high), currency,
                  "If every unknown order of events went in its favour"),
        ]  # fmt: skip
    if band.resolved:
        lines.append(_line("resolved", "Decided by finer bars", text.count(band.resolved), "bars",
                           "Bars whose order of events finer bars show"))  # fmt: skip
    return lines


def _gate_lines(result: BacktestResult) -> list[Line]:
    lines = []
    # Every leg has gates on its own prices; the run keeps those of the first, or of the formula's series.
    own = result.is_portfolio and not result.spec.data.formula
    of = f" ({result.symbols[0]})" if own else ""
    for place, (name, series) in enumerate(zip(gate_titles(result), result.gates, strict=True)):
        title = name + of
        share = float(series.open.mean()) if series.open.size else np.nan
        lines.append(_line(f"gate_{place}", f"{title} open", text.percent_points(share), "%",
                           series.legend or "Share of bars at which signals may act"))  # fmt: skip
        if series.refits.size:
            lines.append(_line(f"refits_{place}", f"{title} refits", text.count(series.refits.size), "",
                               "How often its model was fitted anew, on past bars only"))  # fmt: skip
    return lines


def _line(name: str, title: str, value: str, unit: str, help_: str) -> Line:
    return Line(f"run.{name}", title, value, unit, help_)
