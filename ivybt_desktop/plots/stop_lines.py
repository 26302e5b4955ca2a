"""`StopLayer`: where stop, target and entry order of the selected trade stood, as steps with their names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from ivybt_desktop.plots.inks import Inks, faded
from ivybt_desktop.plots.level_path import LevelPath
from ivybt_desktop.plots.primitives import draw_bars
from ivybt_desktop.plots.scale import View
from ivybt_desktop.theme.tokens import SIZES

_THICK = 2.0


class StopLayer:
    """Levels of one trade."""

    def __init__(self) -> None:
        self.levels: Sequence[LevelPath] = ()

    def set_levels(self, levels: Sequence[LevelPath]) -> None:
        """Take other levels; none shows nothing."""
        self.levels = levels

    def extent(self, first: int, last: int) -> tuple[float, float]:  # noqa: ARG002
        """Claim no room: a far target must not squeeze the candles."""
        return np.nan, np.nan

    def paint(self, painter: QPainter, view: View, inks: Inks) -> None:
        """Draw every level."""
        for level in self.levels:
            _paint(painter, view, inks, level)


def _paint(painter: QPainter, view: View, inks: Inks, level: LevelPath) -> None:
    first, last = view.bars
    low, high = max(first - level.first, 0), min(last + 1 - level.first, level.values.size)
    if high <= low:
        return
    ink = _ink(inks, level)
    # More levels than pixels: some are enough, they hardly differ.
    some = np.arange(low, high, max(1, int(1.0 / view.bar_width)))
    x, y = view.x(level.first + some - 0.5), view.y(level.values[some])
    width = np.append(np.diff(x), view.bar_width)
    if level.kind == "entry":  # an order that waits is dashed: a gap at the end of each bar
        width = np.maximum(width * 0.7, 1.0)
    draw_bars(painter, ink, x, np.round(y), width, np.full(some.size, _THICK))
    known = np.flatnonzero(np.isfinite(y))
    if known.size == 0:
        return
    label = (ink, level.name)
    if level.kind == "entry":  # before its first bar: stop and target have theirs behind the last one
        room = painter.fontMetrics().horizontalAdvance(level.name) + 2.0 * SIZES.grid
        _paint_name(painter, view, inks, label, (float(x[known[0]]) - room, float(y[known[0]])))
    else:
        end = known[-1]
        _paint_name(painter, view, inks, label, (float(x[end] + width[end]), float(y[end])))


def _paint_name(
    painter: QPainter, view: View, inks: Inks, label: tuple[QColor, str], at: tuple[float, float]
) -> None:
    (ink, name), (right, y) = label, at
    room = painter.fontMetrics().horizontalAdvance(name) + 1
    row = SIZES.label + SIZES.grid
    box = QRectF(min(right + SIZES.grid, view.width - room), y - row / 2, room, row)
    painter.fillRect(box, faded(inks.panel, 0.75))
    painter.setPen(ink)
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), name)


def _ink(inks: Inks, level: LevelPath) -> QColor:
    return {"stop": inks.down, "target": inks.up}.get(level.kind, inks.accent)
