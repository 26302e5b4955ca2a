"""`HeatMatrix`: a square table of numbers between -1 and 1 as colours and figures, neutral at zero."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ivybt_desktop.plots.inks import Inks, inks_of, label_font, mixed
from ivybt_desktop.plots.scale import DASH, value_text
from ivybt_desktop.theme.tokens import SIZES, Tokens

FloatArray = npt.NDArray[np.float64]

_WIDEST, _TALLEST, _LEAST = 16.0 * SIZES.grid, 10.0 * SIZES.grid, 2.0
# Smaller cells have no room for a figure such as -0.42.
_FIGURE_WIDTH, _FIGURE_HEIGHT = 8.0 * SIZES.grid, SIZES.label + 3.0
_LABEL = SIZES.label + SIZES.grid
# Full colour would hide the figure on it.
_STRONGEST = 0.62


class HeatMatrix(QWidget):
    """The matrix.

    Parameters
    ----------
    theme : Tokens
        Colours.
    name : str
        Name for screen readers.
    """

    def __init__(self, theme: Tokens, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._inks = inks_of(theme)
        self._names: Sequence[str] = ()
        self._values: FloatArray = np.empty((0, 0))
        self._hover: tuple[int, int] | None = None
        self.setFont(label_font(self.font()))
        self.setMouseTracking(True)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Return a size that leaves the layout free."""
        return QSize(400, 300)

    def set_values(self, names: Sequence[str], values: FloatArray) -> None:
        """Show another matrix.

        Parameters
        ----------
        names : sequence of str
            Of rows and columns.
        values : float64[k, k]
            Between -1 and 1; NaN is shown as a dash.
        """
        self._names, self._values, self._hover = names, values, None
        self.setAccessibleDescription(f"{len(names)} by {len(names)} numbers")
        self.update()

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        self._inks = inks_of(theme)
        self.update()

    def cell_at(self, at: QPointF) -> tuple[int, int] | None:
        """Return row and column under a pixel."""
        left, top, wide, tall = self._frame()
        column, row = int((at.x() - left) // wide), int((at.y() - top) // tall)
        count = len(self._names)
        inside = at.x() >= left and at.y() >= top and row < count and column < count
        return (row, column) if inside else None

    def words_at(self, row: int, column: int) -> str:
        """Return the sentence of a cell."""
        value = value_text(float(self._values[row, column]), 3)
        return f"{self._names[row]} and {self._names[column]}: {value}"

    def ink_of(self, value: float) -> QColor:
        """Return the ground of a value: blue above zero, amber below, neutral at zero and for no value."""
        if not np.isfinite(value):
            return self._inks.panel
        ink = self._inks.series(0 if value >= 0 else 1)
        return mixed(ink, self._inks.raised, _STRONGEST * abs(float(value)))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Draw labels, cells and figures."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._inks.panel)
        if not len(self._names):
            return
        left, top, wide, tall = self._frame()
        gap = 1.0 if min(wide, tall) >= _FIGURE_HEIGHT / 2 else 0.0
        figures = wide >= _FIGURE_WIDTH and tall >= _FIGURE_HEIGHT
        for row in range(len(self._names)):
            for column in range(len(self._names)):
                value = float(self._values[row, column])
                box = QRectF(left + column * wide, top + row * tall, wide - gap, tall - gap)
                painter.fillRect(box, self.ink_of(value))
                if figures:
                    painter.setPen(self._inks.text)
                    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), value_text(value, 2))
        self._paint_labels(painter, self._inks, (left, top, wide, tall))
        self._paint_scale(painter, left + len(self._names) * wide + 4 * SIZES.grid, top)

    def _frame(self) -> tuple[float, float, float, float]:
        """Return left edge, upper edge, width and height of a cell."""
        count = max(len(self._names), 1)
        left = self._label_width() + 2 * SIZES.padding
        top = float(_LABEL + SIZES.padding)
        wide = (self.width() - left - 20 * SIZES.grid) / count
        tall = (self.height() - top - SIZES.padding) / count
        if min(wide, tall) < _FIGURE_HEIGHT:  # no room for figures: squares read better
            wide = tall = min(wide, tall)
        sizes = np.floor(np.clip((wide, tall), _LEAST, (_WIDEST, _TALLEST)))
        return left, top, float(sizes[0]), float(sizes[1])

    def _label_width(self) -> float:
        room = QFontMetricsF(self.font())
        widest = max((room.horizontalAdvance(name) for name in self._names), default=0.0)
        return min(widest, 24.0 * SIZES.grid)

    def _paint_labels(
        self, painter: QPainter, inks: Inks, frame: tuple[float, float, float, float]
    ) -> None:
        left, top, wide, tall = frame
        painter.setPen(inks.quiet)
        room = QFontMetricsF(self.font())
        if tall < _LABEL * 0.8:
            return
        for place, name in enumerate(self._names):
            words = room.elidedText(name, Qt.TextElideMode.ElideRight, self._label_width())
            row = QRectF(SIZES.padding, top + place * tall, self._label_width(), tall)
            painter.drawText(row, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), words)
            head = room.elidedText(name, Qt.TextElideMode.ElideRight, wide - 2)
            box = QRectF(left + place * wide, top - _LABEL, wide - 1, _LABEL)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), head)

    def _paint_scale(self, painter: QPainter, left: float, top: float) -> None:
        """Draw what the colours mean, where there is room."""
        tall, wide = 24.0 * SIZES.grid, 3.0 * SIZES.grid
        if left + 14 * SIZES.grid > self.width() or top + tall > self.height():
            return
        for step in range(int(tall)):
            value = 1.0 - 2.0 * step / (tall - 1.0)
            painter.fillRect(QRectF(left, top + step, wide, 1.0), self.ink_of(value))
        painter.setPen(self._inks.quiet)
        for share, words in ((0.0, "1"), (0.5, "0"), (1.0, value_text(-1.0, 0))):
            box = QRectF(left + wide + SIZES.grid, top + share * tall - _LABEL / 2, 8 * SIZES.grid, _LABEL)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)
        box = QRectF(left, top + tall + SIZES.padding, 12 * SIZES.grid, _LABEL)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft), f"{DASH} none")

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse for the tip."""
        self._hover = self.cell_at(event.position())

    def event(self, event: QEvent) -> bool:
        """Tell the numbers of a cell on hover."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            cell = self.cell_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self.words_at(*cell) if cell else "", self)
            return True
        return super().event(event)
