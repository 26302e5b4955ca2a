"""Price files to `Bars`: what `engine.read_bars`, the import dialog and ``ivybt data check`` use.

The way of a file: bytes (`text`) -> head (`sniff`, `formats`, `columns`) -> all rows as Arrow columns
(`table`) -> times (`clock`) and numbers (`numbers`) -> every row judged (`rows`) -> close instants
(`closes`) -> `Bars`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Unpack, cast

import numpy as np
import numpy.typing as npt

from engine.core.bars import Bars
from engine.core.errors import InputError
from engine.core.timeframe import NS_PER_DAY, Timeframe
from engine.data import closes, gaps, rows
from engine.data.clock import Stamps, Stated, read_stamps
from engine.data.columns import PRICES, describe
from engine.data.faults import describe_faults, nothing_left, refuse, total_rows
from engine.data.numbers import Marks, Numbers, find_marks
from engine.data.options import ReadKeywords, ReadOptions, Stamp
from engine.data.recipe import Recipe
from engine.data.report import Refused, Report
from engine.data.symbols import instrument_of, symbol_of
from engine.data.table import Table, read_table
from engine.data.text import existing_file
from engine.data.values import read_extras, read_prices, read_volume

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
        The file; ``sample:SPX`` and its like name the series of `engine.data.sample`.
    **options
        symbol, timeframe, time_zone, bad_rows, day_first, stamp, instrument, asset_class, multiplier,
        tick_size: see `ReadOptions`.

    Raises
    ------
    InputError
        No such file, several symbols and none chosen (`engine.read_series` reads them all), or day
        and month could be either.
    DataError
        No time or price column, or rows that cannot be used; the message has their counts and
        first lines.
    """
    return read_import(path, **options).bars


def read_import(path: str | Path, **options: Unpack[ReadKeywords]) -> Import:
    """Read a price file and tell what was found: see `read_bars` and `Import`."""
    stated = ReadOptions(**options)
    if str(path).startswith(SAMPLE_PREFIX):
        from engine.data.sample import sample_import  # noqa: PLC0415  (sample builds on this module)

        return sample_import(str(path).removeprefix(SAMPLE_PREFIX))
    return build(read_table(existing_file(path), stated), stated, source=str(path))


def build(table: Table, options: ReadOptions, *, source: str, stamps: Stamps | None = None) -> Import:
    """Turn the rows of a table into bars.

    Parameters
    ----------
    table : Table
        Rows of one instrument.
    options : ReadOptions
        What is stated.
    source : str
        Path for the report.
    stamps : Stamps, optional
        Times of the rows, when they are known already; the default (`None`) reads them.

    Raises
    ------
    DataError
        Faulty rows with ``bad_rows="refuse"``, or no row that can be used.
    """
    stamps = stamps or read_times(table, options)
    timeframe = _timeframe(stamps, options, table.where)
    session = stamps.local // NS_PER_DAY
    symbol = options.symbol or table.ticker or symbol_of(table.where)
    what = options.instrument or instrument_of(symbol, session[stamps.readable], timeframe)
    what = options.override(what)
    price_columns = [table.columns[place] for place in table.roles.prices.values()]
    marks = find_marks(price_columns, table.recipe.delimiter)
    volume_at, volume = read_volume(table, marks)
    key = stamps.utc if timeframe.is_intraday else session
    judged = rows.Rows(stamps.readable, key, read_prices(table, marks), volume, what.may_be_negative)
    verdict = rows.judge(judged, options.bad_rows)
    refused = describe_faults(table, verdict, volume_at)
    if refused and options.bad_rows == "refuse":
        raise refuse(table, refused)
    kept = verdict.kept
    if kept.size == 0:
        raise nothing_left(table, refused)
    extras = read_extras(table, marks, volume_at, kept)
    stamp, uneven = _stamp(table, options, key[kept], timeframe)
    closed = closes.find_closes(stamps.local[kept], stamps.utc[kept], timeframe, stamp=stamp, instrument=what)
    bars = Bars(
        instrument=what, timeframe=timeframe, time=closed.time, session=closed.session,
        volume=np.zeros(kept.size) if volume is None else np.nan_to_num(volume.values[kept]),
        columns=extras.columns, **{name: verdict.prices[name][kept] for name in PRICES},
    )  # fmt: skip
    recipe = replace(
        _recipe(table, stamps, marks, bars, stamp),
        columns=describe(table.head, table.roles, volume_at, extras.names),
    )
    said = (*table.notes, *stamps.notes, *uneven, *closed.notes, *_notes(table, stamps, volume, kept, bars))
    report = _report(table, verdict, refused, options, bars)
    return Import(source, bars, recipe, replace(report, notes=(*said, *extras.notes)), table.preview)


def read_times(table: Table, options: ReadOptions) -> Stamps:
    """Return the instants of all rows of a table.

    Raises
    ------
    DataError, InputError
        No row has a readable time, or day and month could be either.
    """
    roles = table.roles
    clock = None if roles.clock is None else table.columns[roles.clock]
    stated = Stated(options.day_first, table.format.date_order, options.time_zone, table.where)
    return read_stamps(table.columns[roles.time], clock, stated)


def _timeframe(stamps: Stamps, options: ReadOptions, where: str) -> Timeframe:
    times = _distinct(stamps.local[stamps.readable])
    found = Timeframe.infer(times)
    if found.is_intraday and stamps.utc is not stamps.local:
        # Wall clocks repeat an hour in autumn.
        found = Timeframe.infer(_distinct(stamps.utc[stamps.readable]))
    if options.timeframe is None:
        return found
    wanted = Timeframe.parse(options.timeframe)
    if times.size > 1 and wanted.seconds >= 2 * found.seconds:
        raise InputError(
            f"the rows are {found} apart, not {wanted}", field="timeframe", value=str(wanted), where=where,
            hint=f"Leave the bar length out, or give a file of {wanted} bars",
        )  # fmt: skip
    return wanted


def _distinct(times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return times if (np.diff(times) > 0).all() else np.unique(times)


def _recipe(table: Table, stamps: Stamps, marks: Marks, bars: Bars, stamp: str) -> Recipe:
    return replace(
        table.recipe, decimal=marks.decimal, thousands=marks.thousands, date_order=stamps.date_order,
        time_format=stamps.time_format, epoch_unit=stamps.epoch_unit, time_zone=stamps.time_zone, stamp=stamp,
        symbol=bars.symbol, timeframe=str(bars.timeframe),
    )  # fmt: skip


def _notes(
    table: Table, stamps: Stamps, volume: Numbers | None, kept: npt.NDArray[np.int64], bars: Bars
) -> list[str]:
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
    table: Table, verdict: rows.Verdict, refused: tuple[Refused, ...], options: ReadOptions, bars: Bars
) -> Report:
    duplicates = sum(item.count for item in refused if item.reason == "duplicate")
    return Report(
        rows_read=total_rows(table), rows_used=len(bars), refused=refused, bad_rows=options.bad_rows,
        order_reversed=verdict.order_reversed, duplicates=duplicates, repaired=verdict.repaired,
        dust=verdict.dust, gaps=gaps.summarise(bars),
    )  # fmt: skip
