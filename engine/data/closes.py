"""From a file's time stamps to the instants at which its bars were complete (METHOD rule 1)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.core.framing import close_instants
from engine.core.instrument import AssetClass, Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe
from engine.data.options import Stamp
from engine.data.sessions import ends_of_days, exchange_sessions

IntArray = npt.NDArray[np.int64]


class Closes(NamedTuple):
    """Instants and session days of bars.

    Parameters
    ----------
    time : int64[n]
        Close instants, nanoseconds UTC.
    session : int64[n]
        Session days since 1970-01-01.
    notes : tuple of str
        What was assumed.
    """

    time: IntArray
    session: IntArray
    notes: tuple[str, ...] = ()


def find_closes(
    local: IntArray, utc: IntArray, timeframe: Timeframe, *, stamp: Stamp, instrument: Instrument
) -> Closes:
    """Return when each bar closed.

    Parameters
    ----------
    local, utc : int64[n]
        Stamps by the wall clock and in UTC, nanoseconds, increasing.
    timeframe : Timeframe
        Bar length.
    stamp : {"open", "close"}
        Which end of a bar the stamps mark. A daily bar is labelled by its date either way.
    instrument : Instrument
        Its calendar gives the session's close; failing that its time zone the end of the day.

    Notes
    -----
    Weeks labelled by their Monday (or Sunday) close on Friday evening, or on Sunday evening where
    the market never closes; months labelled by one of their first three days close with the month.
    Other weeks and months close at the end of the day that labels them.
    """
    if timeframe.is_intraday:
        return Closes(*close_instants(utc, timeframe, stamp))
    session = local // NS_PER_DAY
    last = session if stamp == "close" else _last_day(session, timeframe, instrument)
    if instrument.calendar:
        return _by_calendar(session, last, instrument)
    return Closes(ends_of_days(last, instrument.time_zone), session)


def _last_day(session: IntArray, timeframe: Timeframe, instrument: Instrument) -> IntArray:
    """Return the last day of bars labelled by their first; labels of another kind stay."""
    always_open = instrument.asset_class is AssetClass.CRYPTO
    if timeframe.unit == "wk":
        last = _last_of_week(session, timeframe.count, always_open=always_open)
    elif timeframe.unit == "mo":
        last = _last_of_month(session, timeframe.count)
    else:
        last = session + timeframe.count - 1
    rises = bool((np.diff(last) > 0).all())
    return np.maximum(last, session) if rises else session


def _last_of_week(session: IntArray, count: int, *, always_open: bool) -> IntArray:
    weekday = (session + 3) % 7  # Monday is 0
    for first_day in (0, 6):
        if np.mean(weekday == first_day) >= 0.5:
            # A Monday that was a holiday moves the label to Tuesday: the week stays.
            start = session - (weekday - first_day) % 7
            length = 7 * count if always_open else 7 * count - 2 - (0 if first_day == 0 else -1)
            return start + length - 1
    return session


def _last_of_month(session: IntArray, count: int) -> IntArray:
    months = session.astype("M8[D]").astype("M8[M]")
    day = session - months.astype("M8[D]").astype(np.int64)
    if np.mean(day <= 2) < 0.5:
        return session
    return (months + count).astype("M8[D]").astype(np.int64) - 1


def _by_calendar(session: IntArray, last: IntArray, instrument: Instrument) -> Closes:
    days, _, closes = exchange_sessions(instrument.calendar, int(last[0]) - 7, int(last[-1]) + 7)
    # The last session on or before the bar's last day: a week that ends on a holiday closes the day before.
    at = np.searchsorted(days, last, side="right") - 1
    inside = (at >= 0) & (days[np.maximum(at, 0)] >= session)
    time = np.where(inside, closes[np.maximum(at, 0)], (last + 1) * NS_PER_DAY)
    notes: tuple[str, ...] = ()
    if not inside.all():
        first = np.datetime64(int(session[np.argmin(inside)]), "D")
        count = int((~inside).sum())
        where = f"on days without a session of {instrument.calendar} (first: {first})"
        notes = (f"{count:,} bars lie {where}; they close at midnight UTC",)
    return Closes(time, session, notes)
