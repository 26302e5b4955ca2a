"""The news breakout once more in slow plain Python, written from the strategy list: one order at a time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

NEWS = {"time": "10:00", "tz": "America/New_York"}
NEWS_CASES = [
    ("news_breakout", NEWS),
    ("news_breakout", NEWS | {"use_color": False, "cancel_after": 15}),
    ("news_breakout", NEWS | {"time": "09:32", "cancel_after": 720}),
    ("news_breakout", NEWS | {"time": "15:57", "use_color": False}),
    ("news_breakout", {"time": "15:03", "tz": "Europe/London", "tp_ticks": 5, "sl_ticks": 5}),
    ("news_breakout", {"time": "15:00", "use_color": False, "cancel_after": 45}),
]


def moments(stamp, length, zone):
    """The clock in a zone at the open and at the close of a bar."""
    close = datetime.fromtimestamp(int(stamp) // 1_000_000_000, UTC)
    return (close - length).astimezone(zone), close.astimezone(zone)


def minutes_to(clock, hour, minute):
    """Minutes until the time of day comes, as a clock shows them; 0 when it is now."""
    return (hour * 60 + minute - clock.hour * 60 - clock.minute - clock.second / 60) % 1440


def news_breakout(bars, time, tz, tp_ticks, sl_ticks, use_color, cancel_after):
    hour, minute = map(int, time.split(":"))
    zone = ZoneInfo(bars.instrument.time_zone if tz == "exchange" else tz)
    length = timedelta(seconds=bars.timeframe.seconds)
    span = length.total_seconds() / 60
    orders, position, out = None, False, []
    for t in range(len(bars.close)):
        opened, closed = moments(bars.time[t], length, zone)
        is_news = minutes_to(opened, hour, minute) < span
        comes = not is_news and minutes_to(closed, hour, minute) <= span
        was_busy = position or (orders is not None and orders["sent"])
        if orders:
            touched = any(
                (side == "buy" and bars.high[t] >= price) or (side == "sell" and bars.low[t] <= price)
                for side, price in orders["prices"].items()
            )
            if touched:
                position, orders = position or orders["sent"], None
            elif closed - orders["placed"] >= timedelta(minutes=cancel_after):
                orders = None
        if is_news:
            orders = new_orders(bars, t, closed, use_color)
            # What the release before it has left is closed first; its own orders follow a bar later.
            ends = was_busy
        else:
            ends = comes
        if ends:
            position = False
            if orders:
                orders["sent"] = False
        elif orders and not position and not (was_busy and not orders["sent"]):
            orders["sent"] = True
        out.append(1.0 if position or (orders and orders["sent"]) else 0.0)
    return out


def new_orders(bars, t, closed, use_color):
    prices = {}
    if bars.high[t] > bars.low[t]:
        if not use_color or bars.close[t] > bars.open[t]:
            prices["buy"] = bars.high[t]
        if not use_color or bars.close[t] < bars.open[t]:
            prices["sell"] = bars.low[t]
    return {"prices": prices, "placed": closed, "sent": False} if prices else None
