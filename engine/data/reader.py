"""Price files to `Bars`: what `engine.read_bars`, the import dialog and ``ivybt data check`` use.

The way of a file: bytes (`text`) -> head (`sniff`, `formats`, `columns`) -> all rows as Arrow columns
(`table`) -> times (`clock`) and numbers (`numbers`) -> every row judged (`rows`) -> close instants
(`closes`) -> `Bars`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.core.bars import OHLCV, Bars
from engine.core.errors import DataError, InputError
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe
from engine.data import closes, gaps, rows
from engine.data.clock import Stamps, Stated, read_stamps
from engine.data.columns import PRICES, describe
from engine.data.numbers import MISSING, Marks, Numbers, find_marks, looks_like_number, read_numbers
from engine.data.options import ReadKeywords, ReadOptions, Stamp
from engine.data.recipe import Recipe
from engine.data.report import REASONS, Refused, Report
from engine.data.symbols import instrument_of, symbol_of
from engine.data.table import Table, read_table
from engine.data.text import existing_file

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLE_PREFIX = "sample:"


@dataclass(frozen=True, slots=True)
class Import:
    """A price file as it was read.

    Parameters
    ----------
    source : str
        Path as given.
    bars : Bars
        The rows that are used.
    recipe : Recipe
        Layout that was found.
    report : Report
        What happened to the rows.
    preview : list of list of str
        The first 20 rows as they stand in the file; `Recipe.columns` tells names and roles.
    """

    source: str
    bars: Bars
    recipe: Recipe
    report: Report
    preview: list[list[str]]


def read_bars(path: str | Path, **options: Unpack[ReadKeywords]) -> Bars:
    """Read a price file: CSV, TXT (both also gzipped), Parquet or Feather.

    Delimiter, decimal mark, header, date order, time zone offsets, epoch units and known exports
    are found by looking at the file.

    Parameters
    ----------
    path : str or Path
        The file; ``sample:sp500`` and its like name the series of `engine.data.sample`.
    **options
        symbol, timeframe, time_zone, bad_rows, day_first, stamp, instrument: see `ReadOptions`.

    Raises
    ------
    InputError
        No such file, several symbols and none chosen, or day and month could be either.
    DataError
        No time or price column, or rows that cannot be used; the message has their counts and
        first lines.
    """
    return read_import(path, **options).bars


def read_import(path: str | Path, **options: Unpack[ReadKeywords]) -> Import:
    """Read a price file and tell what was found: see `read_bars` and `Import`."""
    stated = ReadOptions(**options)
    if str(path).startswith(SAMPLE_PREFIX):
        from engine.data.sample import sample_import

        return sample_import(str(path).removeprefix(SAMPLE_PREFIX))
    return build(read_table(existing_file(path), stated), stated, source=str(path))


def build(table: Table, options: ReadOptions, *, source: str) -> Import:
    """Turn the rows of a table into bars.

    Raises
    ------
    DataError
        Faulty rows with ``bad_rows="refuse"``, or no row that can be used.
    """
    stamps = _stamps(table, options)
    timeframe = _timeframe(stamps, options, table.where)
    session = stamps.local // NS_PER_DAY
    symbol = options.symbol or table.ticker or symbol_of(table.where)
    what = options.instrument or instrument_of(symbol, session[stamps.readable], timeframe)
    marks = find_marks([table.columns[place] for place in table.roles.prices.values()], table.recipe.delimiter)
    prices = _prices(table, marks)
    volume_at, volume = _volume(table, marks)
    key = stamps.utc if timeframe.is_intraday else session
    verdict = rows.judge(rows.Rows(stamps.readable, key, prices, volume, what.may_be_negative), options.bad_rows)
    refused = _told(table, verdict, volume_at)
    _refuse(table, refused, verdict, options)
    extras, extra_notes = _extras(table, marks, volume_at, verdict.kept)
    stamp, uneven = _stamp(table, options, key[verdict.kept], timeframe)
    bars, notes = _bars(verdict, stamps, timeframe, stamp, what, _filled(volume, len(key)), extras)
    recipe = _recipe(table, stamps, marks, bars, stamp)
    recipe = replace(recipe, columns=describe(table.head, table.roles, volume_at, {i: name for i, (name, _) in extras.items()}))
    said = (*table.notes, *stamps.notes, *uneven, *notes, *_notes(table, stamps, volume, verdict.kept, bars), *extra_notes)
    return Import(source, bars, recipe, _report(table, verdict, refused, options, bars, said), table.preview)


def _stamps(table: Table, options: ReadOptions) -> Stamps:
    roles = table.roles
    clock = None if roles.clock is None else table.columns[roles.clock]
    stated = Stated(options.day_first, table.format.date_order, options.time_zone, table.where)
    return read_stamps(table.columns[roles.time], clock, stated)


def _timeframe(stamps: Stamps, options: ReadOptions, where: str) -> Timeframe:
    found = Timeframe.infer(_distinct(stamps.local[stamps.readable]))
    if found.is_intraday and stamps.utc is not stamps.local:
        # Wall clocks repeat an hour in autumn.
        found = Timeframe.infer(_distinct(stamps.utc[stamps.readable]))
    if options.timeframe is None:
        return found
    wanted = Timeframe.parse(options.timeframe)
    if wanted.seconds >= 2 * found.seconds:
        raise InputError(
            f"the rows are {found} apart, not {wanted}", field="timeframe", value=str(wanted), where=where,
            hint=f"Leave the bar length out, or give a file of {wanted} bars",
        )  # fmt: skip
    return wanted


def _distinct(times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return times if (np.diff(times) > 0).all() else np.unique(times)


def _prices(table: Table, marks: Marks) -> dict[str, Numbers]:
    places = table.roles.prices
    if table.roles.close_only:
        close = read_numbers(table.columns[places["close"]], marks)
        return dict.fromkeys(PRICES, close)
    return {name: read_numbers(table.columns[places[name]], marks) for name in PRICES}


def _volume(table: Table, marks: Marks) -> tuple[int | None, Numbers | None]:
    candidates = [(place, read_numbers(table.columns[place], marks)) for place in table.roles.volumes]
    for place, column in candidates:
        if column.text.any() or np.nan_to_num(column.values).any():
            return place, column
    return candidates[0] if candidates else (None, None)


def _filled(volume: Numbers | None, length: int) -> npt.NDArray[np.float64]:
    return np.zeros(length) if volume is None else np.nan_to_num(volume.values)


def _extras(
    table: Table, marks: Marks, volume_at: int | None, kept: npt.NDArray[np.int64]
) -> tuple[dict[int, tuple[str, npt.NDArray[np.float64]]], tuple[str, ...]]:
    """Return further columns of numbers by their position, with their names, and what was missing."""
    roles = table.roles
    taken = {roles.time, roles.clock, roles.symbol, volume_at, *roles.prices.values(), *roles.unused}
    found: dict[int, tuple[str, npt.NDArray[np.float64]]] = {}
    names, notes = set(OHLCV), []
    for place, name in enumerate(table.head.keys or [f"column_{i + 1}" for i in range(table.head.width)]):
        if place in taken or not name or not _holds_numbers(table, place):
            continue
        column = read_numbers(table.columns[place], marks)
        texts = np.flatnonzero(column.text)
        if texts.size > len(column.text) // 2:
            continue
        if texts.size:
            line = table.line_of(int(texts[0]))
            notes.append(f"Column {name} has {texts.size:,} cells of text (first: {table.place} {line}), read as missing")
        unique = name if name not in names else f"{name}_{place + 1}"
        names.add(unique)
        found[place] = (unique, column.values[kept])
    return found, tuple(notes)


def _holds_numbers(table: Table, place: int) -> bool:
    kind = table.columns[place].type
    if not pa.types.is_string(kind):
        return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind) or pa.types.is_decimal(kind))
    some = [str(cell) for cell in pc.drop_null(table.columns[place])[:200].to_pylist()]
    return bool(some) and 2 * sum(looks_like_number(cell) for cell in some) >= len(some)


def _told(table: Table, verdict: rows.Verdict, volume_at: int | None) -> tuple[Refused, ...]:
    def example_of(reason: str, row: int) -> str:
        return _example(table, reason, row, volume_at)

    told = rows.describe(verdict.faults, table.line_of, example_of, table.place)
    return ((table.ragged,) if table.ragged else ()) + told


def _example(table: Table, reason: str, row: int, volume_at: int | None) -> str:
    """Return what stands in a faulty row: the cell at fault, or the time."""
    names = table.head.names or [f"column {i + 1}" for i in range(table.head.width)]
    times = [place for place in (table.roles.time, table.roles.clock) if place is not None]
    if reason in ("time", "unsorted", "duplicate"):
        return " ".join(_cell(table, place, row) for place in times)
    places = list(table.roles.prices.values()) if reason != "volume" else [int(volume_at or 0)]
    if reason == "inverted":
        places = [table.roles.prices["high"], table.roles.prices["low"]]
    shown = {place: _cell(table, place, row) for place in places}
    tests = {"text": lambda cell: not _is_number(cell) and cell not in MISSING, "missing": lambda cell: cell in MISSING,
             "negative": lambda cell: _is_number(cell) and float(cell) <= 0}  # fmt: skip
    wrong = [place for place in places if reason not in tests or tests[reason](shown[place])] or places
    chosen = wrong[:1] if reason in tests else wrong
    return ", ".join(f"{names[place]} {shown[place] or 'empty'}" for place in chosen)


def _cell(table: Table, place: int, row: int) -> str:
    value = table.columns[place][row]
    return str(pc.cast(value, pa.string()).as_py()) if value.is_valid else ""


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def _refuse(table: Table, refused: Sequence[Refused], verdict: rows.Verdict, options: ReadOptions) -> None:
    total = table.rows + (table.ragged.count if table.ragged else 0)
    words = "; ".join(item.words for item in refused)
    if refused and options.bad_rows == "refuse":
        count = sum(item.count for item in refused)
        raise DataError(
            f"{count:,} of {total:,} rows cannot be used: {words}", where=table.where,
            hint=f"Correct the file, or read it with --bad-rows drop (in Python bad_rows=\"drop\"){_advice(refused, count, total)}",
        )  # fmt: skip
    if verdict.kept.size == 0:
        raise DataError(f"no row can be used: {words}", where=table.where, hint="Correct the file")


def _advice(refused: Sequence[Refused], count: int, total: int) -> str:
    if count > total // 4 and any(item.reason == "duplicate" for item in refused):
        return ". So many rows of one time look like ticks or like several instruments in one file"
    return ""


def _bars(
    verdict: rows.Verdict, stamps: Stamps, timeframe: Timeframe, stamp: Stamp, what: Instrument,
    volume: npt.NDArray[np.float64], extras: Mapping[int, tuple[str, npt.NDArray[np.float64]]],
) -> tuple[Bars, tuple[str, ...]]:  # fmt: skip
    kept = verdict.kept
    closed = closes.find_closes(stamps.local[kept], stamps.utc[kept], timeframe, stamp=stamp, instrument=what)
    bars = Bars(
        instrument=what, timeframe=timeframe, time=closed.time, session=closed.session, volume=volume[kept],
        columns=dict(extras.values()), **{name: verdict.prices[name][kept] for name in PRICES},
    )  # fmt: skip
    return bars, closed.notes


def _recipe(table: Table, stamps: Stamps, marks: Marks, bars: Bars, stamp: str) -> Recipe:
    return replace(
        table.recipe, decimal=marks.decimal, thousands=marks.thousands, date_order=stamps.date_order,
        time_format=stamps.time_format, epoch_unit=stamps.epoch_unit, time_zone=stamps.time_zone, stamp=stamp,
        symbol=bars.symbol, timeframe=str(bars.timeframe),
    )  # fmt: skip


def _notes(table: Table, stamps: Stamps, volume: Numbers | None, kept: npt.NDArray[np.int64], bars: Bars) -> list[str]:
    said = []
    if table.roles.close_only:
        place = table.roles.prices["close"]
        name = table.head.names[place] if table.head.names else f"column {place + 1}"
        said.append(f"The file has only closing prices ({name}): open, high and low are the close")
    if volume is None:
        said.append("The file has no volume: it is taken as 0")
    elif missing := int(volume.missing[kept].sum()):
        said.append(f"Volume is missing in {missing:,} row{'s' * (missing > 1)} and taken as 0")
    if bars.timeframe.is_intraday and table.format.note and stamps.time_zone == "UTC":
        said.append(table.format.note)
    return said


def _stamp(
    table: Table, options: ReadOptions, key: npt.NDArray[np.int64], timeframe: Timeframe
) -> tuple[Stamp, tuple[str, ...]]:
    """Return which end of a bar its time marks, and what was assumed about it."""
    if options.stamp or not timeframe.is_intraday or len(key) < 3:
        return cast("Stamp", options.stamp or table.format.stamp), ()
    if np.mean(np.diff(key) % timeframe.nanoseconds == 0) >= 0.5:
        return cast("Stamp", table.format.stamp), ()
    # Range, volume and tick bars end when they are full: nothing can be added to an opening time.
    return "close", ("The rows are not evenly spaced: their times are taken for the close of a bar",)


def _report(
    table: Table, verdict: rows.Verdict, refused: tuple[Refused, ...], options: ReadOptions, bars: Bars, notes: tuple[str, ...]
) -> Report:
    assert set(verdict.faults) <= set(REASONS)
    duplicates = verdict.faults.get("duplicate", np.empty(0)).size
    return Report(
        rows_read=table.rows + (table.ragged.count if table.ragged else 0), rows_used=len(bars), refused=refused,
        bad_rows=options.bad_rows, order_reversed=verdict.order_reversed, duplicates=int(duplicates),
        repaired=verdict.repaired, dust=verdict.dust, gaps=gaps.summarise(bars), notes=notes,
    )  # fmt: skip
