"""Slow twins of the Markov, Newsom and TDI rules, written from the strategy list (see `tests.conformance.twins`)."""

import math
from decimal import Decimal

__all__ = [
    "double_markov_trend", "markov_trend_cross", "markov_trend_probability", "newsom10", "tdi_time_exit",
]  # fmt: skip

# Parameters at which each rule is compared with its twin.
TREND_CASES = [
    ("newsom10", {}), ("newsom10", {"atr_length": 6, "atr_mult": 1.0, "bb_length": 5, "ema_length": 2, "vol_ema_length": 5}),
    ("newsom10", {"atr_length": 50, "atr_mult": 2.0, "bb_length": 80, "ema_length": 50, "vol_ema_length": 100}),
    ("markov_trend_probability", {}),
    ("markov_trend_probability", {"lookback": 2, "atr_threshold": 0.0, "history": 6, "atr_length": 3}),
    ("markov_trend_probability", {"lookback": 60, "atr_threshold": 3.0, "history": 98, "atr_length": 50}),
    ("markov_trend_cross", {}), ("markov_trend_cross", {"take_shorts": False, "history": 10}),
    ("markov_trend_cross", {"take_longs": False, "lookback": 5, "atr_threshold": 1.25, "history": 20}),
    ("markov_trend_cross", {"lookback": 4, "atr_threshold": 0.0, "history": 8, "atr_length": 30}),
    ("double_markov_trend", {}),
    ("double_markov_trend", {"lookback_ev": 10, "trend_lookback": 4, "history": 8, "regression_window": 5}),
    ("double_markov_trend", {"lookback_ev": 250, "atr_threshold": 2.0, "atr_length": 40, "regression_window": 100}),
    ("tdi_time_exit", {}), ("tdi_time_exit", {"rsi": 3, "fast": 1, "slow": 2, "flat": 0.0, "bb": 5, "atr": 5, "hold": 1}),
    ("tdi_time_exit", {"rsi": 14, "fast": 5, "slow": 30, "flat": 3.0, "bb": 35, "atr": 100, "hold": 40}),
    ("tdi_time_exit", {"rsi": 9, "slow": 20, "flat": 0.2, "bb": 20, "atr": 10, "hold": 3}),
]  # fmt: skip

NUMBER = {"flat": 0.0, "long": 1.0, "short": -1.0}


def _mean(values):
    # From one of the values on, so that the mean of equal values is that value.
    return values[0] + math.fsum(value - values[0] for value in values) / len(values)


def _ema(values, n):
    """Return the EMA of a list that may begin with None."""
    alpha, value, seen, out = 2 / (n + 1), None, 0, []
    for x in values:
        if x is not None:
            value = x if value is None else value + alpha * (x - value)
            seen += 1
        out.append(value if seen >= n else None)
    return out


def _atr(bars, n):
    high, low, close = bars.high.tolist(), bars.low.tolist(), bars.close.tolist()
    ranges = [None] + [
        max(high[t] - low[t], abs(high[t] - close[t - 1]), abs(low[t] - close[t - 1])) for t in range(1, len(close))
    ]
    out = [None] * len(close)
    for t in range(n, len(close)):
        out[t] = _mean(ranges[1 : n + 1]) if t == n else out[t - 1] + (ranges[t] - out[t - 1]) / n
    return out


def _rsi(close, n):
    out, rise, fall = [None] * len(close), None, None
    changes = [None] + [close[t] - close[t - 1] for t in range(1, len(close))]
    for t in range(n, len(close)):
        if t == n:
            rise = math.fsum(max(change, 0.0) for change in changes[1 : n + 1]) / n
            fall = math.fsum(max(-change, 0.0) for change in changes[1 : n + 1]) / n
        else:
            rise = (rise * (n - 1) + max(changes[t], 0.0)) / n
            fall = (fall * (n - 1) + max(-changes[t], 0.0)) / n
        if t > n and changes[t] == 0:
            out[t] = out[t - 1]  # both averages shrink by the same factor
        else:
            out[t] = 50.0 if rise == fall == 0 else 100.0 * rise / (rise + fall)
    return out


def _sma(values, n):
    windows = (values[max(t - n + 1, 0) : t + 1] for t in range(len(values)))
    return [_mean(window) if len(window) == n and None not in window else None for window in windows]


def _band_width(close, n):
    """Return the squared width of Bollinger bands in an unknown unit, in whole numbers of the printed decimals."""
    whole = [int(Decimal(repr(price)).scaleb(24)) for price in close]
    out = [None] * len(close)
    for t in range(n - 1, len(close)):
        window = whole[t - n + 1 : t + 1]
        out[t] = n * sum(price * price for price in window) - sum(window) ** 2
    return out


def _chandelier(bars, n, multiple):
    close, atr = bars.close.tolist(), _atr(bars, n)
    out, direction, floor, ceiling = [], None, None, None
    for t in range(len(close)):
        if atr[t] is not None:
            window = close[t - n + 1 : t + 1]
            hangs, stands = max(window) - multiple * atr[t], min(window) + multiple * atr[t]
            if floor is not None:
                if close[t] > ceiling:
                    direction = "up"
                elif close[t] < floor:
                    direction = "down"
                if close[t - 1] > floor:
                    hangs = max(hangs, floor)
                if close[t - 1] < ceiling:
                    stands = min(stands, ceiling)
            floor, ceiling = hangs, stands
        out.append(direction)
    return out


def newsom_entries(bars, atr_length, atr_mult, bb_length, bb_mult, ema_length, vol_ema_length):
    """Return the side whose conditions hold at each bar, or None, and the direction at each bar."""
    opened, high, low, close = bars.open.tolist(), bars.high.tolist(), bars.low.tolist(), bars.close.tolist()
    direction, average = _chandelier(bars, atr_length, atr_mult), _ema(close, ema_length)
    share = [None if atr is None else atr / price for atr, price in zip(_atr(bars, atr_length), close, strict=True)]
    usual, width = _ema(share, vol_ema_length), _band_width(close, bb_length)
    out = [None][: len(close)]
    for t in range(1, len(close)):
        out.append(None)
        known = None not in (direction[t], average[t], usual[t], width[t], width[t - 1])
        if known and bb_mult * width[t] > bb_mult * width[t - 1] and share[t] > usual[t]:
            middle = (opened[t] + high[t] + low[t] + close[t]) / 4
            fell, rose = close[t - 1] < opened[t - 1], close[t - 1] > opened[t - 1]
            if direction[t] == "up" and close[t] > average[t] and middle > average[t] and fell:
                out[t] = "long"
            if direction[t] == "down" and close[t] < average[t] and middle < average[t] and rose:
                out[t] = "short"
    return out, direction


def newsom10(bars, **params):
    out, state = [], "flat"
    for entry, direction in zip(*newsom_entries(bars, **params), strict=True):
        if state != "flat" and (state == "long") != (direction == "up"):
            state = "flat"
        state = entry or state
        out.append(NUMBER[state])
    return out


def _ups_and_downs(bars, lookback, atr_threshold, history, atr_length):
    """Return the counts of up and of down states in the last bars; None until all of them have one."""
    close, atr, states = bars.close.tolist(), _atr(bars, atr_length), []
    for t in range(len(close)):
        states.append(states[-1] if states else None)
        if t >= lookback and atr[t]:
            move = (close[t] - close[t - lookback]) / atr[t]
            if move > atr_threshold:
                states[t] = "up"
            elif move < -atr_threshold:
                states[t] = "down"
    out = []
    for t in range(len(close)):
        window = states[max(t - history + 1, 0) : t + 1]
        full = len(window) == history and None not in window
        out.append((window.count("up"), window.count("down")) if full else None)
    return out


def markov_trend_probability(bars, lookback, atr_threshold, history, atr_length):
    out = []
    for counts in _ups_and_downs(bars, lookback, atr_threshold, history, atr_length):
        ups = 0.5 if counts is None else counts[0] / history
        out.append(1.0 if ups > 0.5 else -1.0 if ups < 0.5 else 0.0)
    return out


def markov_crosses(bars, **params):
    """Return "up" or "down" where p_up crosses p_down, else None."""
    counts = _ups_and_downs(bars, **params)
    out = [None] * len(counts)
    for t in range(1, len(counts)):
        if counts[t] and counts[t - 1]:
            (ups_before, downs_before), (ups, downs) = counts[t - 1], counts[t]
            if ups_before <= downs_before and ups > downs:
                out[t] = "up"
            if downs_before <= ups_before and downs > ups:
                out[t] = "down"
    return out


def markov_trend_cross(bars, take_longs, take_shorts, **params):
    out, state = [], "flat"
    for cross in markov_crosses(bars, **params):
        if cross == "up":
            state = "long" if take_longs else "flat"
        if cross == "down":
            state = "short" if take_shorts else "flat"
        out.append(NUMBER[state])
    return out


def _expected(changes):
    rises, falls = [c for c in changes if c > 0], [-c for c in changes if c < 0]
    up, down = len(rises) * math.fsum(rises), len(falls) * math.fsum(falls)
    if up + down == 0:
        return 0.0
    expected = up / (up + down) * _mean(rises) if rises else 0.0
    return expected - (down / (up + down) * _mean(falls) if falls else 0.0)


def double_markov_trend(bars, lookback_ev, trend_lookback, atr_threshold, history, atr_length, regression_window):
    close = bars.close.tolist()
    changes = [None] + [close[t] - close[t - 1] for t in range(1, len(close))]
    moves = [
        _expected(changes[t - lookback_ev + 1 : t + 1]) if t >= lookback_ev else None for t in range(len(close))
    ]
    smooth, out = _sma(moves, regression_window), []
    for t, counts in enumerate(_ups_and_downs(bars, trend_lookback, atr_threshold, history, atr_length)):
        state = "flat"
        if counts is not None and smooth[t] is not None:
            if counts[0] / history > 0.5 and smooth[t] > 0:
                state = "long"
            if counts[0] / history < 0.5 and smooth[t] < 0:
                state = "short"
        out.append(NUMBER[state])
    return out


def tdi_signals(bars, rsi, fast, slow, flat, bb, atr):
    """Return "long", "short" or None for each bar: what the bar itself says, whatever is held."""
    strength, reach = _rsi(bars.close.tolist(), rsi), _atr(bars, atr)
    quick, calm, width = _sma(strength, fast), _sma(strength, slow), _band_width(bars.close.tolist(), bb)
    out = [None][: len(quick)]
    for t in range(1, len(quick)):
        out.append(None)
        if None in (quick[t], quick[t - 1], calm[t], calm[t - 1], reach[t], reach[t - 1], width[t], width[t - 1]):
            continue
        rising, widening = reach[t] > reach[t - 1], width[t] > width[t - 1]
        steep = abs(quick[t] - quick[t - 1]) > flat
        crossed_up = quick[t - 1] <= calm[t - 1] and quick[t] > calm[t]
        crossed_down = quick[t - 1] >= calm[t - 1] and quick[t] < calm[t]
        for side, beyond, crossed in (
            ("long", quick[t] > calm[t], crossed_up), ("short", quick[t] < calm[t], crossed_down),
        ):  # fmt: skip
            if beyond and ((rising and widening) or (crossed and steep and (rising or widening))):
                out[t] = side
    return out


def tdi_entries(signals):
    """Return the side of the entry at each bar, or None: signals that the bar before did not give."""
    return [side if t == 0 or side != signals[t - 1] else None for t, side in enumerate(signals)]


def tdi_time_exit(bars, hold, bb_std, **params):  # bb_std widens the bands of every bar alike
    out, state, age = [], "flat", 0
    for entry in tdi_entries(tdi_signals(bars, **params)):
        age, closed = age + 1, None
        if state != "flat" and age == hold:
            closed, state = state, "flat"
        if entry not in (None, state, closed):
            state, age = entry, 0
        out.append(NUMBER[state])
    return out
