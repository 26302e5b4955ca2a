"""Every rule once more in slow plain Python, written from the strategy list and not from the engine.

Lists and floats only: no numba, no numpy formulas, no code of the engine. Each takes prices as lists and the
parameters by name, and returns the target of each bar.
"""

import math

from tests.conformance.twins_breakout import *  # noqa: F403
from tests.conformance.twins_complex import *  # noqa: F403
from tests.conformance.twins_reversal import *  # noqa: F403
from tests.conformance.twins_trend import *  # noqa: F403


def mean(values):
    return math.fsum(values) / len(values)


def sma_line(x, n):
    return [mean(x[t - n + 1 : t + 1]) if t >= n - 1 else None for t in range(len(x))]


def ema_line(x, n):
    alpha, value, out = 2 / (n + 1), None, []
    for t, price in enumerate(x):
        value = price if t == 0 else alpha * price + (1 - alpha) * value
        out.append(value if t >= n - 1 else None)
    return out


def atr_line(high, low, close, n):
    ranges = [
        max(high[t] - low[t], abs(high[t] - close[t - 1]), abs(low[t] - close[t - 1])) for t in range(1, len(close))
    ]
    out = [None] * len(close)
    for t in range(n, len(close)):
        out[t] = mean(ranges[:n]) if t == n else (out[t - 1] * (n - 1) + ranges[t - 1]) / n
    return out


def buy_and_hold(bars):
    return [1.0] * len(bars.close)


def external_signals(bars, column):
    values, out, started = list(bars.columns[column]), [], False
    for value in values:
        started = started or not math.isnan(value)
        out.append(value if started else 0.0)
    return out


def _sides(fast, slow):
    out = []
    for a, b in zip(fast, slow, strict=True):
        known = a is not None and b is not None
        out.append(0.0 if not known or a == b else (1.0 if a > b else -1.0))
    return out


def sma_cross(bars, fast, slow):
    close = bars.close.tolist()
    return _sides(sma_line(close, fast), sma_line(close, slow))


def ema_cross(bars, fast, slow):
    close = bars.close.tolist()
    return _sides(ema_line(close, fast), ema_line(close, slow))


def bollinger_reversion(bars, length, std):
    close, out, state = bars.close.tolist(), [], "flat"
    for t in range(len(close)):
        if t < length - 1:
            out.append(0.0)
            continue
        window = close[t - length + 1 : t + 1]
        middle = mean(window)
        width = std * math.sqrt(mean([(price - middle) ** 2 for price in window]))
        if state == "long" and close[t] > middle:
            state = "flat"
        if state == "short" and close[t] < middle:
            state = "flat"
        if close[t] < middle - width:
            state = "long"
        elif close[t] > middle + width:
            state = "short"
        out.append({"flat": 0.0, "long": 1.0, "short": -1.0}[state])
    return out


def supertrend(bars, atr_length, factor):
    high, low, close = bars.high.tolist(), bars.low.tolist(), bars.close.tolist()
    atr = atr_line(high, low, close, atr_length)
    out, direction, ceiling, floor = [], "unknown", None, None
    for t in range(len(close)):
        if atr[t] is None:
            out.append(0.0)
            continue
        middle = (high[t] + low[t]) / 2
        new_ceiling, new_floor = middle + factor * atr[t], middle - factor * atr[t]
        if ceiling is not None and close[t - 1] <= ceiling:
            new_ceiling = min(new_ceiling, ceiling)
        if floor is not None and close[t - 1] >= floor:
            new_floor = max(new_floor, floor)
        ceiling, floor = new_ceiling, new_floor
        if direction in ("unknown", "down") and close[t] > ceiling:
            direction = "up"
        elif direction in ("unknown", "up") and close[t] < floor:
            direction = "down"
        out.append({"unknown": 0.0, "up": 1.0, "down": -1.0}[direction])
    return out


def _turtle_exit(trade, price, lowest, highest, stop_atr):
    """Return the gain from close to close, and whether channel or stop ends the trade."""
    if trade["side"] == "long":
        stopped = stop_atr is not None and price <= trade["price"] - stop_atr * trade["atr"]
        return price - trade["price"], stopped or price < lowest
    stopped = stop_atr is not None and price >= trade["price"] + stop_atr * trade["atr"]
    return trade["price"] - price, stopped or price > highest


def turtle(bars, entry, exit, skip_after_winner, atr, stop_atr):  # noqa: A002
    """Keep a list of breakout trades; the target shows the ones that were not skipped."""
    high, low, close = bars.high.tolist(), bars.low.tolist(), bars.close.tolist()
    ranges, out, trade, last_won = atr_line(high, low, close, atr), [], None, False
    for t in range(len(close)):
        if t < max(entry, exit, atr):
            out.append(0.0)
            continue
        closed = None
        if trade is not None:
            gain, over = _turtle_exit(trade, close[t], min(low[t - exit : t]), max(high[t - exit : t]), stop_atr)
            if over:
                last_won, closed, trade = gain > 0, trade["side"], None
        if trade is None:
            side = None
            if close[t] > max(high[t - entry : t]):
                side = "long"
            elif close[t] < min(low[t - entry : t]):
                side = "short"
            if side is not None and side != closed:
                skipped = skip_after_winner and last_won
                trade = {"side": side, "price": close[t], "atr": ranges[t], "skipped": skipped}
        if trade is None or trade["skipped"]:
            out.append(0.0)
        else:
            out.append(1.0 if trade["side"] == "long" else -1.0)
    return out
