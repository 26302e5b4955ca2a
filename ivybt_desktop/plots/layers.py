"""What a pane draws: the contract of a layer, and the simplest one, a level line."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from ivybt_desktop.plots.inks import Inks, faded
from ivybt_desktop.plots.primitives import draw_level
from ivybt_desktop.plots.scale import View
from ivybt_desktop.theme.tokens import SIZES


class Layer(Protocol):
    """One thing drawn on a pane, from arrays over bar positions."""

    def extent(self, first: int, last: int) -> tuple[float, float]:
        """Return least and greatest value of bars ``first`` to ``last``; NaN twice for no claim."""
        ...

    def paint(self, painter: QPainter, view: View, inks: Inks) -> None:
        """Draw the part that the view shows."""
        ...


class Entry(Protocol):
    """A layer that stands in the legend."""

    title: str

    def colour(self, inks: Inks) -> QColor:
        """Return the colour of its sample."""
        ...

    def text_at(self, bar: int) -> str:
        """Return its value at a bar, formatted."""
        ...


class LevelLayer:
    """A quiet dashed line at one value, such as the starting capital.

    Parameters
    ----------
    value : float
        Where; NaN draws nothing.
    text : str, default ""
        Words at its right end.
    """

    def __init__(self, value: float = np.nan, text: str = "") -> None:
        self.value, self.text = value, text

    def extent(self, first: int, last: int) -> tuple[float, float]:  # noqa: ARG002
        """Claim no room: a level that is out of sight stays there."""
        return np.nan, np.nan

    def paint(self, painter: QPainter, view: View, inks: Inks) -> None:
        """Draw the line when it is visible."""
        y = float(view.y(self.value))
        if not 0 <= y <= view.height:
            return
        draw_level(painter, inks.quiet, y, view.width, dashed=True)
        painter.setPen(inks.quiet)
        if self.text:
            row = SIZES.label + SIZES.grid
            width = painter.fontMetrics().horizontalAdvance(self.text) + 1
            box = QRectF(view.width - width - SIZES.padding, y - row, width, row)
            painter.fillRect(box, faded(inks.panel, 0.75))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), self.text)
