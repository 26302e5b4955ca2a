"""Price files of several instruments with a column that names them: one `Import` for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from engine.core.errors import DataError
from engine.data.arrow_numpy import as_ints
from engine.data.clock import Stamps
from engine.data.options import ReadOptions
from engine.data.reader import Import, build, read_times
from engine.data.table import Table, take

IntArray = npt.NDArray[np.int64]
_FEW_ROWS = 3
_SHOWN = 3


def read_long(
    table: Table, options: ReadOptions, *, source: str, wanted: Sequence[str] | None = None
) -> list[Import]:
    """Read every instrument of a table.

    Parameters
    ----------
    table : Table
        Rows of several instruments, in any order, with a column that names them.
    options : ReadOptions
        What is stated; it holds for all of them.
    source : str
        Path for the reports.
    wanted : sequence of str, optional
        Symbols as the file spells them; the default (`None`) reads all.

    Returns
    -------
    list of Import
        In the order in which the symbols first stand in the file.

    Raises
    ------
    DataError
        Rows that cannot be used, told by symbol, or rows that name no symbol.

    Notes
    -----
    Times are read once for all rows, so that the date order is that of the whole file. A symbol of fewer
    than three rows has the bar length of most others.
    """
    _check_rows(table, options)
    groups = _Groups(table, wanted)
    # The hour that a clock shows twice is told apart by its neighbours: symbol by symbol.
    shared = read_times(groups.table, options) if options.time_zone in (None, "UTC") else None
    found: dict[str, Import] = {}
    faults: dict[str, DataError] = {}
    few: list[str] = []

    def read(symbol: str, stated: ReadOptions) -> None:
        try:
            stamps = None if shared is None else _slice(shared, groups.extent(symbol))
            found[symbol] = build(groups.part(symbol), stated, source=source, stamps=stamps)
        except DataError as error:
            faults[symbol] = error

    for symbol in groups.symbols:
        if options.timeframe is None and groups.rows(symbol) < _FEW_ROWS:
            few.append(symbol)
        else:
            read(symbol, options)
    lengths = Counter(item.bars.timeframe for item in found.values())
    for symbol in few:
        read(symbol, replace(options, timeframe=lengths.most_common(1)[0][0]) if lengths else options)
    if faults:
        raise _told(faults, groups.symbols, table.where)
    return [found[symbol] for symbol in groups.symbols]


class _Groups:
    """Rows of a table put together by symbol; a file that stands so already is not copied."""

    def __init__(self, table: Table, wanted: Sequence[str] | None) -> None:
        column = table.columns[table.roles.symbol or 0].dictionary_encode()
        names = [str(name) for name in column.dictionary.to_pylist()]
        codes = as_ints(column.indices, missing=-1)
        if wanted is not None or (codes < 0).any():
            chosen = np.array([wanted is None or name in wanted for name in names] + [False])
            table, codes = _only(table, codes, chosen[codes])
        if (np.diff(codes) < 0).any():
            # Dictionary codes count the symbols as they first appear.
            order = np.argsort(codes, kind="stable")
            table, codes = take(table, order), codes[order]
        self.table = table
        starts = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1]) if codes.size else codes
        ends = [*starts[1:], codes.size]
        self._extents = {
            names[codes[start]]: (int(start), int(end)) for start, end in zip(starts, ends, strict=False)
        }

    @property
    def symbols(self) -> Iterator[str]:
        return iter(self._extents)

    def extent(self, symbol: str) -> tuple[int, int]:
        return self._extents[symbol]

    def rows(self, symbol: str) -> int:
        start, end = self._extents[symbol]
        return end - start

    def part(self, symbol: str) -> Table:
        start, end = self._extents[symbol]
        line_of = self.table.line_of
        columns = tuple(column.slice(start, end - start) for column in self.table.columns)
        return replace(
            self.table, columns=columns, ticker=symbol, ragged=None, line_of=lambda row: line_of(row + start)
        )


def _only(table: Table, codes: IntArray, mask: npt.NDArray[np.bool_]) -> tuple[Table, IntArray]:
    positions = np.flatnonzero(mask)
    return take(table, positions), codes[positions]


def _slice(stamps: Stamps, extent: tuple[int, int]) -> Stamps:
    start, end = extent
    local = stamps.local[start:end]
    # A clock in UTC is told by the two being one array.
    utc = local if stamps.utc is stamps.local else stamps.utc[start:end]
    return replace(stamps, local=local, utc=utc, readable=stamps.readable[start:end])


def _check_rows(table: Table, options: ReadOptions) -> None:
    """Refuse what belongs to no symbol; with ``drop`` and ``repair`` it is left out."""
    if options.bad_rows != "refuse":
        return
    words = [table.ragged.words] if table.ragged else []
    missing = table.columns[table.roles.symbol or 0].is_null()
    if count := missing.true_count:
        first = table.line_of(missing.index(True).as_py())
        words.append(f"{count:,} without a symbol (first: {table.place} {first})")
    if words:
        raise DataError(
            f"rows cannot be used: {'; '.join(words)}", where=table.where,
            hint='Correct the file, or leave these rows out with --bad-rows drop (in Python bad_rows="drop")',
        )  # fmt: skip


def _told(faults: dict[str, DataError], symbols: Iterator[str], where: str) -> DataError:
    shown = [f"{symbol}: {error.what}" for symbol, error in list(faults.items())[:_SHOWN]]
    more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    what = f"{len(faults):,} of {len(list(symbols)):,} symbols cannot be used. {'; '.join(shown)}{more}"
    hint = next(iter(faults.values())).hint
    return DataError(what, where=where, hint=f"{hint}; or leave these symbols out")
