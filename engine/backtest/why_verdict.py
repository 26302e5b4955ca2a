"""Why a close caused no order: the first of the possible reasons that holds, with its numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.backtest.levels import bracket_of
from engine.backtest.market import decision_bars
from engine.backtest.why_account import DECIDED, Account
from engine.backtest.why_context import LegContext, label_of
from engine.backtest.why_fill import costs_of, plain_slip
from engine.backtest.why_parts import Decision, Figure, Section
from engine.backtest.why_rank import rank_figures
from engine.backtest.why_size import distance_of, size_section
from engine.core.trade import ORDER_DTYPE, Reason
from engine.execution.fills import Entry, Fill, Rebalance, Reentry

_STOPS = frozenset(
    int(reason) for reason in (
        Reason.STOP_LOSS, Reason.TAKE_PROFIT, Reason.TRAILING_STOP, Reason.BREAK_EVEN, Reason.TIME_STOP
    )
)  # fmt: skip
_DUST = 1e-12


@dataclass(frozen=True, eq=False)
class Verdict:
    """Why a close caused an order, or none.

    Parameters
    ----------
    kind : str
        As `engine.backtest.why_parts.BarExplanation.kind`.
    section : Section
    trade : int
        Row of the trade it is about; -1 for none.
    """

    kind: str
    section: Section
    trade: int = -1


@dataclass(eq=False)
class _Case:
    """A leg at a bar, with what several of the reasons ask for."""

    account: Account
    context: LegContext
    bar: int
    decision: Decision

    def __post_init__(self) -> None:
        result = self.account.result
        self.result = result
        self.asset = self.context.asset
        self.held = float(result.holdings[self.asset, self.bar])
        signals = np.atleast_2d(result.signals)
        self.targets = signals[self.asset if signals.shape[0] > 1 else 0]
        self.target = float(self.targets[self.bar])
        changes = np.flatnonzero(self.targets[1 : self.bar + 1] != self.targets[: self.bar]) + 1
        self.since = int(changes[-1]) if changes.size else 0

    def say(
        self, kind: str, sentence: str, figures: tuple[Figure, ...] = (), *, bar: int = -1, trade: int = -1
    ) -> Verdict:
        at = self.bar if bar < 0 else bar
        section = Section("verdict", "Verdict", sentence, figures, at, label_of(self.result, at))
        return Verdict(kind, section, trade)

    def trade_at(self) -> int:
        """Return the newest trade of the leg that was held at the close of the bar."""
        trades = self.result.trades
        mine = (trades["asset"] == self.asset) & (trades["entry_bar"] <= self.bar)
        rows = np.flatnonzero(mine & ((trades["exit_bar"] > self.bar) | trades["open"]))
        return int(rows[-1]) if rows.size else -1


def verdict_of(account: Account, context: LegContext, bar: int, decision: Decision) -> Verdict:
    """Return why the close of a bar caused an order, or none.

    Parameters
    ----------
    account : Account
    context : LegContext
    bar : int
        Bar of the run's axis, within the run.
    decision : Decision
    """
    case = _Case(account, context, bar, decision)
    for reason in (_ordered, _no_room, _last_bar, _not_due, _waiting, _flat, _holds, _banned, _unsent):
        found = reason(case)
        if found is not None:
            return found
    return case.say("nothing_to_trade", "Nothing was to be traded at this close")


def _ordered(case: _Case) -> Verdict | None:
    orders, trades = case.result.orders, case.result.trades
    decided = np.isin(orders["reason"], [int(reason) for reason in DECIDED])
    rows = np.flatnonzero((orders["asset"] == case.asset) & (orders["decision_bar"] == case.bar) & decided)
    if not rows.size:
        return None
    row = orders[rows[0]]
    way = "Bought" if row["quantity"] > 0.0 else "Sold"
    fill = int(row["fill_bar"])
    figures: tuple[Figure, ...] = (
        Figure("quantity", "units", abs(float(row["quantity"])), "units"),
        Figure("price", "fill price", float(row["price"]), "price"),
        Figure("position", "position after it", float(row["position"]), "units"),
    )
    cut = case.result.rejected
    cut = cut[(cut["asset"] == case.asset) & (cut["decision_bar"] == case.bar)]
    if cut.size:  # room for a part of it only
        figures = (*figures, Figure("filled", "part that was filled", float(cut["filled"][0]), "share"))
    mine = (trades["asset"] == case.asset) & (
        (trades["entry_decision"] == case.bar) | (trades["exit_decision"] == case.bar)
    )
    found = np.flatnonzero(mine)
    sentence = f"This close sent an order: {way.lower()} at {label_of(case.result, fill)}"
    return case.say("ordered", sentence, figures, bar=fill, trade=int(found[-1]) if found.size else -1)


def _no_room(case: _Case) -> Verdict | None:
    rejected = case.result.rejected
    rows = rejected[(rejected["asset"] == case.asset) & (rejected["decision_bar"] == case.bar)]
    if not rows.size:
        return None
    row = rows[0]
    figures = (
        Figure("exposure", "exposure asked for", float(row["exposure"]), "times"),
        Figure("filled", "part that was filled", float(row["filled"]), "share"),
        Figure("price", "price it would have had", float(row["price"]), "price"),
        *rank_figures(case.result, case.asset, int(row["bar"])),
        Figure("missed_return", "return that was missed", float(row["missed_return"]), "share"),
        Figure("missed_pnl", "profit that was missed", float(row["missed_pnl"]), "money"),
    )
    places = case.result.spec.portfolio.max_positions
    cause = "cash and leverage limit left no room"
    if places is not None and row["filled"] == 0.0:
        cause += f", or all {places} places were taken"
    return case.say("no_room", f"The order was left out: {cause}", figures, bar=int(row["bar"]))


def _last_bar(case: _Case) -> Verdict | None:
    fills_now = case.result.spec.execution.fill is Fill.THIS_CLOSE
    if case.bar < case.result.equity.size - 1 or fills_now:
        return None
    if case.since != case.bar:
        return None
    return case.say("last_bar", "The run ends here: there is no later bar at which an order could be filled")


def _not_due(case: _Case) -> Verdict | None:
    execution = case.result.spec.execution
    if execution.rebalance is Rebalance.ON_CHANGE or (case.target == 0.0 and case.held == 0.0):
        return None
    if execution.rebalance is Rebalance.BAND:
        return _within_band(case)
    leg = case.result.instruments[case.asset]
    own = int(np.searchsorted(leg.time, case.result.bars.time[case.bar], side="right")) - 1
    if decision_bars(leg.session, execution.rebalance)[own]:
        return None
    every = {"daily": "day", "weekly": "week", "monthly": "month"}[execution.rebalance.value]
    return case.say("not_due", f"Orders arise at the first close of a {every} only", trade=case.trade_at())


def _within_band(case: _Case) -> Verdict | None:
    result, execution = case.result, case.result.spec.execution
    if result.spec.sizing.name != "fixed_fraction" or case.target == 0.0:
        return None
    prices = case.account.prices(case.bar, at_open=False)
    exposure = case.held * prices[case.asset] * case.account.points[case.asset] / result.equity[case.bar]
    wanted = case.target * getattr(result.spec.sizing, "fraction", 1.0)
    wanted = float(np.clip(wanted, -execution.max_leverage, execution.max_leverage))
    if abs(exposure - wanted) > execution.band:
        return None
    figures = (
        Figure("exposure", "exposure held", float(exposure), "times"),
        Figure("wanted", "exposure asked for", wanted, "times"),
        Figure("band", "band", execution.band, "times"),
    )
    sentence = "The exposure is within the band around the target"
    return case.say("not_due", sentence, figures, trade=case.trade_at())


def _waiting(case: _Case) -> Verdict | None:
    execution = case.result.spec.execution
    if execution.entry is Entry.MARKET or case.target == 0.0 or _is_held(case):
        return None
    if case.bar - case.since >= execution.entry_bars and not _stopped(case):
        return _level(case, "lapsed: its price was not met in time")
    if case.bar - case.since < execution.entry_bars:
        return _level(case, "stands in the market")
    return None


def _is_held(case: _Case) -> bool:
    """Return whether the position is the one that the target asks for.

    The target of a bracket or of a formula does not say the side: the level that was met does, or the leg.
    """
    spec = case.result.spec
    if spec.execution.entry is Entry.BRACKET or spec.data.formula:
        return case.held != 0.0 and case.target != 0.0
    return case.held * case.target > 0.0


def _bracket(case: _Case, what: str) -> Verdict:
    """Return both prices of a waiting bracket, and the prices nearest to them while it stood."""
    context, result = case.context, case.result
    own = int(np.searchsorted(context.full.time, result.bars.time[case.since], side="right")) - 1
    found = bracket_of(context.full, context.sleeve.name, context.params, result.spec)
    if found is None:
        return case.say("waiting", f"The bracket {what}", bar=case.since)
    last = min(own + found.entry_bars, len(context.full) - 1)
    high, low = (getattr(context.full, name)[own + 1 : last + 1] for name in ("high", "low"))
    figures = (
        Figure("buy_at", "stop to buy", float(found.buy_at[own]), "price"),
        Figure("highest", "highest price while it stood", float(high.max(initial=-np.inf)), "price"),
        Figure("sell_at", "stop to sell", float(found.sell_at[own]), "price"),
        Figure("lowest", "lowest price while it stood", float(low.min(initial=np.inf)), "price"),
        Figure("bars", "good for", float(found.entry_bars), "bars"),
    )
    return case.say("waiting", f"The bracket {what}", figures, bar=case.since)


def _level(case: _Case, what: str) -> Verdict:
    if case.result.spec.execution.entry is Entry.BRACKET:
        return _bracket(case, what)
    execution, context = case.result.spec.execution, case.context
    leg, point = case.result.instruments[case.asset], float(case.account.points[case.asset])
    time = case.result.bars.time
    own = int(np.searchsorted(leg.time, time[case.since], side="right")) - 1
    close, side = float(leg.close[own]), 1.0 if case.target > 0.0 else -1.0
    better = -1.0 if execution.entry is Entry.LIMIT else 1.0
    reach = distance_of(context, execution.entry_distance, close * point, case.since, point) / point
    level = close + better * side * reach
    last = min(own + execution.entry_bars, len(leg) - 1)
    met = leg.low if (side > 0.0) == (execution.entry is Entry.LIMIT) else leg.high
    part = met[own + 1 : last + 1]
    nearest = float(part.min() if met is leg.low else part.max()) if part.size else float("nan")
    figures = (
        Figure("level", f"price of the {execution.entry.value} entry", level, "price"),
        Figure("close", "close that decided", close, "price"),
        Figure("nearest", "nearest price while it stood", nearest, "price"),
        Figure("bars", "good for", float(execution.entry_bars), "bars"),
    )
    return case.say("waiting", f"The {execution.entry.value} entry {what}", figures, bar=case.since)


def _flat(case: _Case) -> Verdict | None:
    if case.target != 0.0:
        return None
    if case.held != 0.0:
        return case.say(
            "no_volume", "The target is 0, and the exit is still waiting to be filled", trade=case.trade_at()
        )
    decision = case.decision
    if decision.said == 0.0:
        return case.say("no_signal", "The strategy wants no position at this close")
    shut = [gate.title for gate in decision.gates if not gate.open]
    wish = "long" if decision.said > 0.0 else "short"
    if shut:
        verb = "is" if len(shut) == 1 else "are"
        return case.say("gate_shut", f"The strategy wants to be {wish}, and {' and '.join(shut)} {verb} shut")
    return case.say("no_weight", f"The strategy wants to be {wish}, and its weight or size is 0 here")


def _holds(case: _Case) -> Verdict | None:
    if not _is_held(case) or case.since == case.bar:
        return None
    trade = case.trade_at()
    begun = int(case.result.trades["entry_bar"][trade]) if trade >= 0 else case.since
    prices = case.account.prices(case.bar, at_open=False)
    value = case.held * float(prices[case.asset]) * float(case.account.points[case.asset])
    figures = (
        Figure("units", "units held", case.held, "units"),
        Figure("value", "value at the close", value, "money"),
        Figure("exposure", "of equity", value / float(case.result.equity[case.bar]), "share"),
        Figure("target", "target, unchanged", case.target),
    )
    when = label_of(case.result, begun)
    sentence = f"The position is held already, since {when}; the target has not changed"
    return case.say("held", sentence, figures, bar=begun, trade=trade)


def _stopped(case: _Case) -> Any:
    """Return the exit that closed the position of the unchanged target; None when there is none."""
    orders = case.result.orders
    rows = orders[(orders["asset"] == case.asset) & (orders["fill_bar"] <= case.bar)]
    if not rows.size or int(rows["reason"][-1]) not in _STOPS or rows["fill_bar"][-1] <= case.since:
        return None
    return rows[-1]


def _banned(case: _Case) -> Verdict | None:
    row = _stopped(case)
    if case.held != 0.0 or row is None:
        return None
    if case.result.spec.execution.reentry is not Reentry.ON_NEW_SIGNAL:
        return None
    reason, bar = Reason(int(row["reason"])), int(row["fill_bar"])
    words = reason.label.replace("_", " ")
    figures = (
        Figure("price", "price of that exit", float(row["price"]), "price"),
        Figure("target", "target, unchanged", case.target),
    )
    sentence = f"Closed by its {words} at {label_of(case.result, bar)}: no entry until the target has changed"
    return case.say("banned", sentence, figures, bar=bar)


def _unsent(case: _Case) -> Verdict | None:
    """Work out the order that was due when the target last changed, and why it was not sent."""
    result, execution = case.result, case.result.spec.execution
    leg, time = result.instruments[case.asset], result.bars.time
    at = case.bar if execution.rebalance is not Rebalance.ON_CHANGE else case.since
    own = int(np.searchsorted(leg.time, time[at], side="right")) - 1
    own += 0 if execution.fill is Fill.THIS_CLOSE else 1
    if own >= len(leg):
        return case.say("last_bar", "There is no later bar at which an order could be filled")
    section = _size_at(case, at, own)
    values = {figure.name: figure.value for figure in section.figures}
    change = abs(values.get("asked", 0.0) - values.get("held", 0.0))
    price = values.get("price", 0.0) * float(case.account.points[case.asset])
    least = (
        Figure("least_quantity", "least order", execution.min_quantity, "units"),
        Figure("least_value", "least value", execution.min_notional, "money"),
        Figure("change", "order", change, "units"),
        Figure("change_value", "value of the order", change * price, "money"),
    )
    after = ("order", "position", "value", "share")
    figures = tuple(figure for figure in section.figures if figure.name not in after)
    when = "" if at == case.bar else f"; the target has not changed since {label_of(result, at)}"
    if change <= _DUST * max(abs(values.get("held", 0.0)), 1.0):
        sentence = f"In whole lots there was nothing to trade{when}"
        if values.get("exposure") == 0.0:
            sentence = f"The sizing rule asks for no position{when}"
        return case.say("nothing_to_trade", sentence, figures, bar=at)
    if change < execution.min_quantity or change * price < execution.min_notional:
        sentence = f"The order was below the minimum and was not sent{when}"
        return case.say("too_small", sentence, (*figures, *least), bar=at)
    if execution.max_participation is not None:
        volume = Figure("volume", "volume of the bar", float(leg.volume[own]), "units")
        sentence = f"The bar's volume left nothing to fill{when}"
        return case.say("no_volume", sentence, (*figures, volume), bar=at)
    sentence = f"At the slipped price there was nothing worth trading{when}"
    return case.say("nothing_to_trade", sentence, figures, bar=at)


def _size_at(case: _Case, at: int, own: int) -> Section:
    """Return the arithmetic of an order that was not sent, as if it had been the next one."""
    result, asset = case.result, case.asset
    leg = result.instruments[asset]
    bar = int(np.searchsorted(result.bars.time, leg.time[own]))
    raw = float((leg.open if result.spec.execution.fill is Fill.NEXT_OPEN else leg.close)[own])
    before = result.orders[result.orders["fill_bar"] < bar]
    held = before[before["asset"] == asset]["position"]
    units = float(held[-1]) if held.size else 0.0
    known = int(np.searchsorted(leg.time, result.bars.time[at], side="right")) - 1
    reach = float(leg.high[known] - leg.low[known])
    slip = plain_slip(costs_of(case.account, asset), raw, reach, leg.instrument.tick_size).total
    buys = float(np.atleast_2d(result.signals)[asset if result.signals.ndim > 1 else 0, at]) > 0.0
    row = np.zeros(1, ORDER_DTYPE)
    row["asset"], row["reason"], row["decision_bar"], row["fill_bar"] = asset, Reason.SIGNAL, at, bar
    row["position"], row["raw_price"], row["price"] = units, raw, max(raw + (slip if buys else -slip), 0.0)
    orders = np.concatenate((before, row))
    account = Account(replace(result, orders=orders))
    context = replace(case.context, result=account.result)
    return size_section(account, context, orders.size - 1)
