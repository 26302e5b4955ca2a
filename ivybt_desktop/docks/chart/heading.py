"""`HeadingBar`: one quiet line above the chart; words that do not fit show in full on hover."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QWidget,
)

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
    """Symbol, strategy and fill sentence; of a portfolio a choice of its instruments.

    Attributes
    ----------
    leg_chosen : Signal(int)
        Another instrument was chosen.
    blocks_toggled : Signal(bool)
        Whether the strategy's candles are to be shown.
    indicators_toggled : Signal(bool)
        Whether the list of indicators is to be shown.
    """

    leg_chosen = Signal(int)
    blocks_toggled = Signal(bool)
    indicators_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._symbol, self._strategy, self._fill = (ElidedLabel(self) for _ in range(3))
        self._symbol.set_role("heading")
        self._strategy.set_role("label")
        self._fill.set_role("label")
        self.legs = QComboBox(self)
        self.legs.setAccessibleName("Instrument")
        self.legs.setToolTip("Instrument of the run (Alt+Up, Alt+Down)")
        self.legs.setFixedHeight(SIZES.row - 2)
        self.legs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.legs.setMaxVisibleItems(20)
        self.legs.hide()
        self.legs.activated.connect(lambda place: self.leg_chosen.emit(int(self.legs.itemData(place))))
        self.blocks = QCheckBox("Signal candles", self)
        self.blocks.setChecked(True)
        self.blocks.setToolTip("Show the candles that the strategy decided on over the real ones")
        self.blocks.hide()
        self.blocks.toggled.connect(self.blocks_toggled)
        self.indicators = QToolButton(self)
        self.indicators.setText("Indicators")
        self.indicators.setProperty("role", "quiet")
        self.indicators.setCheckable(True)
        self.indicators.setFixedHeight(SIZES.row - 2)
        self.indicators.setAccessibleName("Indicators on the chart")
        self.indicators.setToolTip("Put indicators on the chart (Ctrl+I)")
        self.indicators.toggled.connect(self.indicators_toggled)
        self._named: list[tuple[int, str]] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(SIZES.padding, 0, SIZES.padding, 0)
        row.setSpacing(2 * SIZES.padding)
        row.addWidget(self.legs)
        for label, stretch in ((self._symbol, 0), (self._strategy, 0), (self._fill, 1)):
            row.addWidget(label, stretch)
        row.addStretch(0)  # without a fill sentence the others stay at the left
        row.addWidget(self.blocks)
        row.addWidget(self.indicators)
        self.setFixedHeight(SIZES.row)

    def show_heading(self, heading: Heading) -> None:
        """Show other words."""
        self._symbol.say(heading.symbol)
        self._strategy.say(heading.strategy)
        self._fill.say(heading.fill)
        self._fill.set_role("caution" if heading.warn else "label")

    def show_legs(self, names: Sequence[tuple[int, str]], asset: int) -> None:
        """Offer instruments; none hides the choice."""
        if list(names) != self._named:
            self._named = list(names)
            self.legs.clear()
            for value, name in names:
                self.legs.addItem(name, value)
        if names:
            self.legs.setCurrentIndex([value for value, _ in names].index(asset))
        self.legs.setVisible(bool(names))

    def offer_blocks(self, *, offered: bool) -> None:
        """Show the switch of the strategy's candles, or hide it."""
        self.blocks.setVisible(offered)
