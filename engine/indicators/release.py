"""A time of day in a named zone: which bar holds it, and the levels of that bar while their orders stand."""

from __future__ import annotations

import functools
import zoneinfo
from datetime import UTC, datetime

import numpy as np

from engine.core.bars import Bars, FloatArray, IntArray
from engine.core.errors import InputError, nearest
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, NS_PER_SECOND
from engine.indicators import Argument, Indicator, indicator
from engine.indicators.bank import RELEASE

EXCHANGE = "exchange"

MINUTES_PER_DAY = 1_440
NS_PER_MINUTE = 60 * NS_PER_SECOND
SECONDS_PER_DAY = 86_400

# Values of the input series: the bar holds the time; an order of this close may be filled after the next one.
HOLDS, COMES = 1.0, 2.0


@indicator(outputs=("long", "short"), warmup=lambda _args: 0)
def _release_levels(prices, source, args, out):
    stands, colored = args[0] * 60e9, args[1] > 0.0
    long, short, since = np.nan, np.nan, 0
    for t in range(source.shape[0]):
        # Comparisons with NaN are false.
        met = prices.high[t] >= long or prices.low[t] <= short
        if met or prices.time[t] - since >= stands:
            long, short = np.nan, np.nan
        if source[t] == 1.0:
            since, change = prices.time[t], prices.close[t] - prices.open[t]
            ranges = prices.high[t] > prices.low[t]
            long = prices.high[t] if ranges and (change > 0.0 or not colored) else np.nan
            short = prices.low[t] if ranges and (change < 0.0 or not colored) else np.nan
        out[0, t], out[1, t] = long, short


@indicator(warmup=lambda _args: 0, pane="none")
def _release(prices, source, args, out):
    out[0, :] = source


def release_marks(source: str) -> Indicator:
    """Declare the marks of `release_series` as a line; ``source`` is from `release_source`."""
    return Indicator("release", source, ())


def release_source(time: str, zone: str) -> str:
    """Return the name of the series that marks the bars of a time of day.

    Parameters
    ----------
    time : str
        "08:30".
    zone : str
        IANA zone, or "exchange" for the instrument's own.
    """
    return f"{RELEASE} {time} {zone}"


def release_levels(source: str, cancel_after: Argument, use_color: Argument) -> tuple[Indicator, Indicator]:
    """Declare high and low of the bar that holds a time of day, while stop orders at them stand.

    Parameters
    ----------
    source : str
        From `release_source`.
    cancel_after : int
        Minutes from the close of that bar after which the levels end; they end before, when a bar reaches one
        of them.
    use_color : bool
        Only the high of a bar that rose, only the low of one that fell.

    Returns
    -------
    tuple of Indicator
        High and low; NaN while no order stands, and for a bar without range.
    """
    args = (cancel_after, use_color)
    return Indicator("release_levels", source, args, 0), Indicator("release_levels", source, args, 1)


def release_series(bars: Bars, name: str) -> FloatArray:
    """Return float64[n]: HOLDS for the bar that opens at the time of day or holds it, COMES before, else 0.

    COMES is the last close whose order is filled at an open before that time, and any between.

    Parameters
    ----------
    bars : Bars
        Of any length; a bar opens its nominal length before it closes.
    name : str
        From `release_source`.

    Raises
    ------
    InputError
        No time of day, or an unknown zone.
    """
    _, time, zone = name.split(" ", 2)
    wanted, length = minute_of(time), bars.timeframe.nanoseconds
    place = exchange_zone(bars.instrument) if zone == EXCHANGE else zone
    opens, closes = local_minutes(bars.time - length, place), local_minutes(bars.time, place)
    minutes = length / NS_PER_MINUTE
    found = np.where((wanted - closes) % MINUTES_PER_DAY <= minutes, COMES, 0.0)
    found[(wanted - opens) % MINUTES_PER_DAY < minutes] = HOLDS
    found.flags.writeable = False
    return found


def minute_of(time: str) -> int:
    """Return the minutes from midnight to ``08:30``.

    Raises
    ------
    InputError
        It is no time of day.
    """
    hours, colon, minutes = time.partition(":")
    if colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2:
        found = int(hours) * 60 + int(minutes)
        if int(hours) < 24 and int(minutes) < 60:
            return found
    raise InputError(
        f"'{time}' is not a time of day", field="strategy.params.time", value=time,
        hint="Write hours and minutes, such as 08:30",
    )  # fmt: skip


def local_minutes(instants: IntArray, zone: str) -> FloatArray:
    """Return the minutes since midnight that a clock in a zone shows, float64[n].

    Raises
    ------
    InputError
        The zone is not known.
    """
    local = instants + offsets(instants, zone) * NS_PER_SECOND
    return np.asarray((local % NS_PER_DAY) / NS_PER_MINUTE)


def offsets(instants: IntArray, zone: str) -> IntArray:
    """Return the seconds by which a zone's clock is ahead of UTC, int64[n]; the zone's rules of each day.

    Raises
    ------
    InputError
        The zone is not known.
    """
    clock = known_zone(zone)
    if instants.size == 0 or zone == "UTC":
        return np.zeros(instants.size, np.int64)
    seconds = instants // NS_PER_SECOND
    days = seconds // SECONDS_PER_DAY
    first = int(days.min())
    edges = [_offset(day * SECONDS_PER_DAY, clock) for day in range(first, int(days.max()) + 2)]
    found = np.array(edges, np.int64)[days - first]
    for day in np.flatnonzero(np.diff(edges)).tolist():  # the clock is changed within that day
        low, high = (first + day) * SECONDS_PER_DAY, (first + day + 1) * SECONDS_PER_DAY
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _offset(middle, clock) == edges[day] else (low, middle)
        found[(days == first + day) & (seconds >= high)] = edges[day + 1]
    return found


def _offset(second: int, clock: zoneinfo.ZoneInfo) -> int:
    ahead = datetime.fromtimestamp(second, UTC).astimezone(clock).utcoffset()
    return int(ahead.total_seconds()) if ahead is not None else 0


def known_zone(zone: str) -> zoneinfo.ZoneInfo:
    """Return a time zone by its IANA name.

    Raises
    ------
    InputError
        It is not known; the nearest one is suggested.
    """
    try:
        return zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"unknown time zone '{zone}'", field="strategy.params.tz", value=zone,
            hint=nearest(zone, sorted(zoneinfo.available_timezones())),
        ) from None  # fmt: skip


def exchange_zone(instrument: Instrument) -> str:
    """Return the zone of an instrument's exchange: its own, else that of its calendar, else UTC."""
    if instrument.time_zone != "UTC" or not instrument.calendar:
        return instrument.time_zone
    return _calendar_zone(instrument.calendar)


@functools.lru_cache(maxsize=16)
def _calendar_zone(calendar: str) -> str:
    import warnings  # noqa: PLC0415

    import exchange_calendars

    with warnings.catch_warnings():
        # exchange_calendars 4.13 uses an accessor that pandas 3.1 deprecates.
        warnings.filterwarnings("ignore", message="Series.values returning", category=DeprecationWarning)
        try:
            return str(exchange_calendars.get_calendar(calendar).tz)
        except exchange_calendars.errors.InvalidCalendarName:
            raise InputError(
                f"unknown exchange calendar '{calendar}'", field="instrument.calendar", value=calendar,
                hint=nearest(calendar, exchange_calendars.get_calendar_names()),
            ) from None  # fmt: skip
