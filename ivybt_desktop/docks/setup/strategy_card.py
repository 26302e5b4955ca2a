"""`StrategyCard`: the card of one strategy as running text with small headings."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from ivybt_desktop.docks.setup.card_words import CardWords
from ivybt_desktop.theme.tokens import SIZES


class StrategyCard(QFrame):
    """A raised box that holds a card; passive."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "raised")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(*(SIZES.padding,) * 4)
        column.addWidget(self.text)
        self._words: CardWords | None = None
        self.hide()

    def show_words(self, words: CardWords | None) -> None:
        """Show another card; None hides it."""
        if words != self._words:
            self._words = words
            self.text.setText("" if words is None else html_of(words))
            self.text.setAccessibleName("" if words is None else f"Card of {words.title}")
        self.setVisible(words is not None)


def html_of(words: CardWords) -> str:
    """Return a card as rich text."""
    gap = SIZES.grid
    parts = [f"<p style='margin:0'><b>{escape(words.idea)}</b></p>"]
    for head, text in words.parts:
        heading = f"<b>{escape(head)}</b>&nbsp; " if head else ""
        parts.append(f"<p style='margin-top:{gap}px; margin-bottom:0'>{heading}{escape(text)}</p>")
    if words.measured:
        parts.append(f"<p style='margin-top:{gap}px; margin-bottom:{gap}px'>"
                     f"<b>Measured</b>&nbsp; {escape(words.measured)}</p>")  # fmt: skip
    if words.costs:
        heads = "".join(f"<td align='right'>{escape(cost)}</td>" for cost, _ in words.costs)
        years = "".join(f"<td align='right'>{escape(year)}</td>" for _, year in words.costs)
        parts.append(
            f"<table cellpadding='2'><tr><td>Cost of an order</td>{heads}</tr>"
            f"<tr><td>Net a year</td>{years}</tr></table>"
        )
    return "".join(parts)
