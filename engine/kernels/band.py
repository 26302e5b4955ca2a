"""The least and the most an account can have, whatever came first inside its bars (rule 12).

Between two changes of the target an account is in its position or out of it. Out, it has a range of money;
in, it has one of the positions bought with the least and with the most money there could be. A bar that may
end a position widens "out" and leaves "in" alive unless its end is certain; at the next change all become
one range again. This holds every path when an order's size and costs are in proportion to the money.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import int64

from engine.kernels.compile import account_kernel, compile_loop, loop_kernel
from engine.kernels.costs import commission_of, slipped
from engine.kernels.exits import BEFORE, BY_LIMIT, BY_STOP
from engine.kernels.sizes import distance, share_of, sized_share
from engine.kernels.terms import (
    AT_BRACKET,
    AT_LIMIT,
    AT_MARKET,
    BORROW_PER_DAY,
    EXTRA,
    FEE_FIXED,
    FEE_MAX,
    FEE_MIN,
    IMPACT,
    MARKET,
    NEXT_OPEN,
    ON_CHANGE,
    SHARE,
    TERMS,
    Market,
    Terms,
)
from engine.kernels.types import MATRIX, VECTOR

# A position that some path may hold; prices are mirrored for a short. Side 0: none. The books behind it are
# the corners of least and most money times least and most units per money: any path lies between them.
# HOW says whether it was entered inside the bar that comes next.
SIDE, FILL, FIXED, AIM, TRAIL, EVEN, LEAST, MOST, SINCE, HOW, CORNERS = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
N_CORNERS = 4
SLOT_SIZE = CORNERS + 2 * N_CORNERS
SLOTS = 32

# Ranges of money of the paths without a position: no order, an order waiting, liquidated.
OUT, PENDING, DEAD = 0, 1, 2
RANGES = 3

# The waiting entry: its level to buy and its level to sell, NaN where it does not wait.
ORDER_SIGNAL, ORDER_BUY, ORDER_SELL, ORDER_UNTIL, ORDER_DECIDED = 0, 1, 2, 3, 4
ORDER_SIZE = 5


@account_kernel
def widen(ranges, row, money):
    """Let ``money`` be in the range; an empty range is (infinity, -infinity)."""
    ranges[row, 0], ranges[row, 1] = min(ranges[row, 0], money), max(ranges[row, 1], money)


@account_kernel
def pour(ranges, source, goal):
    """Move a range into another."""
    ranges[goal, 0] = min(ranges[goal, 0], ranges[source, 0])
    ranges[goal, 1] = max(ranges[goal, 1], ranges[source, 1])
    ranges[source, 0], ranges[source, 1] = np.inf, -np.inf


@account_kernel
def stop_at(slots, row, best):
    """Return the mirrored stop in force once ``best`` was reached (rule 13)."""
    stop, fill = max(slots[row, FIXED], best - slots[row, TRAIL]), slots[row, FILL]
    return max(stop, fill) if best - fill >= slots[row, EVEN] else stop


@loop_kernel
def sell(slots, row, mirrored, slips, known, market, ranges, into):
    """Let the position's books leave at a price; the position itself stays."""
    side = slots[row, SIDE]
    price = slipped(side * mirrored, -side, 0, known, market) if slips else side * mirrored
    net = price - side * commission_of(-side, price, 0, market)  # of a unit: costs are in proportion
    least = most = slots[row, CORNERS] + slots[row, CORNERS + 1] * net
    for at in range(CORNERS + 2, SLOT_SIZE, 2):
        money = slots[row, at] + slots[row, at + 1] * net
        least, most = min(least, money), max(most, money)
    widen(ranges, into, least)
    widen(ranges, into, most)


@loop_kernel
def buy(cash, quantity, exposure, price, found, market, terms):
    """Bring a book to an exposure; note its money and its units per money in ``found``."""
    want = sized_share(exposure, quantity, cash + quantity * price, price, 0, market, terms)
    money = cash + quantity * price - commission_of(want - quantity, price, 0, market)
    found[0], found[1] = min(found[0], money), max(found[1], money)
    if money > 0.0:
        found[2], found[3] = min(found[2], want / money), max(found[3], want / money)


@loop_kernel
def buy_all(ranges, row, exposure, price, found, market, terms):
    """Enter with a whole range of money."""
    if ranges[row, 0] <= ranges[row, 1]:
        buy(ranges[row, 0], 0.0, exposure, price, found, market, terms)
        buy(ranges[row, 1], 0.0, exposure, price, found, market, terms)
        ranges[row, 0], ranges[row, 1] = np.inf, -np.inf


@loop_kernel
def hold(slots, found, side, price, bar, decision, market, terms, ranges):
    """Take up what was bought; return its row, -1 if nothing was, SLOTS if there is no room."""
    if found[0] > found[1]:
        return -1
    if found[2] > found[3]:  # no money, no position
        widen(ranges, OUT, found[0])
        widen(ranges, OUT, found[1])
        found[:2] = np.inf, -np.inf
        return -1
    row = 0
    while row < SLOTS and slots[row, SIDE] != 0.0:
        row += 1
    if row == SLOTS:
        return row
    fill = side * price
    slots[row, SIDE], slots[row, SINCE], slots[row, HOW] = side, bar, BEFORE
    slots[row, FILL] = slots[row, LEAST] = slots[row, MOST] = fill
    slots[row, FIXED] = fill - distance(terms.stop_loss, price, 0, decision, market, terms)
    slots[row, AIM] = fill + distance(terms.take_profit, price, 0, decision, market, terms)
    slots[row, TRAIL] = distance(terms.trailing_stop, price, 0, decision, market, terms)
    slots[row, EVEN] = distance(terms.break_even, price, 0, decision, market, terms)
    for k in range(N_CORNERS):
        money = found[k // 2]
        quantity = max(money, 0.0) * found[2 + k % 2]
        slots[row, CORNERS + 2 * k], slots[row, CORNERS + 2 * k + 1] = money - quantity * price, quantity
    found[0] = found[2] = np.inf
    found[1] = found[3] = -np.inf
    return row


@loop_kernel
def adjust(slots, row, exposure, raw, decision, market, terms):
    """Bring a held position to another exposure of the same side; its stops stay (rule 10)."""
    for at in range(CORNERS, SLOT_SIZE, 2):
        cash, quantity = slots[row, at], slots[row, at + 1]
        side = 1.0 if exposure * (cash + quantity * raw) > quantity * raw else -1.0
        price = slipped(raw, side, 0, decision, market)
        want = sized_share(exposure, quantity, cash + quantity * price, price, 0, market, terms)
        change = want - quantity
        if change != 0.0 and (change > 0.0) == (side > 0.0):
            slots[row, at] = cash - change * price - commission_of(change, price, 0, market)
            slots[row, at + 1] = want


@loop_kernel
def turn(slots, top, ranges, order, found, bar, target, market, extra, terms):
    """Send what a changed target causes at the open; return the row of a new position or as `hold`."""
    raw, decision = market.open[0, bar], bar - 1
    exposure = share_of(target, 0, decision, extra, terms)
    at_market = terms.entry == AT_MARKET and exposure != 0.0
    side = 1.0 if target > 0.0 else -1.0
    price = slipped(raw, side, 0, decision, market)
    for row in range(top):
        held = slots[row, SIDE]
        if held == 0.0:
            continue
        # The target of a bracket does not say which side was filled.
        own = held * abs(exposure) if terms.entry == AT_BRACKET else exposure
        if held * own > 0.0:
            adjust(slots, row, own, raw, decision, market, terms)
            continue
        if at_market:
            for at in range(CORNERS, SLOT_SIZE, 2):
                buy(slots[row, at], slots[row, at + 1], exposure, price, found, market, terms)
        else:
            sell(slots, row, held * raw, True, decision, market, ranges, OUT)
        slots[row, SIDE] = 0.0
    pour(ranges, PENDING, OUT)
    order[ORDER_SIGNAL] = 0.0
    if at_market:
        buy_all(ranges, OUT, exposure, price, found, market, terms)
    elif target != 0.0 and terms.entry != AT_MARKET:
        pour(ranges, OUT, PENDING)
        both = terms.entry == AT_BRACKET
        order[ORDER_SIGNAL], order[ORDER_UNTIL], order[ORDER_DECIDED] = target, terms.entry_bars, decision
        order[ORDER_BUY] = extra.level[0, decision] if both or side > 0.0 else np.nan
        order[ORDER_SELL] = extra.level[1, decision] if both or side < 0.0 else np.nan
    return hold(slots, found, side, price, bar, decision, market, terms, ranges)


@loop_kernel
def met(side, level, bar, market, terms):
    """Return whether a bar fills an order at ``level``: 0 no, 1 at the open, 2 inside its range."""
    level, start = side * level, side * market.open[0, bar]
    lowest = market.low[0, bar] if side > 0.0 else -market.high[0, bar]
    highest = market.high[0, bar] if side > 0.0 else -market.low[0, bar]
    limit = terms.entry == AT_LIMIT
    if start <= level if limit else start >= level:
        return 1
    return 2 if (lowest <= level if limit else highest >= level) else 0


@loop_kernel
def try_entry(slots, ranges, order, found, bar, market, extra, terms):
    """Fill a waiting entry inside a bar; return the last row taken (as `hold`), and if both sides were met.

    Where a bar meets both levels of a bracket inside its range, paths take either side with the same money.
    """
    buys = met(1.0, order[ORDER_BUY], bar, market, terms)
    sells = met(-1.0, order[ORDER_SELL], bar, market, terms)
    if buys == 0 and sells == 0:
        return -1, False
    if buys == 1 or sells == 1:  # the open comes first
        buys, sells = (buys if buys == 1 else 0), (sells if sells == 1 else 0)
    signal, decision, last = order[ORDER_SIGNAL], int(order[ORDER_DECIDED]), -1
    order[ORDER_SIGNAL] = 0.0
    size = abs(share_of(signal, 0, decision, extra, terms))
    if size == 0.0:
        pour(ranges, PENDING, OUT)
        return -1, False
    least, most = ranges[PENDING, 0], ranges[PENDING, 1]
    limit = terms.entry == AT_LIMIT
    for which in range(2):
        side, how = (1.0, buys) if which == 0 else (-1.0, sells)
        if how == 0:
            continue
        raw = market.open[0, bar] if how == 1 else order[ORDER_BUY if which == 0 else ORDER_SELL]
        price = raw if limit else slipped(raw, side, 0, decision, market)
        ranges[PENDING, 0], ranges[PENDING, 1] = least, most
        buy_all(ranges, PENDING, side * size, price, found, market, terms)
        row = hold(slots, found, side, price, bar, decision, market, terms, ranges)
        if row >= 0 and row < SLOTS and how == 2:
            slots[row, HOW] = BY_LIMIT if limit else BY_STOP
        last = max(last, row)
    return last, buys > 0 and sells > 0


@loop_kernel
def live(slots, row, bar, market, terms, ranges):
    """Let a position live through a bar; return whether more than one thing may have come of it."""
    side, entered = slots[row, SIDE], int(slots[row, HOW])
    slots[row, HOW] = BEFORE
    low = market.low[0, bar] if side > 0.0 else -market.high[0, bar]
    high = market.high[0, bar] if side > 0.0 else -market.low[0, bar]
    open_, close = side * market.open[0, bar], side * market.close[0, bar]
    least, most, aim, known = slots[row, LEAST], slots[row, MOST], slots[row, AIM], max(bar - 1, 0)
    lives, doubt = True, False
    if entered == BEFORE:
        least, most = max(least, open_), max(most, open_)
        is_old = terms.time_stop > 0 and bar - slots[row, SINCE] >= terms.time_stop
        if is_old or open_ <= stop_at(slots, row, least) or open_ >= aim:
            sell(slots, row, open_, is_old or open_ < aim, known, market, ranges, OUT)
            slots[row, SIDE] = 0.0
            return False
        if open_ <= stop_at(slots, row, most):
            sell(slots, row, open_, True, known, market, ranges, OUT)
            doubt = True
    sure = stop_at(slots, row, least)
    raised = stop_at(slots, row, max(most, min(high, aim)))
    if low <= raised:
        lowest = max(sure, low)
        sell(slots, row, lowest, True, known, market, ranges, OUT)
        sell(slots, row, raised, True, known, market, ranges, OUT)
        # A stop entry may come after the low of its bar; every other position was there when the low came.
        lives = (close if entered == BY_STOP else low) > sure
        # The high came after all but a limit entry: the stop it raised is met at the close at the latest.
        if entered != BY_LIMIT and close <= stop_at(slots, row, max(least, min(high, aim))):
            lives = False
        doubt = doubt or lives or lowest < raised
    if high >= aim:
        sell(slots, row, aim, False, known, market, ranges, OUT)
        doubt = doubt or low <= raised
        if close >= aim or entered != BY_LIMIT:
            lives = False
        doubt = doubt or lives
    if not lives:
        slots[row, SIDE] = 0.0
    slots[row, LEAST] = max(least, close if entered == BY_LIMIT else high)
    slots[row, MOST] = max(most, high)
    return doubt


@loop_kernel
def charge(slots, row, bar, market, terms):
    """Charge borrow and interest to the books of a position (rule 15)."""
    days, close = market.days[bar], market.close[0, bar - 1]
    for at in range(CORNERS, SLOT_SIZE, 2):
        cash, quantity = slots[row, at], slots[row, at + 1]
        cost = max(-cash, 0.0) * terms.margin_per_day * days
        if quantity < 0.0:
            cost -= quantity * close * market.fees[0, BORROW_PER_DAY] * days
        slots[row, at] = cash - (cost if quantity != 0.0 else 0.0)


@loop_kernel
def end_bar(slots, row, bar, is_last, market, terms, ranges, worth):
    """Mark a position at the close; liquidate it where its equity demands it, close it at the end."""
    close, known = market.close[0, bar], max(bar - 1, 0)
    mirrored = slots[row, SIDE] * close
    if is_last and terms.close_at_end:
        sell(slots, row, mirrored, True, known, market, ranges, OUT)
        slots[row, SIDE] = 0.0
        return
    ruined = 0
    for at in range(CORNERS, SLOT_SIZE, 2):
        value = slots[row, at] + slots[row, at + 1] * close
        ruined += value <= terms.maintenance * abs(slots[row, at + 1]) * close
    if ruined > 0:
        sell(slots, row, mirrored, True, known, market, ranges, DEAD)
    if ruined == N_CORNERS:
        slots[row, SIDE] = 0.0
        return
    for at in range(CORNERS, SLOT_SIZE, 2):
        widen(worth, 0, slots[row, at] + slots[row, at + 1] * close)


def _bound(market, extra, targets, terms, low, high):
    slots, ranges = np.zeros((SLOTS, SLOT_SIZE)), np.empty((RANGES, 2))
    order, found, worth = np.zeros(ORDER_SIZE), np.empty(4), np.empty((1, 2))
    ranges[:, 0], ranges[:, 1] = np.inf, -np.inf
    found[0] = found[2] = np.inf
    found[1] = found[3] = -np.inf
    widen(ranges, OUT, terms.capital)
    acted, top, is_wide, n_bars = 0.0, 0, False, targets.shape[1]
    for bar in range(n_bars):
        row = -1
        if bar > 0:
            if terms.accrues:
                for at in range(top):
                    if slots[at, SIDE] != 0.0:
                        charge(slots, at, bar, market, terms)
            target = targets[0, bar - 1]
            again = terms.reentry_allowed and target != 0.0 and ranges[OUT, 1] > 0.0
            if target != acted:
                row = turn(slots, top, ranges, order, found, bar, target, market, extra, terms)
                acted = target
            elif again:  # only at market (`is_bounded`): a stopped path enters beside those that were not
                side = 1.0 if target > 0.0 else -1.0
                price = slipped(market.open[0, bar], side, 0, bar - 1, market)
                exposure = share_of(target, 0, bar - 1, extra, terms)
                buy_all(ranges, OUT, exposure, price, found, market, terms)
                row = hold(slots, found, side, price, bar, bar - 1, market, terms, ranges)
        top = max(top, row + 1)
        if order[ORDER_SIGNAL] != 0.0:
            row, parts = try_entry(slots, ranges, order, found, bar, market, extra, terms)
            top, is_wide = max(top, row + 1), is_wide or parts
            order[ORDER_UNTIL] -= 1.0
            if order[ORDER_UNTIL] <= 0.0:
                order[ORDER_SIGNAL] = 0.0
                pour(ranges, PENDING, OUT)
        if top > SLOTS:
            return 0
        worth[0, 0], worth[0, 1] = np.inf, -np.inf
        for at in range(top):
            if slots[at, SIDE] != 0.0:
                is_wide = live(slots, at, bar, market, terms, ranges) or is_wide
            if slots[at, SIDE] != 0.0:
                end_bar(slots, at, bar, bar == n_bars - 1, market, terms, ranges, worth)
        while top > 0 and slots[top - 1, SIDE] == 0.0:
            top -= 1
        low[bar], high[bar] = np.inf, -np.inf
        if is_wide:
            low[bar] = min(worth[0, 0], ranges[OUT, 0], ranges[PENDING, 0], ranges[DEAD, 0])
            high[bar] = max(worth[0, 1], ranges[OUT, 1], ranges[PENDING, 1], ranges[DEAD, 1])
    return 1


@functools.cache
def bound_driver() -> Any:
    """Return the compiled bound of an account's equity over every path inside its bars.

    ``(market, extra, targets, terms, low, high)`` fills ``low`` and ``high``, float64[n], with money at each
    close; infinity and minus infinity until the first bar that hides something. It returns 1, or 0 when more
    than `SLOTS` different positions may be held at once: the outputs are then void.
    """
    return compile_loop(_bound, int64(MARKET, EXTRA, MATRIX, TERMS, VECTOR, VECTOR))


def is_bounded(market: Market, terms: Terms) -> bool:
    """Return whether `bound_driver` knows every rule that the account uses.

    One asset on whole bars, filled at the next open on a changed target, sized and charged in proportion
    to its equity.
    """
    fees = market.fees[0]
    is_simple = market.close.shape[0] == 1 and not terms.has_gaps and not terms.has_fine
    at_open = terms.fill == NEXT_OPEN and terms.rebalance == ON_CHANGE and not terms.participation > 0.0
    fixed = (terms.lot, terms.min_quantity, terms.min_notional, *fees[[FEE_FIXED, FEE_MIN, FEE_MAX, IMPACT]])
    in_proportion = terms.sizing == SHARE and not any(fixed)
    # Else an order that was never filled, or asked for nothing, would have to be told from a stopped one.
    is_plain_again = not terms.reentry_allowed or (terms.entry == AT_MARKET and not terms.has_gear)
    return bool(is_simple and at_open and in_proportion and is_plain_again)
