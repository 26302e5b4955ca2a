"""Rows of a table as text: tab separated for the clipboard, CSV for a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ivybt_desktop.widgets.table_model import Column


def rows_as_lines(columns: Sequence[Column], rows: npt.NDArray[np.int64]) -> list[list[str]]:
    """Return the titles and then the plain values of some array positions, one list per line."""
    cells = [column.plain(column.values[rows]) for column in columns]
    return [[column.title for column in columns], *(list(line) for line in zip(*cells, strict=True))]


def tab_separated(columns: Sequence[Column], rows: npt.NDArray[np.int64]) -> str:
    """Return rows with headers as a spreadsheet takes them from the clipboard."""
    return "\n".join("\t".join(line) for line in rows_as_lines(columns, rows)) + "\n"


def comma_separated(columns: Sequence[Column], rows: npt.NDArray[np.int64]) -> str:
    """Return rows with headers as CSV, quoted where needed."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows_as_lines(columns, rows))
    return out.getvalue()
