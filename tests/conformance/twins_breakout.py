"""Slow twins of breakout, cloud and grid rules, written from the strategy list (see `tests.conformance.twins`)."""

import math

__all__ = ["bb_kc_squeeze", "channel_breakout", "daily_high_low", "ichimoku_cloud", "nr7"]

# Parameters at which each rule is compared with its twin.
BREAKOUT_CASES = [
    ("channel_breakout", {}), ("channel_breakout", {"long_entry": 55, "short_exit": 20}),
    ("channel_breakout", {"long_entry": 10, "long_exit": 5, "short_entry": 15, "short_exit": 15}),
    ("nr7", {}), ("nr7", {"window": 3}), ("nr7", {"window": 20}),
    ("daily_high_low", {}), ("daily_high_low", {"reversal": True}), ("daily_high_low", {"hold_days": 1}),
    ("bb_kc_squeeze", {}), ("bb_kc_squeeze", {"with_breakout": True}),
    ("bb_kc_squeeze", {"length": 10, "bb_mult": 1.0, "k_mult": 2.5}),
    ("bb_kc_squeeze", {"length": 5, "bb_mult": 1.0, "k_mult": 2.0, "trend_filter": "1wk"}),
    ("bb_kc_squeeze", {"length": 8, "bb_mult": 0.5, "k_mult": 2.0, "trend_filter": "1wk", "with_breakout": True}),
    ("ichimoku_cloud", {}), ("ichimoku_cloud", {"tenkan": 5, "kijun": 10, "senkou_b": 20, "displacement": 7}),
]  # fmt: skip


# Filters of a day are refused on daily bars.
INTRADAY_CASES = [
    *BREAKOUT_CASES,
    ("bb_kc_squeeze", {"length": 7, "bb_mult": 1.0, "k_mult": 2.0, "trend_filter": "1d"}),
    ("bb_kc_squeeze", {"length": 10, "bb_mult": 1.5, "trend_filter": "1d", "with_breakout": True}),
]


def _mean(values):
    return math.fsum(values) / len(values)


def channel_breakout(bars, long_entry, long_exit, short_entry, short_exit):
    high, low, out, state = bars.high.tolist(), bars.low.tolist(), [], "flat"
    for t in range(len(high)):
        if t < max(long_entry, long_exit, short_entry, short_exit):
            out.append(0.0)
            continue
        leaves_long = low[t] <= min(low[t - long_exit : t])
        leaves_short = high[t] >= max(high[t - short_exit : t])
        wants = set()
        if high[t] >= max(high[t - long_entry : t]) and not leaves_long:
            wants.add("long")
        if low[t] <= min(low[t - short_entry : t]) and not leaves_short:
            wants.add("short")
        if len(wants) == 1:
            [state] = wants
        elif (state == "long" and leaves_long) or (state == "short" and leaves_short):
            state = "flat"
        out.append({"flat": 0.0, "long": 1.0, "short": -1.0}[state])
    return out


def nr7(bars, window):
    high, low, close = bars.high.tolist(), bars.low.tolist(), bars.close.tolist()
    out, position, narrow = [], 0.0, None
    for t in range(len(close)):
        if narrow is not None and close[t] > high[narrow]:
            position = 1.0
        if narrow is not None and close[t] < low[narrow]:
            position = -1.0
        if t >= window - 1 and all(high[t] - low[t] <= high[i] - low[i] for i in range(t - window + 1, t)):
            narrow = t
        out.append(position)
    return out


def daily_high_low(bars, reversal, hold_days):
    """Gather the bars of each session first; an entry remembers the number of its session."""
    session, close = bars.session.tolist(), bars.close.tolist()
    numbers, members = [], []
    for t, day in enumerate(session):
        if t == 0 or day != session[t - 1]:
            members.append([])
        members[-1].append(t)
        numbers.append(len(members) - 1)
    out, state, entered = [], "flat", None
    for t in range(len(close)):
        expired = None
        if state != "flat" and numbers[t] - entered >= hold_days:
            expired, state = state, "flat"
        wanted = None
        if numbers[t] > 0:
            before = members[numbers[t] - 1]
            top, bottom = max(bars.high[i] for i in before), min(bars.low[i] for i in before)
            if close[t - 1] <= top < close[t]:
                wanted = "short" if reversal else "long"
            elif close[t - 1] >= bottom > close[t]:
                wanted = "long" if reversal else "short"
        if wanted not in (None, state, expired):
            state, entered = wanted, numbers[t]
        out.append({"flat": 0.0, "long": 1.0, "short": -1.0}[state])
    return out


def _true_ranges(high, low, close):
    return [None] + [
        max(high[t] - low[t], abs(high[t] - close[t - 1]), abs(low[t] - close[t - 1])) for t in range(1, len(close))
    ]


def _trends(bars, trend_filter, n):
    """Return "up", "down" or None for each bar: where the last closed day or week ended, beside their EMA."""
    numbers = [int(day) if trend_filter == "1d" else (int(day) - 4) // 7 for day in bars.session]  # 4: a Monday
    out = []
    for t, number in enumerate(numbers):
        ends = [i for i in range(t) if numbers[i + 1] != numbers[i]] if t == 0 or number != numbers[t - 1] else None
        if ends is not None:
            average, closes = None, [float(bars.close[i]) for i in ends]
            for price in closes:
                average = price if average is None else 2 / (n + 1) * price + (1 - 2 / (n + 1)) * average
            known = len(closes) >= n and closes[-1] != average
            trend = ("up" if closes[-1] > average else "down") if known else None
        out.append(trend)
    return out


def bb_kc_squeeze(bars, length, bb_mult, k_mult, with_breakout, trend_filter):
    trends = _trends(bars, trend_filter, length) if trend_filter != "none" else None
    high, low, close = bars.high.tolist(), bars.low.tolist(), bars.close.tolist()
    ranges, alpha = _true_ranges(high, low, close), 2 / (length + 1)
    basis, reach, out, outside = None, None, [], None
    for t in range(len(close)):
        basis = close[t] if t == 0 else alpha * close[t] + (1 - alpha) * basis
        if t > 0:
            reach = ranges[t] if t == 1 else alpha * ranges[t] + (1 - alpha) * reach
        if t < length:
            out.append(0.0)
            continue
        window = close[t - length + 1 : t + 1]
        middle = _mean(window)
        width = bb_mult * math.sqrt(_mean([(price - middle) ** 2 for price in window]))
        inside = middle + width < basis + k_mult * reach and middle - width > basis - k_mult * reach
        if (outside == "above" and close[t] < middle) or (outside == "below" and close[t] > middle):
            outside = None
        buys, sells = ("above", "below") if with_breakout else ("below", "above")
        allowed = {buys, sells} if trends is None else {"up": {buys}, "down": {sells}, None: set()}[trends[t]]
        if inside and close[t] > middle + width and "above" in allowed:
            outside = "above"
        if inside and close[t] < middle - width and "below" in allowed:
            outside = "below"
        with_move = {None: 0.0, "above": 1.0, "below": -1.0}[outside]
        out.append(with_move if with_breakout or outside is None else -with_move)
    return out


def ichimoku_cloud(bars, tenkan, kijun, senkou_b, displacement):
    high, low, close = bars.high.tolist(), bars.low.tolist(), bars.close.tolist()

    def middle(t, n):
        return (max(high[t - n + 1 : t + 1]) + min(low[t - n + 1 : t + 1])) / 2

    def spans(t):
        return (middle(t, tenkan) + middle(t, kijun)) / 2, middle(t, senkou_b)

    out, state = [], "flat"
    for t in range(len(close)):
        made = t - displacement
        if made < max(tenkan, kijun, senkou_b) - 1:
            out.append(0.0)
            continue
        bottom, top = sorted(spans(made))
        fast, slow = spans(t)
        if bottom <= close[t] <= top or (state == "long" and close[t] < bottom) or (state == "short" and close[t] > top):
            state = "flat"
        if close[t] > top and fast > slow and close[t] > close[made]:
            state = "long"
        if close[t] < bottom and fast < slow and close[t] < close[made]:
            state = "short"
        out.append({"flat": 0.0, "long": 1.0, "short": -1.0}[state])
    return out
