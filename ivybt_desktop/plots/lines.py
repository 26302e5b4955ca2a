"""Lines and depth areas over bar positions, drawn for the visible range with every peak kept."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QPainter

from ivybt_desktop.plots.inks import Inks, mixed, pen
from ivybt_desktop.plots.primitives import draw_bars, draw_lines
from ivybt_desktop.plots.pyramid import Pyramid, group_bounds
from ivybt_desktop.plots.scale import DASH, View, value_text

FloatArray = npt.NDArray[np.float64]
Text = Callable[[float], str]

# Beyond this many segments smooth edges cost more than they show.
_SMOOTH = 5_000
# Finer than a pixel, so that strokes of neighbouring groups touch; coarser levels look like stairs.
_GROUP = 0.5
_DASHABLE = 8.0


def _plain(value: float) -> str:
    return value_text(value, 2)


class LineLayer:
    """A line through one value per bar; NaN leaves a gap.

    Parameters
    ----------
    title : str
        Name in the legend.
    ink : callable
        ``ink(inks) -> QColor``: the colour in the present theme.
    width : float, default 1.4
        Pixels.
    text : callable, optional
        How the legend writes a value.
    dashed : bool, default False
        A second way to tell it from another line, besides the colour.
    """

    def __init__(
        self, title: str, ink: Callable[[Inks], QColor], *,
        width: float = 1.4, text: Text = _plain, dashed: bool = False,
    ) -> None:  # fmt: skip
        self.title, self._ink, self._width, self._text, self._dashed = title, ink, width, text, dashed
        self._values: FloatArray = np.empty(0)
        self._pyramid = Pyramid(self._values, self._values)

    def set_values(self, values: FloatArray) -> None:
        """Take other values, float64[n]."""
        self._values = np.ascontiguousarray(values, dtype=np.float64)
        self._pyramid = Pyramid(self._values, self._values)

    def colour(self, inks: Inks) -> QColor:
        """Return the colour of the line."""
        return self._ink(inks)

    def text_at(self, bar: int) -> str:
        """Return the value at a bar, formatted; a dash where there is none."""
        return self._text(float(self._values[bar])) if 0 <= bar < self._values.size else DASH

    def extent(self, first: int, last: int) -> tuple[float, float]:
        """Return least and greatest value of the bars, inclusive."""
        return self._pyramid.extent(first, last)

    def paint(self, painter: QPainter, view: View, inks: Inks) -> None:
        """Draw the visible part."""
        x0, y0, x1, y1 = self.segments(view)
        smooth = x0.size <= _SMOOTH
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
        # A dash begins anew at each segment: short segments would make an uneven line of it.
        dashed = self._dashed and view.bar_width >= _DASHABLE
        painter.setPen(pen(self._ink(inks), self._width if smooth else 1.0, dashed=dashed))
        draw_lines(painter, x0, y0, x1, y1)

    def segments(self, view: View) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return the pixels of the segments to draw: x0, y0, x1, y1; a NaN marks a gap.

        Bars that share a pixel become one upright stroke from their least to their greatest value,
        joined to its neighbours by the values at its ends: no peak is lost.
        """
        level = self._pyramid.level_for(_GROUP / view.bar_width)
        first, last = view.bars
        # One group more on each side, so that the line runs to the edge.
        first, last = first - level.factor, last + level.factor
        starts, ends = group_bounds(level.factor, first, last, self._pyramid.size)
        y_first = view.y(self._values[starts])
        if level.factor == 1:
            x = view.x(starts.astype(np.float64))
            return x[:-1], y_first[:-1], x[1:], y_first[1:]
        x = view.x((starts + ends) / 2.0)
        at = starts // level.factor
        low, high = view.y(level.low[at]), view.y(level.high[at])
        y_last = view.y(self._values[ends])
        # A stroke of no height would not be drawn at all.
        high = np.where(low - high < 1.0, low - 1.0, high)
        return (
            np.concatenate((x, x[:-1])), np.concatenate((low, y_last[:-1])),
            np.concatenate((x, x[1:])), np.concatenate((high, y_first[1:])),
        )  # fmt: skip


class DepthLayer:
    """A filled area between zero and one value per bar, such as a drawdown."""

    def __init__(self, title: str, ink: Callable[[Inks], QColor], text: Text = _plain) -> None:
        self.title, self._ink, self._text = title, ink, text
        self._line = LineLayer(title, ink, width=1.2)
        self._values: FloatArray = np.empty(0)
        self._pyramid = Pyramid(self._values, self._values)

    def set_values(self, values: FloatArray) -> None:
        """Take other values, float64[n]."""
        self._values = np.ascontiguousarray(values, dtype=np.float64)
        self._pyramid = Pyramid(self._values, self._values)
        self._line.set_values(self._values)

    def colour(self, inks: Inks) -> QColor:
        """Return the colour of the area's edge."""
        return self._ink(inks)

    def text_at(self, bar: int) -> str:
        """Return the value at a bar, formatted; a dash where there is none."""
        return self._text(float(self._values[bar])) if 0 <= bar < self._values.size else DASH

    def extent(self, first: int, last: int) -> tuple[float, float]:
        """Return least and greatest value of the bars; the area reaches zero."""
        low, high = self._pyramid.extent(first, last)
        return (min(low, 0.0), max(high, 0.0)) if np.isfinite(low) else (np.nan, np.nan)

    def paint(self, painter: QPainter, view: View, inks: Inks) -> None:
        """Draw columns that touch, then the edge."""
        level = self._pyramid.level_for(_GROUP / view.bar_width)
        starts, ends = group_bounds(level.factor, *view.bars, self._pyramid.size)
        left, right = np.round(view.x(starts - 0.5)), np.round(view.x(ends + 0.5))
        zero, depth = float(view.y(0.0)), view.y(level.low[starts // level.factor])
        ink = mixed(self._ink(inks), inks.panel, 0.22)
        draw_bars(painter, ink, left, np.full(left.size, zero), right - left, depth - zero)
        self._line.paint(painter, view, inks)
