"""The numbers of a table: prices, the volume that is meant, and further columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.core.bars import OHLCV
from engine.data.columns import PRICES
from engine.data.numbers import Marks, Numbers, is_numeric, looks_like_number, read_numbers
from engine.data.table import Table

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Extras(NamedTuple):
    """Further columns of numbers.

    Parameters
    ----------
    names : dict of int to str
        Name under which each is kept, by its position in the file.
    columns : dict of str to float64[n]
        Values of the rows that are used; NaN where missing.
    notes : tuple of str
        What could not be read.
    """

    names: dict[int, str]
    columns: dict[str, FloatArray]
    notes: tuple[str, ...]


def read_prices(table: Table, marks: Marks) -> dict[str, Numbers]:
    """Return open, high, low and close; a lone close stands for all four."""
    places = table.roles.prices
    if table.roles.close_only:
        return dict.fromkeys(PRICES, read_numbers(table.columns[places["close"]], marks))
    return {name: read_numbers(table.columns[places[name]], marks) for name in PRICES}


def read_volume(table: Table, marks: Marks) -> tuple[int | None, Numbers | None]:
    """Return position and values of the first volume column that is not all zero."""
    columns = [(place, read_numbers(table.columns[place], marks)) for place in table.roles.volumes]
    for place, column in columns:
        if column.text.any() or np.nan_to_num(column.values).any():
            return place, column
    return columns[0] if columns else (None, None)


def read_extras(table: Table, marks: Marks, volume_at: int | None, kept: IntArray) -> Extras:
    """Return every other column that holds numbers, for the rows that are used."""
    roles = table.roles
    taken = {roles.time, roles.clock, roles.symbol, volume_at, *roles.prices.values(), *roles.unused}
    keys = table.head.keys or tuple(f"column_{i + 1}" for i in range(table.head.width))
    extras, used = Extras({}, {}, ()), set(OHLCV)
    notes = []
    for place, key in enumerate(keys):
        if place in taken or not key or not _holds_numbers(table.columns[place]):
            continue
        column = read_numbers(table.columns[place], marks)
        texts = np.flatnonzero(column.text)
        if texts.size > len(column.text) // 2:
            continue
        if texts.size:
            first = f"{table.place} {table.line_of(int(texts[0]))}"
            notes.append(f"Column {key} has {texts.size:,} cells of text (first: {first}), read as missing")
        name = key if key not in used else f"{key}_{place + 1}"
        used.add(name)
        extras.names[place] = name
        extras.columns[name] = column.values[kept]
    return extras._replace(notes=tuple(notes))


def _holds_numbers(column: pa.Array) -> bool:
    if not pa.types.is_string(column.type):
        return is_numeric(column.type)
    some = [str(cell) for cell in pc.drop_null(column)[:200].to_pylist()]
    return bool(some) and 2 * sum(map(looks_like_number, some)) >= len(some)
