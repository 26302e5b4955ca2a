"""The account: cash, positions, first-in-first-out lots, fills and settled trades.

`simulate` decides when something happens; this module books it. All state lies in arrays at constant
offsets, so that one compiled program serves single runs and sweeps.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.compile import account_kernel, loop_kernel
from engine.kernels.costs import commission_of
from engine.kernels.positions import (
    AMBIGUOUS,
    CASH,
    COMMISSION,
    DUST,
    FINANCED,
    FIRST,
    LAST,
    LOSSES,
    LOT_BAR,
    LOT_COMMISSION,
    LOT_DECISION,
    LOT_FINANCED,
    LOT_PRICE,
    LOT_QUANTITY,
    LOT_RAW,
    LOT_SIZE,
    LOTS_FULL,
    NOTIONAL,
    ORDER_ROWS,
    ORDERS,
    QUANTITY,
    SLIPPAGE,
    SUM_LOSS,
    SUM_PNL,
    SUM_RETURN,
    SUM_SQUARE,
    SUM_WIN,
    TRADE_ROWS,
    TRADES,
    WINS,
)

# A quantity this close to a whole number of lots counts as whole: 0.03 / 0.01 is 2.9999999999999996.
LOT_TOLERANCE = 1e-9


@account_kernel
def whole_lots(quantity, lot):
    """Round a signed quantity toward zero to the lot; nothing is 0.0 and never -0.0."""
    if lot <= 0.0:
        return quantity + 0.0
    size = np.floor(abs(quantity) / lot + LOT_TOLERANCE) * lot
    return size if quantity > 0.0 else 0.0 - size


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
    gain = pnl / (quantity * entry_price)
    if not held:
        book[TRADES] += 1.0
        book[SUM_PNL] += pnl
        book[SUM_RETURN] += gain
        book[SUM_SQUARE] += gain * gain
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
        trades[row, 16], trades[row, 17] = gain, state[asset, AMBIGUOUS]


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
def fill(book, state, lots, asset, want, raw, price, bar, decision, reason, market, trades, orders):
    """Trade from the held quantity to ``want`` at ``price`` (rules 7, 8, 15, 22)."""
    quantity = state[asset, QUANTITY]
    change = want - quantity
    commission = commission_of(change, price, asset, market)
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
def fill_apart(book, state, lots, asset, want, raw, price, bar, decision, reason, market, trades, orders):
    """Do as `fill`, as a function of its own: merged into every caller it would be compiled as often."""
    fill(book, state, lots, asset, want, raw, price, bar, decision, reason, market, trades, orders)
