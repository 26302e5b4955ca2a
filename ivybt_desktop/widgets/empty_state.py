"""`EmptyState`: a sentence that says what will appear here and how, instead of an empty panel."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from ivybt_desktop.theme.tokens import SIZES


class EmptyState(QStackedWidget):
    """Shows a body, or a sentence while there is nothing to show.

    Parameters
    ----------
    body : QWidget
        What is shown otherwise.
    words : str
        The sentence.
    parent : QWidget, optional
        Owner.
    """

    def __init__(self, body: QWidget, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._body = body
        self._label = QLabel(words)
        self._label.setProperty("role", "empty")
        self._label.setWordWrap(True)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(*(SIZES.padding,) * 4)
        column.addWidget(self._label)
        self._page = page
        self.addWidget(body)
        self.addWidget(page)
        self.show_words(words)

    @property
    def words(self) -> str:
        """The sentence that is shown; empty while the body is."""
        return self._label.text() if self.currentWidget() is self._page else ""

    def show_body(self) -> None:
        """Show the body."""
        self.setCurrentWidget(self._body)

    def show_words(self, words: str) -> None:
        """Show a sentence instead of the body."""
        self._label.setText(words)
        self.setCurrentWidget(self._page)
