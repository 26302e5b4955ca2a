"""The one simulator: targets in, orders, trades, equity out. docs/method.md is its contract.

Single run, grid cell, fold and retest all call `simulate`. Between two events (an order, a watched
stop, an accrual) quantities and cash are constant, so a whole stretch of equity is marked at once.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.book import settle
from engine.kernels.compile import account_kernel, loop_kernel
from engine.kernels.costs import accrue
from engine.kernels.entries import enter
from engine.kernels.exits import BEFORE, BY_LIMIT, BY_STOP, leave, watch
from engine.kernels.orders import trade_all, trade_one
from engine.kernels.positions import (
    CARRY,
    CARRY_EXIT,
    CASH,
    DATA_ENDED,
    END,
    ENTERED,
    EXPOSED,
    FILLED_AT,
    FIRST,
    HELD,
    LAST,
    LEVEL,
    LIQUIDATION,
    LOT_QUANTITY,
    LOTS_FULL,
    OWN,
    PIECE,
    PRIOR,
    QUANTITY,
    RESOLVED,
    SEEN,
    SELL_LEVEL,
    STOP,
    STOPPED,
    TARGET,
    UNTIL,
    UNTIL_NEW_SIGNAL,
    UNTIL_NEXT_CLOSE,
    WAITING,
)
from engine.kernels.terms import (
    ALIVE,
    AT_BRACKET,
    AT_LIMIT,
    AT_MARKET,
    BAND,
    CALENDAR,
    ENDED,
    NEXT_OPEN,
    ON_CHANGE,
    THIS_CLOSE,
)

KERNEL_VERSION = "4"
SCAN = 64

# Cash this far below zero, as a share of the capital, is rounding and not debt.
NO_DEBT = 1e-9


@loop_kernel
def trade_at_close(
    book, state, lots, bar, lag, targets, equity, market, extra, terms, trades, orders, traces
):
    """Send orders at closes."""
    trade_all(
        book, state, lots, market.close, bar, lag, targets, equity, market, extra, terms, trades, orders,
        traces,
    )  # fmt: skip
    for asset in range(state.shape[0]):
        if state[asset, STOPPED] == UNTIL_NEXT_CLOSE:
            state[asset, STOPPED] = state[asset, HELD] = 0.0


@account_kernel
def pieces_of(asset, bar, extra, terms):
    """Return the first finer bar inside a bar; -1 when the bar is one piece."""
    if not terms.has_fine:
        return -1
    first = extra.fine_first[asset, bar]
    return first if extra.fine_first[asset, bar + 1] > first else -1


@account_kernel
def wear(state, asset):
    """Count a bar of a waiting entry; it lapses with its last one."""
    state[asset, UNTIL] -= 1.0
    if state[asset, UNTIL] <= 0.0:
        state[asset, WAITING] = 0.0


@loop_kernel
def seek_entry(book, state, lots, asset, bar, market, extra, terms, trades, orders, traces):
    """Let a waiting entry meet the bar, or its finer pieces one by one."""
    first, found = pieces_of(asset, bar, extra, terms), 0
    if first < 0:
        found = enter(
            book, state, lots, asset, bar, market.open[asset, bar], market.high[asset, bar],
            market.low[asset, bar], market.close[asset, bar], market, extra, terms, trades, orders, traces,
        )  # fmt: skip
    else:
        for piece in range(first, extra.fine_first[asset, bar + 1]):
            found = enter(
                book, state, lots, asset, bar, extra.fine[0, piece], extra.fine[1, piece],
                extra.fine[2, piece], extra.fine[3, piece], market, extra, terms, trades, orders, traces,
            )  # fmt: skip
            if found != 0:
                state[asset, PIECE] = piece
                break
    if found == 2:
        state[asset, ENTERED] = BY_LIMIT if terms.entry == AT_LIMIT else BY_STOP
    wear(state, asset)


@loop_kernel
def seek_exit(book, state, lots, asset, bar, market, extra, terms, trades, orders, traces):
    """Let the bar, or its finer pieces one by one, meet the exits of a position."""
    entered, first = int(state[asset, ENTERED]), pieces_of(asset, bar, extra, terms)
    if first < 0:
        watch(
            book, state, lots, asset, bar, market.open[asset, bar], market.high[asset, bar],
            market.low[asset, bar], market.close[asset, bar], entered, market, extra, terms, trades, orders,
            traces,
        )  # fmt: skip
        return
    book[RESOLVED] += 1.0
    begin = int(state[asset, PIECE]) if state[asset, PIECE] >= 0.0 else first
    for piece in range(begin, extra.fine_first[asset, bar + 1]):
        if state[asset, QUANTITY] == 0.0 or state[asset, CARRY] == CARRY_EXIT:
            return
        watch(
            book, state, lots, asset, bar, extra.fine[0, piece], extra.fine[1, piece], extra.fine[2, piece],
            extra.fine[3, piece], entered if piece == begin else BEFORE, market, extra, terms, trades,
            orders, traces,
        )  # fmt: skip


@account_kernel
def passes_by(state, bar, is_fixed, market, terms):
    """Return whether a whole bar leaves the only asset alone: no order, stop or target in its range.

    ``is_fixed`` says that stop and target do not move. A waiting bracket grows a bar older.
    """
    if state.shape[0] != 1 or terms.has_fine or terms.has_gaps:
        return False
    low, high, quantity = market.low[0, bar], market.high[0, bar], state[0, QUANTITY]
    if state[0, WAITING] != 0.0:
        if quantity != 0.0 or terms.entry != AT_BRACKET:
            return False
        if high >= state[0, LEVEL] or low <= state[0, SELL_LEVEL]:
            return False
        wear(state, 0)
        return True
    if quantity > 0.0:
        return is_fixed and low > state[0, STOP] and high < state[0, TARGET]
    return quantity == 0.0 or (is_fixed and high < state[0, STOP] and low > state[0, TARGET])


@account_kernel
def live_all(book, state, lots, bar, market, extra, terms, trades, orders, traces):
    """Let a bar happen to every asset that has one: waiting entries by rank, then exits.

    An exit inside a bar pays for no entry inside the same bar.
    """
    n_assets = state.shape[0]
    if terms.entry != AT_MARKET:
        row = min(max(bar - 1, 0), extra.rank.shape[0] - 1)
        for place in range(n_assets):
            asset = extra.rank[row, place] if extra.rank.shape[1] == n_assets else place
            state[asset, ENTERED], state[asset, PIECE] = BEFORE, -1.0
            if state[asset, WAITING] != 0.0 and not (terms.has_gaps and extra.alive[asset, bar] != ALIVE):
                seek_entry(book, state, lots, asset, bar, market, extra, terms, trades, orders, traces)
    if not terms.has_stops:
        return
    for asset in range(n_assets):
        if terms.has_gaps and extra.alive[asset, bar] != ALIVE:
            continue
        if state[asset, QUANTITY] != 0.0 and state[asset, CARRY] != CARRY_EXIT:
            seek_exit(book, state, lots, asset, bar, market, extra, terms, trades, orders, traces)


@loop_kernel
def end_data(book, state, lots, bar, market, extra, terms, trades, orders):
    """Count own bars; close at its last close what no longer trades."""
    for asset in range(state.shape[0]):
        if extra.alive[asset, bar] == ALIVE:
            state[asset, OWN] += 1.0
        elif extra.alive[asset, bar] == ENDED:
            state[asset, WAITING] = state[asset, CARRY] = 0.0
            state[asset, STOPPED] = UNTIL_NEW_SIGNAL
            if state[asset, QUANTITY] != 0.0:
                leave(
                    book, state, lots, asset, market.close[asset, bar], True, bar, bar, DATA_ENDED, market,
                    extra, terms, trades, orders,
                )  # fmt: skip


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
def is_quiet(state, targets, bar, terms):
    """Return whether the close before ``bar`` causes no order of the only asset, and none is carried."""
    one = state.shape[0] == 1 and terms.rebalance == ON_CHANGE and not terms.has_gaps
    return one and targets[0, bar - 1] == state[0, HELD] and state[0, CARRY] == 0.0


@account_kernel
def is_idle(state, terms):
    """Return whether an account of one asset with waiting entries has nothing held, waiting or carried."""
    one = terms.entry != AT_MARKET and state.shape[0] == 1 and not terms.has_gaps
    free = state[0, QUANTITY] == 0.0 and state[0, WAITING] == 0.0 and state[0, CARRY] == 0.0
    return one and free


@account_kernel
def next_event(state, targets, bar, market, terms):
    """Return the first bar after ``bar`` at which anything can happen: the next one, but on the short way."""
    n_bars = targets.shape[1]
    if bar + 1 >= n_bars or terms.accrues or terms.rebalance == BAND:
        return bar + 1
    if not terms.is_plain and not is_idle(state, terms):
        return bar + 1
    watched = terms.has_stops and state[0, QUANTITY] != 0.0
    # Away from on_change, a changed target lifts the re-entry ban between orders, so each bar counts.
    if watched or (state[0, STOPPED] != 0.0 and terms.rebalance != ON_CHANGE):
        return bar + 1
    # A decision at bar d acts at bar d + 1, or at bar d itself when it fills at the deciding close.
    first = bar + 1 if terms.fill == THIS_CLOSE else bar
    found = n_bars if terms.fill == THIS_CLOSE else n_bars - 1
    if terms.rebalance == CALENDAR:
        for decision in range(first, found):
            if market.decides[0, decision] != 0:
                found = decision
                break
    else:
        found = first_change(targets, 0, state[0, HELD], first, found)
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


@loop_kernel
def below_maintenance(state, start, stop, equity, market, terms):
    """Return the first bar whose equity is at or below a share of the positions' value, else -1."""
    for t in range(start, stop):
        gross = 0.0
        for asset in range(state.shape[0]):
            if state[asset, QUANTITY] != 0.0:
                gross += abs(state[asset, QUANTITY]) * market.close[asset, t]
        if equity[t] <= terms.maintenance * gross:
            return t
    return -1


@account_kernel
def ruin(book, state, start, stop, equity, market, terms):
    """Return the first bar of ``start:stop`` with equity at or below maintenance, else -1 (rule 16).

    Long positions paid with cash cannot get there, so most stretches are not searched.
    """
    if terms.maintenance > 0.0:
        return below_maintenance(state, start, stop, equity, market, terms)
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
def flatten(book, state, lots, bar, reason, market, extra, terms, trades, orders):
    """Close every position at the close of ``bar``."""
    for asset in range(state.shape[0]):
        if state[asset, QUANTITY] != 0.0:
            leave(
                book, state, lots, asset, market.close[asset, bar], True, bar, bar, reason, market, extra,
                terms, trades, orders,
            )  # fmt: skip


@loop_kernel
def list_open(book, state, lots, bar, market, trades):
    """List what is still held as open trades, marked at the close of ``bar`` (rule 18)."""
    for asset in range(state.shape[0]):
        raw = market.close[asset, bar]
        for at in range(int(state[asset, FIRST]), int(state[asset, LAST])):
            held = lots[asset, at, LOT_QUANTITY]
            settle(book, state, lots, asset, at, held, raw, raw, 0.0, bar, bar, END, True, trades)


@loop_kernel
def simulate(market, extra, targets, terms, equity, trades, orders, traces, lots, state, book):
    """Run one account over all bars.

    Parameters
    ----------
    market : Market
    extra : Extra
    targets : float64[n_assets, n_bars]
        Signal known at each close.
    terms : Terms
    equity : float64[n_bars]
        Output, net of all costs.
    trades : float64[capacity, TRADE_COLUMNS], orders : float64[capacity, ORDER_COLUMNS]
        Output. Rows beyond the capacity are counted (``book[TRADE_ROWS]``) and not written.
    traces : Traces
        Output; stops must hold NaN, charges zeros.
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
    for asset in range(n_assets):
        state[asset, SEEN] = state[asset, PIECE] = state[asset, FILLED_AT] = -1.0
    lag = 0 if terms.fill == THIS_CLOSE else 1
    # A stop that moves, the age of a position and the trace of stops need every bar.
    moves = not (np.isnan(terms.trailing_stop) and np.isnan(terms.break_even)) or terms.time_stop > 0
    is_fixed = not moves and traces.stops.shape[1] == 1
    bar = 0
    while bar < n_bars:
        if terms.accrues and bar > 0:
            accrue(book, state, market, bar, terms, traces)
        if terms.has_gaps:
            end_data(book, state, lots, bar, market, extra, terms, trades, orders)
        if terms.fill == NEXT_OPEN and bar > 0:
            if terms.is_plain:
                trade_one(
                    book, state, lots, bar, bar - 1, targets, equity, market, extra, terms, trades, orders
                )
            elif not is_quiet(state, targets, bar, terms):
                trade_all(
                    book, state, lots, market.open, bar, lag, targets, equity, market, extra, terms, trades,
                    orders, traces,
                )  # fmt: skip
        acts = terms.has_stops or terms.entry != AT_MARKET
        if acts and not passes_by(state, bar, is_fixed, market, terms):
            live_all(book, state, lots, bar, market, extra, terms, trades, orders, traces)
        if terms.fill != NEXT_OPEN and bar >= lag:
            mark(book, state, market, bar, bar + 1, equity)
            trade_at_close(
                book, state, lots, bar, lag, targets, equity, market, extra, terms, trades, orders, traces
            )
        if terms.has_gaps:
            for asset in range(n_assets):
                if extra.alive[asset, bar] == ALIVE:
                    state[asset, PRIOR] = state[asset, SEEN]
                    state[asset, SEEN] = bar
        if bar == n_bars - 1 and terms.close_at_end:
            flatten(book, state, lots, bar, END, market, extra, terms, trades, orders)
        if book[LOTS_FULL] != 0.0:
            return -1
        stop = next_event(state, targets, bar, market, terms)
        mark(book, state, market, bar, stop, equity)
        ruined = ruin(book, state, bar, stop, equity, market, terms)
        if is_exposed(state):
            book[EXPOSED] += (stop if ruined < 0 else ruined) - bar
        if ruined >= 0:
            flatten(book, state, lots, ruined, LIQUIDATION, market, extra, terms, trades, orders)
            equity[ruined] = book[CASH]
            return ruined + 1
        bar = stop
    list_open(book, state, lots, n_bars - 1, market, trades)
    return n_bars
