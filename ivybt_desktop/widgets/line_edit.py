"""A line of text that tells typing from committing; base of the number and date fields."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

_STEPS = {
    Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10,
}  # fmt: skip
_PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)


class LineEdit(QLineEdit):
    """One line of text.

    Attributes
    ----------
    changed : Signal(object)
        While the person types or steps.
    committed : Signal(object)
        At Enter, after a step, and when the focus leaves a changed field.
    """

    changed = Signal(object)
    committed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._open = False
        self.textEdited.connect(self._edited)
        self.editingFinished.connect(self._finish)

    @property
    def is_open(self) -> bool:
        """Whether something was typed that is not committed yet."""
        return self._open

    def value(self) -> Any:
        """Return the text; `None` when empty."""
        return self.text() or None

    def set_value(self, value: Any) -> None:
        """Show a value without emitting; text that already says so is left as it was typed."""
        if value == self.value():
            return
        self._open = False
        self.write(value)

    def write(self, value: Any) -> None:
        """Put a value into the line; subclasses format it."""
        self.setText("" if value is None else str(value))

    def step_by(self, steps: int) -> None:
        """Move by so many steps; text has none."""

    def take(self, value: Any) -> None:
        """Write a value that a key or the wheel chose, and emit it."""
        self._open = False
        self.write(value)
        self.changed.emit(value)
        self.committed.emit(value)

    def event(self, event: QEvent) -> bool:
        """Leave undo to the form when there is no typing to undo."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and not self._open
            and (event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo))
        ):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows step by one, page keys by ten."""
        steps = _STEPS.get(Qt.Key(event.key())) if event.modifiers() in _PLAIN else None
        if steps is None:
            super().keyPressEvent(event)
            return
        event.accept()
        self.step_by(steps)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step when focused; else leave the wheel to the form, which scrolls."""
        turn = event.angleDelta().y()
        if not self.hasFocus() or not turn:
            event.ignore()
            return
        event.accept()
        self.step_by(1 if turn > 0 else -1)

    def _edited(self) -> None:
        self._open = True
        self.changed.emit(self.value())

    def _finish(self) -> None:
        if not self._open:
            return
        self._open = False
        value = self.value()
        self.write(value)
        self.committed.emit(value)
