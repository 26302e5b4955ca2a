"""Days on which an instrument trades, and the instants at which they open and close."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.core.errors import InputError, nearest
from engine.core.instrument import AssetClass, Instrument
from engine.core.timeframe import NS_PER_DAY

IntArray = npt.NDArray[np.int64]


class Sessions(NamedTuple):
    """Sessions in order.

    Parameters
    ----------
    days : int64[k]
        Dates, days since 1970-01-01.
    opens, closes : int64[k]
        Instants, nanoseconds UTC.
    """

    days: IntArray
    opens: IntArray
    closes: IntArray


def sessions_of(instrument: Instrument, first: int, last: int) -> Sessions:
    """Return the sessions of an instrument between two dates, both inclusive.

    Parameters
    ----------
    instrument : Instrument
        Its exchange calendar, where known, gives the sessions. Else they are the days from midnight to
        midnight in its time zone: all days where the market never closes, Monday to Friday elsewhere. So
        are dates beyond those that the calendar knows (Tokyo's begins in 1997).
    first, last : int
        Days since 1970-01-01.

    Raises
    ------
    InputError
        The calendar's name is not known.
    """
    if not instrument.calendar:
        return _civil_days(instrument, first, last)
    known, (begins, ends) = _table(instrument.calendar, *_years(first, last))
    known = _between(known, first, last)
    head = _civil_days(instrument, first, min(begins - 1, last))
    tail = _civil_days(instrument, max(ends + 1, first), last)
    return Sessions(*(np.concatenate(parts) for parts in zip(head, known, tail, strict=True)))


def _civil_days(instrument: Instrument, first: int, last: int) -> Sessions:
    days: IntArray = np.arange(first, last + 1, dtype=np.int64)
    if instrument.asset_class is not AssetClass.CRYPTO:
        days = days[(days + 3) % 7 < 5]  # 1970-01-01 was a Thursday
    zone = instrument.time_zone
    return Sessions(days, ends_of_days(days - 1, zone), ends_of_days(days, zone))


def ends_of_days(days: IntArray, zone: str) -> IntArray:
    """Return the midnights that end some days in a time zone, nanoseconds UTC."""
    if zone == "UTC":
        return np.asarray((days + 1) * NS_PER_DAY)
    import pandas as pd

    midnight = pd.DatetimeIndex(((days + 1) * NS_PER_DAY).view("M8[ns]"))
    aware = midnight.tz_localize(zone, ambiguous=np.ones(len(days), bool), nonexistent="shift_forward")
    return np.asarray(aware.tz_convert("UTC").as_unit("ns").asi8)


def exchange_sessions(calendar: str, first: int, last: int) -> Sessions:
    """Return an exchange's sessions between two dates, both inclusive, as far as its calendar knows them.

    Parameters
    ----------
    calendar : str
        Exchange calendar code (``XNYS``).
    first, last : int
        Days since 1970-01-01.

    Raises
    ------
    InputError
        The calendar's name is not known, or it knows no session between those dates.
    """
    found = _between(_table(calendar, *_years(first, last)).sessions, first, last)
    if found.days.size == 0:
        start, end = (np.datetime64(day, "D") for day in (first, last))
        raise InputError(
            f"the calendar {calendar} has no session between {start} and {end}",
            field="instrument.calendar", value=calendar, hint="Leave the calendar empty",
        )  # fmt: skip
    return found


def _between(sessions: Sessions, first: int, last: int) -> Sessions:
    within = slice(*np.searchsorted(sessions.days, [first, last + 1]))
    return Sessions(*(array[within] for array in sessions))


def _years(first: int, last: int) -> tuple[int, int]:
    # Whole years, so that many requests share one table; making one takes a third of a second.
    first_year, last_year = np.array([first, last], "M8[D]").astype("M8[Y]").astype(int) + 1970
    return int(first_year), int(last_year)


class _Table(NamedTuple):
    sessions: Sessions
    covered: tuple[int, int]


@functools.lru_cache(maxsize=16)
def _table(calendar: str, first_year: int, last_year: int) -> _Table:
    import warnings  # noqa: PLC0415

    import exchange_calendars
    import pandas as pd

    with warnings.catch_warnings():
        # exchange_calendars 4.13 uses an accessor that pandas 3.1 deprecates.
        warnings.filterwarnings("ignore", message="Series.values returning", category=DeprecationWarning)
        try:
            known = exchange_calendars.get_calendar(calendar)  # the last twenty years
        except exchange_calendars.errors.InvalidCalendarName:
            names = exchange_calendars.get_calendar_names()
            raise InputError(
                f"unknown exchange calendar '{calendar}'", field="instrument.calendar", value=calendar,
                hint=nearest(calendar, names),
            ) from None  # fmt: skip
        # Some calendars begin or end with the years whose holidays are known.
        least, most = known.bound_min(), known.bound_max()
        start, end = pd.Timestamp(first_year, 1, 1), pd.Timestamp(last_year, 12, 31)
        start, end = max(start, least or start), min(end, most or end)
        covered = start.value // NS_PER_DAY, end.value // NS_PER_DAY
        if start > end:
            return _Table(Sessions(*(np.empty(0, np.int64) for _ in range(3))), covered)
        known = exchange_calendars.get_calendar(calendar, start=start, end=end)
        opens, closes = known.opens, known.closes
    days = np.asarray(closes.index.as_unit("ns").asi8) // NS_PER_DAY
    instants = [np.asarray(column.dt.as_unit("ns").astype("int64")) for column in (opens, closes)]
    for array in (days, *instants):
        array.flags.writeable = False  # cached
    return _Table(Sessions(days, *instants), covered)
