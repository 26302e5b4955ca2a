"""`StopLayer`: where the stop and the target of the selected trade stood, as steps with their names."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from ivybt_desktop.plots.inks import Inks, faded
from ivybt_desktop.plots.primitives import draw_bars
from ivybt_desktop.plots.scale import View
from ivybt_desktop.theme.tokens import SIZES

FloatArray = npt.NDArray[np.float64]


class StopLayer:
    """Levels of one trade."""

    def __init__(self) -> None:
        empty: FloatArray = np.empty(0)
        self.first, self.stop, self.target = 0, empty, empty

    def set_levels(self, first: int, stop: FloatArray, target: FloatArray) -> None:
        """Take the levels of bars ``first`` on; empty arrays show nothing."""
        self.first, self.stop, self.target = first, stop, target

    def extent(self, first: int, last: int) -> tuple[float, float]:  # noqa: ARG002
        """Claim no room: a far target must not squeeze the candles."""
        return np.nan, np.nan

    def paint(self, painter: QPainter, view: View, inks: Inks) -> None:
        """Draw both levels."""
        self._paint(painter, view, inks, self.stop, inks.down, "stop")
        self._paint(painter, view, inks, self.target, inks.up, "target")

    def _paint(
        self, painter: QPainter, view: View, inks: Inks, levels: FloatArray, ink: QColor, name: str
    ) -> None:
        first, last = view.bars
        low, high = max(first - self.first, 0), min(last + 1 - self.first, levels.size)
        if high <= low:
            return
        # More levels than pixels: some are enough, they hardly differ.
        some = np.arange(low, high, max(1, int(1.0 / view.bar_width)))
        x, y = view.x(self.first + some - 0.5), view.y(levels[some])
        width = np.append(np.diff(x), view.bar_width)
        draw_bars(painter, ink, x, np.round(y), width, np.full(some.size, 2.0))
        if not np.isfinite(y[-1]):
            return
        room = painter.fontMetrics().horizontalAdvance(name) + 1
        row = SIZES.label + SIZES.grid
        left = min(float(x[-1] + width[-1]) + SIZES.grid, view.width - room)
        box = QRectF(left, float(y[-1]) - row / 2, room, row)
        painter.fillRect(box, faded(inks.panel, 0.75))
        painter.setPen(ink)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), name)
