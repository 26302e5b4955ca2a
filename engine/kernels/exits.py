"""Leaving a position: stops, targets, time, and the unknown path inside a bar (rules 10 to 14)."""

from __future__ import annotations

import numpy as np

from engine.kernels.book import fill_apart
from engine.kernels.compile import account_kernel, loop_kernel
from engine.kernels.costs import impacted, slipped
from engine.kernels.positions import (
    AMBIGUITIES,
    AMBIGUOUS,
    BEST,
    BREAK_EVEN,
    CARRY,
    CARRY_DECISION,
    CARRY_EXIT,
    CARRY_REASON,
    ENTRY_BAR,
    ENTRY_PRICE,
    EVEN,
    GOAL,
    HELD,
    LIQUIDATION,
    OWN,
    PRIOR,
    QUANTITY,
    SEEN,
    STOP,
    STOP_LOSS,
    STOPPED,
    TAKE_PROFIT,
    TARGET,
    TIME_STOP,
    TRAIL,
    TRAILING_STOP,
    UNTIL_NEW_SIGNAL,
    UNTIL_NEXT_CLOSE,
)
from engine.kernels.sizes import NO_REST, distance, room_of, take_room
from engine.kernels.terms import NEXT_CLOSE, OPTIMISTIC, PESSIMISTIC

# How a position came to be held when its exits are looked at.
BEFORE, BY_LIMIT, BY_STOP = 0, 1, 2


@account_kernel
def arm(state, asset, price, bar, decision, market, terms):
    """Set stop, target and trailing distance from the fill price of a new position (rule 10)."""
    side = 1.0 if state[asset, QUANTITY] > 0.0 else -1.0
    state[asset, ENTRY_BAR] = state[asset, OWN] if terms.has_gaps else bar
    state[asset, AMBIGUOUS] = 0.0
    if terms.has_stops:
        state[asset, STOP] = price - side * distance(terms.stop_loss, price, asset, decision, market, terms)
        aim = distance(terms.take_profit, price, asset, decision, market, terms)
        state[asset, TARGET] = price + side * aim
        state[asset, TRAIL] = distance(terms.trailing_stop, price, asset, decision, market, terms)
        state[asset, EVEN] = distance(terms.break_even, price, asset, decision, market, terms)
        state[asset, BEST] = state[asset, ENTRY_PRICE] = price


@loop_kernel
def leave(
    book, state, lots, asset, raw, slips, bar, decision, reason, market, extra, terms, trades, orders
):
    """Close the position at ``raw``; what the volume cap leaves is carried to the next opens (rule 9)."""
    quantity = state[asset, QUANTITY]
    side = 1.0 if quantity > 0.0 else -1.0
    part = abs(quantity)
    state[asset, CARRY] = 0.0
    if terms.participation > 0.0 and (reason < LIQUIDATION or reason == BREAK_EVEN):
        most = room_of(state, asset, bar, extra, terms)
        if part > most * (1.0 + NO_REST):
            part = most
            state[asset, CARRY], state[asset, GOAL] = CARRY_EXIT, 0.0
            state[asset, CARRY_REASON], state[asset, CARRY_DECISION] = reason, decision
            if part == 0.0:
                return
        take_room(state, asset, bar, part)
    price = raw
    if slips:
        known = bar - 1
        if terms.has_gaps:
            known = int(state[asset, SEEN] if state[asset, SEEN] < bar else state[asset, PRIOR])
        price = slipped(raw, -side, asset, max(known, 0), market)
        price = impacted(price, raw, -quantity, asset, bar, market, extra)
    left = 0.0 if part == abs(quantity) else quantity - side * part
    fill_apart(book, state, lots, asset, left, raw, price, bar, decision, reason, market, trades, orders)


@account_kernel
def note_ambiguity(book, state, asset):
    """Mark the position: what came first inside a bar decides its result."""
    book[AMBIGUITIES] += 1.0
    state[asset, AMBIGUOUS] = 1.0


@account_kernel
def ban(state, asset, terms):
    """Keep a stopped position from entering again at once (rule 14)."""
    if not terms.reentry_allowed:
        state[asset, STOPPED] = UNTIL_NEW_SIGNAL
    elif terms.fill == NEXT_CLOSE:
        state[asset, STOPPED] = UNTIL_NEXT_CLOSE  # this bar's order was decided before the exit
    else:
        state[asset, STOPPED] = state[asset, HELD] = 0.0


@loop_kernel
def worth_inside(side, level, asset, decision, high, low, close, market, terms):
    """Return what a stop entry filled inside a bar is worth at its end: gain as a share of the fill price.

    What `watch` would make of such a position, by the book that asks: its exit inside the bar, or the close.
    Costs of the exit are left out.
    """
    price = slipped(level, side, asset, decision, market)
    fill, last = side * price, side * close  # mirrored for a short
    worst = low if side > 0.0 else -high
    best = high if side > 0.0 else -low
    trail = distance(terms.trailing_stop, price, asset, decision, market, terms)
    stop = fill - min(distance(terms.stop_loss, price, asset, decision, market, terms), trail)
    target = fill + distance(terms.take_profit, price, asset, decision, market, terms)
    moved = max(stop, best - trail)
    trails = moved > stop
    if best - fill >= distance(terms.break_even, price, asset, decision, market, terms) and fill > moved:
        moved, trails = fill, False
    met = moved > stop and worst <= moved
    end = last
    if worst <= stop:
        end = stop
        if terms.resolve == OPTIMISTIC:
            end = target if best >= target else (last if last > stop else moved)
    elif best >= target:
        end = target
        if terms.resolve == PESSIMISTIC and met:
            end = max(worst, stop) if trails else moved
    elif met and terms.resolve == PESSIMISTIC:
        end = max(worst, stop) if trails else moved
    elif met and terms.resolve == OPTIMISTIC and last <= moved:
        end = moved
    return (end - fill) / price


@loop_kernel
def watch(
    book, state, lots, asset, bar, open_, high, low, close, entered, market, extra, terms, trades, orders,
    traces,
):  # fmt: skip
    """Check the exits of a position within one bar or a finer piece of it, open first (rules 10 to 14).

    A trailing or break-even stop uses extremes up to the piece before and this piece's open. ``entered``
    says that the position was opened inside this piece, so that part of its range lies before the entry.
    """
    side = 1.0 if state[asset, QUANTITY] > 0.0 else -1.0
    # Mirrored prices let one set of comparisons serve long and short.
    worst = low if side > 0.0 else -high
    best = high if side > 0.0 else -low
    start, last = side * open_, side * close
    fixed, target = side * state[asset, STOP], side * state[asset, TARGET]
    entry = side * state[asset, ENTRY_PRICE]
    trail, even = state[asset, TRAIL], state[asset, EVEN]
    extreme = side * state[asset, BEST] if entered != BEFORE else max(side * state[asset, BEST], start)
    stop, reason = fixed, STOP_LOSS
    if extreme - trail > stop:
        stop, reason = extreme - trail, TRAILING_STOP
    if extreme - entry >= even and entry > stop:
        stop, reason = entry, BREAK_EVEN
    if traces.stops.shape[1] > 1 and not np.isinf(stop):
        traces.stops[asset, bar] = side * stop
    raw, slips = np.nan, True
    age = (state[asset, OWN] if terms.has_gaps else bar) - state[asset, ENTRY_BAR]
    if entered == BEFORE and terms.time_stop > 0 and age >= terms.time_stop:
        raw, reason = start, TIME_STOP
    elif entered == BEFORE and start <= stop:
        raw = start
    elif entered == BEFORE and start >= target:
        raw, slips, reason = start, False, TAKE_PROFIT
    else:
        # The stop as this piece's own extreme would move it, if that came before the worst price.
        moved, moved_reason = stop, reason
        own = best if entered != BY_LIMIT else max(extreme, last)
        if best - trail > stop:
            moved, moved_reason = best - trail, TRAILING_STOP
        if best - entry >= even and entry > moved:
            moved, moved_reason = entry, BREAK_EVEN
        # A trailing stop may have been met anywhere on its way up, a break-even stop at the entry only.
        deepest_exit = max(worst, stop) if moved_reason == TRAILING_STOP else moved
        hit = worst <= stop
        doubtful_hit = hit and entered == BY_STOP and last > stop
        gain = best >= target
        doubtful_gain = gain and entered == BY_LIMIT and last < target
        if hit:
            if gain or doubtful_hit or moved > stop:
                note_ambiguity(book, state, asset)
            raw = stop
            if terms.resolve == OPTIMISTIC:
                if gain:
                    raw, slips, reason = target, False, TAKE_PROFIT
                elif doubtful_hit:
                    raw = np.nan
                elif moved > stop:
                    raw, reason = moved, moved_reason
        elif gain:
            raw, slips, reason = target, False, TAKE_PROFIT
            if doubtful_gain or (moved > stop and worst <= moved):
                note_ambiguity(book, state, asset)
                if terms.resolve == PESSIMISTIC and moved > stop and worst <= moved:
                    raw, slips, reason = deepest_exit, True, moved_reason
                elif doubtful_gain and terms.resolve != OPTIMISTIC:
                    raw, slips = np.nan, True
        elif moved > stop and worst <= moved:
            note_ambiguity(book, state, asset)
            if terms.resolve == PESSIMISTIC:
                raw, reason = deepest_exit, moved_reason
            elif terms.resolve == OPTIMISTIC and last <= moved:
                raw, reason = moved, moved_reason
        if np.isnan(raw):
            state[asset, BEST] = side * max(extreme, own)
            return
    ban(state, asset, terms)
    leave(
        book, state, lots, asset, side * raw, slips, bar, bar, reason, market, extra, terms, trades, orders
    )
