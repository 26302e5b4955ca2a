"""`BlockLayer`: the candles that a strategy decided on, as outlines over the real ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QPainter

from ivybt_desktop.plots.inks import Inks, faded
from ivybt_desktop.plots.primitives import draw_bars
from ivybt_desktop.plots.pyramid import Pyramid, group_bounds
from ivybt_desktop.plots.scale import View

FloatArray = npt.NDArray[np.float64]

# Narrower blocks are drawn in groups, from the least to the greatest price of each.
_LEAST = 3.0
_EDGE = 1.0


class BlockLayer:
    """Bricks, Heikin Ashi bodies or longer bars, each over the bars it stands for."""

    def __init__(self) -> None:
        empty: FloatArray = np.empty(0)
        self.shown = True
        self._left, self._right, self._open, self._close = empty, empty, empty, empty
        self._pyramid = Pyramid(empty, empty)

    def set_blocks(self, left: FloatArray, right: FloatArray, open_: FloatArray, close: FloatArray) -> None:
        """Take other blocks; empty arrays show nothing.

        Parameters
        ----------
        left, right : float64[m]
            Edges in bar positions, not decreasing.
        open_, close : float64[m]
            Edges in price.
        """
        self._left, self._right, self._open, self._close = left, right, open_, close
        self._pyramid = Pyramid(np.minimum(open_, close), np.maximum(open_, close))

    @property
    def present(self) -> bool:
        """Whether there is anything to show."""
        return self._left.size > 0

    def extent(self, first: int, last: int) -> tuple[float, float]:  # noqa: ARG002
        """Claim no room: derived prices lie within those of the bars, or near."""
        return np.nan, np.nan

    def paint(self, painter: QPainter, view: View, inks: Inks) -> None:
        """Draw a hollow outline for a rise and a tinted one for a fall."""
        if not (self.shown and self.present):
            return
        first = int(np.searchsorted(self._right, view.x0, side="left"))
        last = int(np.searchsorted(self._left, view.x1, side="right")) - 1
        if last < first:
            return
        mean = (min(self._right[last], view.x1) - max(self._left[first], view.x0)) / (last - first + 1)
        level = self._pyramid.level_for(_LEAST / max(float(mean) * view.bar_width, 1e-9))
        starts, ends = group_bounds(level.factor, first, last, self._pyramid.size)
        left, right = np.round(view.x(self._left[starts])), np.round(view.x(self._right[ends]))
        at = starts // level.factor
        top, bottom = np.round(view.y(level.high[at])), np.round(view.y(level.low[at]))
        width, tall = np.maximum(right - left, _EDGE), np.maximum(bottom - top, _EDGE)
        rise = self._close[ends] >= self._open[starts]
        for up in (False, True):
            some = rise == up
            _outline(painter, inks, (left[some], top[some], width[some], tall[some]), rise=up)


def _outline(
    painter: QPainter, inks: Inks, box: tuple[FloatArray, FloatArray, FloatArray, FloatArray], *, rise: bool
) -> None:
    left, top, width, tall = box
    ink = faded(inks.sign(rise), 0.85)
    draw_bars(painter, faded(inks.sign(rise), 0.10 if rise else 0.22), left, top, width, tall)
    draw_bars(painter, ink, left, top, width, np.minimum(tall, _EDGE))
    draw_bars(painter, ink, left, top + tall - _EDGE, width, np.minimum(tall, _EDGE))
    draw_bars(painter, ink, left, top, np.minimum(width, _EDGE), tall)
    draw_bars(painter, ink, left + width - _EDGE, top, np.minimum(width, _EDGE), tall)
