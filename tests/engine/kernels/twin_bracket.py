"""Entry orders on both sides, of which one cancels the other (rules 4 and 12), for the plain account."""

import copy
import math

from tests.engine.kernels.twin_exits import arm, outcomes


def levels_of(levels, at):
    """The price to buy and the price to sell that a decision placed; infinitely far where it placed none."""
    buy, sell = levels[0][at], levels[1][at]
    return math.inf if math.isnan(buy) else buy, -math.inf if math.isnan(sell) else sell


def fills_of(account, p, order):
    """Every (side, price before slippage, filled inside the bar) that the bar may have led to; the base's first."""
    buy, sell = levels_of(p.levels, order["decided"])
    open_, high, low = p.bars.open[p.at], p.bars.high[p.at], p.bars.low[p.at]
    if open_ >= buy:
        return [(1, open_, False)]
    if open_ <= sell:
        return [(-1, open_, False)]
    found = [(1, buy, True)] * bool(high >= buy) + [(-1, sell, True)] * bool(low <= sell)
    return sorted(found, key=lambda one: worth(account, p, one[0], one[1], order["decided"]))


def worth(account, p, side, level, decided):
    """What a position entered inside the bar has gained at its end, as the base book reads the bar."""
    price = account.price_of(p, level, side, decided)
    stub = copy.copy(p)
    stub.quantity = side
    arm(stub, account.spec, price, p.at, decided)
    first = outcomes(stub, p.at, "stop")[0]
    end = p.bars.close[p.at] if first is None else first[0]
    return side * (end - price) / price


def enter_bracket(account, p, bar):
    """Try the bracket that stands in the market; True when a side of it was filled inside the bar."""
    order = p.resting
    if p.at > order["until"]:
        p.resting = None
        return False
    found = fills_of(account, p, order)
    if not found:
        return False
    side, raw, inside = found[0]
    p.resting = None
    account.ambiguous += len(found) > 1
    account.enter_at(p, side * abs(order["signal"]), raw, order["decided"], bar, slips=True)
    return inside and p.quantity != 0
