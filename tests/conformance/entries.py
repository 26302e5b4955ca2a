"""Entry conditions of the strategies that go flat, bar by bar, written from the strategy list.

Each function takes bars and parameters and returns for every bar the sides ("long", "short") that the rule would
enter there, whatever is held. They know nothing of exits.
"""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.conformance.twins import ema_line, mean, sma_line
from tests.conformance.twins_reversal import _draw, _macd, _rsi, _zscore


def _sides(count, long, short):
    """Return the sides of each bar; a value that is not known yet enters nothing."""
    found = []
    for t in range(count):
        wanted = {"long": long(t), "short": short(t)}
        found.append({side for side, wants in wanted.items() if wants})
    return found


def turtle(bars, entry, exit, atr, **_):  # noqa: A002
    high, low, close = bars.high.tolist(), bars.low.tolist(), bars.close.tolist()
    ready = max(entry, exit, atr)
    return _sides(
        len(close),
        lambda t: t >= ready and close[t] > max(high[t - entry : t]),
        lambda t: t >= ready and close[t] < min(low[t - entry : t]),
    )


def channel_breakout(bars, long_entry, short_entry, **_):
    high, low = bars.high.tolist(), bars.low.tolist()
    return _sides(
        len(high),
        lambda t: t >= long_entry and high[t] >= max(high[t - long_entry : t]),
        lambda t: t >= short_entry and low[t] <= min(low[t - short_entry : t]),
    )


def bollinger_reversion(bars, length, std):
    close = bars.close.tolist()
    middle = sma_line(close, length)

    def reach(t):
        window = close[t - length + 1 : t + 1]
        return std * math.sqrt(mean([(price - middle[t]) ** 2 for price in window]))

    return _sides(
        len(close),
        lambda t: middle[t] is not None and close[t] < middle[t] - reach(t),
        lambda t: middle[t] is not None and close[t] > middle[t] + reach(t),
    )


def rebalancing_premium(bars, bb_length, bb_std, trend_trade):
    assert not trend_trade
    return bollinger_reversion(bars, bb_length, bb_std)


def rsi_reversal(bars, length, lower, upper, midline):
    values = _rsi(bars.close.tolist(), length)
    assert lower < midline < upper
    return _sides(
        len(values), lambda t: values[t] is not None and values[t] < lower,
        lambda t: values[t] is not None and values[t] > upper,
    )  # fmt: skip


def _crosses(bars, fast, slow, signal):
    """Return MACD and the direction in which it crosses its signal line at each bar."""
    line, average = _macd(bars.close.tolist(), fast, slow, signal)
    crossed = [None] * len(line)
    for t in range(1, len(line)):
        if average[t - 1] is not None:
            gap, before = line[t] - average[t], line[t - 1] - average[t - 1]
            crossed[t] = "long" if before <= 0 < gap else "short" if before >= 0 > gap else None
    return line, average, crossed


def macd_trend(bars, fast, slow, signal):
    line, _, crossed = _crosses(bars, fast, slow, signal)
    return _sides(
        len(line), lambda t: crossed[t] == "long" and line[t] > 0, lambda t: crossed[t] == "short" and line[t] < 0
    )


def macd_reversal(bars, fast, slow, signal):
    line, average, crossed = _crosses(bars, fast, slow, signal)
    first = next(t for t, value in enumerate(average) if value is not None)
    return _sides(
        len(line), lambda t: crossed[t] == "long" or (t == first and line[t] > average[t]),
        lambda t: crossed[t] == "short" or (t == first and line[t] < average[t]),
    )  # fmt: skip


def bouncy_ball(bars, ema_long, ema_fast, rsi, rsi_threshold, zone):
    close, opened = bars.close.tolist(), bars.open.tolist()
    floor, fast, strength = ema_line(close, ema_long), ema_line(close, ema_fast), _rsi(close, rsi)

    def bounces(t):
        if None in (floor[t], fast[t], strength[t]):
            return False
        near = floor[t] <= close[t] <= floor[t] * (1 + zone)
        return near and strength[t] < rsi_threshold and opened[t] < close[t] < fast[t]

    return _sides(len(close), bounces, lambda _: False)


def _beyond(scores, threshold):
    known = [math.nan if score is None else score for score in scores]
    return _sides(len(known), lambda t: known[t] < -threshold, lambda t: known[t] > threshold)


def washer_mean_reversion(bars, ret_lookback, window, entry_z, **_):
    close, n = bars.close.tolist(), ret_lookback
    moves = [None if t < n else close[t] / close[t - n] - 1 for t in range(len(close))]
    return _beyond(_zscore(moves, window), entry_z)


def intermarket_zscore(bars, length, threshold, reference):
    assert not reference
    return _beyond(_zscore(bars.close.tolist(), length), threshold)


def daily_high_low(bars, reversal, **_):
    session, close = bars.session.tolist(), bars.close.tolist()
    days = sorted(set(session))
    top = {day: max(bars.high[bars.session == day]) for day in days}
    bottom = {day: min(bars.low[bars.session == day]) for day in days}
    before = dict(zip(days[1:], days, strict=False))

    def breaks(t, up):
        if t == 0 or session[t] not in before:
            return False
        day = before[session[t]]
        return close[t - 1] <= top[day] < close[t] if up else close[t - 1] >= bottom[day] > close[t]

    return _sides(len(close), lambda t: breaks(t, not reversal), lambda t: breaks(t, reversal))


def bb_kc_squeeze(bars, length, bb_mult, k_mult, with_breakout, trend_filter):
    assert trend_filter == "none"
    high, low, close = bars.high.tolist(), bars.low.tolist(), bars.close.tolist()
    middle, basis = sma_line(close, length), ema_line(close, length)
    ranges = [max(high[t], close[t - 1]) - min(low[t], close[t - 1]) for t in range(1, len(close))]
    reach = [None, *ema_line(ranges, length)]

    def leaves(t, up):
        if reach[t] is None:
            return False
        window = close[t - length + 1 : t + 1]
        width = bb_mult * math.sqrt(mean([(price - middle[t]) ** 2 for price in window]))
        upper, lower = middle[t] + width, middle[t] - width
        squeezed = upper < basis[t] + k_mult * reach[t] and lower > basis[t] - k_mult * reach[t]
        return squeezed and (close[t] > upper if up else close[t] < lower)

    return _sides(len(close), lambda t: leaves(t, with_breakout), lambda t: leaves(t, not with_breakout))


def ichimoku_cloud(bars, tenkan, kijun, senkou_b, displacement):
    high, low, close = bars.high.tolist(), bars.low.tolist(), bars.close.tolist()

    def middle(t, n):
        return (max(high[t - n + 1 : t + 1]) + min(low[t - n + 1 : t + 1])) / 2

    def agree(t, sign):
        made = t - displacement
        if made < senkou_b - 1:
            return False
        cloud = [(middle(made, tenkan) + middle(made, kijun)) / 2, middle(made, senkou_b)]
        ahead = (middle(t, tenkan) + middle(t, kijun)) / 2 - middle(t, senkou_b)
        beyond = all(sign * close[t] > sign * edge for edge in cloud)
        return beyond and sign * ahead > 0 and sign * close[t] > sign * close[made]

    return _sides(len(close), lambda t: agree(t, 1), lambda t: agree(t, -1))


def swing_point(bars, trend_lookback):
    high, low, close = bars.high.tolist(), bars.low.tolist(), bars.close.tolist()

    def first_break(edge, trigger, sign):
        """Return the bars whose close is the first to take out a swing that has held until then."""
        found = set()
        for s in range(max(2, trend_lookback), len(close) - 2):
            run = [sign * value for value in edge[s - trend_lookback : s + 1]]
            around = [sign * edge[i] for i in (s - 2, s - 1, s + 1, s + 2)]
            if sorted(set(run), reverse=True) != run or sign * edge[s] >= min(around):
                continue
            for t in range(s + 2, len(close)):
                if sign * close[t] < sign * edge[s]:
                    break
                if sign * close[t] > sign * trigger[s]:
                    found.add(t)
                    break
        return found

    buys, sells = first_break(low, high, 1), first_break(high, low, -1)
    return _sides(len(close), buys.__contains__, sells.__contains__)


def tdi_heikin_ashi(bars, ema, ema_offset, rsi, green, red, slope_strong, **_):
    close = bars.close.tolist()
    strength = [value for value in _rsi(close, rsi) if value is not None]
    fast, slow = ([None] * rsi + sma_line(strength, n) for n in (green, red))
    late = [None] * ema_offset + ema_line(close, ema)
    opened, candle = [], []
    for prices in zip(*(getattr(bars, name).tolist() for name in ("open", "high", "low", "close")), strict=True):
        opened.append((opened[-1] + candle[-1]) / 2 if candle else (prices[0] + prices[3]) / 2)
        candle.append(sum(prices) / 4)

    def happened(t, sign):
        """Return the bars up to t and two before it at which candles turn, and those at which lines cross."""
        recent = range(max(t - 2, 1), t + 1)
        turns = [i for i in recent if sign * candle[i] > sign * opened[i] and sign * candle[i - 1] < sign * opened[i - 1]]
        crosses = [i for i in recent if slow[i - 1] is not None and sign * (fast[i - 1] - slow[i - 1]) <= 1e-9 < sign * (fast[i] - slow[i])]
        return turns, crosses

    def enters(t, sign):
        if t == 0 or slow[t - 1] is None or late[t] is None:
            return False
        turns, crosses = happened(t, sign)
        now = turns and crosses and t in (turns[-1], crosses[-1])
        strong = sign * (fast[t] - fast[t - 1]) >= slope_strong - 1e-9
        return bool(now) and strong and sign * candle[t] > sign * late[t]

    return _sides(len(close), lambda t: enters(t, 1), lambda t: enters(t, -1))


def news_breakout(bars, time, tz, **_):
    """Orders are placed at the close of the news bar, or one bar later when they had to wait for an exit."""
    zone = ZoneInfo(bars.instrument.time_zone if tz == "exchange" else tz)
    length = timedelta(seconds=bars.timeframe.seconds)

    def holds_release(t):
        opened = (datetime.fromtimestamp(bars.time[t] / 1e9, UTC) - length).astimezone(zone)
        release = datetime.combine(opened.date(), datetime.strptime(time, "%H:%M").time(), zone)  # noqa: DTZ007
        return opened <= release < opened + length and bars.high[t] > bars.low[t]

    return _sides(
        len(bars.close), lambda t: any(holds_release(i) for i in range(max(t - 1, 0), t + 1)), lambda _: False
    )


def random_entry(bars, seed, exposure, hold, side):
    gap = hold * (1 - exposure) / exposure

    def drawn(t, wanted):
        first, second = _draw(seed, 2 * t), _draw(seed, 2 * t + 1)
        begins = first < (exposure if t == 0 else 1.0 if gap <= 1 else 1 / gap)
        turns = side == "both" and first < 1 / hold and second >= gap
        chosen = side if side != "both" else "long" if second < 0.5 else "short"
        return turns or (begins and chosen == wanted)

    return _sides(len(bars.close), lambda t: drawn(t, "long"), lambda t: drawn(t, "short"))


