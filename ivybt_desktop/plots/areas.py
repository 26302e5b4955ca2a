"""`AreaStack`: several series stacked on one another, those above zero upwards, those below downwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QPainter

from ivybt_desktop.plots.inks import Inks, mixed
from ivybt_desktop.plots.primitives import draw_bars
from ivybt_desktop.plots.pyramid import Pyramid
from ivybt_desktop.plots.scale import DASH, View

FloatArray = npt.NDArray[np.float64]
_SHARE = 0.75


class AreaStack:
    """Stacked areas over bar positions.

    Parameters
    ----------
    text : callable
        How the legend writes a value.
    """

    def __init__(self, text: Callable[[float], str]) -> None:
        self._text = text
        self.values: FloatArray = np.empty((0, 0))
        self.names: Sequence[str] = ()
        self._pyramid = Pyramid(np.empty(0), np.empty(0))

    def set_series(self, names: Sequence[str], values: FloatArray) -> None:
        """Take other series.

        Parameters
        ----------
        names : sequence of str
            One per row.
        values : float64[k, n]
            Finite.
        """
        self.names, self.values = names, values
        above, below = np.maximum(values, 0.0).sum(axis=0), np.minimum(values, 0.0).sum(axis=0)
        self._pyramid = Pyramid(below, above)

    def entries(self) -> list[AreaEntry]:
        """Return what stands in the legend, one line per series."""
        return [AreaEntry(self, place) for place in range(len(self.names))]

    def text_at(self, place: int, bar: int) -> str:
        """Return the value of a series at a bar, formatted."""
        inside = 0 <= bar < self.values.shape[1]
        return self._text(float(self.values[place, bar])) if inside else DASH

    def extent(self, first: int, last: int) -> tuple[float, float]:
        """Return the lowest and the highest edge of the stack; it reaches zero."""
        low, high = self._pyramid.extent(first, last)
        return (min(low, 0.0), max(high, 0.0)) if np.isfinite(low) else (np.nan, np.nan)

    def paint(self, painter: QPainter, view: View, inks: Inks) -> None:
        """Draw columns of one bar each, or of one pixel where bars are narrower."""
        first, last = max(view.bars[0], 0), min(view.bars[1], self.values.shape[1] - 1)
        if last < first:
            return
        step = max(1, int(np.ceil(1.0 / view.bar_width)))
        # Columns start at multiples of the step, so that they do not flicker while one pans.
        bars = np.arange(first // step * step, last + 1, step)
        left, right = np.round(view.x(bars - 0.5)), np.round(view.x(bars + step - 0.5))
        shown, zero = self.values[:, bars], np.zeros(bars.size)
        edges = {True: zero, False: zero}
        for place in range(len(self.names)):
            ink = mixed(inks.series(place), inks.panel, _SHARE)
            for above in (True, False):
                part = np.maximum(shown[place], 0.0) if above else np.minimum(shown[place], 0.0)
                if not part.any():
                    continue
                base, edges[above] = edges[above], edges[above] + part
                top, foot = np.round(view.y(np.maximum(base, edges[above]))), np.round(
                    view.y(np.minimum(base, edges[above]))
                )
                some = part != 0.0
                draw_bars(painter, ink, left[some], top[some], (right - left)[some], (foot - top)[some])


class AreaEntry:
    """One series of a stack in the legend."""

    def __init__(self, stack: AreaStack, place: int) -> None:
        self._stack, self._place = stack, place
        self.title = stack.names[place]

    def colour(self, inks: Inks) -> QColor:
        """Return the colour of its area."""
        return inks.series(self._place)

    def text_at(self, bar: int) -> str:
        """Return its value at a bar."""
        return self._stack.text_at(self._place, bar)
