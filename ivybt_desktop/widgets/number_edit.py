"""A field for one number: exact, with its unit inside, arrows step, the wheel only when focused."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QFont, QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from engine.fields import FieldInfo
from ivybt_desktop.theme.tokens import SIZES
from ivybt_desktop.widgets.field_words import (
    range_words,
    read_number,
    shown_number,
    shown_unit,
    spec_number,
    step_of,
)
from ivybt_desktop.widgets.format import exact
from ivybt_desktop.widgets.line_edit import LineEdit

_TAB = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


def tabular(font: QFont) -> QFont:
    """Return the font with digits of one width."""
    font = QFont(font)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


class NumberEdit(LineEdit):
    """One number with its unit; emits numbers of the spec, or the text when it is no number.

    Parameters
    ----------
    info : FieldInfo
        Declaration; decides range, step, unit and whether only whole numbers are meant.
    """

    def __init__(self, info: FieldInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._info = info
        self._unit = QLabel(self)
        self._unit.setProperty("role", "label")
        self._unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setFont(tabular(self.font()))
        self.set_info(info)

    def set_info(self, info: FieldInfo) -> None:
        """Take another unit, step or range; the value of the spec stays."""
        value = self.value()
        self._info = info
        self._unit.setText(shown_unit(info))
        words = range_words(info)
        self.setAccessibleDescription(f"{words[:1].upper()}{words[1:]}" if words else shown_unit(info))
        if isinstance(value, int | float):
            self.write(value)
        self._place_unit()

    def value(self) -> Any:
        """Return the number of the spec; the text when it is no number; `None` when empty."""
        number = read_number(self.text())
        return (self.text().strip() or None) if number is None else spec_number(self._info, number)

    def write(self, value: Any) -> None:
        """Show a number of the spec in the unit of the control."""
        if isinstance(value, int | float):
            value = exact(shown_number(self._info, value))
        super().write(value)

    def step_by(self, steps: int) -> None:
        """Move by so many declared steps, within the range."""
        value = self.value()
        if not isinstance(value, int | float):
            return
        moved = round(value + steps * step_of(self._info), 10)
        low, high = self._info.low, self._info.high
        moved = max(moved, low) if low is not None else moved
        moved = min(moved, high) if high is not None else moved
        moved = int(moved) if self._info.type == "int" else moved
        if moved != value:
            self.take(moved)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select the number, so that typing replaces it."""
        super().focusInEvent(event)
        if event.reason() in _TAB:
            self.selectAll()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the unit at the right edge."""
        super().resizeEvent(event)
        self._place_unit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a changed font or style."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._place_unit()

    def _place_unit(self) -> None:
        size = self._unit.sizeHint()
        room = size.width() + SIZES.grid if self._unit.text() else 0
        # The style's own padding already keeps the text off the edge.
        self.setTextMargins(0, 0, max(0, room - SIZES.grid // 2), 0)
        self._unit.resize(size)
        self._unit.move(self.width() - room - SIZES.grid // 2, (self.height() - size.height()) // 2)
