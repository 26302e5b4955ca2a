"""Longer bars from shorter ones, and when their values are known on the shorter bars.

A longer bar is never seen before it is complete: its values reach the short bars through `known_at` and
`spread`, and cutting the series anywhere changes nothing that was visible before the cut.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.core.bars import Bars
from engine.core.errors import DataError, InputError
from engine.core.timeframe import NS_PER_DAY, Timeframe
from engine.data.sessions import Sessions, ends_of_days, sessions_of

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_RANK = {"s": 0, "m": 0, "h": 0, "d": 1, "wk": 2, "mo": 3}
# Days of the longest stretch that one unit can take, holidays included.
_LONGEST = {"d": 4, "wk": 7, "mo": 31}
_MARGIN_DAYS = 40


class _Slots(NamedTuple):
    """Which longer bar each bar belongs to, decided from that bar alone (and the first).

    Parameters
    ----------
    end : int64[n]
        Instant at which that longer bar ends, nanoseconds UTC; different for each.
    done : bool[n]
        True where the bar reaches that end.
    session : int64[n]
        Session date, days since 1970-01-01.
    """

    end: IntArray
    done: BoolArray
    session: IntArray


def resample(bars: Bars, timeframe: str | Timeframe) -> Bars:
    """Return longer bars: first open, highest high, lowest low, last close, summed volume.

    Parameters
    ----------
    bars : Bars
    timeframe : str or Timeframe
        Length of the longer bars: a multiple of the length of `bars`.

    Returns
    -------
    Bars
        Only complete bars; none, when none is complete. Time is the instant from which the values are
        known. Session is that of the first bar in it. Columns hold the last bar's value.

    Raises
    ------
    InputError
        The length is finer than that of `bars` or no multiple of it.

    Notes
    -----
    A longer bar is complete when a bar's close reaches its end, or when a bar of the next one has
    appeared (the last minutes of an hour may have no trade).

    Days follow the instrument's exchange calendar; weeks (Monday to Sunday) and months end with their
    last session. Where no calendar is known, days are those of the instrument's time zone, and weekends
    count to the next Monday unless the market never closes. A bar after the close of its session, or on
    a day without one, counts to the next session.

    Hours and minutes are counted from the session's open where a calendar is known, and the session's
    close ends the last of them; else from midnight in the instrument's time zone, on the grid on which
    the first bar closed (hours from 9:30 stay hours from 9:30).
    """
    target = Timeframe.parse(timeframe)
    source = bars.timeframe
    _check_multiple(source, target)
    same = target.seconds == source.seconds if target.is_intraday else target == source
    if same or len(bars) == 0:
        return replace(bars, timeframe=target)
    slots = _intraday_slots(bars, target) if target.is_intraday else _session_slots(bars, target)
    return _gather(bars, target, slots)


def known_at(bars: Bars, higher: Bars) -> IntArray:
    """Return, for each bar, the position of the last longer bar known at its close.

    Parameters
    ----------
    bars, higher : Bars
        Short bars and longer ones, as from `resample` or a source of their own.

    Returns
    -------
    int64[n]
        -1 before the first.
    """
    return np.asarray(np.searchsorted(higher.time, bars.time, side="right") - 1, np.int64)


def spread(values: FloatArray, index: IntArray) -> FloatArray:
    """Return values of longer bars on the short ones.

    Parameters
    ----------
    values : float64[m]
        One value per longer bar.
    index : int64[n]
        As from `known_at`.

    Returns
    -------
    float64[n]
        NaN where the index is -1.

    Raises
    ------
    DataError
        The index reaches beyond the values.
    """
    values = np.asarray(values, np.float64)
    if index.size and int(index.max()) >= values.size:
        raise DataError(
            f"an index reaches value {int(index.max())} and there are {values.size}", where="spread",
            hint="Give one value per longer bar",
        )  # fmt: skip
    out = np.full(index.shape, np.nan)
    out[index >= 0] = values[index[index >= 0]]
    return out


def _check_multiple(source: Timeframe, target: Timeframe) -> None:
    ranks = _RANK[source.unit], _RANK[target.unit]
    if target.seconds < source.seconds or ranks[1] < ranks[0]:
        raise InputError(
            f"bars of {source} cannot be made into {target}, which is finer",
            field="timeframe", value=str(target), hint=f"Choose {source} or longer, or load finer data",
        )  # fmt: skip
    if ranks == (0, 0):
        fits = target.seconds % source.seconds == 0
    elif ranks[0] == ranks[1]:
        fits = target.count % source.count == 0
    else:
        fits = ranks[0] == 0 or source == Timeframe(1, "d")
    if not fits:
        twice = f"{2 * source.count}{source.unit}"
        raise InputError(
            f"{target} is no multiple of {source}", field="timeframe", value=str(target),
            hint=f"Choose a multiple, such as {twice}",
        )  # fmt: skip


def _gather(bars: Bars, target: Timeframe, slots: _Slots) -> Bars:
    # A bar that comes after the end was reached begins anew: what was complete never changes.
    begins = np.concatenate([[True], (slots.end[1:] != slots.end[:-1]) | slots.done[:-1]])
    starts = np.flatnonzero(begins)
    lasts = np.append(starts[1:], len(bars)) - 1
    if not slots.done[lasts[-1]]:
        starts, lasts = starts[:-1], lasts[:-1]
    if starts.size == 0:
        return replace(bars.slice(0, 0), timeframe=target)
    # A bar that does not reach its end is complete because another followed.
    following = bars.time[np.minimum(lasts + 1, len(bars) - 1)]
    time = np.where(slots.done[lasts], bars.time[lasts], np.minimum(slots.end[lasts], following))
    used = slice(0, int(lasts[-1]) + 1)
    return Bars(
        bars.instrument, target, time=time, session=slots.session[starts], open=bars.open[starts],
        high=np.maximum.reduceat(bars.high[used], starts), low=np.minimum.reduceat(bars.low[used], starts),
        close=bars.close[lasts], volume=np.add.reduceat(bars.volume[used], starts),
        columns={name: value[lasts] for name, value in bars.columns.items()},
    )  # fmt: skip


def _session_slots(bars: Bars, target: Timeframe) -> _Slots:
    """Return slots of whole sessions: days, weeks, months."""
    intraday = bars.timeframe.is_intraday
    beyond = _MARGIN_DAYS + target.count * _LONGEST[target.unit]
    sessions = _sessions_around(bars, beyond)
    if intraday:
        place = np.searchsorted(sessions.closes, bars.time, side="left")
        labels = sessions.days[place]
    else:
        place = np.searchsorted(sessions.days, bars.session, side="left")
        labels = bars.session
    # The label of a week or month may lie on a weekend of its own and does not move on.
    days = sessions.days[place] if bars.timeframe.unit not in ("wk", "mo") else labels
    if target.unit == "d":
        last = place[0] + ((place - place[0]) // target.count + 1) * target.count - 1
    else:
        last = np.searchsorted(_period(sessions.days, target), _period(days, target), side="right") - 1
    end = sessions.closes[last]
    done = bars.time >= end
    if not intraday:
        done |= bars.session >= sessions.days[last]
    return _Slots(end, done, labels)


def _period(days: IntArray, target: Timeframe) -> IntArray:
    """Return the running number of the weeks or months in which days lie."""
    if target.unit == "wk":
        return np.asarray((days + 3) // 7 // target.count)
    return np.asarray(days.astype("M8[D]").astype("M8[M]").astype(np.int64) // target.count)


def _sessions_around(bars: Bars, beyond: int) -> Sessions:
    first = min(int(bars.session[0]), int(bars.time[0]) // NS_PER_DAY) - 10
    last = max(int(bars.session[-1]), int(bars.time[-1]) // NS_PER_DAY) + beyond
    return sessions_of(bars.instrument, first, last)


def _intraday_slots(bars: Bars, target: Timeframe) -> _Slots:
    if bars.instrument.calendar:
        end = _ends_by_session(bars, target.nanoseconds)
    else:
        end = _ends_by_clock(bars, target.nanoseconds)
    return _Slots(end, bars.time >= end, bars.session)


def _ends_by_session(bars: Bars, length: int) -> IntArray:
    sessions = _sessions_around(bars, _MARGIN_DAYS)
    place = np.searchsorted(sessions.closes, bars.time, side="left")
    opens, closes = sessions.opens[place], sessions.closes[place]
    # Before the open the same grid counts backwards.
    end = opens + ((bars.time - 1 - opens) // length + 1) * length
    return np.asarray(np.minimum(end, closes))


def _ends_by_clock(bars: Bars, length: int) -> IntArray:
    zone = bars.instrument.time_zone
    first, last = int(bars.time[0]) // NS_PER_DAY, int(bars.time[-1]) // NS_PER_DAY
    midnights = ends_of_days(np.arange(first - 3, last + 3, dtype=np.int64), zone)
    place = np.searchsorted(midnights, bars.time, side="left")
    step = bars.timeframe.nanoseconds
    offset = (int(bars.time[0]) - int(midnights[place[0] - 1])) % step
    grid = midnights + offset
    place = np.searchsorted(grid, bars.time, side="left")
    start, stop = grid[place - 1], grid[place]
    # A length that does not divide the day leaves a shorter last bar.
    return np.asarray(np.minimum(start + ((bars.time - 1 - start) // length + 1) * length, stop))
