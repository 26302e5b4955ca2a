"""One date or time of day as text: what it may look like, and what it says.

Only distinct texts are read here, one by one; `engine.data.clock` does the bulk.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from engine.core.timeframe import NS_PER_SECOND

EPOCH_DAY = date(1970, 1, 1).toordinal()
_MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip

_DATE = (
    r"(?P<y>\d{4})(?P<s>[-./])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<t>[-./])(?P<b>\d{1,2})(?P=t)(?P<c>\d{4}|\d{2})"
    r"|(?P<day>\d{1,2})[- ](?P<mon>[A-Za-z]{3,9})[-, ]+(?P<year>\d{4}|\d{2})"
    r"|(?P<mon2>[A-Za-z]{3,9})[- ](?P<day2>\d{1,2}),?[- ]+(?P<year2>\d{4})"
    r"|(?P<compact>(?:19|20)\d{6})"
)
_ZONE = r"Z|(?:UTC|GMT)?(?P<sign>[+-])(?P<oh>\d{2}):?(?P<om>\d{2})?|UTC|GMT"
_CLOCK = (
    r"(?:(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"|(?P<H2>\d{2})(?P<M2>\d{2})(?P<S2>\d{2})?)"
    rf"\s*(?P<ap>[AaPp][Mm])?\s*(?P<zone>{_ZONE})?"
)
_DATE_RE, _CLOCK_RE = re.compile(_DATE), re.compile(_CLOCK)
_STAMP_RE = re.compile(rf"(?P<date>{_DATE})(?:[ T,]+(?P<clock>{_CLOCK}))?")
_COMPACT_STAMP = re.compile(r"(?P<date>(?:19|20)\d{6})(?P<clock>\d{4}(?:\d{2})?)")
_EPOCH_RE = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}|\d{15,16}|\d{18,19}|\d(?:\.\d+)?[eE]\+?0?(?:9|1[0-8])")


class Day(NamedTuple):
    """A date as read: a day number, or two numbers and a year whose order is open.

    Parameters
    ----------
    number : int or None
        Days since 1970-01-01; None while the order is open.
    parts : tuple of int
        First number, second number, year; empty when the order is known.
    """

    number: int | None
    parts: tuple[int, ...] = ()


class Moment(NamedTuple):
    """Time of day.

    Parameters
    ----------
    nanoseconds : int
        Since midnight.
    offset : int or None
        Nanoseconds ahead of UTC; None where none is written.
    """

    nanoseconds: int
    offset: int | None


def day_number(year: int, month: int, day: int) -> int | None:
    """Return days since 1970-01-01, None for a date that does not exist."""
    try:
        return date(year, month, day).toordinal() - EPOCH_DAY
    except ValueError:
        return None


def read_day(text: str) -> Day | None:
    """Read a date without a time of day; None when it is not one."""
    match = _DATE_RE.fullmatch(text.strip())
    return _day(match) if match else None


def read_moment(text: str) -> Moment | None:
    """Read a time of day with or without offset; None when it is not one."""
    match = _CLOCK_RE.fullmatch(text.strip())
    return _moment(match) if match else None


def read_stamp(text: str) -> tuple[Day, Moment] | None:
    """Read a date with or without a time of day; None when it is neither."""
    text = text.strip()
    match = _STAMP_RE.fullmatch(text)
    if match:
        day = _day(match)
        moment = _moment(match) if match["clock"] else Moment(0, None)
        return (day, moment) if day and moment else None
    match = _COMPACT_STAMP.fullmatch(text)
    if match is None:
        return None
    day, moment = read_day(match["date"]), read_moment(match["clock"])
    return (day, moment) if day and moment else None


def looks_like_stamp(text: str) -> bool:
    """Return whether the text is a date, a date with time, or a plausible epoch number."""
    return read_stamp(text) is not None or looks_like_epoch(text)


def looks_like_epoch(text: str) -> bool:
    """Return whether the text has as many digits as seconds to nanoseconds of our time have."""
    text = text.strip()
    return bool(_EPOCH_RE.fullmatch(text)) and read_stamp(text) is None


def split_position(text: str) -> tuple[int, int] | None:
    """Return where the date ends and where the time of day begins, None without a time of day.

    Dates with month names are not split: their own spaces would deceive a bulk split.
    """
    match = _STAMP_RE.fullmatch(text) or _COMPACT_STAMP.fullmatch(text)
    if match is None or not match["clock"] or has_month_name(text):
        return None
    return match.end("date"), match.start("clock")


def has_month_name(text: str) -> bool:
    """Return whether the date is written with a month's name."""
    match = _STAMP_RE.fullmatch(text.strip())
    return bool(match and (match["mon"] or match["mon2"]))


def pattern(text: str, order: str) -> str:
    """Return the `strftime` pattern of a stamp, ``%Y-%m-%d %H:%M:%S`` for example."""
    text = text.strip()
    compact = _COMPACT_STAMP.fullmatch(text)
    if compact:
        return "%Y%m%d" + ("%H%M%S" if len(compact["clock"]) == 6 else "%H%M")
    match = _STAMP_RE.fullmatch(text)
    if match is None:
        clock = _CLOCK_RE.fullmatch(text)
        return _clock_pattern(clock) if clock else ""
    day = _date_pattern(match, order)
    if not match["clock"]:
        return day
    return day + text[match.end("date") : match.start("clock")] + _clock_pattern(match)


def _date_pattern(match: re.Match[str], order: str) -> str:
    if match["compact"]:
        return "%Y%m%d"
    if match["y"]:
        return f"%Y{match['s']}%m{match['s']}%d"
    if match["a"]:
        year = "%Y" if len(match["c"]) == 4 else "%y"
        first, second = ("%d", "%m") if order == "dmy" else ("%m", "%d")
        return match["t"].join((first, second, year))
    text = match["date"] if "date" in match.re.groupindex else match[0]
    month = match["mon"] or match["mon2"]
    named = text.replace(month, "%b" if len(month) == 3 else "%B")
    day, year = (match["day"], match["year"]) if match["mon"] else (match["day2"], match["year2"])
    named = re.sub(rf"{year}$", "%Y" if len(year) == 4 else "%y", named)
    return named.replace(day, "%d", 1)


def _clock_pattern(match: re.Match[str]) -> str:
    if match["H2"]:
        return "%H%M%S" if match["S2"] else "%H%M"
    hour = "%I" if match["ap"] else "%H"
    text = f"{hour}:%M" + (":%S" if match["S"] else "") + (".%f" if match["f"] else "")
    return text + (" %p" if match["ap"] else "") + ("%z" if match["zone"] else "")


def _day(match: re.Match[str]) -> Day | None:
    if match["a"]:
        year = int(match["c"])
        return Day(None, (int(match["a"]), int(match["b"]), _full_year(year, match["c"])))
    if match["y"]:
        number = day_number(int(match["y"]), int(match["m"]), int(match["d"]))
    elif match["compact"]:
        text = match["compact"]
        number = day_number(int(text[:4]), int(text[4:6]), int(text[6:]))
    else:
        number = _named_day(match)
    return None if number is None else Day(number)


def _named_day(match: re.Match[str]) -> int | None:
    end = "" if match["mon"] else "2"
    day, month, year = (match[f"{name}{end}"] for name in ("day", "mon", "year"))
    return day_number(_full_year(int(year), year), _MONTHS.get(month[:3].lower(), 0), int(day))


def _full_year(year: int, text: str) -> int:
    if len(text) == 4:
        return year
    # POSIX: 69..99 belong to the last century.
    return year + (1900 if year >= 69 else 2000)


def _moment(match: re.Match[str]) -> Moment | None:
    hour, minute, second = (int(match[name] or match[f"{name}2"] or 0) for name in "HMS")
    if match["ap"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["ap"].lower() == "pm" else 0)
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and minute + second):
        return None
    fraction = int((match["f"] or "0").ljust(9, "0"))
    return Moment((hour * 3600 + minute * 60 + second) * NS_PER_SECOND + fraction, _offset(match))


def _offset(match: re.Match[str]) -> int | None:
    if not match["zone"]:
        return None
    if not match["sign"]:
        return 0
    seconds = int(match["oh"]) * 3600 + int(match["om"] or 0) * 60
    return (seconds if match["sign"] == "+" else -seconds) * NS_PER_SECOND
