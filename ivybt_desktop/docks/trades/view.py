"""`TradesView`: a summary line and the table of round trips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ivybt_desktop.docks.trades.columns import trade_columns
from ivybt_desktop.docks.trades.presenter import NO_RUN
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.elided_label import ElidedLabel
from ivybt_desktop.widgets.table_view import TableView

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult


class TradesView(QWidget):
    """The trade log; passive.

    Attributes
    ----------
    row_chosen : Signal(int)
        Trade that has the keyboard; -1 for none.
    rows_chosen : Signal(object)
        int64[k], the selected trades.
    loser_wanted : Signal()
        Space was pressed.
    export_wanted : Signal(object)
        Path of the CSV file to write.
    filter_changed : Signal(str)
        Words that the trades shown must have.
    """

    row_chosen = Signal(int)
    rows_chosen = Signal(object)
    loser_wanted = Signal()
    export_wanted = Signal(object)
    filter_changed = Signal(str)

    def __init__(self, theme: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.table = TableView(theme, "Trades", self)
        self._summary = ElidedLabel("", self)
        self._summary.setProperty("role", "label")
        self._summary.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._export = QToolButton(self)
        self._export.setText("Export CSV")
        self._export.setProperty("role", "quiet")
        self._export.setToolTip("Write the table in the order shown (Ctrl+E)")
        self._export.clicked.connect(self.ask_export)
        self._empty = QLabel(NO_RUN, self)
        self._empty.setProperty("role", "empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._suggested = "trades.csv"
        self.filter = QLineEdit(self)
        self._rows: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._telling = True
        self._build()
        self.table.grid.installEventFilter(self)
        self.table.current_changed.connect(self._tell_row)
        self.table.selection_changed.connect(lambda: self.rows_chosen.emit(self.chosen()))
        self.filter.textChanged.connect(self.filter_changed)
        self.setFocusProxy(self.table)

    def _build(self) -> None:
        bar = QWidget(self)
        bar.setFixedHeight(SIZES.row)
        row = QHBoxLayout(bar)
        row.setContentsMargins(SIZES.padding, 0, SIZES.grid, 0)
        row.setSpacing(SIZES.padding)
        self.filter.setPlaceholderText("Filter: symbol, long, lost, stop, -open")
        self.filter.setAccessibleName("Filter trades")
        self.filter.setToolTip(
            "Shows the trades that have every word: symbol, strategy, long, short, won, lost, open, closed, "
            "ambiguous, or an exit reason. A minus sign leaves those out"
        )
        self.filter.setClearButtonEnabled(True)
        self.filter.setFixedHeight(SIZES.row - 2)
        self.filter.setFixedWidth(64 * SIZES.grid)
        row.addWidget(self._summary, 1)
        row.addWidget(self.filter)
        row.addWidget(self._export)
        full = QWidget(self)
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self.table, 1)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(full)

    def show_empty(self, words: str) -> None:
        """Show a sentence instead of the table."""
        self._empty.setText(words)
        self._pages.setCurrentIndex(0)

    def show_result(self, result: BacktestResult, rows: npt.NDArray[np.int64]) -> None:
        """Show some round trips of a run, by their rows, increasing; sorting and widths stay."""
        name = "portfolio" if result.is_portfolio else result.bars.symbol or "run"
        self._suggested = f"trades_{name}_{result.run_id}.csv"
        self._rows = rows
        columns = trade_columns(result)
        if rows.size < result.trades.size:
            tones = [None if column.tones is None else column.tones[rows] for column in columns]
            columns = [
                replace(column, values=column.values[rows], tones=some)
                for column, some in zip(columns, tones, strict=True)
            ]
        self.table.set_columns(columns)
        self._pages.setCurrentIndex(1)

    def show_summary(self, words: str) -> None:
        """Show the line above the table."""
        self._summary.setText(words)
        self._summary.setToolTip(words)

    def select_row(self, row: int) -> None:
        """Select a trade and scroll to it; -1, or one that is filtered out, for none."""
        at = int(np.searchsorted(self._rows, row))
        shown = row >= 0 and at < self._rows.size and self._rows[at] == row
        # A trade that is not in the table stays selected elsewhere.
        self._telling = shown or row < 0
        try:
            self.table.select_row(at if shown else -1)
        finally:
            self._telling = True

    def order(self) -> npt.NDArray[np.int64]:
        """Return the rows of the trades in the order shown."""
        return np.asarray(self._rows[self.table.model.order], np.int64)

    def chosen(self) -> npt.NDArray[np.int64]:
        """Return the rows of the selected trades."""
        return np.asarray(self._rows[self.table.selected_rows()], np.int64)

    def open_filter(self) -> None:
        """Give the keyboard to the filter."""
        if self._pages.currentIndex() == 1:
            self.filter.setFocus()
            self.filter.selectAll()

    def _tell_row(self, row: int) -> None:
        if self._telling:
            self.row_chosen.emit(int(self._rows[row]) if row >= 0 else -1)

    def export(self, path: Path) -> None:
        """Write the table as CSV.

        Raises
        ------
        StorageError
            The file cannot be written.
        """
        self.table.export(path)

    def ask_export(self) -> None:
        """Ask for a file, and ask the presenter to write it."""
        if self._pages.currentIndex() == 0:
            return
        name, _ = QFileDialog.getSaveFileName(self, "Export trades", self._suggested, "CSV files (*.csv)")
        if name:
            self.export_wanted.emit(Path(name))

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        self.table.set_theme(theme)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Space as "next loser"; the table would toggle the row."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            if plain and event.key() == Qt.Key.Key_Space:
                self.loser_wanted.emit()
                return True
        return super().eventFilter(watched, event)
