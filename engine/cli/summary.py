"""The tear sheet as text: what one run did, in a page that fits a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.cli import columns
from engine.cli.columns import DASH, money, percent, section, short, table
from engine.cli.parts_summary import (
    ambiguity_lines,
    gate_sentences,
    portfolio_lines,
    split_line,
    strategy_sentences,
)
from engine.core.instrument import symbols_text
from engine.core.trade import Reason
from engine.execution.cost_words import costs_sentence, schedule_words
from engine.execution.fills import Entry

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.core.bars import FloatArray, IntArray
    from engine.execution.fills import ExecutionModel
    from engine.metrics import MetricInfo

_HEADLINE = ("total_return", "cagr", "sharpe", "max_drawdown", "trades", "final_equity")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SHOWN_TRADES = 3


def tear_sheet_text(result: BacktestResult, proof: Sequence[str] = ()) -> str:
    """Return the summary of one run as plain text, without colour.

    Parameters
    ----------
    result : BacktestResult
        A run.
    proof : sequence of str, default ()
        Lines about its look-ahead proof.

    Returns
    -------
    str
        Title, headline numbers, metrics by group, rules and costs of the run, warnings, what is ambiguous,
        the instruments of a portfolio, returns by month and year, best and worst trades, receipt.
    """
    parts = [
        _title(result),
        _headline(result),
        _metric_groups(result.metrics),
        [*strategy_sentences(result.spec), *_rules(result), *gate_sentences(result), *split_line(result)],
        [f"Warning: {text}" for text in result.warnings],
        ambiguity_lines(result),
        portfolio_lines(result),
        _period_returns(result),
        _extreme_trades(result),
        [*proof, f"Receipt {result.receipt}"],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def print_summary(result: BacktestResult, *, trades: bool = False, proof: Sequence[str] = ()) -> None:
    """Print the summary on standard output, and the table of all trades when asked for.

    ``proof`` holds the lines about its look-ahead proof.
    """
    columns.show(tear_sheet_text(result, proof))
    if trades:
        columns.show("\nAll trades\n" + trades_text(result))


def trades_text(result: BacktestResult) -> str:
    """Return all round trips as a text table, in the order of their entries."""
    if not result.trades.size:
        return "No trades."
    return "\n".join(_trade_table(result, np.arange(result.trades.size)))


def execution_sentence(execution: ExecutionModel) -> str:
    """Return when orders arise, how large they are, and what stops follow, in a few sentences."""
    rules = {
        "on_change": "Orders when the signal changes",
        "band": f"Orders when the exposure drifts by more than {percent(execution.band)} of equity",
    }
    value = execution.rebalance.value
    parts = [rules.get(value, f"Orders {value}")]
    parts[-1] += f", whole lots of {short(execution.lot)}." if execution.lot else ", fractional quantities."
    parts += [f"{text}." for text in _stops(execution)]
    return " ".join(parts)


def _stops(execution: ExecutionModel) -> list[str]:
    def distance(value: float) -> str:
        words = {"fraction": percent(value), "amount": short(value), "atr": f"{short(value)} x ATR"}
        return words[execution.stop_unit.value]

    named = {
        "Stop loss": execution.stop_loss,
        "Take profit": execution.take_profit,
        "Trailing stop": execution.trailing_stop,
        "Stop at the entry price after a gain of": execution.break_even,
    }
    lines = [f"{name} {distance(value)}" for name, value in named.items() if value is not None]
    if execution.time_stop is not None:
        lines.append(f"Exit after {execution.time_stop} bars")
    if execution.entry is not Entry.MARKET:
        place = f"{execution.entry.value} orders {distance(execution.entry_distance)} from the close"
        if execution.entry is Entry.BRACKET:
            place = "stop orders at the strategy's own prices, one cancels the other"
        lines.append(f"Entries are {place}, good for {columns.count(execution.entry_bars)} bars")
    if execution.max_participation is not None:
        rest = {"carry": "carried", "cancel": "cancelled"}[execution.unfilled.value]
        share = percent(execution.max_participation)
        lines.append(f"At most {share} of a bar's volume is filled, the rest is {rest}")
    return lines


def _rules(result: BacktestResult) -> list[str]:
    spec = result.spec
    costs = costs_sentence(spec.costs, spec.symbol_costs)
    schedule = schedule_words(spec.costs)
    paid = f"Costs paid {money(result.metrics['costs_paid'])}" + (f", by {schedule}" if schedule else "")
    return [
        f"{spec.execution.fill.sentence}, {costs}.", execution_sentence(spec.execution), f"{paid}.",
    ]  # fmt: skip


def _title(result: BacktestResult) -> list[str]:
    bars, last = result.bars, int(result.equity.size) - 1
    on = result.spec.data.formula or symbols_text(result.symbols) or "prices"
    what = f"{result.spec.strategy.name} on {on}, {bars.timeframe} bars"
    return [f"{what}, {bars.label(0)} to {bars.label(last)}, {columns.count(last + 1)} bars"]


def _headline(result: BacktestResult) -> list[str]:
    infos = _infos()
    names = [name for name in _HEADLINE if name in infos and name in result.metrics]
    cells = [metric_text(infos[name], result.metrics[name]) for name in names]
    titles = [infos[name].title for name in names]
    return table(titles, [cells], left=0)


def _metric_groups(metrics: Mapping[str, float]) -> list[str]:
    groups: dict[str, list[list[str]]] = {}
    for name, info in _infos().items():
        if name in metrics:
            groups.setdefault(info.group, []).append([info.title, metric_text(info, metrics[name])])
    blocks = [section(title, table((), rows)) for title, rows in groups.items()]
    return columns.side_by_side(blocks, across=3)


def _infos() -> Mapping[str, MetricInfo]:
    from engine.metrics import METRICS  # noqa: PLC0415

    return METRICS


def metric_text(info: MetricInfo, value: float) -> str:
    """Return one metric as people read it, by its unit."""
    forms = {
        "fraction": percent,
        "currency": money,
        "count": columns.count,
        "bars": columns.count,
        "bars/year": columns.short,
    }
    return forms.get(info.unit, columns.number)(value)


def _period_returns(result: BacktestResult) -> list[str]:
    """Return a table of returns by year and month, in percent; empty for less than two months."""
    session = result.bars.session[: result.equity.size]
    months, totals = _compound(session.astype("M8[D]").astype("M8[M]").astype(np.int64), result)
    if months.size < 2:
        return []
    years, yearly = _compound(session.astype("M8[D]").astype("M8[Y]").astype(np.int64), result)
    cells = dict(zip(months.tolist(), totals.tolist(), strict=True))
    rows = [
        [str(1970 + year), *(_points(cells.get(year * 12 + month)) for month in range(12)), _points(total)]
        for year, total in zip(years.tolist(), yearly.tolist(), strict=True)
    ]
    return section("Returns by month, percent", table(["Year", *_MONTHS, "Total"], rows))


def _compound(period: IntArray, result: BacktestResult) -> tuple[IntArray, FloatArray]:
    last = np.flatnonzero(np.diff(period, append=period[-1] + 1))
    ends = result.equity[last]
    starts = np.concatenate(([result.spec.capital], ends[:-1]))
    return period[last], ends / starts - 1.0


def _points(value: float | None) -> str:
    return "" if value is None else percent(value).removesuffix("%")


def _extreme_trades(result: BacktestResult) -> list[str]:
    order = np.argsort(result.trades["pnl"], kind="stable")
    if not order.size:
        return ["No trades."]
    if order.size <= 2 * _SHOWN_TRADES:
        return section("Trades, best first", _trade_table(result, order[::-1]))
    best = section("Best trades", _trade_table(result, order[::-1][:_SHOWN_TRADES]))
    worst = section("Worst trades", _trade_table(result, order[:_SHOWN_TRADES]))
    return [*best, "", *worst]


def _trade_table(result: BacktestResult, chosen: Any) -> list[str]:
    header = ["Side", "Entry", "Exit", "Reason", "Quantity", "Entry price", "Exit price", "P&L"]
    header += ["Return", "Bars"]
    several = len(set(result.symbols)) > 1
    rows = result.trades[chosen]
    lowest = min(float(rows["entry_price"].min()), float(rows["exit_price"].min()))
    digits = 2 if lowest >= 1000 else 3 if lowest >= 10 else 5
    cells = [_trade_row(result, row, digits) for row in rows]
    if several:
        header = ["Symbol", *header]
        cells = [[result.symbols[row["asset"]], *cell] for row, cell in zip(rows, cells, strict=True)]
    return table(header, cells, left=5 if several else 4)


def _trade_row(result: BacktestResult, row: Any, digits: int) -> list[str]:
    label = result.bars.label
    reason = Reason(int(row["exit_reason"])).label.replace("_", " ")
    return [
        "long" if row["side"] > 0 else "short",
        label(int(row["entry_bar"])),
        "open" if row["open"] else label(int(row["exit_bar"])),
        DASH if row["open"] else reason + (" (ambiguous)" if row["ambiguous"] else ""),
        short(float(row["quantity"])),
        columns.number(float(row["entry_price"]), digits),
        columns.number(float(row["exit_price"]), digits),
        money(float(row["pnl"])),
        percent(float(row["return"])),
        columns.count(float(row["exit_bar"] - row["entry_bar"])),
    ]
