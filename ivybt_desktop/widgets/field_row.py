"""One row of a form: a dot that resets, a label, the control, and the sentence about a bad value."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from engine.fields import FieldInfo
from ivybt_desktop.theme.tokens import SIZES
from ivybt_desktop.widgets.elided_label import ElidedLabel
from ivybt_desktop.widgets.field_editors import make_editor
from ivybt_desktop.widgets.field_words import range_words, shown_value

DOT_WIDTH = SIZES.grid * 4
_DOT = 6


class ResetDot(QAbstractButton):
    """A small dot in the accent colour; a click gives the default back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedSize(self.sizeHint())
        self.hide()

    def sizeHint(self) -> QSize:
        """Return the size of the click target; the dot itself is smaller."""
        return QSize(DOT_WIDTH, SIZES.row)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dot, with a ring when focused."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self.palette().color(QPalette.ColorRole.Accent)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        radius = _DOT / 2 + (1 if self.underMouse() else 0)
        painter.drawEllipse(self.rect().toRectF().center(), radius, radius)
        if self.hasFocus():
            painter.setPen(colour)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self.rect().toRectF().center(), radius + 2, radius + 2)


class FieldRow(QObject):
    """The parts of one row and how they act together; the form places them.

    Attributes
    ----------
    changed, committed : Signal(str, object)
        Name of the field and its value.
    """

    changed = Signal(str, object)
    committed = Signal(str, object)

    def __init__(self, info: FieldInfo, parent: QWidget, *, wide: bool = False) -> None:
        super().__init__(parent)
        self.info, self.is_wide = info, wide
        self.dot = ResetDot(parent)
        self.label = ElidedLabel(info.title, parent)
        self.label.setProperty("role", "quiet")
        self.label.setVisible(not wide)
        self.editor = make_editor(info)
        self.error = QLabel(parent)
        self.error.setProperty("role", "danger")
        self.error.setWordWrap(True)
        self.error.hide()
        self.label.setBuddy(self.editor.focus_target)
        self._known, self._hidden, self._spoken = info.default, False, False
        self.editor.set_value(info.default)
        self.set_info(info)
        self.dot.clicked.connect(self.reset)
        self.editor.changed.connect(self._changed)
        self.editor.committed.connect(self._committed)

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """All widgets of the row but the error line."""
        return self.dot, self.label, self.editor

    def set_info(self, info: FieldInfo) -> None:
        """Take another unit, step or range and write the help from it."""
        self.info = info
        if self.editor.info != info:
            self.editor.set_info(info)
        default = shown_value(info, info.default)
        words = range_words(info) if info.type in ("int", "float") else ""
        limits = ", ".join(part for part in (words, f"default {default}" if default else "") if part)
        limits = f"{limits[:1].upper()}{limits[1:]}"
        self._help = "\n".join(part for part in (info.help, limits) if part)
        self.label.setToolTip(f"{info.title}\n{self._help}")
        self.editor.setToolTip(self._help)
        self.dot.setToolTip(f"Changed from {default or 'empty'}. Click to reset")
        self.dot.setAccessibleName(f"Reset {info.title} to {default or 'empty'}")
        self.editor.focus_target.setAccessibleDescription(self._help.replace("\n", ". "))
        self._mark_changed(self._known)

    def value(self) -> Any:
        """Return the value of the spec, or what the control holds instead."""
        return self.editor.value()

    def set_value(self, value: Any) -> None:
        """Show a value without emitting; what the row holds already costs nothing."""
        if value == self._known and type(value) is type(self._known):
            return
        self._known = value
        self.editor.set_value(value)
        self._mark_changed(value)

    def set_hidden(self, hidden: bool) -> None:  # noqa: FBT001  (Qt's habit for setters)
        """Leave the row out, or show it again; it keeps its value."""
        if hidden == self._hidden:
            return
        # A flag of our own: a row that was just made counts as hidden for Qt until it is laid out.
        self._hidden = hidden
        self.label.setVisible(not hidden and not self.is_wide)
        self.editor.setVisible(not hidden)
        self.error.setVisible(not hidden and self._spoken)
        self._mark_changed(self._known)

    def set_error(self, sentence: str, *, spoken: bool) -> None:
        """Mark the control; with ``spoken`` the sentence stands under it as well."""
        target = self.editor.focus_target
        if bool(target.property("invalid")) != bool(sentence):
            target.setProperty("invalid", bool(sentence))
            target.style().unpolish(target)
            target.style().polish(target)
        self.error.setText(f"{sentence}." if sentence else "")
        self._spoken = bool(sentence) and spoken
        self.error.setVisible(self._spoken and not self._hidden)
        self.editor.setToolTip(f"{sentence}.\n{self._help}" if sentence else self._help)

    def reset(self) -> None:
        """Give the default back and say so."""
        had_focus = self.dot.hasFocus()
        self.set_value(self.info.default)
        self.changed.emit(self.info.name, self.info.default)
        self.committed.emit(self.info.name, self.info.default)
        if had_focus:
            self.editor.focus_target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _mark_changed(self, value: Any) -> None:
        self.dot.setVisible(value != self.info.default and not self._hidden)

    def _changed(self, value: Any) -> None:
        self._known = value
        self._mark_changed(value)
        self.changed.emit(self.info.name, value)

    def _committed(self, value: Any) -> None:
        self._known = value
        self._mark_changed(value)
        self.committed.emit(self.info.name, value)
