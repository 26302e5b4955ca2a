"""Which of the first two numbers of a date is the day: decided by the file, never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from engine.core.errors import DataError, InputError
from engine.data.stamp_text import day_number

IntArray = npt.NDArray[np.int64]
NO_DAY = np.iinfo(np.int64).min


def decide_order(
    texts: Sequence[str], parts: Sequence[tuple[int, ...]], rows: IntArray, *, where: str
) -> str:
    """Return ``dmy`` or ``mdy`` for dates of two numbers and a year.

    Parameters
    ----------
    texts : sequence of str
        Distinct dates as written.
    parts : sequence of (int, int, int)
        First number, second number and year of each distinct date.
    rows : int64[n]
        For every row of the file the position of its date in `texts`, -1 where there is none.
    where : str
        File name for messages.

    Notes
    -----
    Any number above 12 decides. Failing that, a reading is taken only when it alone keeps the
    rows in time order, rising or falling.

    Raises
    ------
    DataError
        Some dates have the day first and others the month.
    InputError
        Both readings are possible; the message names both.
    """
    days_first = [i for i, (a, b, _) in enumerate(parts) if a > 12 >= b]
    months_first = [i for i, (a, b, _) in enumerate(parts) if b > 12 >= a]
    if days_first and months_first:
        raise DataError(
            f"the dates are mixed: '{texts[days_first[0]]}' has the day first, "
            f"'{texts[months_first[0]]}' the month",
            where=where, hint="Write all dates in one order, best as 2020-12-31",
        )  # fmt: skip
    if days_first or months_first:
        return "dmy" if days_first else "mdy"
    used = rows[rows >= 0]
    readings = {order: day_numbers(parts, order) for order in ("dmy", "mdy")}
    if np.array_equal(readings["dmy"], readings["mdy"]):
        return "mdy"
    ordered = [order for order, days in readings.items() if _in_order(days[used])]
    if len(ordered) == 1:
        return ordered[0]
    raise _ambiguous(texts, parts, where)


def day_numbers(parts: Sequence[tuple[int, ...]], order: str) -> IntArray:
    """Return days since 1970-01-01 under one reading, `NO_DAY` for dates that do not exist."""
    days = np.full(len(parts), NO_DAY, np.int64)
    for i, (first, second, year) in enumerate(parts):
        day, month = (first, second) if order == "dmy" else (second, first)
        number = day_number(year, month, day)
        if number is not None:
            days[i] = number
    return days


def _in_order(days: IntArray) -> bool:
    steps = np.diff(days)
    return bool((steps >= 0).all() or (steps <= 0).all())


def _ambiguous(texts: Sequence[str], parts: Sequence[tuple[int, ...]], where: str) -> InputError:
    at = next(i for i, (a, b, _) in enumerate(parts) if a != b and min(a, b) >= 1 and max(a, b) <= 12)
    first, second, year = parts[at]
    day_first, month_first = date(year, second, first), date(year, first, second)
    return InputError(
        f"'{texts[at]}' may be {day_first.day} {day_first:%B} {year} or "
        f"{month_first.day} {month_first:%B} {year}, and no date in the file decides",
        field="day_first", value=texts[at], where=where,
        hint="Say --day-first or --month-first (in Python day_first=True or False)",
    )  # fmt: skip
