"""Delimiter, quoting, header and first row of a text file, from its first lines."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.errors import DataError
from engine.data.columns import is_known
from engine.data.head import Head, Row
from engine.data.numbers import MISSING, looks_like_number
from engine.data.stamp_text import looks_like_stamp, read_moment

DELIMITERS = (",", ";", "\t", "|", " ")
_LINES = 300
_EXPECTED = "Expected lines such as 2020-12-31,100.5,101,99.5,100,12000"


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: Row

    @property
    def is_data(self) -> bool:
        """True when a time stands there beside a number or a missing value."""
        stamp = next((i for i, cell in enumerate(self.cells) if looks_like_stamp(cell)), None)
        if stamp is None:
            return False
        rest = [cell for i, cell in enumerate(self.cells) if i != stamp and read_moment(cell) is None]
        return any(looks_like_number(cell) for cell in rest) or all(_is_missing(cell) for cell in rest)

    @property
    def is_words(self) -> bool:
        """True when no cell is a number or a time: names, tickers, remarks."""
        return not any(looks_like_number(cell) or looks_like_stamp(cell) for cell in self.cells)


def _is_missing(cell: str) -> bool:
    return cell.strip() in MISSING


def sniff(data: bytes, file_name: str) -> Head:
    """Find delimiter, header and rows of a text file.

    Parameters
    ----------
    data : bytes
        UTF-8 with line feeds.
    file_name : str
        For messages and for formats that are told by their file name.

    Raises
    ------
    DataError
        The lines hold no table of times and numbers, or a header and no rows.
    """
    texts = _first_lines(data)
    quoted = _lines_are_quoted([text for _, text in texts])
    if quoted:
        texts = [(number, text.strip().strip('"')) for number, text in texts]
    delimiter = _delimiter([text for _, text in texts])
    if not delimiter:
        raise DataError("no table of times and prices found", where=file_name, hint=_EXPECTED)
    lines = [_Line(number, cells(text, delimiter)) for number, text in texts]
    first = _first_data_line(lines, file_name)
    width = _usual_width(lines[first:])
    names_at = _names_line(lines[:first], width)
    header = [] if names_at is None else _header_lines(lines[:first], names_at, width)
    names = () if names_at is None else _fit_names(lines[names_at].cells, lines[first:], width)
    others = tuple(_fit(lines[i].cells, width) for i in header if i != names_at)
    junk = tuple(text for i, (_, text) in enumerate(texts[:first]) if i not in header)
    rows = tuple(line.cells for line in lines[first:] if len(line.cells) == width)
    return Head(file_name, delimiter, names, others, junk, rows, width, lines[first].number, quoted)


def cells(text: str, delimiter: str) -> Row:
    """Cut a line into cells; a space as delimiter stands for any run of blanks."""
    if delimiter == " ":
        return tuple(text.split())
    return tuple(next(csv.reader([text], delimiter=delimiter, skipinitialspace=True), []))


def _first_lines(data: bytes) -> list[tuple[int, str]]:
    end = 0
    for _ in range(_LINES):
        following = data.find(b"\n", end)
        if following < 0:
            end = len(data)
            break
        end = following + 1
    lines = data[:end].decode("utf-8", errors="replace").split("\n")
    return [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _lines_are_quoted(lines: Sequence[str]) -> bool:
    whole = [line.strip() for line in lines]
    return all(
        len(line) > 2 and line[0] == line[-1] == '"' and line.count('"') == 2
        and any(mark in line for mark in ("\t", ";", ",", "|"))
        for line in whole
    )  # fmt: skip


def _delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter under which most cells are times, numbers or empty."""
    scores = {delimiter: _score(lines, delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
    return best if scores[best] > 0 else ""


def _score(lines: Sequence[str], delimiter: str) -> float:
    rows = [cells(line, delimiter) for line in lines[:100]]
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0.0
    usual = widths.most_common(1)[0][0]
    shares = [sum(map(_weight, row)) / len(row) for row in rows if len(row) == usual]
    return sum(shares) / len(rows)


def _weight(cell: str) -> float:
    if looks_like_number(cell) or looks_like_stamp(cell) or read_moment(cell) is not None:
        return 1.0
    # Names decide only where there are no rows.
    return 0.01 if is_known(cell) else 0.0


def _first_data_line(lines: Sequence[_Line], where: str) -> int:
    data = next((i for i, line in enumerate(lines) if line.is_data), None)
    named = next((i for i, line in enumerate(lines) if sum(map(is_known, line.cells)) >= 2), None)
    if named is None:
        if data is None:
            raise DataError("no table of times and prices found", where=where, hint=_EXPECTED)
        return data
    # Below the names come at most rows of words; a row with numbers is data even if its time is damaged.
    below = named + 1
    while below < len(lines) and below != data and lines[below].is_words:
        below += 1
    if below >= len(lines):
        if below > named + 1:
            return named + 1
        raise DataError("there is a header and no rows", where=where, hint=_EXPECTED)
    return below if data is None or named < data else data


def _usual_width(lines: Sequence[_Line]) -> int:
    return Counter(len(line.cells) for line in lines).most_common(1)[0][0]


def _names_line(above: Sequence[_Line], width: int) -> int | None:
    known = [sum(map(is_known, line.cells)) for line in above]
    if known and max(known) >= 2:
        return known.index(max(known))
    last = len(above) - 1
    if last >= 0 and above[last].is_words and abs(len(above[last].cells) - width) <= 1 and width > 1:
        return last
    return None


def _header_lines(above: Sequence[_Line], names_at: int, width: int) -> list[int]:
    def belongs(line: _Line) -> bool:
        return line.is_words and abs(len(line.cells) - width) <= 1

    return [i for i, line in enumerate(above) if i >= names_at or belongs(line)]


def _fit(row: Row, width: int) -> Row:
    return (*row, *[""] * (width - len(row)))[:width]


def _fit_names(names: Row, rows: Sequence[_Line], width: int) -> Row:
    if len(names) == width - 1 and any(row.cells[-1:] != ("",) for row in rows):
        # Row names without a name of their own, as R writes them.
        return ("", *names)
    return _fit(names, width)
