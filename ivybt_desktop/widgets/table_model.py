"""`ArrayTableModel`: a table whose columns are arrays; sorted with numpy, never row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from ivybt_desktop.theme.tokens import Tokens

Index = QModelIndex | QPersistentModelIndex
# Column and whether it falls; the first key counts most.
SortKey = tuple[int, bool]

# Roles arrive as plain numbers; comparing numbers is several times faster than comparing enums.
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
_FOREGROUND = int(Qt.ItemDataRole.ForegroundRole)
_TOOLTIP = int(Qt.ItemDataRole.ToolTipRole)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

RISING = "\N{BLACK UP-POINTING SMALL TRIANGLE}"
FALLING = "\N{BLACK DOWN-POINTING SMALL TRIANGLE}"

# Tones of a cell, in the order of `ArrayTableModel._colours`.
PLAIN, UP, DOWN, QUIET, WARN = 0, 1, 2, 3, 4


def plain_texts(values: npt.NDArray[Any]) -> list[str]:
    """Return values for a spreadsheet: all digits, a point, an ordinary minus; NaN is empty."""
    if values.dtype.kind == "f":
        return ["" if value != value else repr(value) for value in values.tolist()]  # noqa: PLR0124
    return [str(value) for value in values.tolist()]


def sign_tones(values: npt.NDArray[Any]) -> npt.NDArray[np.int8]:
    """Return `UP` for values above zero, `DOWN` below, else `PLAIN`, int8[n]."""
    return np.where(values > 0, UP, np.where(values < 0, DOWN, PLAIN)).astype(np.int8)


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table.

    Parameters
    ----------
    id : str
        Name in saved layouts.
    title : str
        Header, with the unit.
    values : array[n]
        What the column is sorted by: numbers, booleans, int64 stamps or text.
    text : callable
        ``text(value) -> str``: how one value is shown.
    plain : callable, optional
        ``plain(values) -> list of str``: how values are copied and exported.
    numeric : bool, default True
        Aligned to the right.
    tones : int8[n], optional
        `PLAIN`, `UP`, `DOWN`, `QUIET` or `WARN` for each row.
    help : str, default ""
        Tooltip of the header.
    """

    id: str
    title: str
    values: npt.NDArray[Any]
    text: Callable[[Any], str]
    plain: Callable[[npt.NDArray[Any]], list[str]] = plain_texts
    numeric: bool = True
    tones: npt.NDArray[np.int8] | None = None
    help: str = ""


class ArrayTableModel(QAbstractTableModel):
    """A read-only table over columns of one length.

    Rows of the model are *view rows*; `source_row` and `view_row` translate to and from positions in
    the arrays. Sort keys stay when the data change.
    """

    def __init__(self, theme: Tokens, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns: list[Column] = []
        self._order: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._place: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._keys: list[SortKey] = []
        self._colours: list[QColor | None] = []
        self.set_theme(theme)

    @property
    def columns(self) -> Sequence[Column]:
        """The columns shown."""
        return tuple(self._columns)

    @property
    def order(self) -> npt.NDArray[np.int64]:
        """Array positions in the order of the rows, int64[n]."""
        return self._order

    @property
    def keys(self) -> Sequence[SortKey]:
        """Sort keys, the most important first."""
        return tuple(self._keys)

    def set_theme(self, theme: Tokens) -> None:
        """Take the colours of a theme."""
        self._colours = [None, *(QColor(ink) for ink in (theme.up, theme.down, theme.quiet, theme.warning))]
        if self._order.size:
            last = self.index(self._order.size - 1, len(self._columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last, [_FOREGROUND])

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other data; sort keys of columns that are still there are kept."""
        known = [column.id for column in self._columns]
        at = {column.id: position for position, column in enumerate(columns)}
        self.beginResetModel()
        self._keys = [(at[known[c]], down) for c, down in self._keys if known[c] in at]
        self._columns = list(columns)
        self._reorder()
        self.endResetModel()

    def sort_by(self, keys: Sequence[SortKey]) -> None:
        """Order the rows by some keys; no keys restores the order of the arrays."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        rows = [self.source_row(index.row()) for index in before]
        self._keys = list(keys)
        self._reorder()
        after = [self.index(self.view_row(row), i.column()) for row, i in zip(rows, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
        if self._columns:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self._columns) - 1)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the rows by one column; a column of -1 restores the order of the arrays."""
        self.sort_by([(column, order == Qt.SortOrder.DescendingOrder)] if column >= 0 else [])

    def _reorder(self) -> None:
        size = self._columns[0].values.size if self._columns else 0
        self._order = sort_order([(self._columns[c].values, down) for c, down in self._keys], size)
        self._place = np.empty(size, np.int64)
        self._place[self._order] = np.arange(size)

    def source_row(self, row: int) -> int:
        """Return the array position of a view row; -1 for none."""
        return int(self._order[row]) if 0 <= row < self._order.size else -1

    def view_row(self, source: int) -> int:
        """Return the view row of an array position; -1 for none."""
        return int(self._place[source]) if 0 <= source < self._place.size else -1

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own default)
        """Return the number of rows."""
        return 0 if parent.isValid() else int(self._order.size)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        """Return text, alignment or colour of a cell."""
        if role == _DISPLAY:
            column = self._columns[index.column()]
            return column.text(column.values[self._order[index.row()]])
        if role == _ALIGNMENT:
            return _RIGHT if self._columns[index.column()].numeric else _LEFT
        if role == _FOREGROUND:
            tones = self._columns[index.column()].tones
            return None if tones is None else self._colours[tones[self._order[index.row()]]]
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        """Return the title of a column with its sort arrow and, among several keys, its number."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        column = self._columns[section]
        if role == _DISPLAY:
            return column.title + self._sort_mark(section)
        if role == _ALIGNMENT:
            return _RIGHT if column.numeric else _LEFT
        if role == _TOOLTIP:
            return column.help or None
        return None

    def _sort_mark(self, section: int) -> str:
        for number, (column, down) in enumerate(self._keys, start=1):
            if column == section:
                arrow = FALLING if down else RISING
                return f" {arrow}{number}" if len(self._keys) > 1 else f" {arrow}"
        return ""


def sort_order(keys: Sequence[tuple[npt.NDArray[Any], bool]], size: int) -> npt.NDArray[np.int64]:
    """Return the positions that sort by several keys; equal rows keep their order.

    Parameters
    ----------
    keys : sequence of (array[n], bool)
        Values and whether they fall, the most important first. NaN comes last either way.
    size : int
        Number of rows, for when there is no key.
    """
    if not keys:
        return np.arange(size, dtype=np.int64)
    ranks = [_rank(values, falling=falling) for values, falling in reversed(keys)]
    return np.asarray(np.lexsort(ranks) if len(ranks) > 1 else np.argsort(ranks[0], kind="stable"), np.int64)


def _rank(values: npt.NDArray[Any], *, falling: bool) -> npt.NDArray[Any]:
    if values.dtype.kind in "OUS":
        values = np.unique(values, return_inverse=True)[1]
    elif values.dtype.kind == "b":
        values = values.astype(np.int8)
    if not falling:
        return values
    # The complement of an integer reverses its order and, unlike a minus sign, cannot overflow.
    return ~values if values.dtype.kind in "iu" else -values
