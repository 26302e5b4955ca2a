"""`ImportPreview`: what was found in a price file, before it is used. A panel, not a dialog."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ivybt_desktop.shell.import_words import bars_line, layout_lines, role_words
from ivybt_desktop.theme.roles import set_role
from ivybt_desktop.theme.tokens import SIZES

if TYPE_CHECKING:
    from engine.data.reader import Import

_Index = QModelIndex | QPersistentModelIndex
_LINES = 8


class PreviewModel(QAbstractTableModel):
    """The first rows of a file as they stand there; the header holds each column's name and role."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._heads: list[str] = []
        self._rows: list[list[str]] = []

    def show(self, found: Import) -> None:
        """Replace the rows."""
        self.beginResetModel()
        self._heads = [f"{column.name}\n{role_words(column.role)}" for column in found.recipe.columns]
        self._rows = [list(row) for row in found.preview]
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        """Return the number of rows."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(self._heads)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the text of a cell; a short row has empty cells at its end."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        row = self._rows[index.row()]
        return row[index.column()] if index.column() < len(row) else ""

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Return name and role of a column, or the number of a row."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return self._heads[section] if orientation == Qt.Orientation.Horizontal else section + 1


class ImportPreview(QWidget):
    """Shows a file that was read; Enter uses it, Escape does not.

    Parameters
    ----------
    accept, repair, cancel : callable
        Called without arguments: use the prices, read again and mend bad rows, leave.
    """

    def __init__(
        self, accept: Callable[[], object], repair: Callable[[], object], cancel: Callable[[], object]
    ) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setAccessibleName("Import preview")
        self._title, self._bars, self._rows = QLabel(), QLabel(), QLabel()
        self._title.setProperty("role", "headline")
        self._rows.setProperty("role", "quiet")
        self._rows.setWordWrap(True)
        self._layout_box = QGridLayout()
        self._layout_box.setHorizontalSpacing(2 * SIZES.padding)
        self._layout_box.setVerticalSpacing(2)
        self._layout_box.setColumnStretch(1, 1)
        self._model = PreviewModel(self)
        self._table = self._make_table()
        self.use = QPushButton("Use these prices")
        self.use.setProperty("role", "primary")
        self.use.setAutoDefault(True)
        self.use.clicked.connect(accept)
        self.mend = QPushButton("Repair instead")
        self.mend.setToolTip("Widen high and low to hold open and close; keep the later of two equal times")
        self.mend.clicked.connect(repair)
        self.leave = QPushButton("Cancel")
        self.leave.clicked.connect(cancel)
        self._arrange()

    def show_import(self, path: Path, found: Import) -> None:
        """Fill the panel."""
        self._title.setText(path.name)
        self._bars.setText(bars_line(found.bars))
        self._fill_layout(layout_lines(found.recipe))
        lines = list(found.report.lines())
        more = [f"and {len(lines) - _LINES} more lines"] if len(lines) > _LINES else []
        self._rows.setText("\n".join(lines[:_LINES] + more))
        faulty = found.report.rows_refused
        set_role(self._rows, "warning" if faulty else "quiet")
        self.use.setText("Use without these rows" if faulty else "Use these prices")
        self.mend.setVisible(bool(faulty) and found.report.bad_rows == "drop")
        if found.report.bad_rows == "repair":
            self.use.setText("Use the repaired prices")
        self._model.show(found)
        self._table.resizeColumnsToContents()  # twenty rows
        self.use.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Enter anywhere in the panel."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.use.click()
            return
        super().keyPressEvent(event)

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName("First rows of the file")
        table.setModel(self._model)
        table.setShowGrid(False)
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QTableView.SelectionMode.NoSelection)
        table.verticalHeader().setDefaultSectionSize(SIZES.table_row)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        table.horizontalHeader().setHighlightSections(False)
        table.horizontalHeader().setFixedHeight(2 * SIZES.table_row - SIZES.padding)
        table.horizontalHeader().setStretchLastSection(True)
        return table

    def _fill_layout(self, lines: list[tuple[str, str]]) -> None:
        while (item := self._layout_box.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.deleteLater()
        for row, (name, words) in enumerate(lines):
            label, text = QLabel(name), QLabel(words)
            label.setProperty("role", "quiet")
            text.setWordWrap(True)
            self._layout_box.addWidget(label, row, 0)
            self._layout_box.addWidget(text, row, 1)

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        for button in (self.use, self.mend, self.leave):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(*(2 * SIZES.padding,) * 4)
        column.setSpacing(SIZES.padding)
        column.addWidget(self._title)
        column.addWidget(self._bars)
        column.addLayout(self._layout_box)
        column.addWidget(self._rows)
        column.addWidget(self._table, 1)
        column.addLayout(buttons)
