"""`HeadingBar`: one quiet line above the chart; words that do not fit show in full on hover."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from ivybt_desktop.docks.chart.ports import Heading
from ivybt_desktop.theme.tokens import SIZES


class ElidedLabel(QLabel):
    """A label that shortens its text to its width."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Allow any width."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Draw as much of the text as fits."""
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)

    def say(self, text: str) -> None:
        """Show other words."""
        if text != self.text():
            self.setText(text)
            self.setToolTip(text)
            self.setVisible(bool(text))

    def set_role(self, role: str) -> None:
        """Take another look of the style sheet."""
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)


class HeadingBar(QWidget):
    """Symbol, strategy and fill sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._symbol, self._strategy, self._fill = (ElidedLabel(self) for _ in range(3))
        self._symbol.set_role("heading")
        self._strategy.set_role("label")
        self._fill.set_role("label")
        row = QHBoxLayout(self)
        row.setContentsMargins(SIZES.padding, 0, SIZES.padding, 0)
        row.setSpacing(2 * SIZES.padding)
        for label, stretch in ((self._symbol, 0), (self._strategy, 0), (self._fill, 1)):
            row.addWidget(label, stretch)
        row.addStretch(0)  # without a fill sentence the others stay at the left
        self.setFixedHeight(SIZES.row)

    def show_heading(self, heading: Heading) -> None:
        """Show other words."""
        self._symbol.say(heading.symbol)
        self._strategy.say(heading.strategy)
        self._fill.say(heading.fill)
        self._fill.set_role("warning" if heading.warn else "label")
