"""What can end a position inside one bar (rules 10 to 14); the first outcome is the one the rules take.

An outcome is None (nothing happens) or (price before slippage, slips, reason). Prices are mirrored for a
short position, so that a long one is all there is to think about.
"""

import math


def stop_of(position, best):
    """The stop in force and its reason, mirrored: the highest of stop loss, trailing stop and break-even."""
    side, fill = position.side, position.side * position.fill_price
    stop, reason = side * position.stop, "stop_loss"
    if best - position.trail > stop:
        stop, reason = best - position.trail, "trailing_stop"
    if best >= fill + position.even and fill > stop:
        stop, reason = fill, "break_even"
    return stop, reason


def outcomes(position, at, inside=None):
    """Return the possible outcomes of own bar ``at``; ``inside`` is None, or the kind of entry filled inside it."""
    bars, side = position.bars, position.side
    open_, close = side * bars.open[at], side * bars.close[at]
    low, high = (bars.low[at], bars.high[at]) if side > 0 else (-bars.high[at], -bars.low[at])
    target = side * position.target
    if inside:
        found = _after_entry(position, inside, low, high, close, target)
    else:
        position.best = side * max(side * position.best, open_)
        found = _from_open(position, open_, low, high, target)
    return [None if one is None else (side * one[0], one[1], one[2]) for one in found]


def _from_open(position, open_, low, high, target):
    stop, reason = stop_of(position, position.side * position.best)
    if open_ <= stop:
        return [(open_, True, reason)]
    if open_ >= target:
        return [(open_, False, "take_profit")]
    stopped, reached = (stop, True, reason), (target, False, "take_profit")
    if low <= stop:
        return [stopped, reached] if high >= target else [stopped]
    return [reached] if high >= target else [None]


def _after_entry(position, inside, low, high, close, target):
    """Outcomes of a bar inside which a limit or stop entry was filled: was the extreme before or after it?"""
    stop, reason = stop_of(position, position.side * position.best)
    stopped, reached = (stop, True, reason), (target, False, "take_profit")
    if inside == "limit":
        # The way from the open to the limit goes on to the stop: what lies beyond was reached after the entry.
        if low <= stop:
            return [stopped, reached] if high >= target else [stopped]
        if high >= target:
            return [reached] if close >= target else [None, reached]
        return [None]
    if low <= stop:
        if high >= target:
            return [stopped, reached]
        return [stopped] if close <= stop else [stopped, None]
    return [reached] if high >= target else [None]


def best_after(position, at, inside=None):
    """The best price known to lie after the entry, once the bar is over."""
    bars, side = position.bars, position.side
    best = side * position.best
    extreme = bars.high[at] if side > 0 else -bars.low[at]
    reached = side * bars.close[at] if inside == "limit" else extreme
    return side * max(best, reached)


def arm(position, spec, price, at, decided):
    """Set stops from the fill price of the order that opened the position (rule 10)."""
    from tests.engine.kernels.twin_sizing import distance

    execution, side = spec.execution, position.side
    away = {
        name: distance(getattr(execution, name), execution.stop_unit, price, position.atr[decided])
        for name in ("stop_loss", "take_profit", "trailing_stop", "break_even")
    }
    position.entry_bar, position.fill_price, position.best = at, price, price
    position.stop = price - side * away["stop_loss"]
    position.target = price + side * away["take_profit"]
    position.trail, position.even = away["trailing_stop"], away["break_even"]
    assert not math.isnan(position.stop)
