"""`LogView`: table of lines with a filter by level and words."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ivybt_desktop.docks.log.model import LEVEL, MESSAGE, TIME, LogModel
from ivybt_desktop.docks.log.presenter import LEVELS, LogLine
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.empty_state import EmptyState

_EMPTY = "What happens in this session appears here: files read, runs, warnings and errors."
_NOTHING = "No line passes the filter."
_CHOICES = ("All levels", "Warnings and errors", "Errors")


class LogView(QWidget):
    """Passive; emits what the user asks.

    Attributes
    ----------
    filter_changed : Signal(str, str)
        Least level, and words that must occur.
    cleared : Signal()
        All lines should go.
    """

    filter_changed = Signal(str, str)
    cleared = Signal()

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.model = LogModel(tokens, self)
        self.table = self._make_table()
        self.level = QComboBox()
        self.level.setAccessibleName("Least level")
        self.level.addItems(list(_CHOICES))
        self.words = QLineEdit()
        self.words.setAccessibleName("Words in the message")
        self.words.setPlaceholderText("Filter by words")
        self.words.setClearButtonEnabled(True)
        copy, clear = QPushButton("Copy"), QPushButton("Clear")
        for button in (copy, clear):
            button.setProperty("role", "quiet")
        copy.setToolTip("Copy the selected lines, or all that are shown")
        clear.setToolTip("Empty this list; the log file keeps the lines")
        self._empty = EmptyState(self.table, _EMPTY)
        self.setFocusProxy(self.table)
        row = QHBoxLayout()
        row.setContentsMargins(SIZES.padding, SIZES.grid, SIZES.padding, SIZES.grid)
        row.setSpacing(SIZES.padding)
        row.addWidget(self.level)
        row.addWidget(self.words, 1)
        row.addWidget(copy)
        row.addWidget(clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._empty, 1)
        self.level.currentIndexChanged.connect(self._filter)
        self.words.textChanged.connect(self._filter)
        copy.clicked.connect(self.copy)
        clear.clicked.connect(self.cleared)
        keys = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.table)
        keys.setContext(Qt.ShortcutContext.WidgetShortcut)
        keys.activated.connect(self.copy)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self.words.setFocus)

    @property
    def words_shown(self) -> str:
        """The sentence shown while there is no line."""
        return self._empty.words

    def show_lines(self, lines: list[LogLine], total: int) -> None:
        """Show these lines of ``total``."""
        self.model.show(lines)
        self._settle(total)

    def add_line(self, line: LogLine, total: int) -> None:
        """Show one line more; the list stays at its end when it was there."""
        bar = self.table.verticalScrollBar()
        at_end = bar.value() >= bar.maximum()
        self.model.add(line)
        self._settle(total)
        if at_end:
            self.table.scrollToBottom()

    def set_theme(self, tokens: Tokens) -> None:
        """Draw in the colours of a theme."""
        self.model.set_theme(tokens)
        self.table.viewport().update()

    def copy(self) -> None:
        """Put the selected lines, or all shown, on the clipboard."""
        chosen = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        rows = chosen or range(len(self.model.lines))
        lines = (self.model.lines[row] for row in rows)
        text = "\n".join(f"{line.time}\t{line.level}\t{line.message}" for line in lines)
        QApplication.clipboard().setText(text)

    def _settle(self, total: int) -> None:
        if self.model.lines:
            self._empty.show_body()
        else:
            self._empty.show_words(_NOTHING if total else _EMPTY)

    def _filter(self) -> None:
        self.filter_changed.emit(LEVELS[self.level.currentIndex()], self.words.text())

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName("Log")
        table.setModel(self.model)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(SIZES.table_row)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.resizeSection(TIME, 10 * SIZES.padding)
        header.resizeSection(LEVEL, 9 * SIZES.padding)
        header.setSectionResizeMode(MESSAGE, QHeaderView.ResizeMode.Stretch)
        return table
