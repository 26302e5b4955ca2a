"""The loaded instruments as a Qt table: a tick box to use each, and what is known about it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from ivybt_desktop.docks.setup.state import SymbolRow
from ivybt_desktop.widgets.field_words import choice_words
from ivybt_desktop.widgets.format import count

_Index = QModelIndex | QPersistentModelIndex
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_CHECK = int(Qt.ItemDataRole.CheckStateRole)
_ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
_TOOLTIP = int(Qt.ItemDataRole.ToolTipRole)
_NAME = int(Qt.ItemDataRole.AccessibleTextRole)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
TITLES = ("Symbol", "Bars", "First", "Last", "Kind", "Group", "Costs")
_BARS = 1


class SymbolsModel(QAbstractTableModel):
    """Rows of `SymbolRow`.

    Attributes
    ----------
    ticked : Signal(str, bool)
        Symbol and whether it is to be used.
    """

    ticked = Signal(str, bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[SymbolRow, ...] = ()

    @property
    def rows(self) -> tuple[SymbolRow, ...]:
        """The instruments in order."""
        return self._rows

    def show_rows(self, rows: tuple[SymbolRow, ...]) -> None:
        """Show other instruments; the same ones with other words keep selection and place."""
        if rows == self._rows:
            return
        same = [row.symbol for row in rows] == [row.symbol for row in self._rows]
        if not same:
            self.beginResetModel()
        self._rows = rows
        if not same:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(TITLES) - 1))

    def rowCount(self, parent: _Index | None = None) -> int:
        """Return the number of instruments."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(TITLES)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Return that the first column can be ticked."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags

    def data(self, index: _Index, role: int = _DISPLAY) -> Any:
        """Return the text, the tick or the alignment of a cell."""
        row = self._rows[index.row()]
        if role == _DISPLAY:
            return _cell(row, index.column())
        if role == _CHECK and index.column() == 0:
            return Qt.CheckState.Checked if row.used else Qt.CheckState.Unchecked
        if role == _ALIGNMENT and index.column() == _BARS:
            return _RIGHT
        if role == _TOOLTIP:
            return words_of(row)
        if role == _NAME and index.column() == 0:
            return f"{row.symbol}, {'used' if row.used else 'not used'}"
        return None

    def setData(self, index: _Index, value: Any, role: int = _DISPLAY) -> bool:
        """Ask for a tick; the state that follows shows it."""
        if role != _CHECK or index.column() != 0:
            return False
        self.ticked.emit(self._rows[index.row()].symbol, Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        """Return the title of a column."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == _ALIGNMENT:
            return _RIGHT if section == _BARS else _LEFT
        return TITLES[section] if role == _DISPLAY else None


def words_of(row: SymbolRow) -> str:
    """Return an instrument in one line."""
    parts = [row.symbol, choice_words(row.kind), f"{count(row.bars)} bars", f"{row.first} to {row.last}"]
    parts += [f"group {row.group}"] if row.group else []
    parts += [f"costs: {row.cost_words}"] if row.cost_words else []
    return ", ".join(parts)


def _cell(row: SymbolRow, column: int) -> str:
    cells = (
        row.symbol, count(row.bars), row.first, row.last, choice_words(row.kind), row.group, row.cost_words
    )  # fmt: skip
    return cells[column]
