"""The account: cash, positions, first-in-first-out lots, fills and settled trades.

`simulate` decides when something happens; this module books it. All state lies in arrays at constant
offsets, so that one compiled program serves single runs and sweeps.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.compile import account_kernel, loop_kernel

# Positions in `book`: one number each for the whole account.
CASH, COMMISSION, SLIPPAGE, FINANCING, NOTIONAL, ORDERS, UNSENT = 0, 1, 2, 3, 4, 5, 6
TRADES, WINS, LOSSES, SUM_WIN, SUM_LOSS, SUM_PNL = 7, 8, 9, 10, 11, 12
EXPOSED, TRADE_ROWS, ORDER_ROWS, LOTS_FULL = 13, 14, 15, 16
BOOK_SIZE = 17

# Columns of a row of `state`, one row per asset.
QUANTITY, HELD, ENTRY_BAR, STOP, TARGET, TRAIL, BEST = 0, 1, 2, 3, 4, 5, 6
FINANCED, FIRST, LAST, STOPPED = 7, 8, 9, 10
STATE_SIZE = 11

# Columns of a lot; open lots of an asset lie in order of entry from FIRST up to LAST.
LOT_QUANTITY, LOT_RAW, LOT_PRICE, LOT_COMMISSION, LOT_BAR, LOT_DECISION, LOT_FINANCED = 0, 1, 2, 3, 4, 5, 6
LOT_SIZE = 7

# Reasons, as `engine.core.trade.Reason`.
SIGNAL, REBALANCE, STOP_LOSS, TAKE_PROFIT, TRAILING_STOP, TIME_STOP, LIQUIDATION, END = 0, 1, 2, 3, 4, 5, 6, 7

# A quantity this close to a whole number of lots counts as whole: 0.03 / 0.01 is 2.9999999999999996.
LOT_TOLERANCE = 1e-9

# A quantity below this share of the position is what rounding leaves behind: neither an order nor a trade.
DUST = 1e-12


@account_kernel
def commission_of(quantity, price, terms):
    """Return the commission of an order of ``quantity`` (signed) at ``price`` (rule 8)."""
    if quantity == 0.0:
        return 0.0
    size = abs(quantity)
    fee = terms.commission_fixed + terms.commission_per_unit * size + terms.commission_rate * size * price
    fee = max(fee, terms.commission_min)
    if terms.commission_max > 0.0:
        fee = min(fee, terms.commission_max)
    return fee


@account_kernel
def whole_lots(quantity, lot):
    """Round a signed quantity toward zero to the lot; nothing is 0.0 and never -0.0."""
    if lot <= 0.0:
        return quantity + 0.0
    size = np.floor(abs(quantity) / lot + LOT_TOLERANCE) * lot
    return size if quantity > 0.0 else 0.0 - size


@account_kernel
def sized(exposure, quantity, cash, others, price, terms):
    """Return the total quantity that a target of ``exposure`` asks for at the slipped ``price`` (rule 7)."""
    equity = cash + quantity * price + others
    if equity <= 0.0:
        return 0.0
    want = exposure * equity / price
    if abs(want - quantity) <= DUST * abs(quantity):
        return quantity
    fee = commission_of(want - quantity, price, terms)
    if fee > 0.0:
        want = exposure * (equity - fee) / price
        if want * exposure < 0.0:  # the commission exceeds the equity
            want = 0.0
    return whole_lots(want, terms.lot)


@account_kernel
def push_lot(book, state, lots, asset, quantity, raw, price, fee, bar, decision):
    """Append an open lot; ``book[LOTS_FULL]`` is set when there is no room (the run is then void)."""
    first, last = int(state[asset, FIRST]), int(state[asset, LAST])
    if last == lots.shape[1]:
        if first == 0:
            book[LOTS_FULL] = 1.0
            return
        for i in range(first, last):
            for k in range(LOT_SIZE):
                lots[asset, i - first, k] = lots[asset, i, k]
        last -= first
        state[asset, FIRST] = 0.0
    lots[asset, last, LOT_QUANTITY] = quantity
    lots[asset, last, LOT_RAW], lots[asset, last, LOT_PRICE] = raw, price
    lots[asset, last, LOT_COMMISSION] = fee
    lots[asset, last, LOT_BAR], lots[asset, last, LOT_DECISION] = bar, decision
    lots[asset, last, LOT_FINANCED] = state[asset, FINANCED]
    state[asset, LAST] = last + 1.0


@account_kernel
def settle(book, state, lots, asset, at, quantity, raw, price, fee, bar, decision, reason, held, trades):
    """Book a round trip of ``quantity`` units of lot ``at``; ``held`` marks one still open (not counted)."""
    side = 1.0 if state[asset, QUANTITY] > 0.0 else -1.0
    entry_raw, entry_price = lots[asset, at, LOT_RAW], lots[asset, at, LOT_PRICE]
    gross = side * quantity * (raw - entry_raw)
    slippage = quantity * (abs(price - raw) + abs(entry_price - entry_raw))
    commission = quantity * (fee + lots[asset, at, LOT_COMMISSION])
    financing = quantity * (state[asset, FINANCED] - lots[asset, at, LOT_FINANCED])
    pnl = gross - commission - slippage - financing
    if not held:
        book[TRADES] += 1.0
        book[SUM_PNL] += pnl
        # Without a branch: whether a trade won is the one thing a processor cannot predict.
        book[WINS] += 1.0 if pnl > 0.0 else 0.0
        book[LOSSES] += 1.0 if pnl < 0.0 else 0.0
        book[SUM_WIN] += max(pnl, 0.0)
        book[SUM_LOSS] += min(pnl, 0.0)
    row = int(book[TRADE_ROWS])
    book[TRADE_ROWS] += 1.0
    if row < trades.shape[0]:
        trades[row, 0], trades[row, 1] = asset, side
        trades[row, 2], trades[row, 3] = (1.0 if held else 0.0), reason
        trades[row, 4] = quantity
        trades[row, 5], trades[row, 6] = lots[asset, at, LOT_DECISION], lots[asset, at, LOT_BAR]
        trades[row, 7], trades[row, 8] = decision, bar
        trades[row, 9], trades[row, 10] = entry_price, price
        trades[row, 11], trades[row, 12], trades[row, 13] = gross, commission, slippage
        trades[row, 14], trades[row, 15] = financing, pnl
        trades[row, 16] = pnl / (quantity * entry_price)


@account_kernel
def release(book, state, lots, asset, quantity, raw, price, fee, bar, decision, reason, trades):
    """Close ``quantity`` units of the oldest lots (rule 22); infinity closes all of them."""
    first, last = int(state[asset, FIRST]), int(state[asset, LAST])
    rest, dust = quantity, DUST * abs(state[asset, QUANTITY])
    while first < last and rest > dust:
        held = lots[asset, first, LOT_QUANTITY]
        part = rest if held - rest > dust else held
        settle(book, state, lots, asset, first, part, raw, price, fee, bar, decision, reason, False, trades)
        rest -= part
        if part == held:
            first += 1
        else:
            lots[asset, first, LOT_QUANTITY] = held - part
    if first == last:
        first = last = 0
        state[asset, LAST] = 0.0
    state[asset, FIRST] = first


@account_kernel
def fill(book, state, lots, asset, want, raw, price, bar, decision, reason, terms, trades, orders):
    """Trade from the held quantity to ``want`` at ``price`` (rules 7, 8, 15, 22)."""
    quantity = state[asset, QUANTITY]
    change = want - quantity
    commission = commission_of(change, price, terms)
    slippage = abs(change) * abs(price - raw)
    fee = commission / abs(change)
    book[CASH] -= change * price + commission
    book[COMMISSION] += commission
    book[SLIPPAGE] += slippage
    book[NOTIONAL] += abs(change) * price
    book[ORDERS] += 1.0
    if want * quantity <= 0.0:
        if quantity != 0.0:
            release(book, state, lots, asset, np.inf, raw, price, fee, bar, decision, reason, trades)
        added = abs(want)
    elif abs(want) < abs(quantity):
        release(book, state, lots, asset, abs(change), raw, price, fee, bar, decision, reason, trades)
        added = 0.0
    else:
        added = abs(change)
    if added > 0.0:
        push_lot(book, state, lots, asset, added, raw, price, fee, bar, decision)
    state[asset, QUANTITY] = want
    row = int(book[ORDER_ROWS])
    book[ORDER_ROWS] += 1.0
    if row < orders.shape[0]:
        orders[row, 0], orders[row, 1] = asset, reason
        orders[row, 2], orders[row, 3] = decision, bar
        orders[row, 4], orders[row, 5] = change, want
        orders[row, 6], orders[row, 7] = raw, price
        orders[row, 8], orders[row, 9] = commission, slippage


@loop_kernel
def accrue(book, state, market, bar, terms):
    """Charge borrow on shorts and interest on negative cash for the days up to this bar (rule 15).

    Interest on negative cash is shared among the held positions by their value.
    """
    days = market.days[bar]
    debt = max(-book[CASH], 0.0) * terms.margin_per_day * days
    gross = 0.0
    for asset in range(state.shape[0]):
        gross += abs(state[asset, QUANTITY]) * market.close[asset, bar - 1]
    for asset in range(state.shape[0]):
        quantity = state[asset, QUANTITY]
        if quantity == 0.0:
            continue
        value = abs(quantity) * market.close[asset, bar - 1]
        charge = debt * value / gross
        if quantity < 0.0:
            charge += value * terms.borrow_per_day * days
        book[CASH] -= charge
        book[FINANCING] += charge
        state[asset, FINANCED] += charge / abs(quantity)
