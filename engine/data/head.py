"""`Head`: the first lines of a text file, cut into cells, with names and rows told apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PUNCTUATION = re.compile(r"[^0-9a-z]+")

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """What the first lines of a text file hold.

    Parameters
    ----------
    file_name : str
        Name of the file, for formats that are told by it.
    delimiter : str
        One character; a space stands for any run of blanks.
    names : tuple of str
        Header names as written, one per column; empty for a file without header.
    others : tuple of tuple of str
        Further rows of the header, such as yfinance's row of tickers.
    junk : tuple of str
        Lines above the header that hold no table.
    rows : tuple of tuple of str
        The first rows of data that have the usual number of cells.
    width : int
        Number of columns.
    first_line : int
        Line of the first row of data in the file, counted from 1.
    quoted_lines : bool
        Whole lines stand in quotes.
    """

    file_name: str
    delimiter: str
    names: Row
    others: tuple[Row, ...]
    junk: tuple[str, ...]
    rows: tuple[Row, ...]
    width: int
    first_line: int
    quoted_lines: bool

    @property
    def keys(self) -> Row:
        """Names in lower case with underscores; empty for a file without header."""
        return tuple(key(name) for name in self.names)

    def column(self, index: int) -> Row:
        """Return the first cells of a column."""
        return tuple(row[index] for row in self.rows)


def key(name: str) -> str:
    """Return ``Adj Close`` as ``adj_close`` and ``<TICKVOL>`` as ``tickvol``."""
    return _PUNCTUATION.sub("_", name.lower()).strip("_")
