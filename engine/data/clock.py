"""Time columns of a whole file to instants: text, epoch numbers and Arrow's time types, in bulk.

Distinct texts are few (a year of minutes has 365 dates and 1,440 times of day), so that columns
are dictionary-encoded and only the distinct texts are read one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.core.errors import DataError
from engine.core.timeframe import NS_PER_DAY, NS_PER_SECOND
from engine.data.arrow_numpy import as_bools, as_floats, as_ints, is_valid
from engine.data.date_order import NO_DAY, day_numbers, decide_order
from engine.data.stamp_text import (
    Day,
    Moment,
    has_month_name,
    looks_like_epoch,
    pattern,
    read_day,
    read_moment,
    read_stamp,
    split_position,
)  # fmt: skip

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_UNITS = {"s": NS_PER_SECOND, "ms": 1_000_000, "us": 1_000, "ns": 1}
_MIN_COMPACT, _MAX_COMPACT = 19_000_101, 21_001_231


@dataclass(frozen=True, slots=True)
class Stamps:
    """Instants of a file's rows.

    Parameters
    ----------
    local : int64[n]
        Nanoseconds since 1970-01-01 as the clock on the wall showed them.
    utc : int64[n]
        Nanoseconds UTC.
    readable : bool[n]
        False where the row has no time that can be read; local and utc are 0 there.
    date_order, time_format, epoch_unit, time_zone : str
        As in `Recipe`.
    notes : tuple of str
        What was assumed.
    """

    local: IntArray
    utc: IntArray
    readable: BoolArray
    date_order: str = ""
    time_format: str = ""
    epoch_unit: str = ""
    time_zone: str = "UTC"
    notes: tuple[str, ...] = ()


class Stated(NamedTuple):
    """What is known about a file's times before they are read."""

    day_first: bool | None = None
    order: str = ""
    time_zone: str | None = None
    where: str = ""


class _Wall(NamedTuple):
    local: IntArray
    offset: IntArray | None
    readable: BoolArray
    order: str
    pattern: str


def read_stamps(days: pa.Array, clocks: pa.Array | None, stated: Stated) -> Stamps:
    """Read a column of dates or full stamps, with the time of day in a second column or not.

    Parameters
    ----------
    days : pyarrow.Array
        Text, integers, floats, dates or time stamps.
    clocks : pyarrow.Array or None
        Times of day, when they stand in a column of their own.
    stated : Stated
        What the person or the known format says.

    Raises
    ------
    DataError
        No row has a readable time, or the dates are mixed.
    InputError
        Day and month could be either; see `engine.data.date_order`.
    """
    if pa.types.is_timestamp(days.type):
        return _from_arrow(days, stated)
    if pa.types.is_date(days.type):
        days = pc.cast(pc.cast(days, pa.date32()), pa.string())
    if pa.types.is_floating(days.type) or pa.types.is_integer(days.type) or pa.types.is_decimal(days.type):
        numbers = _numbers(days)
        if _is_compact(numbers):
            days = pc.cast(pc.cast(days, pa.int64()), pa.string())
        else:
            return _from_epoch(numbers, _nulls(days), stated)
    if not pa.types.is_string(days.type):
        days = pc.cast(days, pa.string())
    sample = _first(days)
    if sample != sample.strip():
        days, sample = pc.utf8_trim_whitespace(days), sample.strip()
    if clocks is None and looks_like_epoch(sample):
        return _from_epoch_text(days, stated)
    if clocks is not None and not pa.types.is_string(clocks.type):
        clocks = pc.cast(clocks, pa.string())
    return _from_wall(_read_wall(days, clocks, stated, sample), stated)


def _first(texts: pa.Array) -> str:
    """Return the first text that is a stamp; the first text of all when none is."""
    some = [str(text) for text in texts[:5000].to_pylist() if text is not None]
    return next((t for t in some if read_stamp(t) or looks_like_epoch(t)), some[0] if some else "")


def _nulls(array: pa.Array) -> BoolArray:
    return as_bools(pc.is_null(array, nan_is_null=True))


def _numbers(array: pa.Array) -> IntArray:
    if pa.types.is_integer(array.type):
        return as_ints(array)
    values = as_floats(pc.cast(array, pa.float64()))
    values = np.where(np.isfinite(values), values, 0.0)
    # Whole and fractional part apart: a float of seconds has no room for nanoseconds in one product.
    return values.astype(np.int64) if (values == np.floor(values)).all() else _scaled(values)


def _scaled(seconds: npt.NDArray[np.float64]) -> IntArray:
    whole = np.floor(seconds).astype(np.int64)
    return whole * NS_PER_SECOND + np.round((seconds - whole) * 1e6).astype(np.int64) * 1000


def _is_compact(numbers: IntArray) -> bool:
    used = numbers[numbers != 0]
    return bool(used.size and used.min() >= _MIN_COMPACT and used.max() <= _MAX_COMPACT)


def _from_epoch_text(texts: pa.Array, stated: Stated) -> Stamps:
    trimmed = pc.utf8_trim_whitespace(texts)
    nothing = pa.nulls(len(texts), pa.string())
    whole = pc.match_substring_regex(trimmed, r"^-?\d+$")
    numbers = as_ints(pc.cast(pc.if_else(whole, trimmed, nothing), pa.int64()))
    readable = as_bools(whole)
    if not readable.all():
        fraction = pc.match_substring_regex(trimmed, r"^-?\d+(\.\d+([eE]\+?\d+)?|[eE]\+?\d+)$")
        values = _numbers(pc.cast(pc.if_else(fraction, trimmed, nothing), pa.float64()))
        numbers, readable = np.where(readable, numbers, values), readable | as_bools(fraction)
    return _from_epoch(numbers, ~readable, stated)


def _from_epoch(numbers: IntArray, missing: BoolArray, stated: Stated) -> Stamps:
    size = np.abs(numbers)
    # Seconds reach 1e11 in the year 5138, milliseconds stay above it since 1973. Judged row by
    # row: one exchange's history may change its unit on the way.
    choices = [size < 10**11, size < 10**14, size < 10**17]
    factor = np.select(choices, [_UNITS["s"], _UNITS["ms"], _UNITS["us"]], _UNITS["ns"])
    missing = missing | (numbers == 0)
    utc = np.where(missing, 0, numbers * factor)
    if missing.all():
        raise _unreadable(stated.where, "")
    unit = next(name for name, value in _UNITS.items() if value == factor[~missing][0])
    zone = stated.time_zone or "UTC"
    local = utc if zone == "UTC" else _to_local(utc, zone)
    return Stamps(local, utc, ~missing, "epoch", "", unit, zone)


def _from_arrow(array: pa.Array, stated: Stated) -> Stamps:
    zone = array.type.tz
    utc = as_ints(pc.cast(array, pa.timestamp("ns", zone)))
    readable = is_valid(array)
    if zone is None:
        wall = _Wall(utc, None, readable, "", "")
        return _from_wall(wall, stated)
    shown = stated.time_zone or zone
    local = utc if shown in ("UTC", "+00:00") else _to_local(utc, shown)
    return Stamps(local, utc, readable, time_zone=shown)


def _to_local(utc: IntArray, zone: str) -> IntArray:
    import pandas as pd

    shown = pd.DatetimeIndex(utc.view("M8[ns]"), tz="UTC").tz_convert(zone).tz_localize(None)
    return np.asarray(shown.as_unit("ns").asi8)


def _read_wall(days: pa.Array, clocks: pa.Array | None, stated: Stated, sample: str) -> _Wall:
    if clocks is None and has_month_name(sample):
        return _read_whole(days, sample)
    cut = split_position(sample) if clocks is None else None
    if cut:
        days, clocks = _split(days, cut)
    date, order = _read_days(days, stated)
    shown = pattern(sample, order)
    readable = date != NO_DAY
    local = np.where(readable, date, 0) * NS_PER_DAY
    if clocks is None:
        return _Wall(local, None, readable, order, shown)
    nanoseconds, offset, told = _read_clocks(clocks)
    if not cut:
        shown = f"{shown} {pattern(_first_clock(clocks), order)}".strip()
    readable = readable & told
    return _Wall(np.where(readable, local + nanoseconds, 0), offset, readable, order, shown)


def _split(texts: pa.Array, cut: tuple[int, int]) -> tuple[pa.Array, pa.Array]:
    extent = pc.min_max(pc.utf8_length(texts)).as_py()
    if extent["min"] == extent["max"]:
        return pc.utf8_slice_codeunits(texts, 0, cut[0]), pc.utf8_slice_codeunits(texts, cut[1])
    if cut[0] == cut[1]:
        return pc.utf8_slice_codeunits(texts, 0, cut[0]), pc.utf8_slice_codeunits(texts, cut[0])
    pieces = pc.extract_regex(texts, r"^\s*(?P<day>[^ T]+)[ T]+(?P<clock>\S.*)$")
    # A text that has only a date is left whole, with midnight.
    day = pc.coalesce(pc.struct_field(pieces, "day"), texts)
    alone = pc.replace_substring_regex(texts, "^.*$", "00:00")
    return day, pc.coalesce(pc.struct_field(pieces, "clock"), alone)


def _encode(texts: pa.Array) -> tuple[list[str], IntArray]:
    encoded = texts.dictionary_encode()
    rows = as_ints(encoded.indices, missing=-1)
    return [str(text) for text in encoded.dictionary.to_pylist()], rows


def _read_days(texts: pa.Array, stated: Stated) -> tuple[IntArray, str]:
    words, rows = _encode(texts)
    days = [read_day(word) for word in words]
    known = [None if day is None else day.number for day in days]
    numbers = np.array([NO_DAY if number is None else number for number in known], np.int64)
    order = "ymd"
    parts_of = {i: day.parts for i, day in enumerate(days) if day is not None and day.parts}
    if parts_of:
        open_ones, parts = list(parts_of), list(parts_of.values())
        order = stated.order or ""
        if stated.day_first is not None:
            order = "dmy" if stated.day_first else "mdy"
        if not order:
            place = np.full(len(words) + 1, -1, np.int64)
            place[open_ones] = np.arange(len(open_ones))
            order = decide_order([words[i] for i in open_ones], parts, place[rows], where=stated.where)
        numbers[open_ones] = day_numbers(parts, order)
    if not (numbers[rows[rows >= 0]] != NO_DAY).any():
        raise _unreadable(stated.where, words[0] if words else "")
    return np.where(rows >= 0, numbers[rows], NO_DAY), order


def _read_clocks(texts: pa.Array) -> tuple[IntArray, IntArray | None, BoolArray]:
    words, rows = _encode(texts)
    moments = [read_moment(word) for word in words]
    told = np.array([moment is not None for moment in moments] + [False])
    ns = np.array([moment.nanoseconds if moment else 0 for moment in moments] + [0], np.int64)
    return ns[rows], _offsets(moments, rows), told[rows]


def _offsets(moments: list[Moment | None], rows: IntArray) -> IntArray | None:
    if not any(moment and moment.offset is not None for moment in moments):
        return None
    return np.array([(moment.offset or 0) if moment else 0 for moment in moments] + [0], np.int64)[rows]


def _first_clock(texts: pa.Array) -> str:
    return next((str(t) for t in texts[:100].to_pylist() if t is not None and read_moment(str(t))), "")


def _read_whole(texts: pa.Array, sample: str) -> _Wall:
    words, rows = _encode(texts)
    known = [_dated(read_stamp(word)) for word in words]
    readable = np.array([item is not None for item in known] + [False])[rows]
    local = [item[0] * NS_PER_DAY + item[1].nanoseconds if item else 0 for item in known]
    offset = _offsets([item[1] if item else None for item in known], rows)
    shown = pattern(sample, "dmy")
    return _Wall(np.array([*local, 0], np.int64)[rows], offset, readable, "dmy", shown)


def _dated(stamp: tuple[Day, Moment] | None) -> tuple[int, Moment] | None:
    if stamp is None or stamp[0].number is None:
        return None
    return stamp[0].number, stamp[1]


def _from_wall(wall: _Wall, stated: Stated) -> Stamps:
    if not wall.readable.any():
        raise _unreadable(stated.where, "")
    stamps = Stamps(wall.local, wall.local, wall.readable, wall.order, wall.pattern)
    if wall.offset is not None:
        zone = "UTC" if not wall.offset.any() else "as written"
        return replace(stamps, utc=np.where(wall.readable, wall.local - wall.offset, 0), time_zone=zone)
    if stated.time_zone in (None, "UTC"):
        return stamps
    return _localize(stamps, str(stated.time_zone))


def _localize(stamps: Stamps, zone: str) -> Stamps:
    import pandas as pd

    index = pd.DatetimeIndex(stamps.local.view("M8[ns]"))
    notes: tuple[str, ...] = ()
    try:
        aware = index.tz_localize(zone, ambiguous="infer", nonexistent="NaT")
    except ValueError:
        aware = index.tz_localize(zone, ambiguous=np.ones(len(index), bool), nonexistent="NaT")
        notes = (f"Times in the hour that {zone} has twice in autumn are taken for the first of the two",)
    missing = np.asarray(aware.isna())
    utc = np.where(missing, 0, aware.tz_convert("UTC").as_unit("ns").asi8)
    return replace(stamps, utc=utc, readable=stamps.readable & ~missing, time_zone=zone, notes=notes)


def _unreadable(where: str, sample: str) -> DataError:
    shown = f" such as '{sample}'" if sample else ""
    return DataError(
        f"no row has a time that can be read{shown}", where=where,
        hint="Write dates as 2020-12-31 or 2020-12-31 16:00",
    )  # fmt: skip


