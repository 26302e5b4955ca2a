"""From a signal to a quantity: rule 7 for a share of equity, and the sizing rules that read the account."""

from __future__ import annotations

import numpy as np

from engine.kernels.book import whole_lots
from engine.kernels.compile import account_kernel, loop_kernel
from engine.kernels.costs import commission_of
from engine.kernels.positions import (
    DUST,
    FILLED,
    FILLED_AT,
    KELLY_NOW,
    SUM_RETURN,
    SUM_SQUARE,
    TRADES,
)
from engine.kernels.terms import AMOUNT, ATR, CASH_AMOUNT, KELLY, POINT, SHARE, UNITS

# Trade returns whose variance is below this are all the same number.
NO_SPREAD = 1e-18

# An order this little beyond the volume cap is filled whole: the rest would be what rounding leaves.
NO_REST = 1e-9


@account_kernel
def distance(setting, price, asset, decision, market, terms):
    """Return a stop's distance in price units; infinity when it is off (rule 10)."""
    if np.isnan(setting):
        return np.inf
    if terms.stop_unit == AMOUNT:
        return setting * market.fees[asset, POINT]
    if terms.stop_unit == ATR:
        width = market.atr[asset, decision]
        return np.inf if np.isnan(width) else setting * width
    return setting * price


@account_kernel
def share_of(signal, asset, decision, extra, terms):
    """Return the share of equity that a signal asks for, within the leverage limit."""
    exposure = signal * terms.fraction
    if terms.has_gear:
        exposure *= extra.gear[asset, decision]
    return min(max(exposure, -terms.max_leverage), terms.max_leverage)


@account_kernel
def sized_share(exposure, quantity, equity, price, asset, market, terms):
    """Return the quantity that an exposure asks for at the slipped ``price`` (rule 7)."""
    if equity <= 0.0:
        return 0.0
    want = exposure * equity / price
    if abs(want - quantity) <= DUST * abs(quantity):
        return quantity
    fee = commission_of(want - quantity, price, asset, market)
    if fee > 0.0:
        want = exposure * (equity - fee) / price
        if want * exposure < 0.0:  # the commission exceeds the equity
            want = 0.0
    return whole_lots(want, terms.lot)


@loop_kernel
def room_of(state, asset, bar, extra, terms):
    """Return how many units the volume cap still lets through in this bar (rule 9)."""
    taken = state[asset, FILLED] if state[asset, FILLED_AT] == bar else 0.0
    return whole_lots(max(terms.participation * extra.volume[asset, bar] - taken, 0.0), terms.lot)


@account_kernel
def take_room(state, asset, bar, units):
    """Count units against the bar's volume cap."""
    taken = state[asset, FILLED] if state[asset, FILLED_AT] == bar else 0.0
    state[asset, FILLED], state[asset, FILLED_AT] = taken + units, bar


@loop_kernel
def kelly_share(book, terms):
    """Return share x lower bound of the mean trade return / variance, between 0 and the cap."""
    count = book[TRADES]
    if count < terms.kelly_trades:
        return terms.kelly_start
    mean = book[SUM_RETURN] / count
    variance = (book[SUM_SQUARE] - count * mean * mean) / (count - 1.0)
    if variance <= NO_SPREAD:
        return terms.cap if mean > 0.0 else 0.0
    edge = mean - terms.kelly_z * np.sqrt(variance / count)
    return min(max(terms.fraction * edge / variance, 0.0), terms.cap)


@loop_kernel
def sized_by_account(signal, quantity, equity, price, asset, decision, book, market, extra, terms):
    """Return the quantity of the sizing rules that are no fixed share of equity, within the limit."""
    if equity <= 0.0 or signal == 0.0:
        return 0.0
    if terms.sizing == KELLY:
        exposure = signal * book[KELLY_NOW]
        exposure = min(max(exposure, -terms.max_leverage), terms.max_leverage)
        return sized_share(exposure, quantity, equity, price, asset, market, terms)
    if terms.sizing == CASH_AMOUNT:
        want = signal * terms.fraction / price
    elif terms.sizing == UNITS:
        want = signal * terms.fraction
    else:
        away = min(
            distance(terms.stop_loss, price, asset, decision, market, terms),
            distance(terms.trailing_stop, price, asset, decision, market, terms),
        )
        want = signal * min(terms.fraction * equity / away, terms.cap * equity / price)
    if terms.has_gear:
        want *= extra.gear[asset, decision]
    most = terms.max_leverage * equity / price
    fee = commission_of(min(max(want, -most), most) - quantity, price, asset, market)
    most = max(terms.max_leverage * (equity - fee) / price, 0.0)
    want = min(max(want, -most), most)
    if abs(want - quantity) <= DUST * abs(quantity):
        return quantity
    return whole_lots(want, terms.lot)


@account_kernel
def sized(signal, quantity, equity, price, asset, decision, book, market, extra, terms):
    """Return the quantity that a signal asks for at the slipped ``price``, by whatever sizing rule."""
    if terms.sizing == SHARE:
        exposure = share_of(signal, asset, decision, extra, terms)
        return sized_share(exposure, quantity, equity, price, asset, market, terms)
    return sized_by_account(signal, quantity, equity, price, asset, decision, book, market, extra, terms)


@account_kernel
def asks_for_more(signal, quantity, equity, raw, asset, decision, book, market, extra, terms):
    """Return whether a signal asks for more than the held quantity at the unslipped price."""
    if terms.sizing == SHARE:
        return share_of(signal, asset, decision, extra, terms) * equity > quantity * raw
    want = sized_by_account(signal, quantity, equity, raw, asset, decision, book, market, extra, terms)
    return want > quantity
