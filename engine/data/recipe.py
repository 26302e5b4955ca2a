"""`Recipe`: everything that was found out about the layout of a price file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

ROLES = ("time", "clock", "open", "high", "low", "close", "volume", "symbol", "extra", "ignored")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file.

    Parameters
    ----------
    name : str
        Name as it stands in the header; ``column 3`` where there is no header.
    role : str
        One of `ROLES`: ``time`` is a date or a full time stamp, ``clock`` the time of day of a
        date in another column, ``extra`` a number kept in `Bars.columns`.
    key : str, default ""
        Lower-case name under which an extra column is kept.
    """

    name: str
    role: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Layout of a price file as it was read.

    Parameters
    ----------
    format, title : str
        Id and words of the known export, ``plain`` when it is none of them.
    kind : {"csv", "parquet", "feather", "frame"}
        Container.
    columns : tuple of Column
        Columns in the file's order.
    encoding : str
        Text encoding; empty for binary containers.
    delimiter : str
        One character; empty for binary containers.
    decimal, thousands : str
        Decimal mark, and the mark between thousands, if any.
    quoted_lines : bool
        Whole lines stand in quotes.
    skipped_lines : int
        Lines above the header or the first row that hold no table.
    header_rows : int
        Rows of names; 0 for a file without header.
    date_order : {"ymd", "dmy", "mdy", "epoch", ""}
        Order of day, month and year; empty where the container has a time type.
    time_format : str
        Pattern of the time column in `strftime` letters.
    epoch_unit : {"s", "ms", "us", "ns", ""}
        Unit of numeric times.
    time_zone : str
        ``UTC``, an IANA zone, or ``as written`` where each time carries its offset.
    stamp : {"open", "close"}
        Which end of an intraday bar its time marks.
    symbol, timeframe : str
        As found or stated.
    """

    format: str
    title: str
    kind: str
    columns: tuple[Column, ...]
    encoding: str = ""
    delimiter: str = ""
    decimal: str = "."
    thousands: str = ""
    quoted_lines: bool = False
    skipped_lines: int = 0
    header_rows: int = 0
    date_order: str = ""
    time_format: str = ""
    epoch_unit: str = ""
    time_zone: str = "UTC"
    stamp: str = "open"
    symbol: str = ""
    timeframe: str = ""

    @property
    def roles(self) -> tuple[str, ...]:
        """Role of each column, in the file's order."""
        return tuple(column.role for column in self.columns)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values: JSON and YAML ready."""
        values = asdict(self)
        values["columns"] = [asdict(column) for column in self.columns]
        return values
