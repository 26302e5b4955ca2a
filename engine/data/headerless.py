"""Files without header: what each column is, by its cells alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType

import numpy as np

from engine.core.errors import DataError
from engine.data.columns import Roles
from engine.data.head import Head
from engine.data.numbers import looks_like_number
from engine.data.stamp_text import looks_like_stamp, read_moment

# Two orders are in use; each says where open, high, low and close stand among four columns.
ORDERS = MappingProxyType({"ohlc": (0, 1, 2, 3), "ochl": (0, 2, 3, 1)})
_ADVICE = "Add a header line such as Date,Open,High,Low,Close,Volume"


def find_roles_by_cells(head: Head, *, where: str) -> Roles:
    """Find time, prices and volume of a file without header.

    Raises
    ------
    DataError
        No column holds times, too few hold numbers, or the order of the prices does not show.
    """
    time, clock = _time_columns(head, where)
    places = range(time + 1 if clock is None else clock + 1, head.width)
    numeric = [i for i in places if _mostly(head.column(i), looks_like_number)]
    if len(numeric) == 1:
        return Roles(time, clock, MappingProxyType({"close": numeric[0]}))
    if len(numeric) < 4:
        raise DataError(
            f"no price column: beside the time there are {len(numeric)} columns of numbers and no header",
            where=where, hint=_ADVICE,
        )  # fmt: skip
    order = price_order(head, numeric[:4])
    if not order:
        raise DataError(
            "no price column: without a header the columns of open, high, low and close do not show",
            where=where, hint=_ADVICE,
        )  # fmt: skip
    prices = dict(zip(("open", "high", "low", "close"), (numeric[i] for i in ORDERS[order]), strict=True))
    return Roles(time, clock, MappingProxyType(prices), tuple(numeric[4:5]))


def price_order(head: Head, places: Sequence[int]) -> str:
    """Return ``ohlc`` or ``ochl`` by which is never below and which never above the others.

    Empty when neither fits nine rows in ten, or both fit equally well.
    """
    matrix = np.array([[_number(row[i]) for i in places] for row in head.rows])
    matrix = matrix[np.isfinite(matrix).all(axis=1)]
    if not matrix.size:
        return ""
    fits = {order: _fit(matrix, positions) for order, positions in ORDERS.items()}
    best, second = sorted(fits, key=lambda order: -fits[order])
    return best if fits[best] >= 0.9 and fits[best] > fits[second] else ""


def _fit(matrix: np.ndarray[tuple[int, ...], np.dtype[np.float64]], positions: Sequence[int]) -> float:
    high, low = matrix[:, positions[1]], matrix[:, positions[2]]
    dust = 1e-6 * np.abs(matrix).max(axis=1)
    return float(np.mean((high >= matrix.max(axis=1) - dust) & (low <= matrix.min(axis=1) + dust)))


def _number(cell: str) -> float:
    text = cell.strip()
    if "," in text and "." not in text:
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _is_clock(cell: str) -> bool:
    return (":" in cell or (cell.isdigit() and len(cell) == 6)) and read_moment(cell) is not None


def _mostly(cells: Sequence[str], test: Callable[[str], object]) -> bool:
    good = sum(bool(test(cell)) for cell in cells)
    return good >= max(1, 0.9 * len(cells) - 1)


def _time_columns(head: Head, where: str) -> tuple[int, int | None]:
    for i in range(head.width):
        if not _mostly(head.column(i), looks_like_stamp):
            continue
        following = i + 1
        has_clock = following < head.width and _mostly(head.column(following), _is_clock)
        return i, following if has_clock else None
    raise DataError("no time column", where=where, hint=_ADVICE)
