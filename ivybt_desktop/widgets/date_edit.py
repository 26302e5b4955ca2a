"""A field for a date as ISO text: a year or a month alone is completed; arrows step by days."""

from __future__ import annotations

import datetime as dt
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from ivybt_desktop.widgets.field_words import read_date
from ivybt_desktop.widgets.line_edit import LineEdit
from ivybt_desktop.widgets.number_edit import tabular

_FULL_LENGTH = len("2015-1-1")


class DateEdit(LineEdit):
    """One date or none; empty shows the placeholder, the date that stands in for it.

    Emits a date, `None` when empty, or the text when it is no date.

    Parameters
    ----------
    last : bool
        Complete a year or month by its last day, for the end of a range.
    """

    def __init__(self, *, last: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._last = last
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setFont(tabular(self.font()))
        self.setAccessibleDescription("A date such as 2015-01-31; a year or month is completed")

    def value(self) -> Any:
        """Return the date, `None` when empty, or the text when it is no date."""
        text = self.text().strip()
        return (read_date(text, last=self._last) or text) if text else None

    def step_by(self, steps: int) -> None:
        """Move by days, from the placeholder when the field is empty."""
        start = self.value() or read_date(self.placeholderText())
        if isinstance(start, dt.date):
            self.take(start + dt.timedelta(days=steps))

    def _edited(self) -> None:
        # "201" is not a mistake yet; it becomes one when the field is left.
        self._open = True
        if not self.text().strip() or len(self.text().strip()) >= _FULL_LENGTH:
            self.changed.emit(self.value())
