"""Faulty rows in words: what stands in the first of each kind, and the error that refuses them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.core.errors import DataError
from engine.data import rows
from engine.data.numbers import MISSING
from engine.data.report import Refused
from engine.data.table import Table


def describe_faults(table: Table, verdict: rows.Verdict, volume_at: int | None) -> tuple[Refused, ...]:
    """Return the faulty rows of a table by reason, with line and content of each first one."""

    def example_of(reason: str, row: int) -> str:
        return _example(table, reason, row, volume_at)

    told = rows.describe(verdict.faults, table.line_of, example_of, table.place)
    return (table.ragged, *told) if table.ragged else told


def refuse(table: Table, refused: Sequence[Refused]) -> DataError:
    """Return the error for rows that cannot be used."""
    count, total = sum(item.count for item in refused), total_rows(table)
    words = "; ".join(item.words for item in refused)
    advice = ""
    if count > total // 4 and any(item.reason == "duplicate" for item in refused):
        advice = ". So many rows of one time look like ticks or like several instruments in one file"
    way_out = 'Correct the file, or leave these rows out with --bad-rows drop (in Python bad_rows="drop")'
    what = f"{count:,} of {total:,} rows cannot be used: {words}"
    return DataError(what, where=table.where, hint=way_out + advice)


def nothing_left(table: Table, refused: Sequence[Refused]) -> DataError:
    """Return the error for a file of which no row can be used."""
    words = "; ".join(item.words for item in refused)
    return DataError(f"no row can be used: {words}", where=table.where, hint="Correct the file")


def total_rows(table: Table) -> int:
    """Return the rows of the file, those with the wrong number of cells included."""
    return table.rows + (table.ragged.count if table.ragged else 0)


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


# Which cell of a row to show: the first that fails.
_WRONG: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "text": lambda cell: not _is_number(cell) and cell not in MISSING,
        "missing": lambda cell: cell in MISSING,
        "negative": lambda cell: _is_number(cell) and float(cell) <= 0,
    }
)


def _example(table: Table, reason: str, row: int, volume_at: int | None) -> str:
    roles = table.roles
    if reason in ("time", "unsorted", "duplicate"):
        times = [place for place in (roles.time, roles.clock) if place is not None]
        return " ".join(_cell(table, place, row) for place in times)
    places = list(roles.prices.values())
    if reason == "inverted":
        places = [roles.prices["high"], roles.prices["low"]]
    if reason == "volume" and volume_at is not None:
        places = [volume_at]
    if reason in _WRONG:
        wrong = [place for place in places if _WRONG[reason](_cell(table, place, row))]
        places = (wrong or places)[:1]
    return ", ".join(f"{_name(table, place)} {_cell(table, place, row) or 'empty'}" for place in places)


def _name(table: Table, place: int) -> str:
    return table.head.names[place] if table.head.names else f"column {place + 1}"


def _cell(table: Table, place: int, row: int) -> str:
    value = table.columns[place][row]
    return str(pc.cast(value, pa.string()).as_py()) if value.is_valid else ""
