"""How an order was filled and what a round trip cost: prices, slippage, spread, commission, financing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backtest.why_account import DECIDED, Account
from engine.backtest.why_context import label_of
from engine.backtest.why_parts import Figure, Section, plain_number
from engine.core.timeframe import NS_PER_DAY
from engine.core.trade import Reason
from engine.execution.costs import CostModel
from engine.execution.fills import Entry, Fill

_DAYS_PER_YEAR = 365.0
_DUST = 1e-12


@dataclass(frozen=True, slots=True)
class Slip:
    """By how much a price was worsened, per unit in quoted price, by cause.

    Parameters
    ----------
    slippage, spread, impact : float
        Slippage in basis points, ticks and range together; half of the spread; square-root impact.
    """

    slippage: float
    spread: float
    impact: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.slippage + self.spread + self.impact


def costs_of(account: Account, asset: int) -> CostModel:
    """Return the costs of a leg."""
    spec = account.result.spec
    return spec.symbol_costs.get(account.result.symbols[asset], spec.costs)


def slip_of(account: Account, order: int) -> Slip:
    """Return how the raw price of an order became its fill price (rule 6)."""
    row = account.result.orders[order]
    away = abs(float(row["price"]) - float(row["raw_price"]))
    if away == 0.0:
        return Slip(0.0, 0.0, 0.0)
    asset = int(row["asset"])
    leg = account.result.instruments[asset]
    time = account.result.bars.time
    if row["reason"] in DECIDED or row["decision_bar"] < row["fill_bar"]:
        known = int(np.searchsorted(leg.time, time[int(row["decision_bar"])], side="right")) - 1
    else:
        known = int(np.searchsorted(leg.time, time[int(row["fill_bar"])])) - 1
    reach = float(leg.high[max(known, 0)] - leg.low[max(known, 0)])
    plain = plain_slip(costs_of(account, asset), float(row["raw_price"]), reach, leg.instrument.tick_size)
    rest = away - plain.total
    return Slip(plain.slippage, plain.spread, rest if abs(rest) > _DUST * away else 0.0)


def plain_slip(costs: CostModel, raw: float, reach: float, tick: float) -> Slip:
    """Return slippage and spread of a price, without impact."""
    slippage = raw * costs.slippage_bps / 1e4 + costs.slippage_ticks * tick + costs.slippage_range * reach
    return Slip(slippage, raw * costs.spread_bps / 2e4 + costs.spread_amount / 2, 0.0)


def fill_section(account: Account, order: int) -> Section:
    """Return rule, price and costs of a fill."""
    result, row = account.result, account.result.orders[order]
    asset, bar = int(row["asset"]), int(row["fill_bar"])
    slip, point = slip_of(account, order), float(account.points[asset])
    way = "bought" if row["quantity"] > 0.0 else "sold"
    figures = [
        Figure("raw_price", "price before slippage", float(row["raw_price"]), "price"),
        Figure("slippage", "slippage per unit", slip.slippage, "price"),
        Figure("spread", "half of the spread", slip.spread, "price"),
    ]
    if slip.impact:
        figures.append(Figure("impact", "impact of the order", slip.impact, "price"))
    figures += [
        Figure("price", "fill price", float(row["price"]), "price"),
        Figure("quantity", f"units {way}", abs(float(row["quantity"])), "units"),
        Figure("value", "value", abs(float(row["quantity"])) * float(row["price"]) * point, "money"),
        Figure("commission", "commission", float(row["commission"]), "money"),
    ]
    return Section("fill", "Fill", _fill_words(account, order), tuple(figures), bar, label_of(result, bar))


def _fill_words(account: Account, order: int) -> str:
    execution, row = account.result.spec.execution, account.result.orders[order]
    if account.is_waiting(order):
        leg = account.result.instruments[int(row["asset"])]
        own = int(np.searchsorted(leg.time, account.result.bars.time[int(row["fill_bar"])]))
        at_open = float(row["raw_price"]) == float(leg.open[own])
        where = "the bar opened at or beyond it: filled at the open" if at_open else "met inside the bar"
        slips = ", without slippage" if execution.entry is Entry.LIMIT else ""
        is_bracket = execution.entry is Entry.BRACKET
        kind = "stop order of a bracket" if is_bracket else f"{execution.entry.value} entry"
        return f"A {kind} stood in the market; {where}{slips}"
    if row["reason"] not in DECIDED:
        return "An exit inside the bar, not an order of a close"
    return execution.fill.sentence


def costs_section(account: Account, trade: Any, entry: int, leaving: int) -> Section:
    """Return the way from gross to net of a round trip.

    Parameters
    ----------
    account : Account
    trade : record of ``result.trades``
    entry, leaving : int
        Rows of its orders; -1 for a trade that is still held.
    """
    result, orders = account.result, account.result.orders
    asset, units = int(trade["asset"]), float(trade["quantity"])
    point, side = float(account.points[asset]), float(trade["side"])
    first = orders[entry]
    raw_out = float(orders["raw_price"][leaving]) if leaving >= 0 else float(trade["exit_price"])
    gross = side * units * (raw_out - float(first["raw_price"])) * point
    slips = [slip_of(account, row) for row in (entry, leaving) if row >= 0]
    paid = [_share(orders[row], units) if row >= 0 else 0.0 for row in (entry, leaving)]
    slippage, spread, impact = (
        units * point * sum(getattr(slip, name) for slip in slips)
        for name in ("slippage", "spread", "impact")
    )
    borrow = borrow_of(account, trade)
    interest = float(trade["financing"]) - borrow
    costs = [
        ("slippage", "slippage", slippage), ("spread", "spread", spread), ("impact", "impact", impact),
        ("commission_in", "commission at the entry", paid[0]),
        ("commission_out", "commission at the exit", paid[1]),
        ("borrow", "borrow", borrow), ("interest", "interest", interest if abs(interest) > _DUST else 0.0),
    ]  # fmt: skip
    figures = [Figure("gross", "gross profit", gross, "money", "at prices before slippage")]
    always = ("slippage", "commission_in", "commission_out")
    figures += [
        Figure(name, title, -value, "money") for name, title, value in costs if value or name in always
    ]
    net = gross - sum(value for _, _, value in costs)
    basis = float(trade["entry_price"]) * units * point
    figures += [
        Figure("net", "net profit", net, "money"),
        Figure("return", "return", net / basis, "share", "of the value at the entry"),
        Figure("mae", "worst move against it", float(trade["mae"]), "share"),
        Figure("mfe", "best move in favour", float(trade["mfe"]), "share"),
    ]
    kind = "so far" if trade["open"] else "of this round trip"
    sentence = f"Net {kind}: gross less costs of {plain_number(round(gross - net, 2))}"
    bar = int(trade["exit_bar"])
    return Section("costs", "Costs", sentence, tuple(figures), bar, label_of(result, bar))


def _share(order: Any, units: float) -> float:
    """Return the commission of an order that belongs to some of its units."""
    return units * float(order["commission"]) / abs(float(order["quantity"]))


def borrow_of(account: Account, trade: Any) -> float:
    """Return the borrow that a short paid on the value at each close before (rule 15)."""
    result, asset = account.result, int(trade["asset"])
    rate = costs_of(account, asset).borrow_rate
    if rate == 0.0 or trade["side"] > 0:
        return 0.0
    first, last = int(trade["entry_bar"]), int(trade["exit_bar"])
    days = np.diff(result.bars.time[first : last + 1]) / NS_PER_DAY
    leg = result.instruments[asset]
    own = np.searchsorted(leg.time, result.bars.time[first:last], side="right") - 1
    value = leg.close[own] * account.points[asset] * float(trade["quantity"])
    return float(np.sum(value * rate / _DAYS_PER_YEAR * days))


def financing_between(account: Account, trade: Any, first: int, last: int) -> float:
    """Return the financing of a trade's units in the bars after ``first`` up to ``last``."""
    result, asset = account.result, int(trade["asset"])
    if result.charges is None or last <= first:
        return 0.0
    charges = result.charges[asset, first + 1 : last + 1]
    held = np.abs(result.holdings[asset, first:last])
    each = np.divide(charges, held, out=np.zeros(charges.size), where=held > 0.0)
    return float(each.sum()) * float(trade["quantity"])


def delay_section(account: Account, trade: Any, entry: int, leaving: int) -> Section:
    """Return what the same units would have earned, had they been bought one bar later."""
    result, row = account.result, account.result.orders[entry]
    asset = int(trade["asset"])
    leg, time = result.instruments[asset], result.bars.time
    at_open = result.spec.execution.fill is Fill.NEXT_OPEN
    own = int(np.searchsorted(leg.time, time[int(trade["entry_bar"])], side="right"))
    if own >= len(leg):
        return Section("delay", "One bar later", "There is no later bar to enter at")
    bar = int(np.searchsorted(time, leg.time[own]))
    raw = float((leg.open if at_open else leg.close)[own])
    if _is_over(trade, bar, raw, at_open=at_open, leaving=result.orders[leaving] if leaving >= 0 else None):
        nothing = (
            Figure("delayed_net", "net profit", 0.0, "money"),
            Figure("difference", "against this trade", -float(trade["pnl"]), "money"),
        )
        sentence = "The trade was over before the next bar: nothing would have been earned"
        at = min(bar, len(result.bars) - 1)
        return Section("delay", "One bar later", sentence, nothing, at, label_of(result, at))
    side, units, point = float(trade["side"]), float(trade["quantity"]), float(account.points[asset])
    price = _late_price(account, row, own, raw)
    raw_out = float(result.orders["raw_price"][leaving]) if leaving >= 0 else float(trade["exit_price"])
    gross = side * units * (raw_out - raw) * point
    ordered = abs(float(row["quantity"]))
    commission = account.fee(asset, side * ordered, price) * units / ordered
    slippage = units * abs(price - raw) * point
    if leaving >= 0:
        commission += _share(result.orders[leaving], units)
        slippage += units * slip_of(account, leaving).total * point
    financing = float(trade["financing"]) - financing_between(account, trade, int(trade["entry_bar"]), bar)
    net = gross - commission - slippage - financing
    figures = (
        Figure("delayed_raw", "price before slippage", raw, "price"),
        Figure("delayed_price", "fill price", price, "price"),
        Figure("delayed_gross", "gross profit", gross, "money"),
        Figure("delayed_costs", "costs", -(commission + slippage + financing), "money"),
        Figure("delayed_net", "net profit", net, "money"),
        Figure("difference", "against this trade", net - float(trade["pnl"]), "money"),
    )
    sentence = "The same units entered one bar later, with the same exit; stops are not moved"
    return Section("delay", "One bar later", sentence, figures, bar, label_of(result, bar))


def _is_over(trade: Any, bar: int, raw: float, *, at_open: bool, leaving: Any) -> bool:
    last = int(trade["exit_bar"])
    if bar != last or trade["open"]:
        return bar > last
    if not at_open or leaving is None:
        return True
    if trade["exit_reason"] in (Reason.LIQUIDATION, Reason.END):
        return False
    return bool(
        trade["exit_reason"] in (*DECIDED, Reason.TIME_STOP, Reason.DATA_ENDED) or leaving["raw_price"] == raw
    )


def _late_price(account: Account, row: Any, own: int, raw: float) -> float:
    """Return the slipped price of an order filled at a leg's own bar, decided one bar later too."""
    result, asset = account.result, int(row["asset"])
    leg, costs = result.instruments[asset], costs_of(account, asset)
    known = int(np.searchsorted(leg.time, result.bars.time[int(row["decision_bar"])], side="right"))
    known = min(known, len(leg) - 1)
    slip = plain_slip(costs, raw, float(leg.high[known] - leg.low[known]), leg.instrument.tick_size).total
    if costs.impact_bps:
        volume = float(leg.volume[own])
        part = min(abs(float(row["quantity"])) / volume, 1.0) if volume > 0.0 else 1.0
        slip += raw * costs.impact_bps / 1e4 * float(np.sqrt(part))
    return max(raw + (slip if row["quantity"] > 0.0 else -slip), 0.0)
