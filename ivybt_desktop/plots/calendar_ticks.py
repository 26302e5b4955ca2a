"""Where a time axis over bar positions has its labels, and what they say; plain Python.

Session gaps take no room, so ticks are bars: the first bar of a year, month, day, hour or minute
group. The finest unit whose labels do not touch is taken.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from engine.core.bars import Bars

IntArray = npt.NDArray[np.int64]

_EPOCH = dt.date(1970, 1, 1)
_NS_PER_SECOND = 1_000_000_000
_NS_PER_MINUTE = 60 * _NS_PER_SECOND
_MINUTES_PER_DAY = 1440
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# From fine to coarse: minutes within a day, then days, then months.
_MINUTE_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720)
_DAY_STEPS = (1, 2, 5, 10)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)


class Tick(NamedTuple):
    """A label under a bar; ``major`` where a larger unit begins (a year among months)."""

    bar: int
    text: str
    major: bool


@dataclass(frozen=True, eq=False)
class Calendar:
    """Dates and times of bars as people see them.

    Parameters
    ----------
    time : int64[n]
        Instant of each bar's close, nanoseconds UTC.
    session : int64[n]
        Session date of each bar, days since 1970-01-01.
    intraday : bool
        Whether hours and minutes mean anything.
    time_zone : str
        IANA zone of the clock on the axis.
    """

    time: IntArray
    session: IntArray
    intraday: bool
    time_zone: str = "UTC"

    @classmethod
    def of(cls, bars: Bars) -> Calendar:
        """Return the calendar of some bars."""
        return cls(bars.time, bars.session, bars.timeframe.is_intraday, bars.instrument.time_zone)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone or "UTC")

    @cached_property
    def day_starts(self) -> IntArray:
        """First bar of each session."""
        return _changes(self.session)

    @cached_property
    def _months(self) -> IntArray:
        # Months since 1970-01 of each session.
        days = self.session[self.day_starts].view("M8[D]")
        return np.asarray(days.astype("M8[M]").astype(np.int64))

    def clock(self, first: int, last: int) -> IntArray:
        """Return minutes since local midnight 1970-01-01 of bars ``first`` to ``last``, inclusive."""
        time = self.time[first : last + 1]
        if time.size == 0:
            return np.empty(0, np.int64)
        days, where = np.unique(self.session[first : last + 1], return_inverse=True)
        offsets = np.array([self._offset(int(time[np.argmax(where == k)])) for k in range(days.size)])
        return np.asarray(time // _NS_PER_MINUTE + offsets[where], dtype=np.int64)

    def _offset(self, time_ns: int) -> int:
        moment = dt.datetime.fromtimestamp(time_ns // _NS_PER_SECOND, tz=self._zone)
        return int((moment.utcoffset() or dt.timedelta()).total_seconds()) // 60

    def stamp(self, bar: int) -> str:
        """Return the full date of a bar, with the clock for intraday bars."""
        date = _EPOCH + dt.timedelta(days=int(self.session[bar]))
        day = f"{date:%a} {date.day} {_MONTHS[date.month - 1]} {date.year}"
        if not self.intraday:
            return day
        moment = dt.datetime.fromtimestamp(int(self.time[bar]) // _NS_PER_SECOND, tz=self._zone)
        return f"{day} {moment:%H:%M}"

    def values(self, bars: IntArray) -> IntArray:
        """Return what tables sort bars by, int64[k]: days since 1970-01-01, nanoseconds UTC if intraday.

        Parameters
        ----------
        bars : int64[k]
            Bars; those outside count as the first or the last one.
        """
        times = self.time if self.intraday else self.session
        return times[np.clip(bars, 0, max(times.size - 1, 0))] if times.size else np.empty(0, np.int64)

    def short(self, value: int) -> str:
        """Return a stamp for a table: ISO date of a session, with the clock for an intraday instant.

        Parameters
        ----------
        value : int
            One of `values`.
        """
        if not self.intraday:
            return str(_EPOCH + dt.timedelta(days=int(value)))
        return f"{dt.datetime.fromtimestamp(int(value) // _NS_PER_SECOND, tz=self._zone):%Y-%m-%d %H:%M}"

    def ticks(self, first: int, last: int, count: int) -> list[Tick]:
        """Return labels for bars ``first`` to ``last``, at most about ``count`` of them."""
        first, last = max(first, 0), min(last, self.time.size - 1)
        if last < first or count < 1:
            return []
        # Minutes only when few sessions are visible: their ticks are computed from the bars.
        sessions = int(self.session[last] - self.session[first]) + 1
        if self.intraday and sessions <= max(count, 2):
            for step in _MINUTE_STEPS:
                ticks = self._minute_ticks(first, last, step)
                if len(ticks) <= count:
                    return ticks
        low, high = (int(at) for at in np.searchsorted(self.day_starts, (first, last + 1)))
        for step in _DAY_STEPS:
            if high - low <= 3 * count * step:
                ticks = self._day_ticks(low, high, step)
                if len(ticks) <= count:
                    return ticks
        groups: IntArray = np.empty(0, np.int64)
        for step in _MONTH_STEPS:
            groups = self._month_groups(low, high, step)
            if groups.size <= count:
                break
        return [self._month_tick(low + at) for at in groups.tolist()]

    def _minute_ticks(self, first: int, last: int, step: int) -> list[Tick]:
        minutes = self.clock(first, last)
        starts = _changes(minutes // step)
        # The first visible bar is a tick only when it really begins its group.
        starts = starts[(starts > 0) | (minutes[starts] % step == 0)]
        days = self.session[first + starts]
        ticks = []
        for start, day in zip(starts.tolist(), days.tolist(), strict=True):
            bar = first + start
            opens_day = bar > 0 and self.session[bar - 1] != day
            minute = int(minutes[start]) % _MINUTES_PER_DAY
            text = _day_text(day) if opens_day else f"{minute // 60:02d}:{minute % 60:02d}"
            ticks.append(Tick(bar, text, major=opens_day))
        return ticks

    def _day_ticks(self, low: int, high: int, step: int) -> list[Tick]:
        before = self._date(low - 1) if low > 0 else None
        ticks = []
        for at in range(low, high):
            date = self._date(at)
            month_opens = before is None or (before.year, before.month) != (date.year, date.month)
            if month_opens or before is None or _part(before, step) != _part(date, step):
                year_opens = before is None or before.year != date.year
                text = _MONTHS[date.month - 1] if month_opens else str(date.day)
                text = str(date.year) if year_opens else text
                ticks.append(Tick(int(self.day_starts[at]), text, major=month_opens))
            before = date
        return ticks

    def _date(self, at: int) -> dt.date:
        day = int(self.session[self.day_starts[at]])
        return _EPOCH + dt.timedelta(days=day)

    def _month_groups(self, low: int, high: int, step: int) -> IntArray:
        """Return positions among the sessions where a group of months begins."""
        months = self._months[low:high] // step
        groups = _changes(months)
        if low > 0 and groups.size and self._months[low - 1] // step == months[0]:
            return groups[1:]
        return groups

    def _month_tick(self, at: int) -> Tick:
        month = int(self._months[at])
        year = 1970 + month // 12
        opens = at == 0 or 1970 + int(self._months[at - 1]) // 12 != year
        return Tick(int(self.day_starts[at]), str(year) if opens else _MONTHS[month % 12], major=opens)


def _part(date: dt.date, step: int) -> int:
    # Days 1, 11, 21 for a step of ten: groups start anew with each month, the last takes the 31st.
    return min((date.day - 1) // step, max(30 // step - 1, 0)) if step > 1 else date.day


def _changes(keys: IntArray) -> IntArray:
    """Return positions where a key differs from the one before; the first position is one."""
    if keys.size == 0:
        return np.empty(0, np.int64)
    return np.concatenate((np.zeros(1, np.int64), np.flatnonzero(np.diff(keys)) + 1))


def _day_text(day: int) -> str:
    date = _EPOCH + dt.timedelta(days=day)
    return f"{date.day} {_MONTHS[date.month - 1]}"
