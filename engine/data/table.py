"""`Table`: all rows of a price file as Arrow columns, with their roles and their lines in the file."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.core.errors import DataError
from engine.data.arrow_numpy import as_bools
from engine.data.columns import Roles, find_roles, header_ticker, several_symbols
from engine.data.formats import Format, recognise
from engine.data.head import Head
from engine.data.headerless import find_roles_by_cells
from engine.data.numbers import MISSING
from engine.data.options import ReadOptions
from engine.data.recipe import Recipe
from engine.data.report import Refused
from engine.data.sniff import cells, sniff
from engine.data.text import Text, container, read_text

PREVIEW_ROWS = 20
_HEAD_ROWS = 200


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one instrument, not yet checked.

    Parameters
    ----------
    where : str
        File name for messages.
    head : Head
        First rows and names.
    format : Format
        The known export it is.
    roles : Roles
        Which column is what.
    columns : tuple of pyarrow.Array
        One array per column, text for text files.
    recipe : Recipe
        What is known of the layout so far.
    line_of : callable
        Line (or row) in the file of a row of the table, counted from 1.
    ticker : str
        Symbol that the file itself names; empty when it does not.
    ragged : Refused or None
        Rows left out because they have the wrong number of cells.
    place : {"line", "row"}
        What `line_of` counts.
    notes : tuple of str
        What was skipped.
    """

    where: str
    head: Head
    format: Format
    roles: Roles
    columns: tuple[pa.Array, ...]
    recipe: Recipe
    line_of: Callable[[int], int]
    ticker: str = ""
    ragged: Refused | None = None
    place: str = "line"
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.columns[0])

    @property
    def preview(self) -> list[list[str]]:
        """The first 20 rows as they stand in the file."""
        return [list(row) for row in self.head.rows[:PREVIEW_ROWS]]


def read_table(path: Path, options: ReadOptions) -> Table:
    """Read all rows of a file and find out what its columns are.

    Raises
    ------
    DataError, InputError
        The file is no table of prices, or holds several symbols and none was chosen.
    """
    return _of_one_symbol(read_rows(path, options), options.symbol)


def read_rows(path: Path, options: ReadOptions) -> Table:
    """Read all rows of a file, of whatever symbol they are; else as `read_table`."""
    kind = container(path)
    return _from_text(path, options) if kind == "csv" else _from_container(path, kind, options)


def read_head(path: Path) -> Head:
    """Return names and first rows of a file without asking what its columns are."""
    kind = container(path)
    if kind == "csv":
        return sniff(read_text(path).data, path.name)
    arrow = _read_container(path, kind, most=_HEAD_ROWS)
    return _head_of(arrow, tuple(_plain(column) for column in arrow.columns), path.name)


def symbols_in(table: Table) -> list[str]:
    """Return the symbols of a table's rows in the order in which they first stand there.

    Empty when no column names them.
    """
    place = table.roles.symbol
    if place is None or not pa.types.is_string(table.columns[place].type):
        return []
    return [str(name) for name in pc.unique(table.columns[place]).drop_null().to_pylist()]


def from_arrow(arrow: pa.Table, *, where: str, kind: str, symbol: str | None = None) -> Table:
    """Return a table of Arrow columns; dictionaries and large strings become plain strings."""
    if arrow.num_rows == 0:
        raise DataError("there are columns and no rows", where=where, hint="Export it again")
    columns = tuple(_plain(column) for column in arrow.columns)
    head = _head_of(arrow, columns, where)
    known = recognise(head)
    roles = find_roles(head, symbol=symbol, where=where)
    recipe = Recipe(known.name, known.title, kind, (), header_rows=1)
    return Table(where, head, known, roles, columns, recipe, lambda row: row + 1, place="row")


def _head_of(arrow: pa.Table, columns: Sequence[pa.Array], where: str) -> Head:
    shown = [[cell or "" for cell in _as_texts(column[:_HEAD_ROWS])] for column in columns]
    rows = tuple(zip(*shown, strict=True))
    return Head(
        where, "", tuple(map(str, arrow.column_names)), (), (), rows, len(columns), 1, quoted_lines=False
    )


def _from_text(path: Path, options: ReadOptions) -> Table:
    text = read_text(path)
    head = sniff(text.data, path.name)
    known = recognise(head)
    if known.names and not head.names:
        roles = find_roles(replace(head, names=known.names), symbol=options.symbol, where=path.name)
        head = replace(head, names=known.names)
        header_rows = 0
    elif head.names:
        roles = find_roles(head, symbol=options.symbol, where=path.name)
        header_rows = 1 + len(head.others)
    else:
        roles = find_roles_by_cells(head, where=path.name)
        header_rows = 0
    recipe = Recipe(
        known.name, known.title, "csv", (), encoding=text.encoding, delimiter=head.delimiter,
        header_rows=header_rows, quoted_lines=head.quoted_lines, skipped_lines=len(head.junk),
    )  # fmt: skip
    columns, bad = _read_rows(text, head)
    lines = _LineFinder(text.data, head.first_line, frozenset(number for number, _ in bad))
    ragged, notes = _describe_ragged(bad, head, lines)
    ticker = header_ticker(head)
    return Table(path.name, head, known, roles, columns, recipe, lines, ticker, ragged, notes=notes)


def _read_rows(text: Text, head: Head) -> tuple[tuple[pa.Array, ...], list[tuple[int, str]]]:
    from pyarrow import csv  # noqa: PLC0415

    data = _from_line(text.data, head.first_line)
    if head.quoted_lines:
        data = data.replace(b'"', b"")
    if head.delimiter == " ":
        data = b"\n".join(b" ".join(line.split()) for line in data.split(b"\n"))
    bad: list[tuple[int, str]] = []

    def note_bad(row: Any) -> str:
        if row.text.strip():
            bad.append((row.number, row.text))
        return "skip"

    names = [str(i) for i in range(head.width)]
    table = csv.read_csv(
        pa.py_buffer(data),
        # One thread: the numbers of bad rows are known only then.
        read_options=csv.ReadOptions(use_threads=False, column_names=names, block_size=1 << 24),
        parse_options=csv.ParseOptions(delimiter=head.delimiter, invalid_row_handler=note_bad),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True,
            null_values=list(MISSING),
        ),
    )  # fmt: skip
    return tuple(_plain(column) for column in table.columns), bad


def _from_line(data: bytes, line: int) -> bytes:
    at = 0
    for _ in range(line - 1):
        at = data.index(b"\n", at) + 1
    return data[at:]


class _LineFinder:
    """Finds the line of a row by counting lines again: only files with faults pay for it."""

    def __init__(self, data: bytes, first_line: int, bad: frozenset[int]) -> None:
        self._data, self._first, self._bad = data, first_line, bad
        self._lines: list[int] | None = None

    def __call__(self, row: int) -> int:
        """Return the line of a row that has the right number of cells."""
        if self._lines is None:
            self._lines = [line for number, line in enumerate(self._written(), 1) if number not in self._bad]
        return self._lines[row]

    def of_number(self, number: int) -> int:
        """Return the line of the given non-empty line below the header, counted from 1."""
        return self._written()[number - 1]

    def _written(self) -> list[int]:
        rows = _from_line(self._data, self._first).split(b"\n")
        return [line for line, text in enumerate(rows, self._first) if text]


def _describe_ragged(
    bad: Sequence[tuple[int, str]], head: Head, lines: _LineFinder
) -> tuple[Refused | None, tuple[str, ...]]:
    faults, notes = list(bad), []
    if faults and _is_remark(faults[-1][1], head.delimiter):
        number, text = faults.pop()
        place = lines.of_number(number)
        notes.append(f"Line {place} below the rows is a remark and was skipped: {text[:60]}")
    if not faults:
        return None, tuple(notes)
    number, text = faults[0]
    count = len(cells(text, head.delimiter))
    example = f"{count} instead of {head.width}"
    return Refused("columns", len(faults), lines.of_number(number), example), tuple(notes)


def _is_remark(text: str, delimiter: str) -> bool:
    return not text[:1].isdigit() and len(cells(text, delimiter)) == 1


def _from_container(path: Path, kind: str, options: ReadOptions) -> Table:
    return from_arrow(_read_container(path, kind), where=path.name, kind=kind, symbol=options.symbol)


def _read_container(path: Path, kind: str, most: int | None = None) -> pa.Table:
    try:
        # Without threads: Arrow's pool would outlive this call.
        if kind == "parquet":
            from pyarrow import parquet  # noqa: PLC0415

            # Not read_table, which imports pandas.
            with parquet.ParquetFile(path) as file:
                if most is None:
                    return file.read(use_threads=False)
                batches = file.iter_batches(batch_size=most, use_threads=False)
                return pa.Table.from_batches([*itertools.islice(batches, 1)], schema=file.schema_arrow)
        from pyarrow import feather  # noqa: PLC0415

        return feather.read_table(path, use_threads=False, memory_map=False).slice(0, most)
    except (pa.ArrowException, OSError) as error:
        what = f"the {kind} file is damaged ({error})"
        raise DataError(what, where=path.name, hint="Export it again") from error


def _plain(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pc.cast(array, pa.string())
    return array


def _as_texts(array: pa.Array) -> list[str | None]:
    try:
        texts: list[str | None] = pc.cast(array, pa.string()).to_pylist()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return [None] * len(array)
    return texts


def _of_one_symbol(table: Table, symbol: str | None) -> Table:
    names, place = symbols_in(table), table.roles.symbol
    if len(names) < 2 or place is None:
        return replace(table, ticker=names[0] if names else table.ticker)
    wanted = next((name for name in names if symbol and name.lower() == symbol.lower()), None)
    if wanted is None:
        raise several_symbols(sorted(names), symbol, table.where)
    mask = pc.match_substring_regex(table.columns[place], f"^{re.escape(wanted)}$")
    return replace(take(table, np.flatnonzero(as_bools(mask))), ticker=wanted)


def take(table: Table, positions: npt.NDArray[np.int64]) -> Table:
    """Return the rows at the given positions, int64[k]; their lines in the file stay known."""
    rows, line_of = pa.array(positions), table.line_of
    columns = tuple(column.take(rows) for column in table.columns)
    return replace(table, columns=columns, line_of=lambda row: line_of(int(positions[row])))
