"""A label that ends in an ellipsis where it has no room, and says the whole on hover."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class ElidedLabel(QLabel):
    """One line that never asks for more width than it is given.

    Parameters
    ----------
    text : str
        The whole text.
    fills : bool, default True
        Takes what the layout gives it; False takes the width of its text where there is room.
    """

    def __init__(self, text: str, parent: QWidget | None = None, *, fills: bool = True) -> None:
        super().__init__(text, parent)
        policy = QSizePolicy.Policy
        self.setSizePolicy(policy.Ignored if fills else policy.Preferred, policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        """Return no width."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as much as there is room for."""
        del event
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        words = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), self.alignment() | Qt.AlignmentFlag.AlignVCenter, words)
