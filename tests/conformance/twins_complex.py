"""Slow twins of grid, swing and TDI rules, written from the strategy list (see `tests.conformance.twins`)."""

import math
from itertools import pairwise

__all__ = ["reversal_grid", "swing_point", "tdi_heikin_ashi", "trend_grid"]

# Parameters at which each rule is compared with its twin.
_GRIDS = [
    {}, {"grid_count": 40, "upper": 1.5, "lower": 0.5}, {"anchor": "rolling"},
    {"anchor": "rolling", "n": 40, "grid_count": 7, "upper": 1.05, "lower": 0.95},
    {"upper": 1.1, "lower": 1.02, "grid_count": 4},
]  # fmt: skip
COMPLEX_CASES = [
    *(("trend_grid", params) for params in _GRIDS),
    *(("reversal_grid", params) for params in _GRIDS),
    ("swing_point", {}), ("swing_point", {"trend_lookback": 2}), ("swing_point", {"trend_lookback": 5}),
    ("tdi_heikin_ashi", {}), ("tdi_heikin_ashi", {"ema": 12, "ema_offset": 0, "slope_flat": 0.0}),
    ("tdi_heikin_ashi", {"rsi": 5, "green": 1, "red": 3, "slope_strong": 3.0, "slope_flat": 1.5}),
    ("tdi_heikin_ashi", {"rsi": 30, "green": 4, "red": 15, "slope_strong": 0.25, "ema_offset": 6}),
]  # fmt: skip

NUMBER = {"flat": 0.0, "long": 1.0, "short": -1.0}


def _grid(bars, grid_count, upper, lower, anchor, n, up, down):
    """Build every level of every bar, and look at each level on its own."""
    close, out, state, before = bars.close.tolist(), [], "flat", None
    for t, price in enumerate(close):
        if anchor == "rolling" and t < n - 1:
            out.append(0.0)
            continue
        window = close[t - n + 1 : t + 1] if anchor == "rolling" else [close[0]]
        middle = window[0] + math.fsum(value - window[0] for value in window) / len(window)
        step = (upper - lower) / grid_count
        levels = [middle * (lower + step * k) for k in range(grid_count + 1)]
        above = [price > level for level in levels]
        if before is not None and any(now and not then for now, then in zip(above, before, strict=True)):
            state = up
        if before is not None and any(then and not now for now, then in zip(above, before, strict=True)):
            state = down
        before = above
        out.append(NUMBER[state])
    return out


def trend_grid(bars, grid_count, upper, lower, anchor, n):
    return _grid(bars, grid_count, upper, lower, anchor, n, "long", "short")


def reversal_grid(bars, grid_count, upper, lower, anchor, n):
    return _grid(bars, grid_count, upper, lower, anchor, n, "short", "long")


def _swings(values, wing, trend, is_low):
    """Return the bars at which a swing stands, each with what it takes: five bars and a trend before it."""
    found = []
    for s in range(max(wing, trend), len(values) - wing):
        around = values[s - wing : s] + values[s + 1 : s + wing + 1]
        run = values[s - trend : s + 1]
        if is_low:
            stands = values[s] < min(around) and all(b < a for a, b in pairwise(run))
        else:
            stands = values[s] > max(around) and all(b > a for a, b in pairwise(run))
        if stands:
            found.append(s)
    return found


def swing_point(bars, trend_lookback):
    high, low, close = bars.high.tolist(), bars.low.tolist(), bars.close.tolist()
    lows = {s + 2: s for s in _swings(low, 2, trend_lookback, is_low=True)}
    highs = {s + 2: s for s in _swings(high, 2, trend_lookback, is_low=False)}
    out, state, bottom, top = [], "flat", None, None
    for t, price in enumerate(close):
        bottom, top = lows.get(t, bottom), highs.get(t, top)
        buys = bottom is not None and price > high[bottom]
        sells = top is not None and price < low[top]
        if t >= trend_lookback:
            if state == "long" and price < min(low[t - trend_lookback : t]):
                state = "flat"
            if state == "short" and price > max(high[t - trend_lookback : t]):
                state = "flat"
        if buys and not sells:
            state = "long"
        if sells and not buys:
            state = "short"
        if buys or (bottom is not None and price < low[bottom]):
            bottom = None
        if sells or (top is not None and price > high[top]):
            top = None
        out.append(NUMBER[state])
    return out


def _rsi(close, n):
    rises = [max(b - a, 0.0) for a, b in pairwise(close)]
    falls = [max(a - b, 0.0) for a, b in pairwise(close)]
    out, rise, fall = [None] * len(close), None, None
    for t in range(n, len(close)):
        if t == n:
            rise, fall = math.fsum(rises[:n]) / n, math.fsum(falls[:n]) / n
        else:
            rise, fall = (rise * (n - 1) + rises[t - 1]) / n, (fall * (n - 1) + falls[t - 1]) / n
        out[t] = 50.0 if rise + fall == 0 else 100.0 * rise / (rise + fall)
    return out


def _late(values, n):
    """Return the mean of the last n values, None while there are fewer."""
    out = []
    for t in range(len(values)):
        window = values[max(t - n + 1, 0) : t + 1]
        out.append(None if len(window) < n or None in window else math.fsum(window) / n)
    return out


def _ema(values, n):
    alpha, value, out = 2 / (n + 1), None, []
    for t, price in enumerate(values):
        value = price if t == 0 else alpha * price + (1 - alpha) * value
        out.append(value if t >= n - 1 else None)
    return out


def _colours(bars):
    """Return the colour of each recursive Heikin Ashi candle and its close."""
    opened, closed, colours = [], [], []
    for t, prices in enumerate(zip(*(getattr(bars, name).tolist() for name in ("open", "high", "low", "close")), strict=True)):
        opened.append((prices[0] + prices[3]) / 2 if t == 0 else (opened[-1] + closed[-1]) / 2)
        closed.append(sum(prices) / 4)
        if closed[t] == opened[t]:
            colours.append(colours[-1] if colours else None)
        else:
            colours.append("long" if closed[t] > opened[t] else "short")
    return colours, closed


def _sign(difference):
    return "flat" if abs(difference) <= 1e-9 else "long" if difference > 0 else "short"


def tdi_heikin_ashi(bars, ema, ema_offset, rsi, green, red, slope_strong, slope_flat):
    """Keep the bar of the last turn and of the last cross, with its direction."""
    close = bars.close.tolist()
    colours, candle = _colours(bars)
    strength, average = _rsi(close, rsi), _ema(close, ema)
    fast, slow = _late(strength, green), _late(strength, red)
    out, state, turn, cross = [], "flat", None, None
    for t in range(len(close)):
        if t > 0 and colours[t - 1] is not None and colours[t] != colours[t - 1]:
            turn = t
        late = average[t - ema_offset] if t >= ema_offset else None
        if t == 0 or None in (late, fast[t - 1], slow[t - 1]):
            out.append(0.0)
            continue
        where, came_from = _sign(fast[t] - slow[t]), _sign(fast[t - 1] - slow[t - 1])
        if where not in (came_from, "flat"):
            cross = (t, where)
        rise = fast[t] - fast[t - 1]
        against = {"long": "short", "short": "long"}.get(state)
        if state != "flat" and ((rise if state == "long" else -rise) <= slope_flat + 1e-9 or cross == (t, against)):
            state = "flat"
        if turn is not None and cross is not None and colours[t] == cross[1]:
            strong = (rise if cross[1] == "long" else -rise) >= slope_strong - 1e-9
            beyond = candle[t] > late if cross[1] == "long" else candle[t] < late
            if max(turn, cross[0]) == t and abs(turn - cross[0]) <= 2 and strong and beyond:
                state = cross[1]
        out.append(NUMBER[state])
    return out
