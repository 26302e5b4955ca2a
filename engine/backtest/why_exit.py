"""Where the stops of a position stood, and what closed it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.backtest.why_account import Account
from engine.backtest.why_context import LegContext, label_of
from engine.backtest.why_parts import Figure, Section, plain_number
from engine.backtest.why_size import distance_of
from engine.core.trade import Reason

_STOPS = (Reason.STOP_LOSS, Reason.TRAILING_STOP, Reason.BREAK_EVEN)
_TITLES = {
    Reason.STOP_LOSS: "stop loss", Reason.TRAILING_STOP: "trailing stop",
    Reason.BREAK_EVEN: "break-even stop", Reason.TAKE_PROFIT: "take profit",
}  # fmt: skip


def levels_section(account: Account, context: LegContext, entry: int) -> Section:
    """Return the levels that the fill of the opening order set (rule 10)."""
    result, execution = account.result, account.result.spec.execution
    if not execution.has_stops:
        return Section("levels", "Stops", "No stop, no target, no time exit")
    opening = account.opening(entry)
    row = result.orders[opening]
    side = 1.0 if row["position"] > 0.0 else -1.0
    price, point = float(row["price"]), float(account.points[int(row["asset"])])
    decision = int(row["decision_bar"])

    def away(setting: float) -> float:
        return distance_of(context, setting, price * point, decision, point) / point

    figures = [Figure("opened_at", "fill price of the entry", price, "price")]
    if execution.stop_loss is not None:
        figures.append(Figure("stop", "stop loss", price - side * away(execution.stop_loss), "price"))
    if execution.take_profit is not None:
        figures.append(Figure("target", "take profit", price + side * away(execution.take_profit), "price"))
    if execution.trailing_stop is not None:
        distance = away(execution.trailing_stop)
        figures.append(Figure("trail", "trailing distance", distance, "price", "from the best price"))
    if execution.break_even is not None:
        at = price + side * away(execution.break_even)
        note = "then the stop stands at the fill price"
        figures.append(Figure("even", "break-even from", at, "price", note))
    if execution.time_stop is not None:
        figures.append(Figure("time", "time exit after", float(execution.time_stop), "bars"))
    figures = [figure for figure in figures if math.isfinite(figure.value)]
    bar = int(row["fill_bar"])
    sentence = "Set from the fill price of the order that opened the position"
    return Section("levels", "Stops", sentence, tuple(figures), bar, label_of(result, bar))


def exit_section(account: Account, trade: Any, leaving: int, levels: Section) -> Section:
    """Return what closed a trade, with the prices that decided it."""
    result, asset, bar = account.result, int(trade["asset"]), int(trade["exit_bar"])
    label = label_of(result, bar)
    if trade["open"] or leaving < 0:
        last = Figure("mark", "last close", float(trade["exit_price"]), "price")
        return Section("exit", "Exit", "Still held: marked at the last close", (last,), bar, label)
    reason, row = Reason(int(trade["exit_reason"])), result.orders[leaving]
    leg = result.instruments[asset]
    own = int(np.searchsorted(leg.time, result.bars.time[bar], side="right")) - 1
    figures = _prices(row)
    if reason in _STOPS or reason is Reason.TAKE_PROFIT:
        level = _level(result.stops, asset, bar, reason, levels)
        sentence = _touched(reason, level, row, leg, own)
        found = [Figure("level", _TITLES[reason], level, "price")] if math.isfinite(level) else []
        found += [
            Figure(name, f"{name} of the bar", float(getattr(leg, name)[own]), "price")
            for name in ("open", "high", "low")
        ]
        return Section("exit", "Exit", sentence, (*found, *figures), bar, label)
    sentence, found = _other(account, trade, reason, row, own)
    return Section("exit", "Exit", sentence, (*found, *figures), bar, label)


def _prices(row: Any) -> list[Figure]:
    raw, price = float(row["raw_price"]), float(row["price"])
    return [
        Figure("exit_raw", "price before slippage", raw, "price"),
        Figure("exit_slip", "slippage and half of the spread", abs(price - raw), "price"),
        Figure("exit_price", "fill price", price, "price"),
    ]


def _level(stops: Any, asset: int, bar: int, reason: Reason, levels: Section) -> float:
    if reason is Reason.TAKE_PROFIT:
        return levels.value("target")
    return float(stops[asset, bar]) if stops is not None else math.nan


def _touched(reason: Reason, level: float, row: Any, leg: Any, own: int) -> str:
    name, raw = _TITLES[reason], float(row["raw_price"])
    slips = ", without slippage" if reason is Reason.TAKE_PROFIT else ""
    if int(row["decision_bar"]) < int(row["fill_bar"]):
        return f"The {name} had been met, and the volume cap had left a part of it: filled at the open"
    if raw == float(leg.open[own]) and raw != level:
        return f"The bar opened beyond the {name}: filled at the open{slips}"
    return f"The bar's range met the {name}: filled at its price{slips}"


def _other(
    account: Account, trade: Any, reason: Reason, row: Any, own: int
) -> tuple[str, list[Figure]]:
    result, decision = account.result, int(row["decision_bar"])
    execution = result.spec.execution
    signals = np.atleast_2d(result.signals)
    line = signals[int(trade["asset"]) if signals.shape[0] > 1 else 0]
    match reason:
        case Reason.SIGNAL | Reason.REBALANCE:
            before = float(line[decision - 1]) if decision > 0 else 0.0
            now = float(line[decision])
            figures = [
                Figure("target_before", "target before", before), Figure("target_after", "target", now)
            ]
            verb = "became" if reason is Reason.SIGNAL else "was brought back to"
            said = f"The target {verb} {plain_number(now)} at the close of {label_of(result, decision)}"
            return f"{said}; {execution.fill.sentence.lower()}", figures
        case Reason.TIME_STOP:
            leg = result.instruments[int(trade["asset"])]
            begun = result.bars.time[int(trade["entry_bar"])]
            entry = int(np.searchsorted(leg.time, begun, side="right")) - 1
            held = Figure("held", "bars held", float(own - entry), "bars")
            return f"Time exit at the open after {execution.time_stop} bars", [held]
        case Reason.LIQUIDATION:
            return _liquidated(account, trade)
        case Reason.DATA_ENDED:
            return "The instrument had no bar for more than ten days: closed at its last close", []
    return "Closed at the end of the data, as the settings ask", []


def _liquidated(account: Account, trade: Any) -> tuple[str, list[Figure]]:
    """Return equity and value of the positions at the close that liquidated them, before their orders."""
    result, bar = account.result, int(trade["exit_bar"])
    closing = result.orders["reason"] == Reason.LIQUIDATION
    rows = np.flatnonzero((result.orders["fill_bar"] == bar) & closing)
    prices = account.prices(bar, at_open=False)
    values = account.held(int(rows[0])) * np.nan_to_num(prices) * account.points
    equity = account.cash(int(rows[0])) + float(values.sum())
    level = result.spec.execution.maintenance
    figures = [
        Figure("equity", "equity at the close", equity, "money"),
        Figure("gross", "value of the positions", float(np.abs(values).sum()), "money"),
        Figure("maintenance", "maintenance level", level, "share"),
    ]
    return "Equity at or below the maintenance level: all is closed at this close, the run ends", figures
