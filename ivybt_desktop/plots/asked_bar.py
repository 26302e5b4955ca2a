"""The bar that an explanation is shown of: a quiet column with an edge on each side."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from ivybt_desktop.plots.inks import Inks, faded
from ivybt_desktop.plots.primitives import draw_upright
from ivybt_desktop.plots.scale import View

_SHARE = 0.16
# A bar narrower than this is marked by one line.
_LEAST = 3.0


class AskedBarLayer:
    """Marks one bar over the whole height.

    Attributes
    ----------
    bar : int
        Its position; -1 for none.
    """

    def __init__(self) -> None:
        self.bar = -1

    def extent(self, first: int, last: int) -> tuple[float, float]:  # noqa: ARG002
        """Claim no room."""
        return np.nan, np.nan

    def paint(self, painter: QPainter, view: View, inks: Inks) -> None:
        """Draw the column when it is in sight."""
        if self.bar < 0:
            return
        left, right = float(view.x(self.bar - 0.5)), float(view.x(self.bar + 0.5))
        if right < 0 or left > view.width:
            return
        if right - left < _LEAST:
            draw_upright(painter, inks.accent, (left + right) / 2, view.height, dashed=False)
            return
        painter.fillRect(QRectF(left, 0.0, right - left, view.height), faded(inks.accent, _SHARE))
        for x in (left, right):
            draw_upright(painter, inks.accent, x, view.height, dashed=False)
