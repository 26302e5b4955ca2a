"""The one simulator: targets in, orders, trades, equity out. docs/method.md is its contract.

Single run, grid cell, fold and retest all call `simulate`. Between two events (an order, a watched
stop, an accrual) quantities and cash are constant, so a whole stretch of equity is marked at once.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.book import (
    BEST,
    CASH,
    END,
    ENTRY_BAR,
    EXPOSED,
    FIRST,
    HELD,
    LAST,
    LIQUIDATION,
    LOT_QUANTITY,
    LOTS_FULL,
    QUANTITY,
    REBALANCE,
    SIGNAL,
    STOP,
    STOP_LOSS,
    STOPPED,
    TAKE_PROFIT,
    TARGET,
    TIME_STOP,
    TRAIL,
    TRAILING_STOP,
    UNSENT,
    accrue,
    fill,
    settle,
    sized,
)
from engine.kernels.compile import account_kernel, loop_kernel
from engine.kernels.terms import (
    AMOUNT,
    ATR,
    BAND,
    CALENDAR,
    NEXT_CLOSE,
    NEXT_OPEN,
    ON_CHANGE,
    THIS_CLOSE,
)

KERNEL_VERSION = "1"
SCAN = 64

# Cash this far below zero, as a share of the capital, is rounding and not debt.
NO_DEBT = 1e-9

# Values of `state[asset, STOPPED]`: the held target enters again when it has changed, or at the next close.
UNTIL_NEW_SIGNAL, UNTIL_NEXT_CLOSE = 1.0, 2.0


@account_kernel
def distance(setting, price, asset, decision, market, terms):
    """Return a stop's distance in price units; infinity when it is off (rule 10)."""
    if np.isnan(setting):
        return np.inf
    if terms.stop_unit == AMOUNT:
        return setting
    if terms.stop_unit == ATR:
        width = market.atr[asset, decision]
        return np.inf if np.isnan(width) else setting * width
    return setting * price


@account_kernel
def arm(state, asset, price, bar, decision, market, terms):
    """Set stop, target and trailing distance from the fill price of a new position (rule 10)."""
    side = 1.0 if state[asset, QUANTITY] > 0.0 else -1.0
    state[asset, ENTRY_BAR] = bar
    state[asset, STOP] = price - side * distance(terms.stop_loss, price, asset, decision, market, terms)
    state[asset, TARGET] = price + side * distance(terms.take_profit, price, asset, decision, market, terms)
    state[asset, TRAIL] = distance(terms.trailing_stop, price, asset, decision, market, terms)
    state[asset, BEST] = price


@account_kernel
def rebalance(
    book, state, lots, asset, exposure, others, raw, bar, decision, reason, market, terms, trades, orders
):
    """Bring the position to ``exposure`` of equity at ``raw``, slipped (rules 6, 7)."""
    quantity = state[asset, QUANTITY]
    limit = terms.max_leverage
    exposure = min(max(exposure * terms.fraction, -limit), limit)
    buys = exposure * (book[CASH] + quantity * raw + others) > quantity * raw
    price = raw * (1.0 + terms.slip) if buys else raw * (1.0 - terms.slip)
    want = sized(exposure, quantity, book[CASH], others, price, terms)
    if want == quantity or (want > quantity) != buys:
        return  # at the slipped price nothing is worth trading
    change = abs(want - quantity)
    if change < terms.min_quantity or change * price < terms.min_notional:
        book[UNSENT] += 1.0
        return
    fill(book, state, lots, asset, want, raw, price, bar, decision, reason, terms, trades, orders)
    if want != 0.0 and want * quantity <= 0.0:
        arm(state, asset, price, bar, decision, market, terms)


@loop_kernel
def leave(book, state, lots, asset, raw, slip, bar, decision, reason, terms, trades, orders):
    """Close the whole position at ``raw``, worsened by ``slip``."""
    side = 1.0 if state[asset, QUANTITY] > 0.0 else -1.0
    price = raw * (1.0 - side * slip)
    fill(book, state, lots, asset, 0.0, raw, price, bar, decision, reason, terms, trades, orders)


@loop_kernel
def watch(book, state, lots, asset, bar, market, terms, trades, orders):
    """Check the exits of a position within one bar, open first, stop before target.

    Rules 10 to 14. A trailing stop uses extremes up to the bar before and this bar's open.
    """
    side = 1.0 if state[asset, QUANTITY] > 0.0 else -1.0
    open_ = market.open[asset, bar]
    # Mirrored prices let one set of comparisons serve long and short.
    worst = market.low[asset, bar] if side > 0.0 else -market.high[asset, bar]
    best = market.high[asset, bar] if side > 0.0 else -market.low[asset, bar]
    start, stop, target = side * open_, side * state[asset, STOP], side * state[asset, TARGET]
    extreme = max(side * state[asset, BEST], start)
    reason = STOP_LOSS
    if extreme - state[asset, TRAIL] > stop:
        stop, reason = extreme - state[asset, TRAIL], TRAILING_STOP
    raw, slip = np.nan, terms.slip
    if terms.time_stop > 0 and bar - state[asset, ENTRY_BAR] >= terms.time_stop:
        raw, reason = open_, TIME_STOP
    elif start <= stop:
        raw = open_
    elif start >= target:
        raw, slip, reason = open_, 0.0, TAKE_PROFIT
    elif worst <= stop:
        raw = side * stop
    elif best >= target:
        raw, slip, reason = side * target, 0.0, TAKE_PROFIT
    if np.isnan(raw):
        state[asset, BEST] = side * max(extreme, best)
        return
    if not terms.reentry_allowed:
        state[asset, STOPPED] = UNTIL_NEW_SIGNAL
    elif terms.fill == NEXT_CLOSE:
        state[asset, STOPPED] = UNTIL_NEXT_CLOSE  # this bar's order was decided before the exit
    else:
        state[asset, STOPPED] = state[asset, HELD] = 0.0
    leave(book, state, lots, asset, raw, slip, bar, bar, reason, terms, trades, orders)


@account_kernel
def value_of(state, prices, bar, skip):
    """Return the value of all positions but ``skip`` at ``prices[:, bar]``."""
    total = 0.0
    for asset in range(state.shape[0]):
        if asset != skip and state[asset, QUANTITY] != 0.0:
            total += state[asset, QUANTITY] * prices[asset, bar]
    return total


@account_kernel
def is_due(state, asset, targets, decision, equity, market, terms):
    """Return whether the close of bar ``decision`` causes an order (rule 5)."""
    target = targets[asset, decision]
    if target != state[asset, HELD]:
        state[asset, STOPPED] = 0.0
        if terms.rebalance == ON_CHANGE:
            return True
    elif state[asset, STOPPED] != 0.0 or terms.rebalance == ON_CHANGE:
        return False
    if terms.rebalance == CALENDAR:
        return market.decides[decision] != 0
    quantity = state[asset, QUANTITY]
    if target == 0.0:
        return quantity != 0.0
    wanted = min(max(target * terms.fraction, -terms.max_leverage), terms.max_leverage)
    return abs(quantity * market.close[asset, decision] / equity[decision] - wanted) > terms.band


@account_kernel
def trade_at(book, state, lots, prices, bar, decision, targets, equity, market, terms, trades, orders):
    """Send the orders that the close of ``decision`` causes, at ``prices`` of ``bar``."""
    for asset in range(state.shape[0]):
        if is_due(state, asset, targets, decision, equity, market, terms):
            target = targets[asset, decision]
            reason = REBALANCE if target == state[asset, HELD] else SIGNAL
            state[asset, HELD] = target
            others = value_of(state, prices, bar, asset)
            rebalance(
                book, state, lots, asset, target, others, prices[asset, bar], bar, decision, reason,
                market, terms, trades, orders,
            )  # fmt: skip


@loop_kernel
def trade_at_close(book, state, lots, bar, decision, targets, equity, market, terms, trades, orders):
    """Send orders at closes: kept apart from the common case, so that it is not merged in twice."""
    trade_at(book, state, lots, market.close, bar, decision, targets, equity, market, terms, trades, orders)
    for asset in range(state.shape[0]):
        if state[asset, STOPPED] == UNTIL_NEXT_CLOSE:
            state[asset, STOPPED] = state[asset, HELD] = 0.0


@account_kernel
def first_change(targets, asset, held, start, stop):
    """Return the first bar of ``start:stop`` whose target differs from ``held``, else ``stop``.

    The position is found as a least index over a block, which processors do without a branch.
    """
    for first in range(start, stop, SCAN):
        block = targets[asset, first : min(first + SCAN, stop)]
        size = block.shape[0]
        found = size
        for k in range(size):
            found = min(found, k if block[k] != held else size)
        if found < size:
            return first + found
    return stop


@account_kernel
def next_event(state, targets, bar, market, terms):
    """Return the first bar after ``bar`` at which anything can happen."""
    n_assets, n_bars = targets.shape
    if bar + 1 >= n_bars or terms.accrues or terms.rebalance == BAND:
        return bar + 1
    for asset in range(n_assets):
        watched = terms.has_stops and state[asset, QUANTITY] != 0.0
        # Away from on_change, a changed target lifts the re-entry ban between orders, so each bar counts.
        if watched or (state[asset, STOPPED] != 0.0 and terms.rebalance != ON_CHANGE):
            return bar + 1
    # A decision at bar d acts at bar d + 1, or at bar d itself when it fills at the deciding close.
    first = bar + 1 if terms.fill == THIS_CLOSE else bar
    last = n_bars if terms.fill == THIS_CLOSE else n_bars - 1
    found = last
    for asset in range(n_assets):
        if terms.rebalance == CALENDAR:
            for decision in range(first, found):
                if market.decides[decision] != 0:
                    found = decision
                    break
        else:
            found = first_change(targets, asset, state[asset, HELD], first, found)
    event = found if terms.fill == THIS_CLOSE else found + 1
    return min(event, n_bars - 1) if terms.close_at_end else event


@account_kernel
def mark(book, state, market, start, stop, equity):
    """Write equity = cash + sum(quantity x close) for bars ``start:stop`` (rule 15)."""
    cash, quantity, out = book[CASH], state[0, QUANTITY], equity[start:stop]
    close = market.close[0, start:stop]
    if quantity != 0.0:
        for t in range(out.shape[0]):
            out[t] = cash + quantity * close[t]
    else:
        for t in range(out.shape[0]):
            out[t] = cash
    for asset in range(1, state.shape[0]):
        quantity = state[asset, QUANTITY]
        if quantity != 0.0:
            close = market.close[asset, start:stop]
            for t in range(out.shape[0]):
                out[t] += quantity * close[t]


@account_kernel
def is_exposed(state):
    """Return whether any position is held."""
    for asset in range(state.shape[0]):
        if state[asset, QUANTITY] != 0.0:
            return True
    return False


@account_kernel
def ruin(book, state, start, stop, equity, terms):
    """Return the first bar of ``start:stop`` with equity at or below zero, else -1 (rule 16).

    Long positions paid with cash cannot get there, so most stretches are not searched.
    """
    risky = book[CASH] < (-NO_DEBT * terms.capital if is_exposed(state) else NO_DEBT * terms.capital)
    for asset in range(state.shape[0]):
        risky = risky or state[asset, QUANTITY] < 0.0
    if risky:
        hits, value = 0, equity[start:stop]
        for t in range(value.shape[0]):
            hits += value[t] <= 0.0
        if hits:
            for t in range(value.shape[0]):
                if value[t] <= 0.0:
                    return start + t
    return -1


@loop_kernel
def flatten(book, state, lots, bar, reason, market, terms, trades, orders):
    """Close every position at the close of ``bar``."""
    for asset in range(state.shape[0]):
        if state[asset, QUANTITY] != 0.0:
            raw = market.close[asset, bar]
            leave(book, state, lots, asset, raw, terms.slip, bar, bar, reason, terms, trades, orders)


@loop_kernel
def list_open(book, state, lots, bar, market, trades):
    """List what is still held as open trades, marked at the close of ``bar`` (rule 18)."""
    for asset in range(state.shape[0]):
        raw = market.close[asset, bar]
        for at in range(int(state[asset, FIRST]), int(state[asset, LAST])):
            held = lots[asset, at, LOT_QUANTITY]
            settle(book, state, lots, asset, at, held, raw, raw, 0.0, bar, bar, END, True, trades)


@loop_kernel
def simulate(market, targets, terms, equity, trades, orders, lots, state, book):
    """Run one account over all bars.

    Parameters
    ----------
    market : Market
    targets : float64[n_assets, n_bars]
        Signal known at each close; exposure is ``targets * terms.fraction``.
    terms : Terms
    equity : float64[n_bars]
        Output, net of all costs.
    trades : float64[capacity, TRADE_COLUMNS], orders : float64[capacity, ORDER_COLUMNS]
        Output. Rows beyond the capacity are counted (``book[TRADE_ROWS]``) and not written.
    lots : float64[n_assets, capacity, LOT_SIZE]
        Scratch for open lots.
    state : float64[n_assets, STATE_SIZE]
        Scratch.
    book : float64[BOOK_SIZE]
        Output: totals of the account.

    Returns
    -------
    int
        Bars simulated; fewer than n_bars after a liquidation; -1 when ``lots`` has too little room, and
        the run must be repeated with more.
    """
    n_assets, n_bars = targets.shape
    book[:] = 0.0
    book[CASH] = terms.capital
    state[:] = 0.0
    lag = 0 if terms.fill == THIS_CLOSE else 1
    bar = 0
    while bar < n_bars:
        if terms.accrues and bar > 0:
            accrue(book, state, market, bar, terms)
        if terms.fill == NEXT_OPEN and bar > 0:
            trade_at(
                book, state, lots, market.open, bar, bar - 1, targets, equity, market, terms, trades, orders
            )
        if terms.has_stops:
            for asset in range(n_assets):
                if state[asset, QUANTITY] != 0.0:
                    watch(book, state, lots, asset, bar, market, terms, trades, orders)
        if terms.fill != NEXT_OPEN and bar >= lag:
            mark(book, state, market, bar, bar + 1, equity)
            decided = bar - lag
            trade_at_close(
                book, state, lots, bar, decided, targets, equity, market, terms, trades, orders
            )
        if bar == n_bars - 1 and terms.close_at_end:
            flatten(book, state, lots, bar, END, market, terms, trades, orders)
        if book[LOTS_FULL] != 0.0:
            return -1
        stop = next_event(state, targets, bar, market, terms)
        mark(book, state, market, bar, stop, equity)
        ruined = ruin(book, state, bar, stop, equity, terms)
        if is_exposed(state):
            book[EXPOSED] += (stop if ruined < 0 else ruined) - bar
        if ruined >= 0:
            flatten(book, state, lots, ruined, LIQUIDATION, market, terms, trades, orders)
            equity[ruined] = book[CASH]
            return ruined + 1
        bar = stop
    list_open(book, state, lots, n_bars - 1, market, trades)
    return n_bars
