"""Waiting entries: which bar or piece of it fills a limit, a stop or a bracket, and what is bought then."""

from __future__ import annotations

from engine.kernels.compile import loop_kernel
from engine.kernels.exits import note_ambiguity, worth_inside
from engine.kernels.orders import execute, fit, sum_up, want_of
from engine.kernels.positions import (
    CASH,
    CAUSE,
    DECIDED,
    DECISION,
    GROSS,
    KELLY_NOW,
    LEVEL,
    NET,
    POSITIONS,
    QUANTITY,
    SELL_LEVEL,
    SIGNAL,
    WAITING,
    WANT,
)
from engine.kernels.sizes import kelly_share
from engine.kernels.terms import AT_BRACKET, AT_LIMIT, KELLY, OPTIMISTIC


@loop_kernel
def side_met(state, asset, open_, high, low, close, market, terms):
    """Return which side of a bracket a bar or piece fills: 1 to buy, -1 to sell, 0 none.

    2 and -2 when its range holds both levels and does not tell which came first. The base book, like the
    pessimistic one, then takes the side that is worth less at the end (rule 12).
    """
    buy, sell = state[asset, LEVEL], state[asset, SELL_LEVEL]
    if open_ >= buy:
        return 1.0
    if open_ <= sell:
        return -1.0
    if high >= buy and low <= sell:
        decision = int(state[asset, DECIDED])
        bought = worth_inside(1.0, buy, asset, decision, high, low, close, market, terms)
        sold = worth_inside(-1.0, sell, asset, decision, high, low, close, market, terms)
        buys = bought >= sold if terms.resolve == OPTIMISTIC else bought <= sold
        return 2.0 if buys else -2.0
    return 1.0 if high >= buy else (-1.0 if low <= sell else 0.0)


@loop_kernel
def enter(
    book, state, lots, asset, bar, open_, high, low, close, market, extra, terms, trades, orders, traces
):
    """Fill a waiting entry inside a bar; return 0 nothing, 1 at the open, 2 inside the range."""
    side, hides, level = 1.0 if state[asset, WAITING] > 0.0 else -1.0, False, state[asset, LEVEL]
    signal = state[asset, WAITING]
    if terms.entry == AT_BRACKET:
        met = side_met(state, asset, open_, high, low, close, market, terms)
        if met == 0.0:
            return 0
        side, hides = 1.0 if met > 0.0 else -1.0, abs(met) == 2.0
        level, signal = level if met > 0.0 else state[asset, SELL_LEVEL], side * abs(signal)
    level, start = side * level, side * open_
    lowest = low if side > 0.0 else -high
    highest = high if side > 0.0 else -low
    if terms.entry == AT_LIMIT:
        at_open, inside = start <= level, lowest <= level
    else:
        at_open, inside = start >= level, highest >= level
    if not (at_open or inside):
        return 0
    raw, decision = open_ if at_open else side * level, int(state[asset, DECIDED])
    state[asset, WAITING] = 0.0
    state[asset, DECISION], state[asset, CAUSE] = decision, SIGNAL
    if terms.sizing == KELLY:
        book[KELLY_NOW] = kelly_share(book, terms)
    sum_up(book, state, market.open, bar)
    value = state[asset, QUANTITY] * market.open[asset, bar]
    others, gross, held = book[NET] - value, book[GROSS] - abs(value), int(book[POSITIONS])
    slips = terms.entry != AT_LIMIT
    want_of(
        book, state, asset, signal, book[CASH], others, raw, slips, bar, decision, market, extra, terms
    )
    if abs(state[asset, WANT]) > abs(state[asset, QUANTITY]):
        fit(book, state, asset, others, gross, held, bar, market, terms, traces)
    if state[asset, WANT] != state[asset, QUANTITY]:
        execute(book, state, lots, asset, raw, bar, market, extra, terms, trades, orders)
    if hides:
        note_ambiguity(book, state, asset)
    return 1 if at_open else 2
