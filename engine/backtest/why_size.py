"""Why an order had its size: rule 7 of docs/method.md with the numbers of that order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backtest.market import known_from
from engine.backtest.why_account import CLOSE, DECIDED, Account
from engine.backtest.why_context import LegContext, label_of
from engine.backtest.why_parts import Figure, Section, plain_number
from engine.core.trade import Reason
from engine.execution.fills import Entry, StopUnit
from engine.indicators.bank import compute
from engine.indicators.volatility import atr
from engine.kernels.book import whole_lots
from engine.sizing import FixedCash, FixedFraction, FixedUnits, Kelly, RiskPerTrade

_NO_SPREAD = 1e-18


@dataclass(eq=False)
class _Sum:
    """The arithmetic of one order while it is written down."""

    account: Account
    context: LegContext
    order: int

    def __post_init__(self) -> None:
        result, row = self.account.result, self.account.result.orders[self.order]
        self.row: Any = row
        self.asset = int(row["asset"])
        self.point = float(self.account.points[self.asset])
        self.price = float(row["price"]) * self.point
        self.bar, self.decision = int(row["fill_bar"]), int(row["decision_bar"])
        first = self.account.batch(self.order)
        self.quantity = float(self.account.held(self.order)[self.asset])
        self.cash = self.account.cash(first)
        self.others, self.gross = self.account.value_of_others(self.order, first)
        self.equity = self.cash + self.quantity * self.price + self.others
        self.limit = result.spec.execution.max_leverage
        signals = np.atleast_2d(result.signals)
        self.signal = float(signals[self.asset if signals.shape[0] > 1 else 0, self.decision])
        if result.spec.execution.entry is Entry.BRACKET and self.row["position"] != 0.0:
            # The target of a bracket does not say which side is filled.
            self.signal = math.copysign(self.signal, float(self.row["position"]))
        self.figures: list[Figure] = []

    def add(self, name: str, title: str, value: float, unit: Any = "number", note: str = "") -> None:
        self.figures.append(Figure(name, title, value, unit, note))

    def fee(self, units: float) -> float:
        return self.account.fee(self.asset, units - self.quantity, float(self.row["price"]))


def size_section(account: Account, context: LegContext, order: int) -> Section:
    """Return the arithmetic of an order's size.

    Parameters
    ----------
    account : Account
    context : LegContext
        Of the order's leg.
    order : int
        Row of ``result.orders``.
    """
    sum_ = _Sum(account, context, order)
    label = label_of(account.result, sum_.bar)
    if sum_.row["reason"] not in DECIDED:
        return Section("size", "Size", "All that is held is closed", _held(sum_), sum_.bar, label)
    if _is_rest(account, order):
        sentence = "The volume cap had left a part of an earlier order: it is sent on without sizing it again"
        return Section("size", "Size", sentence, _held(sum_), sum_.bar, label)
    if sum_.signal == 0.0:
        sentence = "The target is 0: all that is held is closed"
        return Section("size", "Size", sentence, _held(sum_), sum_.bar, label)
    want = _asked(sum_)
    bound = _bound(sum_, want)
    sum_.add("position", "position after it", float(sum_.row["position"]), "units")
    value = abs(float(sum_.row["position"])) * sum_.price
    sum_.add("value", "value of the position", value, "money")
    if sum_.equity > 0.0:
        sum_.add("share", "of equity", value / sum_.equity, "share")
    sentence = "; ".join(part for part in (_formula(account.result.spec.sizing), bound) if part)
    return Section("size", "Size", sentence, tuple(sum_.figures), sum_.bar, label)


def _held(sum_: _Sum) -> tuple[Figure, ...]:
    return (
        Figure("held", "units held before", sum_.quantity, "units"),
        Figure("order", "order", float(sum_.row["quantity"]), "units"),
        Figure("position", "position after it", float(sum_.row["position"]), "units"),
    )


def _is_rest(account: Account, order: int) -> bool:
    """Return whether an order carries what the volume cap had left of an earlier one."""
    result = account.result
    if result.spec.execution.max_participation is None:
        return False
    orders = result.orders[:order]
    row = result.orders[order]
    same = (orders["asset"] == row["asset"]) & (orders["decision_bar"] == row["decision_bar"])
    return bool((same & (orders["fill_bar"] < row["fill_bar"])).any())


def _formula(sizing: Any) -> str:
    match sizing:
        case FixedCash():
            return "units = signal x amount / price"
        case FixedUnits():
            return "units = signal x units"
        case RiskPerTrade():
            return "units = signal x the lesser of risk x equity / stop distance and cap x equity / price"
    return "units = f x (E - k) / p"


def _asked(sum_: _Sum) -> float:
    """Write down what the signal asks for; return it in whole lots."""
    sizing = sum_.account.result.spec.sizing
    sum_.add("signal", "signal", sum_.signal)
    if isinstance(sizing, FixedCash | FixedUnits | RiskPerTrade):
        want = _by_account(sum_, sizing)
    else:
        want = _by_share(sum_, sizing)
    lot = sum_.account.result.spec.execution.lot
    if lot > 0.0:
        sum_.add("lot", "lot", lot, "units", "rounded toward zero")
    whole = float(whole_lots(want, lot))  # type: ignore[no-untyped-call]
    sum_.add("asked", "units asked for", whole, "units")
    sum_.add("held", "units held before", sum_.quantity, "units")
    sum_.add("order", "order", float(sum_.row["quantity"]), "units")
    return whole


def _by_share(sum_: _Sum, sizing: Any) -> float:
    gear = _gear(sum_)
    if isinstance(sizing, Kelly):
        full = kelly_now(sum_.account, sum_.order, sizing)
        sum_.add("kelly", "Kelly exposure of a full signal", full, "times")
    else:
        full = sizing.fraction if isinstance(sizing, FixedFraction) else 1.0
        if isinstance(sizing, FixedFraction):
            sum_.add("fraction", "fraction of equity", full, "share")
    if gear is not None:
        sum_.add("gear", "exposure of a full signal", gear, "times", "at the close that decided")
    asked = sum_.signal * full * (1.0 if gear is None else gear)
    exposure = min(max(asked, -sum_.limit), sum_.limit)
    if exposure != asked:
        sum_.add("leverage", "leverage limit", sum_.limit, "times", f"{plain_number(asked)} was asked for")
    sum_.add("exposure", "exposure f", exposure, "times")
    _equity_figures(sum_)
    bare = exposure * sum_.equity / sum_.price
    fee = sum_.fee(bare)
    sum_.add("commission", "commission k", fee, "money", "of the order without it")
    sum_.add("price", "slipped price p", float(sum_.row["price"]), "price")
    if sum_.point != 1.0:
        sum_.add("multiplier", "money per point", sum_.point)
    want = exposure * (sum_.equity - fee) / sum_.price
    if want * exposure < 0.0:
        want = 0.0
    sum_.add("unrounded", "f x (E - k) / p", want, "units")
    return want


def _equity_figures(sum_: _Sum) -> None:
    sum_.add("cash", "cash before", sum_.cash, "money")
    if sum_.quantity:
        sum_.add("holding", "value of what is held", sum_.quantity * sum_.price, "money")
    if sum_.others:
        sum_.add("others", "value of the other positions", sum_.others, "money")
    sum_.add("equity", "equity E", sum_.equity, "money")


def _by_account(sum_: _Sum, sizing: Any) -> float:
    """Write down the sizing rules that are no share of equity, within the leverage limit."""
    _equity_figures(sum_)
    price, limit = sum_.price, sum_.limit
    sum_.add("price", "slipped price p", float(sum_.row["price"]), "price")
    if sum_.point != 1.0:
        sum_.add("multiplier", "money per point", sum_.point)
    if isinstance(sizing, FixedCash):
        sum_.add("amount", "amount of a full signal", sizing.amount, "money")
        want = sum_.signal * sizing.amount / price
    elif isinstance(sizing, FixedUnits):
        sum_.add("units", "units of a full signal", sizing.units, "units")
        want = sum_.signal * sizing.units
    else:
        away = stop_distance(sum_)
        sum_.add("risk", "risk of a full signal", sizing.risk, "share")
        sum_.add("distance", "distance of the stop", away / sum_.point, "price")
        sum_.add("cap", "at most", sizing.cap, "times")
        want = sum_.signal * min(sizing.risk * sum_.equity / away, sizing.cap * sum_.equity / price)
    gear = _gear(sum_)
    if gear is not None:
        sum_.add("gear", "share of this leg", gear, "times")
        want *= gear
    most = limit * sum_.equity / price
    fee = sum_.fee(min(max(want, -most), most))
    most = max(limit * (sum_.equity - fee) / price, 0.0)
    sum_.add("commission", "commission k", fee, "money")
    sum_.add("unrounded", "units by the rule", want, "units")
    if abs(want) > most:
        sum_.add("most", "units within the leverage limit", most, "units", "limit x (E - k) / p")
    return min(max(want, -most), most)


def _gear(sum_: _Sum) -> float | None:
    """Return what multiplies the exposure at the decision: a volatility target, a leg's share; or None."""
    result, context = sum_.account.result, sum_.context
    own = context.own_bar(sum_.decision) + context.first
    spec, shares = result.spec, None
    if spec.data.formula:
        from engine.data.formula import parse_formula  # noqa: PLC0415

        formula = parse_formula(spec.data.formula)
        bar = {leg.symbol: leg for leg in result.legs}
        closes = {
            symbol: leg.close[np.searchsorted(leg.time, context.bars.time)] for symbol, leg in bar.items()
        }
        symbol = result.legs[sum_.asset].symbol
        shares = float(np.asarray(formula.gearing(closes)[symbol])[context.own_bar(sum_.decision)])
    legs = result.legs if spec.data.formula else (context.full,)
    known = [
        series[np.searchsorted(leg.time, context.full.time[own])]
        for leg in legs if (series := spec.sizing.gearing(leg, spec.periods_per_year)) is not None
    ]  # fmt: skip
    if not known and shares is None:
        return None
    gear = (min(known) if known else 1.0) * (1.0 if shares is None else shares)
    if result.scaling is not None and sum_.decision < result.scaling.size:
        gear *= float(result.scaling[sum_.decision])
    return float(gear)


def stop_distance(sum_: Any) -> float:
    """Return the distance of the nearer of stop loss and trailing stop, in money per unit."""
    execution = sum_.account.result.spec.execution
    found = [value for value in (execution.stop_loss, execution.trailing_stop) if value is not None]
    return min(distance_of(sum_.context, value, sum_.price, sum_.decision, sum_.point) for value in found)


def distance_of(context: LegContext, setting: float, price: float, decision: int, point: float) -> float:
    """Return a distance of rule 10 in money per unit; infinite while the ATR is not known."""
    execution = context.result.spec.execution
    if execution.stop_unit is StopUnit.AMOUNT:
        return setting * point
    if execution.stop_unit is StopUnit.ATR:
        bars, own = order_bars(context, decision)
        width = float(compute(bars, [atr(execution.atr_length)])[0, own]) * point
        return math.inf if math.isnan(width) else setting * width
    return setting * price


def order_bars(context: LegContext, bar: int) -> tuple[Any, int]:
    """Return the bars that a leg's orders are filled on, with their history, and its bar at an axis bar."""
    if context.result.spec.data.formula:
        leg = context.result.legs[context.asset]
        return leg, int(np.searchsorted(leg.time, context.result.bars.time[bar], side="right")) - 1
    return context.full, context.own_bar(bar) + context.first


def kelly_now(account: Account, order: int, sizing: Kelly) -> float:
    """Return the Kelly exposure from the trades closed before the first order of the batch (rule 7)."""
    result = account.result
    row = result.orders[order]
    trades = result.trades[~result.trades["open"]]
    before = trades["exit_bar"] < row["fill_bar"]
    at_bar = trades["exit_bar"] == row["fill_bar"]
    sent = np.isin(trades["exit_reason"], [int(reason) for reason in DECIDED])
    ended = trades["exit_reason"] == Reason.DATA_ENDED
    if account.is_waiting(order):
        earlier = before | (at_bar & (sent | ended))
    elif result.spec.execution.fill == "next_open":
        earlier = before | (at_bar & ended)
    else:
        last = np.isin(trades["exit_reason"], [int(Reason.END), int(Reason.LIQUIDATION)])
        earlier = before | (at_bar & ~sent & ~last)
    returns = trades["return"][earlier]
    if returns.size < sizing.min_trades:
        return sizing.start
    mean, variance = float(returns.mean()), float(returns.var(ddof=1))
    if variance <= _NO_SPREAD:
        return sizing.cap if mean > 0.0 else 0.0
    edge = mean - sizing.z * math.sqrt(variance / returns.size)
    return min(max(sizing.share * edge / variance, 0.0), sizing.cap)


def _bound(sum_: _Sum, want: float) -> str:
    """Return what cut the order, in words; write its numbers down."""
    got = float(sum_.row["position"])
    if abs(got - want) <= CLOSE * max(abs(want), 1.0):
        return ""
    result = sum_.account.result
    cut = result.rejected[
        (result.rejected["asset"] == sum_.asset) & (result.rejected["bar"] == sum_.bar)
    ]  # fmt: skip
    if cut.size:
        sum_.add("filled", "part that was filled", float(cut["filled"][-1]), "share")
        _room(sum_)
        return "cut to the room within the leverage limit"
    if result.spec.execution.max_participation is not None:
        share = result.spec.execution.max_participation
        leg = result.instruments[sum_.asset]
        own = int(np.searchsorted(leg.time, result.bars.time[sum_.bar]))
        sum_.add("volume", "volume of the bar", float(leg.volume[own]), "units")
        sum_.add("participation", "at most of it", share, "share")
        return "cut to the share of the bar's volume"
    if result.is_portfolio:
        _room(sum_)
        return "cut to the room within the leverage limit"
    return "the account had more to do at this bar than can be told from its orders"


def _room(sum_: _Sum) -> None:
    """Write down the room that the other positions left at this order (rules 16, 17)."""
    account, order = sum_.account, sum_.order
    net, gross = account.value_of_others(order, order)
    cash = account.cash(order)
    equity = cash + sum_.quantity * sum_.price + net
    asked = next(figure.value for figure in sum_.figures if figure.name == "asked")
    fee = sum_.fee(asked)
    sum_.add("room", "units that had room", (sum_.limit * (equity - fee) - gross) / sum_.price, "units")


def can_size(context: LegContext, bar: int) -> bool:
    """Return whether the sizing rule had its history at a bar."""
    known = known_from(context.full, context.result.spec)
    return known is None or bool(known[context.own_bar(bar) + context.first])
