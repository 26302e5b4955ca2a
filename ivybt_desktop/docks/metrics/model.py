"""The grouped list of metrics as a Qt table model: name, number, unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont

from ivybt_desktop.docks.metrics.lines import Group, Line
from ivybt_desktop.theme.tokens import DARK, SIZES, Tokens
from ivybt_desktop.widgets.number_edit import tabular

NAME, VALUE, UNIT = range(3)
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_HEADERS = ("Metric", "Value", "Unit")

Index = QModelIndex | QPersistentModelIndex


class MetricModel(QAbstractTableModel):
    """Rows are metrics and, in between, headings.

    Parameters
    ----------
    explain : callable
        Text of the tooltip of a metric, asked for only when it is shown.
    """

    def __init__(self, explain: Callable[[str], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._explain = explain
        self._rows: list[str | Line] = []
        self._quiet = QColor(DARK.quiet)
        self._number, self._heading = tabular(QFont()), QFont()
        self._number.setPixelSize(SIZES.font)
        self._heading.setPixelSize(SIZES.label)
        self._heading.setBold(True)

    def set_groups(self, groups: tuple[Group, ...]) -> None:
        """Show other numbers; the same metrics keep scroll position and selection."""
        rows: list[str | Line] = []
        for group in groups:
            rows += [group.title, *group.lines]
        if [_name(row) for row in rows] == [_name(row) for row in self._rows]:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, VALUE), self.index(len(rows) - 1, UNIT))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def set_theme(self, tokens: Tokens) -> None:
        """Take the colours of a theme."""
        self._quiet = QColor(tokens.quiet)

    def is_heading(self, row: int) -> bool:
        """Return whether the row is a heading."""
        return isinstance(self._rows[row], str)

    def line(self, row: int) -> Line | None:
        """Return the metric of a row; `None` for a heading."""
        found = self._rows[row]
        return found if isinstance(found, Line) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's signature)
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's signature)
        """Return name, value, unit."""
        return 0 if parent.isValid() else len(_HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return the words of a column."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADERS[section]
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be selected."""
        if index.isValid() and self.is_heading(index.row()):
            return Qt.ItemFlag.ItemIsEnabled
        return super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return text, alignment, font, colour or tooltip."""
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _text(row, column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _RIGHT if column == VALUE else _LEFT
            case Qt.ItemDataRole.FontRole:
                found: Any = self._heading if isinstance(row, str) else self._number
            case Qt.ItemDataRole.ForegroundRole:
                found = None if column == VALUE and isinstance(row, Line) else self._quiet
            case Qt.ItemDataRole.ToolTipRole:
                found = self._explain(row.name) if isinstance(row, Line) else None
            case _:
                found = None
        return found


def _name(row: str | Line) -> str:
    return row if isinstance(row, str) else row.name


def _text(row: str | Line, column: int) -> str:
    if isinstance(row, str):
        return row if column == NAME else ""
    return (row.title, row.value, row.unit)[column]
