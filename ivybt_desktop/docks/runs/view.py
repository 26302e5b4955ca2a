"""`RunsView`: search box, table of runs, and the offer to undo a deletion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ivybt_desktop.docks.runs.columns import run_columns
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.empty_state import EmptyState
from ivybt_desktop.widgets.table_view import TableView

if TYPE_CHECKING:
    from engine.storage.run_store import RunSummary

_UNDO_MS = 10_000
_SEARCH_MS = 120
_HINT = "Search: words, symbol:SPX, sharpe>0.8, fast>=10, starred:yes"


class RunsView(QWidget):
    """Passive; emits what the user asks.

    Attributes
    ----------
    search_changed : Signal(str)
        What was typed.
    open_asked : Signal(str)
        Id of a run.
    star_asked : Signal(str, bool)
        Id of a run, and whether it is to be marked.
    delete_asked : Signal(list)
        Ids of runs.
    undo_asked, undo_passed : Signal()
        The deletion is to be taken back; the offer has passed.
    """

    search_changed = Signal(str)
    open_asked = Signal(str)
    star_asked = Signal(str, bool)
    delete_asked = Signal(list)
    undo_asked = Signal()
    undo_passed = Signal()

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self._runs: list[RunSummary] = []
        self.search = QLineEdit()
        self.search.setAccessibleName("Search runs")
        self.search.setPlaceholderText(_HINT)
        self.search.setClearButtonEnabled(True)
        self.table = TableView(tokens, "Runs")
        self._empty = EmptyState(self.table, "")
        self._buttons = [
            self._button("Open", "Show the run in every panel (Enter)", self._open),
            self._button("Star", "Mark the run, or take the mark away (S)", self._star),
            self._button("Delete", "Delete the selected runs (Del); it can be undone", self._delete),
        ]
        self._offer, self._offer_words = QWidget(), QLabel()
        self._arrange()
        self._typed = self._timer(_SEARCH_MS, lambda: self.search_changed.emit(self.search.text()))
        self._passed = self._timer(_UNDO_MS, self.undo_passed.emit)
        self.search.textChanged.connect(lambda _text: self._typed.start())
        self.table.grid.doubleClicked.connect(lambda _index: self._open())
        self.table.selection_changed.connect(self._enable)
        self.setFocusProxy(self.table)
        self._keys()
        self._enable()

    def show_runs(self, runs: Sequence[RunSummary], shown: str, proofs: Sequence[str] = ()) -> None:
        """Show runs; ``proofs`` are the words of their look-ahead badges."""
        chosen = {self._runs[row].run_id for row in self.table.selected_rows()}
        self._runs = list(runs)
        self.table.set_columns(run_columns(self._runs, shown, proofs))
        self._empty.show_body()
        for row, run in enumerate(self._runs):
            if run.run_id in chosen:
                self.table.select_row(row)
                break
        self._enable()

    def show_words(self, words: str) -> None:
        """Show a sentence instead of the runs."""
        self._runs = []
        self.table.set_columns([])  # the widths are found anew with the next rows
        self._empty.show_words(words)
        self._enable()

    def offer_undo(self, words: str) -> None:
        """Offer to take a deletion back for ten seconds; empty words take the offer away."""
        self._offer_words.setText(words)
        self._offer.setVisible(bool(words))
        (self._passed.start if words else self._passed.stop)()

    def set_theme(self, tokens: Tokens) -> None:
        """Draw in the colours of a theme."""
        self.table.set_theme(tokens)

    def _chosen(self) -> list[RunSummary]:
        return [self._runs[row] for row in self.table.selected_rows()]

    def _open(self) -> None:
        chosen = self._chosen()
        if chosen:
            self.open_asked.emit(chosen[0].run_id)

    def _star(self) -> None:
        for run in self._chosen():
            self.star_asked.emit(run.run_id, not run.starred)

    def _delete(self) -> None:
        chosen = [run.run_id for run in self._chosen()]
        if chosen:
            self.delete_asked.emit(chosen)

    def _enable(self) -> None:
        for button in self._buttons:
            button.setEnabled(bool(self._chosen()))

    def _keys(self) -> None:
        bound = {
            QKeySequence(Qt.Key.Key_Return): self._open,
            QKeySequence(Qt.Key.Key_Enter): self._open,
            QKeySequence(Qt.Key.Key_S): self._star,
            QKeySequence(Qt.Key.Key_Delete): self._delete,
        }
        for keys, work in bound.items():
            shortcut = QShortcut(keys, self.table.grid)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(work)

    def _button(self, words: str, tip: str, work: object) -> QPushButton:
        button = QPushButton(words)
        button.setProperty("role", "quiet")
        button.setToolTip(tip)
        button.clicked.connect(work)
        return button

    def _timer(self, period_ms: int, work: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(period_ms)
        timer.timeout.connect(work)
        return timer

    def _arrange(self) -> None:
        undo = QPushButton("Undo")
        undo.clicked.connect(self.undo_asked)
        offer = QHBoxLayout(self._offer)
        offer.setContentsMargins(SIZES.padding, 0, SIZES.padding, SIZES.grid)
        offer.addWidget(self._offer_words)
        offer.addWidget(undo)
        offer.addStretch(1)
        self._offer.hide()
        row = QHBoxLayout()
        row.setContentsMargins(SIZES.padding, SIZES.grid, SIZES.padding, SIZES.grid)
        row.setSpacing(SIZES.grid)
        row.addWidget(self.search, 1)
        for button in self._buttons:
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._offer)
        column.addWidget(self._empty, 1)
