"""`FindBar`: looks for text in a table, a slice of rows at a time, so that typing never waits."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QKeyEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from ivybt_desktop.theme.tokens import SIZES
from ivybt_desktop.widgets.table_model import ArrayTableModel

# Rows looked at before the event loop has its turn again: about 10 ms of text.
_SLICE = 1_000


class _Field(QLineEdit):
    """A line edit whose Esc and Enter are its own, not the window's."""

    closed = Signal()
    stepped = Signal(int)

    def event(self, event: QEvent) -> bool:
        override = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if override and event.key() == Qt.Key.Key_Escape:  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            back = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self.stepped.emit(-1 if back else 1)
        else:
            super().keyPressEvent(event)


class FindBar(QWidget):
    """A field, buttons for the next and the previous match, and what was found.

    Parameters
    ----------
    model : ArrayTableModel
        Where to look, in what is shown.
    parent : QWidget, optional
        Owner.

    Attributes
    ----------
    found : Signal(int, int)
        View row and column of a match.
    closed : Signal()
        The user is done.
    """

    found = Signal(int, int)
    closed = Signal()

    def __init__(self, model: ArrayTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._hidden: set[int] = set()
        self._at, self._step, self._left = -1, 1, 0
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._look)
        self._field = _Field(self)
        self._field.setPlaceholderText("Find in table")
        self._field.setAccessibleName("Find in table")
        self._field.textChanged.connect(lambda: self._start(1, include=True))
        self._field.stepped.connect(self._start)
        self._field.closed.connect(self.close_bar)
        self._answer = QLabel(self)
        self._answer.setProperty("role", "label")
        row = QHBoxLayout(self)
        row.setContentsMargins(SIZES.padding, SIZES.grid // 2, SIZES.padding, SIZES.grid // 2)
        row.setSpacing(SIZES.grid)
        row.addWidget(self._field, 1)
        row.addWidget(self._button("Previous match", Qt.ArrowType.UpArrow, -1))
        row.addWidget(self._button("Next match", Qt.ArrowType.DownArrow, 1))
        row.addWidget(self._answer)
        self.hide()

    def _button(self, words: str, arrow: Qt.ArrowType, step: int) -> QToolButton:
        button = QToolButton(self)
        button.setArrowType(arrow)
        button.setAccessibleName(words)
        button.setToolTip(f"{words} ({'Enter' if step > 0 else 'Shift+Enter'})")
        button.setProperty("role", "quiet")
        button.clicked.connect(lambda: self._start(step))
        return button

    def open_bar(self, row: int) -> None:
        """Show the bar and look from a view row on."""
        self._at = row
        self.show()
        self._field.setFocus()
        self._field.selectAll()

    def close_bar(self) -> None:
        """Hide the bar and stop looking."""
        self._timer.stop()
        self.hide()
        self.closed.emit()

    def set_hidden(self, columns: set[int]) -> None:
        """Leave out columns that are not shown."""
        self._hidden = columns

    def _start(self, step: int, *, include: bool = False) -> None:
        self._step, self._left = step, self._model.rowCount()
        if include:
            self._at -= step
        self._answer.setText("")
        if self._field.text() and self._left:
            self._timer.start()
        else:
            self._timer.stop()

    def _look(self) -> None:
        text, rows = self._field.text().casefold(), self._model.rowCount()
        columns = [c for c in range(self._model.columnCount()) if c not in self._hidden]
        for _ in range(min(_SLICE, self._left)):
            if rows == 0:
                break
            self._at = (self._at + self._step) % rows
            self._left -= 1
            for column in columns:
                if text in str(self._model.data(self._model.index(self._at, column))).casefold():
                    self._timer.stop()
                    self.found.emit(self._at, column)
                    return
        if self._left <= 0 or rows == 0:
            self._timer.stop()
            self._answer.setText("No match")
