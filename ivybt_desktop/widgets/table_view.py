"""`TableView`: a table for 100,000 rows: sorting by several columns, copy, export, find, column chooser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QMenu,
    QTableView,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from engine.storage.files import write_whole
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.table_find import FindBar
from ivybt_desktop.widgets.table_model import RISING, ArrayTableModel, Column, SortKey
from ivybt_desktop.widgets.table_text import comma_separated, tab_separated

IntArray = npt.NDArray[np.int64]

# Cells looked at for the width of a column; the extremes are always among them.
_SAMPLE = 60


_STEPS = (Qt.Key.Key_Down, Qt.Key.Key_Up)


class TableView(QWidget):
    """A table over arrays with its find bar.

    Click on a header sorts by it, again turns it round, a third time restores the original order.
    Shift+click adds a column to the keys. Ctrl+C copies rows with headers, Ctrl+F finds, a right click
    on the header chooses columns.

    Parameters
    ----------
    theme : Tokens
        Colours.
    name : str
        Name for screen readers.
    parent : QWidget, optional
        Owner.

    Attributes
    ----------
    current_changed : Signal(int)
        Array position of the row that has the keyboard; -1 for none.
    selection_changed : Signal()
        Other rows are selected; `selected_rows` tells which.
    """

    current_changed = Signal(int)
    selection_changed = Signal()

    def __init__(self, theme: Tokens, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ArrayTableModel(theme, self)
        self.grid = _Grid(self)
        self.grid.setModel(self.model)
        self.grid.setAccessibleName(name)
        self.find_bar = FindBar(self.model, self)
        self._sized: list[str] = []
        self._longest: list[int] = []
        self._setting = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.find_bar)
        layout.addWidget(self.grid, 1)
        self.setFocusProxy(self.grid)
        header = self.grid.horizontalHeader()
        header.sectionClicked.connect(self._sort)
        header.customContextMenuRequested.connect(self._choose_columns)
        selection = self.grid.selectionModel()
        selection.currentRowChanged.connect(self._current_moved)
        selection.selectionChanged.connect(self._selection_moved)
        self.find_bar.found.connect(self._show_match)
        self.find_bar.closed.connect(self.grid.setFocus)

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other data; sort keys, widths and the place in the list stay."""
        bar = self.grid.verticalScrollBar()
        place = bar.value()
        self._setting = True
        try:
            self.model.set_columns(columns)
        finally:
            self._setting = False
        names = [column.id for column in columns]
        if names != self._sized:
            self._sized, self._longest = names, [-1] * len(names)
        self._size_columns()
        bar.setValue(place)
        self.selection_changed.emit()

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        self.model.set_theme(theme)

    def selected_rows(self) -> IntArray:
        """Return the array positions of the selected rows in the order shown."""
        chosen = self.grid.selectionModel().selection()
        parts = (chosen.at(place) for place in range(chosen.count()))
        spans = [np.arange(part.top(), part.bottom() + 1, dtype=np.int64) for part in parts]
        rows: IntArray = np.unique(np.concatenate(spans)) if spans else np.empty(0, np.int64)
        return self.model.order[rows]

    def current_row(self) -> int:
        """Return the array position of the row that has the keyboard; -1 for none."""
        return self.model.source_row(self.grid.currentIndex().row())

    def select_row(self, source: int) -> None:
        """Select one row by its array position and scroll to it; -1 clears the selection."""
        if source == self.current_row() and (source < 0 or self.selected_rows().tolist() == [source]):
            return
        row = self.model.view_row(source)
        if row < 0:
            self.grid.clearSelection()
            self.grid.setCurrentIndex(QModelIndex())
            return
        column = max(self.grid.currentIndex().column(), 0)
        index = self.model.index(row, column)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.grid.selectionModel().setCurrentIndex(index, flags)
        self.grid.scrollTo(index)

    def shown_columns(self) -> list[Column]:
        """Return the columns that are not hidden, in the order shown."""
        header = self.grid.horizontalHeader()
        places = sorted(range(self.model.columnCount()), key=header.visualIndex)
        return [self.model.columns[c] for c in places if not self.grid.isColumnHidden(c)]

    def set_column_shown(self, name: str, *, shown: bool) -> None:
        """Show or hide a column by its id; the last one stays."""
        if not shown and len(self.shown_columns()) <= 1:
            return
        for place, column in enumerate(self.model.columns):
            if column.id == name:
                self.grid.setColumnHidden(place, not shown)
        hidden = {c for c in range(self.model.columnCount()) if self.grid.isColumnHidden(c)}
        self.find_bar.set_hidden(hidden)

    def copy_text(self) -> str:
        """Return the selected rows with headers, tab separated, as Ctrl+C puts them on the clipboard."""
        return tab_separated(self.shown_columns(), self.selected_rows())

    def copy(self) -> None:
        """Put the selected rows with headers on the clipboard."""
        QApplication.clipboard().setText(self.copy_text())

    def export(self, path: Path) -> None:
        """Write all rows in the order shown, shown columns only, as CSV.

        Raises
        ------
        StorageError
            The file cannot be written.
        """
        write_whole(path, comma_separated(self.shown_columns(), self.model.order))

    def open_find(self) -> None:
        """Show the find bar."""
        self.find_bar.open_bar(max(self.grid.currentIndex().row(), 0))

    def _sort(self, column: int) -> None:
        add = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.model.sort_by(next_keys(self.model.keys, column, add=add))
        self.grid.scrollTo(self.grid.currentIndex())

    def _current_moved(self, index: QModelIndex) -> None:
        # A table that gets the keyboard puts it on its first row without selecting it: that is no choice.
        chosen = not index.isValid() or self.grid.selectionModel().isRowSelected(index.row())
        if chosen and not self._setting:
            self.current_changed.emit(self.model.source_row(index.row()))

    def _selection_moved(self, selected: QItemSelection, deselected: QItemSelection) -> None:  # noqa: ARG002
        if not self._setting:
            self.selection_changed.emit()

    def _show_match(self, row: int, column: int) -> None:
        index = self.model.index(row, column)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.grid.selectionModel().setCurrentIndex(index, flags)
        self.grid.scrollTo(index)

    def _choose_columns(self, at: QPoint) -> None:
        menu = self.column_menu()
        menu.exec(self.grid.horizontalHeader().mapToGlobal(at))
        menu.deleteLater()

    def column_menu(self) -> QMenu:
        """Return the menu that shows and hides columns."""
        menu = QMenu(self)
        menu.setAccessibleName("Columns")
        for place, column in enumerate(self.model.columns):
            action = QAction(column.title, menu, checkable=True)
            action.setChecked(not self.grid.isColumnHidden(place))
            action.toggled.connect(lambda on, name=column.id: self.set_column_shown(name, shown=on))
            menu.addAction(action)
        return menu

    def _size_columns(self) -> None:
        header = self.grid.horizontalHeader()
        self.grid.ensurePolished()
        header.ensurePolished()
        # Room for an arrow, so that sorting does not cut the title.
        arrow = header.fontMetrics().horizontalAdvance(f" {RISING}")
        for place, column in enumerate(self.model.columns):
            samples = _sample_rows(column.values)
            longest = max((len(column.text(column.values[row])) for row in samples), default=0)
            # A column grows when longer text arrives; a width that a person chose stays otherwise.
            if longest <= self._longest[place]:
                continue
            self._longest[place] = longest
            rows = (self.model.view_row(row) for row in samples)
            hints = (self.grid.sizeHintForIndex(self.model.index(row, place)).width() for row in rows)
            title = header.sectionSizeHint(place) + arrow
            self.grid.setColumnWidth(place, max(title, max(hints, default=0) + 1))


class _Grid(QTableView):
    """The table itself, with the keys that Qt does not know."""

    def __init__(self, owner: TableView) -> None:
        super().__init__(owner)
        self._owner = owner
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        rows = self.verticalHeader()
        rows.hide()
        rows.setMinimumSectionSize(SIZES.table_row)
        rows.setDefaultSectionSize(SIZES.table_row)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(3 * SIZES.padding)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.setToolTip("Click to sort, Shift+click to sort by more columns, right click to choose columns")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy, find, or move as tables do."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self._owner.copy()
        elif event.matches(QKeySequence.StandardKey.Find):
            self._owner.open_find()
        elif event.key() in _STEPS and not self.selectionModel().hasSelection():
            self._choose_first()
        else:
            super().keyPressEvent(event)

    def _choose_first(self) -> None:
        """Select the row that has the keyboard: a table that was only just entered has chosen none."""
        row = max(self.currentIndex().row(), 0)
        if row < self.model().rowCount():
            # A row that is the current one already would be chosen without anybody being told.
            self.selectionModel().clearCurrentIndex()
            self._owner.select_row(self._owner.model.source_row(row))


def next_keys(keys: Sequence[SortKey], column: int, *, add: bool) -> list[SortKey]:
    """Return the sort keys after a click on a header: rising, falling, then not at all.

    Parameters
    ----------
    keys : sequence of (int, bool)
        Present keys, column and whether it falls.
    column : int
        Clicked column.
    add : bool
        Keep the other keys (Shift was held).
    """
    state = dict(keys)
    following: dict[bool | None, list[SortKey]] = {None: [(column, False)], False: [(column, True)], True: []}
    mine = following[state.get(column)]
    if not add:
        # A column that was one of several becomes the only one and keeps its direction.
        return [(column, state[column])] if column in state and len(keys) > 1 else mine
    if column not in state:
        return [*keys, *mine]
    return [key for old in keys for key in (mine if old[0] == column else [old])]


def _sample_rows(values: npt.NDArray[np.generic]) -> list[int]:
    """Return some rows for the width of a column, the extremes among them."""
    rows = list(range(0, values.size, max(1, values.size // _SAMPLE)))
    if values.size and values.dtype.kind in "iuf" and np.isfinite(values).any():
        rows += [int(np.nanargmin(values)), int(np.nanargmax(values))]
    return rows
