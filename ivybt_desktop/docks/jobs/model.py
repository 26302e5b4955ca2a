"""`JobsModel`: the lines of the Jobs dock as a Qt table."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from ivybt_desktop.docks.jobs.presenter import JobLine
from ivybt_desktop.theme.tokens import Tokens

_Index = QModelIndex | QPersistentModelIndex
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
_FOREGROUND = int(Qt.ItemDataRole.ForegroundRole)
_TOOLTIP = int(Qt.ItemDataRole.ToolTipRole)
PERCENT_ROLE = int(Qt.ItemDataRole.UserRole)

HEADS = ("Job", "State", "Progress", "Elapsed", "Left", "Message", "")
JOB, STATE, PROGRESS, ELAPSED, LEFT, MESSAGE, STOP = range(len(HEADS))
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class JobsModel(QAbstractTableModel):
    """Newest job first."""

    def __init__(self, tokens: Tokens, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: list[JobLine] = []
        self._tokens = tokens

    def set_theme(self, tokens: Tokens) -> None:
        """Take the colours of a theme."""
        self._tokens = tokens

    def show(self, lines: list[JobLine]) -> None:
        """Replace the lines; the same jobs keep their rows, so that a selection stays."""
        before = [line.job_id for line in self.lines]
        if [line.job_id for line in lines] != before:
            self.beginResetModel()
            self.lines = list(lines)
            self.endResetModel()
            return
        self.lines = list(lines)
        if lines:
            self.dataChanged.emit(self.index(0, 0), self.index(len(lines) - 1, len(HEADS) - 1))

    def rowCount(self, parent: _Index | None = None) -> int:
        """Return the number of jobs."""
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(HEADS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        """Return a title."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == _ALIGNMENT and section in (ELAPSED, LEFT):
            return _RIGHT
        return HEADS[section] if role == _DISPLAY else None

    def data(self, index: _Index, role: int = _DISPLAY) -> Any:
        """Return a cell."""
        line, column = self.lines[index.row()], index.column()
        if role in (_DISPLAY, _TOOLTIP):
            percent = f"{line.percent}%" if line.percent >= 0 else ""
            texts = (line.title, line.state, percent, line.elapsed, line.left, line.message, "")
            return texts[column] if role == _DISPLAY or column == MESSAGE else None
        if role == PERCENT_ROLE:
            return line.percent
        if role == _ALIGNMENT:
            return _RIGHT if column in (ELAPSED, LEFT) else None
        if role == _FOREGROUND:
            return self._colour(line, column)
        return None

    def _colour(self, line: JobLine, column: int) -> QColor | None:
        if line.has_failed and column in (STATE, MESSAGE):
            return QColor(self._tokens.danger)
        return QColor(self._tokens.quiet) if column in (ELAPSED, LEFT, MESSAGE) else None
