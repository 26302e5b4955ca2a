"""Twins of the MACD, RSI and z-score rules and of the random entry, as in `twins`: slow plain Python."""

import math

REVERSAL_CASES = [
    ("macd_trend", {}), ("macd_trend", {"fast": 5, "slow": 20, "signal": 5}),
    ("macd_trend", {"fast": 30, "slow": 100, "signal": 20}),
    ("macd_reversal", {}), ("macd_reversal", {"fast": 5, "slow": 20, "signal": 5}),
    ("macd_reversal", {"fast": 30, "slow": 100, "signal": 20}),
    ("rsi_reversal", {}), ("rsi_reversal", {"length": 2, "lower": 10.0, "upper": 90.0}),
    ("rsi_reversal", {"length": 5, "lower": 40.0, "upper": 65.0, "midline": 60.0}),
    ("bouncy_ball", {}), ("bouncy_ball", {"ema_long": 50, "rsi": 5, "rsi_threshold": 60.0, "zone": 0.05}),
    ("bouncy_ball", {"ema_long": 60, "ema_fast": 50, "rsi_threshold": 50.0, "zone": 0.03}),
    ("washer_mean_reversion", {}), ("washer_mean_reversion", {"ret_lookback": 1, "window": 10, "entry_z": 1.0, "exit_z": 0.25}),
    ("washer_mean_reversion", {"ret_lookback": 20, "window": 100, "exit_z": 1.5}),
    ("intermarket_zscore", {}), ("intermarket_zscore", {"length": 5, "threshold": 0.5}),
    ("intermarket_zscore", {"length": 50, "threshold": 1.5, "reference": "target"}),
    ("rebalancing_premium", {}), ("rebalancing_premium", {"bb_length": 45, "bb_std": 1.0}),
    ("rebalancing_premium", {"trend_trade": True, "bb_length": 10}),
    ("random_entry", {}), ("random_entry", {"seed": 77, "exposure": 0.9, "hold": 3}),
    ("random_entry", {"seed": 3, "exposure": 1.0, "side": "long"}),
    ("random_entry", {"seed": 4, "exposure": 0.2, "hold": 40, "side": "short"}),
]  # fmt: skip

NUMBER = {"flat": 0.0, "long": 1.0, "short": -1.0}


def _ema(values, n):
    """Return the EMA of a list that may begin with None."""
    alpha, value, seen, out = 2 / (n + 1), None, 0, []
    for x in values:
        if x is not None:
            value = x if value is None else alpha * x + (1 - alpha) * value
            seen += 1
        out.append(value if seen >= n else None)
    return out


def _macd(close, fast, slow, signal):
    pairs = zip(_ema(close, fast), _ema(close, slow), strict=True)
    line = [None if quick is None or calm is None else quick - calm for quick, calm in pairs]
    return line, _ema(line, signal)


def _rsi(close, n):
    out = [None] * len(close)
    rises = [max(close[t] - close[t - 1], 0.0) for t in range(1, len(close))]
    falls = [max(close[t - 1] - close[t], 0.0) for t in range(1, len(close))]
    rise = fall = None
    for t in range(n, len(close)):
        if t == n:
            rise, fall = math.fsum(rises[:n]) / n, math.fsum(falls[:n]) / n
        else:
            rise, fall = (rise * (n - 1) + rises[t - 1]) / n, (fall * (n - 1) + falls[t - 1]) / n
        out[t] = 50.0 if rise == fall == 0 else 100.0 - 100.0 / (1.0 + rise / fall) if fall > 0 else 100.0
    return out


def _mean_and_deviation(values):
    # From one of the values on, so that the mean of equal values is that value.
    mean = values[0] + math.fsum(value - values[0] for value in values) / len(values)
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


def _zscore(values, n):
    out = [None] * len(values)
    for t in range(n - 1, len(values)):
        window = values[t - n + 1 : t + 1]
        if any(value is None or math.isnan(value) for value in window):
            continue
        mean, deviation = _mean_and_deviation(window)
        out[t] = 0.0 if deviation == 0 else (values[t] - mean) / deviation
    return out


def _crossed_above(before, now, level_before=0.0, level=0.0):
    return before is not None and before <= level_before and now > level


def _crossed_below(before, now, level_before=0.0, level=0.0):
    return before is not None and before >= level_before and now < level


def macd_trend(bars, fast, slow, signal):
    line, average = _macd(bars.close.tolist(), fast, slow, signal)
    out, state = [], "flat"
    for t, value in enumerate(line):
        if average[t] is not None and t > 0 and average[t - 1] is not None:
            levels = line[t - 1], value, average[t - 1], average[t]
            crossed_zero = _crossed_above(line[t - 1], value) or _crossed_below(line[t - 1], value)
            if _crossed_above(*levels) and value > 0:
                state = "long"
            elif _crossed_below(*levels) and value < 0:
                state = "short"
            elif crossed_zero:
                state = "flat"
        out.append(NUMBER[state])
    return out


def macd_reversal(bars, fast, slow, signal):
    line, average = _macd(bars.close.tolist(), fast, slow, signal)
    out, waits = [], False
    for t, value in enumerate(line):
        if average[t] is None:
            out.append(0.0)
            continue
        known = t > 0 and average[t - 1] is not None
        if known:
            levels = line[t - 1], value, average[t - 1], average[t]
            if _crossed_above(*levels) or _crossed_below(*levels):
                waits = False
            elif _crossed_above(line[t - 1], value) or _crossed_below(line[t - 1], value):
                waits = True
        out.append(0.0 if waits or value == average[t] else (1.0 if value > average[t] else -1.0))
    return out


def rsi_reversal(bars, length, lower, upper, midline):
    out, state = [], "flat"
    values = _rsi(bars.close.tolist(), length)
    for t, value in enumerate(values):
        if value is not None:
            before = values[t - 1]
            if (state == "long" and _crossed_above(before, value, midline, midline)) or (
                state == "short" and _crossed_below(before, value, midline, midline)
            ):
                state = "flat"
            if value < lower:
                state = "long"
            if value > upper:
                state = "short"
        out.append(NUMBER[state])
    return out


def bouncy_ball(bars, ema_long, ema_fast, rsi, rsi_threshold, zone):
    close, opened = bars.close.tolist(), bars.open.tolist()
    floor, fast, strength = _ema(close, ema_long), _ema(close, ema_fast), _rsi(close, rsi)
    out, state = [], "flat"
    for t, price in enumerate(close):
        if None not in (floor[t], fast[t], strength[t]):
            in_zone = floor[t] <= price <= floor[t] * (1 + zone)
            bounces = in_zone and strength[t] < rsi_threshold and price > opened[t]
            if state == "long" and price >= fast[t]:
                state = "flat"
            elif state == "flat" and bounces and price < fast[t]:
                state = "long"
        out.append(NUMBER[state])
    return out


def washer_mean_reversion(bars, ret_lookback, window, entry_z, exit_z):
    close, n = bars.close.tolist(), ret_lookback
    moves = [None if t < n else close[t] / close[t - n] - 1 for t in range(len(close))]
    out, state = [], "flat"
    for score in _zscore(moves, window):
        if score is not None:
            if abs(score) < exit_z:
                state = "flat"
            if score < -entry_z:
                state = "long"
            if score > entry_z:
                state = "short"
        out.append(NUMBER[state])
    return out


def intermarket_zscore(bars, length, threshold, reference):
    values = bars.close.tolist()
    if reference:
        other = bars.columns[reference].tolist()
        values = [a / b if b != 0 else math.nan for a, b in zip(values, other, strict=True)]
    out, state = [], "flat"
    for score in _zscore(values, length):
        if score is not None:
            if score < -threshold:
                state = "long"
            elif score > threshold:
                state = "short"
            elif (state == "long" and score > 0) or (state == "short" and score < 0):
                state = "flat"
        out.append(NUMBER[state])
    return out


def rebalancing_premium(bars, bb_length, bb_std, trend_trade):
    close, out, state = bars.close.tolist(), [], "flat"
    for t, price in enumerate(close):
        if t >= bb_length - 1:
            middle, deviation = _mean_and_deviation(close[t - bb_length + 1 : t + 1])
            if trend_trade:
                state = "long" if price > middle else "short" if price < middle else "flat"
            elif price < middle - bb_std * deviation:
                state = "long"
            elif price > middle + bb_std * deviation:
                state = "short"
            elif (state == "long" and price > middle) or (state == "short" and price < middle):
                state = "flat"
        out.append(NUMBER[state])
    return out


def _scattered(number):
    number = (number ^ number >> 15) * 0x2C1B3C6D % 2**32
    number = (number ^ number >> 12) * 0x297A2D39 % 2**32
    return number ^ number >> 15


def _draw(seed, position):
    key = _scattered(seed)
    return _scattered(_scattered(key ^ position) ^ _scattered((key + 0x9E3779B9) % 2**32)) / 2**32


def random_entry(bars, seed, exposure, hold, side):
    """Flat, or held: the chances of either change are those of the card."""
    gap = hold * (1 - exposure) / exposure
    out, state = [], "flat"
    for t in range(len(bars.close)):
        first, second = _draw(seed, 2 * t), _draw(seed, 2 * t + 1)
        if state == "flat":
            chance = exposure if t == 0 else 1.0 if gap <= 1 else 1 / gap
            if first < chance:
                state = side if side != "both" else "long" if second < 0.5 else "short"
        elif first < 1 / hold:
            if second < gap:
                state = "flat"
            elif side == "both":
                state = "short" if state == "long" else "long"
        out.append(NUMBER[state])
    return out
