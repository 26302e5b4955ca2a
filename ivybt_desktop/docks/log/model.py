"""`LogModel`: the lines of the Log dock as a Qt table."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from ivybt_desktop.docks.log.presenter import LogLine
from ivybt_desktop.theme.tokens import Tokens

_Index = QModelIndex | QPersistentModelIndex
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_FOREGROUND = int(Qt.ItemDataRole.ForegroundRole)
_TOOLTIP = int(Qt.ItemDataRole.ToolTipRole)

HEADS = ("Time", "Level", "Message")
TIME, LEVEL, MESSAGE = range(len(HEADS))


class LogModel(QAbstractTableModel):
    """Oldest line first."""

    def __init__(self, tokens: Tokens, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: list[LogLine] = []
        self._tokens = tokens

    def set_theme(self, tokens: Tokens) -> None:
        """Take the colours of a theme."""
        self._tokens = tokens

    def show(self, lines: list[LogLine]) -> None:
        """Replace all lines."""
        self.beginResetModel()
        self.lines = list(lines)
        self.endResetModel()

    def add(self, line: LogLine) -> None:
        """Add a line at the end."""
        at = len(self.lines)
        self.beginInsertRows(QModelIndex(), at, at)
        self.lines.append(line)
        self.endInsertRows()

    def rowCount(self, parent: _Index | None = None) -> int:
        """Return the number of lines."""
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(HEADS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        """Return a title."""
        return HEADS[section] if orientation == Qt.Orientation.Horizontal and role == _DISPLAY else None

    def data(self, index: _Index, role: int = _DISPLAY) -> Any:
        """Return a cell."""
        line, column = self.lines[index.row()], index.column()
        if role == _DISPLAY:
            # A row is one line high; the tooltip and a copy have the rest.
            return (line.time, line.level, line.message.splitlines()[0] if line.message else "")[column]
        if role == _TOOLTIP:
            return line.message if column == MESSAGE else None
        if role == _FOREGROUND:
            colours = {"error": self._tokens.danger, "warning": self._tokens.warning}
            if column == TIME or line.level not in colours:
                return QColor(self._tokens.quiet) if column != MESSAGE else None
            return QColor(colours[line.level])
        return None
