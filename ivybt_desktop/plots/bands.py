"""What stands behind lines: the band between two curves, and the border between two parts of a history."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from ivybt_desktop.plots.inks import Inks, faded, mixed
from ivybt_desktop.plots.primitives import draw_bars, draw_upright
from ivybt_desktop.plots.pyramid import Pyramid, group_bounds
from ivybt_desktop.plots.scale import DASH, View, value_text
from ivybt_desktop.theme.tokens import SIZES

FloatArray = npt.NDArray[np.float64]

# Columns finer than a pixel would leave seams.
_GROUP = 1.0
_SHARE = 0.28


class BandLayer:
    """The room between a lower and an upper value of each bar, such as what is not known of an equity.

    Parameters
    ----------
    title : str
        Name in the legend.
    ink : callable
        ``ink(inks) -> QColor``.
    """

    def __init__(self, title: str, ink: Callable[[Inks], QColor]) -> None:
        self.title, self._ink = title, ink
        empty: FloatArray = np.empty(0)
        self._low, self._high = empty, empty
        self._pyramid = Pyramid(empty, empty)

    def set_values(self, low: FloatArray, high: FloatArray) -> None:
        """Take other bounds, float64[n] each; empty arrays show nothing."""
        self._low, self._high = low, high
        self._pyramid = Pyramid(low, high)

    @property
    def present(self) -> bool:
        """Whether there is anything to show."""
        return self._low.size > 0

    def colour(self, inks: Inks) -> QColor:
        """Return the colour of its sample in the legend."""
        return mixed(self._ink(inks), inks.panel, 2 * _SHARE)

    def text_at(self, bar: int) -> str:
        """Return both bounds at a bar."""
        if not 0 <= bar < self._low.size:
            return DASH
        return f"{value_text(float(self._low[bar]), 2)} to {value_text(float(self._high[bar]), 2)}"

    def extent(self, first: int, last: int) -> tuple[float, float]:
        """Return the least lower and the greatest upper bound."""
        return self._pyramid.extent(first, last)

    def paint(self, painter: QPainter, view: View, inks: Inks) -> None:
        """Draw columns that touch; where both bounds agree there is nothing to see."""
        if not self.present:
            return
        level = self._pyramid.level_for(_GROUP / view.bar_width)
        starts, ends = group_bounds(level.factor, *view.bars, self._pyramid.size)
        at = starts // level.factor
        left, right = np.round(view.x(starts - 0.5)), np.round(view.x(ends + 0.5))
        top, bottom = view.y(level.high[at]), view.y(level.low[at])
        wide = bottom - top > 0
        ink = mixed(self._ink(inks), inks.panel, _SHARE)
        tall = np.maximum(bottom - top, 1.0)
        draw_bars(painter, ink, left[wide], top[wide], (right - left)[wide], tall[wide])


class SplitLayer:
    """The border between a training and a test part, with a word on each side.

    Attributes
    ----------
    bar : int or None
        First bar of the test part.
    """

    def __init__(self) -> None:
        self.bar: int | None = None
        self.words = ("train", "test")

    def extent(self, first: int, last: int) -> tuple[float, float]:  # noqa: ARG002
        """Claim no room."""
        return np.nan, np.nan

    def paint(self, painter: QPainter, view: View, inks: Inks) -> None:
        """Draw the border and its words when it is in sight."""
        if self.bar is None:
            return
        x = float(view.x(self.bar - 0.5))
        if not 0 <= x <= view.width:
            return
        draw_upright(painter, inks.accent, x, view.height, dashed=True)
        row, grid = SIZES.label + SIZES.grid, SIZES.grid
        # Under the row of the legend.
        top = row + 2.0 * grid
        before, after = self.words
        room = painter.fontMetrics()
        wide = room.horizontalAdvance(before) + grid, room.horizontalAdvance(after) + grid
        boxes = QRectF(x - wide[0] - grid, top, wide[0], row), QRectF(x + grid, top, wide[1], row)
        for word, box in zip((before, after), boxes, strict=True):
            painter.fillRect(box, faded(inks.panel, 0.75))
            painter.setPen(inks.accent)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), word)
