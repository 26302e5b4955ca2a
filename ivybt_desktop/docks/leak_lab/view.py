"""`LeakLabView`: the verdict, the table of findings, and what to do about the chosen one."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ivybt_desktop.context import Badge
from ivybt_desktop.docks.leak_lab.columns import lab_columns
from ivybt_desktop.docks.leak_lab.state import EMPTY, LabState, copied
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.elided_label import ElidedLabel
from ivybt_desktop.widgets.empty_state import EmptyState
from ivybt_desktop.widgets.proof_pill import ProofPill
from ivybt_desktop.widgets.table_view import TableView

_TICK_MS = 500


class LeakLabView(QWidget):
    """Passive; emits what the user asks.

    Attributes
    ----------
    check_asked, cancel_asked : Signal()
    row_chosen, source_asked : Signal(int)
        Row whose first bar the chart should show; row whose line should be opened.
    ticked : Signal()
        Emitted twice a second while a check runs.
    """

    check_asked = Signal()
    cancel_asked = Signal()
    row_chosen = Signal(int)
    source_asked = Signal(int)
    ticked = Signal()

    def __init__(self, theme: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._state = LabState()
        self.pill = ProofPill("strategy", self, opens=False)
        self.heading, self.detail = ElidedLabel("", self), ElidedLabel("", self)
        self.todo = QLabel(self)
        self.table = TableView(theme, "Findings of the Leak Lab", self)
        self.busy = QProgressBar(self)
        self.check = _button("Check again", "Recompute the strategy on cut and scrambled prices now")
        self.stop = _button("Stop", "Stop the check under way")
        self.source = _button("Open line", "Open the line of the cause in your editor")
        self.copy_button = _button("Copy", "Copy the verdict and the table with headers")
        self._findings = QWidget(self)
        self._body = EmptyState(self._findings, EMPTY, self)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.ticked)
        self._arrange()
        self._connect()
        self.setFocusProxy(self.table)
        self.show_state(LabState())

    @property
    def words(self) -> str:
        """The sentence shown instead of the table."""
        return self._body.words

    @property
    def is_ticking(self) -> bool:
        """Whether a check is being watched."""
        return self._timer.isActive()

    def show_state(self, state: LabState) -> None:
        """Show a state."""
        is_same_table = state.rows == self._state.rows
        self._state = state
        self.pill.show_badge(Badge(state.status, detail=state.detail))
        self.heading.setText(state.heading)
        self.heading.setToolTip(state.heading)
        told = [part for part in (state.warmup, state.detail) if part]
        self.detail.setText(". ".join(told))
        self.detail.setToolTip("\n".join(told))
        self.busy.setVisible(state.is_checking)
        self.stop.setVisible(state.is_checking)
        self.check.setVisible(not state.is_checking)
        self.check.setEnabled(state.can_check)
        self.copy_button.setEnabled(bool(state.status))
        self.source.setVisible(bool(state.where) or any(row.where for row in state.rows))
        if state.rows:
            if not is_same_table:
                self.table.set_columns(lab_columns(state.rows))
                # The last column takes what the others leave, and not what its words ask for.
                header = self.table.grid.horizontalHeader()
                header.setStretchLastSection(False)
                header.setSectionResizeMode(header.count() - 1, QHeaderView.ResizeMode.Stretch)
                self.table.select_row(0)
            self._body.show_body()
        else:
            self._body.show_words(state.words)
        self._show_todo()
        (self._timer.start if state.is_checking else self._timer.stop)()

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        self.table.set_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the room there is."""
        super().resizeEvent(event)
        self._fit_todo()

    def copy(self) -> None:
        """Put verdict and findings on the clipboard."""
        QGuiApplication.clipboard().setText(copied(self._state))

    def _show_todo(self) -> None:
        row = self.table.current_row() if self._state.rows else -1
        found = self._state.rows[row] if 0 <= row < len(self._state.rows) else None
        self.todo.setText("" if found is None else f"{found.todo}.")
        self._fit_todo()
        self.source.setEnabled(bool(self._state.where if found is None else found.where))

    def _ask_source(self) -> None:
        self.source_asked.emit(self.table.current_row() if self._state.rows else -1)

    def _fit_todo(self) -> None:
        """Say in full under the table what its last column has no room for."""
        last = self.table.model.columnCount() - 1
        room = self.table.grid.columnWidth(last) if last >= 0 else 0
        wanted = self.todo.fontMetrics().horizontalAdvance(self.todo.text()) + 2 * SIZES.padding
        self.todo.setVisible(bool(self.todo.text()) and wanted > room)

    def _connect(self) -> None:
        self.check.clicked.connect(self.check_asked)
        self.stop.clicked.connect(self.cancel_asked)
        self.copy_button.clicked.connect(self.copy)
        self.source.clicked.connect(self._ask_source)
        self.table.grid.clicked.connect(lambda _index: self.row_chosen.emit(self.table.current_row()))
        self.table.grid.activated.connect(lambda _index: self.row_chosen.emit(self.table.current_row()))
        self.table.selection_changed.connect(self._show_todo)
        self.table.grid.horizontalHeader().sectionResized.connect(lambda *_: self._fit_todo())

    def _arrange(self) -> None:
        self.heading.setProperty("role", "heading")
        self.detail.setProperty("role", "label")
        self.todo.setProperty("role", "quiet")
        self.todo.setWordWrap(True)
        self.todo.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.todo.setContentsMargins(SIZES.padding, SIZES.grid, SIZES.padding, SIZES.grid)
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.busy.setFixedWidth(120)
        self.busy.setAccessibleName("The check is under way")
        head = QHBoxLayout()
        head.setContentsMargins(SIZES.padding, SIZES.grid, SIZES.padding, 0)
        head.setSpacing(SIZES.padding)
        head.addWidget(self.pill)
        head.addWidget(self.heading, 1)
        for part in (self.busy, self.stop, self.source, self.check, self.copy_button):
            head.addWidget(part)
        line = QHBoxLayout()
        line.setContentsMargins(SIZES.padding, 0, SIZES.padding, SIZES.grid)
        line.addWidget(self.detail, 1)
        inner = QVBoxLayout(self._findings)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self.table, 1)
        inner.addWidget(self.todo)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(line)
        column.addWidget(self._body, 1)


def _button(words: str, tip: str) -> QPushButton:
    button = QPushButton(words)
    button.setProperty("role", "quiet")
    button.setToolTip(tip)
    return button
