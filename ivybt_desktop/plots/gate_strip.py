"""`GateStrip`: one thin row per gate under the candles, solid where open and hatched where closed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from ivybt_desktop.plots.gate_row import CLOSED, OPEN, GateRow, Runs
from ivybt_desktop.plots.inks import Inks, mixed
from ivybt_desktop.plots.pane import Pane
from ivybt_desktop.plots.primitives import draw_bars, draw_upright
from ivybt_desktop.plots.scale import View
from ivybt_desktop.plots.time_axis import TimeAxis
from ivybt_desktop.plots.time_range import TimeRange
from ivybt_desktop.theme.tokens import SIZES

FloatArray = npt.NDArray[np.float64]
ROW = SIZES.label + SIZES.grid
_GAP = 3.0
_HATCH = 6.0
# Refits closer than this many pixels say nothing one by one.
_LEAST_REFIT = 4.0


class GateLayer:
    """The states of some gates."""

    def __init__(self) -> None:
        self.rows: Sequence[GateRow] = ()
        self._runs: list[Runs] = []
        self._totals: list[npt.NDArray[np.int64]] = []

    def set_rows(self, rows: Sequence[GateRow]) -> None:
        """Take other gates, from top to bottom."""
        self.rows = rows
        self._runs = [row.runs() for row in rows]
        self._totals = [np.concatenate(([0], np.cumsum(row.open))) for row in rows]

    def extent(self, first: int, last: int) -> tuple[float, float]:  # noqa: ARG002
        """Claim no room: rows have a fixed height."""
        return np.nan, np.nan

    def paint(self, painter: QPainter, view: View, inks: Inks) -> None:
        """Draw every row."""
        for place in range(len(self.rows)):
            top = place * ROW + _GAP
            self._paint_row(painter, view, inks, place, (top, ROW - _GAP))
            self._paint_refits(painter, view, inks, self.rows[place], top)

    def _paint_row(
        self, painter: QPainter, view: View, inks: Inks, place: int, box: tuple[float, float]
    ) -> None:
        runs = self._runs[place]
        low = int(np.searchsorted(runs.stop, view.bars[0], side="right"))
        high = int(np.searchsorted(runs.start, view.bars[1], side="right"))
        if high - low > view.width / 2:
            self._paint_shares(painter, view, inks, place, box)
            return
        top, tall = box
        for state in (OPEN, CLOSED):
            some = low + np.flatnonzero(runs.state[low:high] == state)
            left = np.round(np.maximum(view.x(runs.start[some] - 0.5), 0.0))
            right = np.round(np.minimum(view.x(runs.stop[some] - 0.5), view.width))
            width = np.maximum(right - left, 1.0)
            if state == OPEN:
                ink = mixed(inks.accent, inks.panel, 0.6)
                draw_bars(painter, ink, left, _all(left, top), width, _all(left, tall))
            else:
                _hatch(painter, inks, left, width, box)

    def _paint_shares(
        self, painter: QPainter, view: View, inks: Inks, place: int, box: tuple[float, float]
    ) -> None:
        """Draw the share of open bars of each two pixels as a column: states change faster than pixels do."""
        total = self._totals[place]
        edges: FloatArray = np.arange(0.0, view.width, 2.0, dtype=np.float64)
        at = np.round(view.x0 + np.append(edges, view.width) / view.bar_width + 0.5)
        bars = np.clip(at, 0, total.size - 1).astype(np.int64)
        counts = np.diff(bars)
        share = np.diff(total[bars]) / np.maximum(counts, 1)
        tall = np.round(share * box[1])
        ink = mixed(inks.accent, inks.panel, 0.6)
        draw_bars(painter, ink, edges, box[0] + box[1] - tall, 2.0, tall)

    def _paint_refits(self, painter: QPainter, view: View, inks: Inks, row: GateRow, top: float) -> None:
        low, high = np.searchsorted(row.refits, (view.bars[0], view.bars[1] + 1))
        some = row.refits[low:high]
        if some.size > 1 and float(np.diff(some).mean()) * view.bar_width < _LEAST_REFIT:
            return
        x = np.floor(view.x(some.astype(np.float64)))
        draw_bars(painter, inks.text, x, _all(x, top - 2.0), 1.0, _all(x, _HATCH))


def _hatch(
    painter: QPainter, inks: Inks, left: FloatArray, width: FloatArray, box: tuple[float, float]
) -> None:
    """Draw a base line with posts: closed is told by its shape, not only by its colour."""
    top, tall = box
    draw_bars(painter, mixed(inks.quiet, inks.panel, 0.16), left, _all(left, top), width, _all(left, tall))
    ink = mixed(inks.quiet, inks.panel, 0.7)
    draw_bars(painter, ink, left, _all(left, top + tall - 1.0), width, _all(left, 1.0))
    counts = np.maximum((width // _HATCH).astype(np.int64), 1)
    offsets = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    x = np.repeat(left, counts) + offsets * _HATCH
    draw_bars(painter, ink, x, _all(x, top + tall / 2), 1.0, _all(x, tall / 2))


def _all(like: FloatArray, value: float) -> FloatArray:
    return np.full(like.size, value)


class GateStrip(Pane):
    """A pane without a value scale: its rows are gates, named at the right.

    Parameters
    ----------
    shown, axis, inks
        As of every pane of a stack.
    """

    def __init__(
        self, shown: TimeRange, axis: TimeAxis, inks: Inks, name: str = "Gates", parent: Pane | None = None
    ) -> None:
        super().__init__(shown, axis, inks, name, parent)
        self.gates = GateLayer()
        self.layers.append(self.gates)
        self.hide()

    def set_rows(self, rows: Sequence[GateRow]) -> None:
        """Show other gates; without any the strip takes no room."""
        self.gates.set_rows(rows)
        self.setVisible(bool(rows))
        self.setFixedHeight(max(len(rows), 1) * ROW + int(_GAP))
        self.setAccessibleDescription("; ".join(f"{row.name}: {row.legend}" for row in rows))
        self.refresh()

    def _ticks(self, view: View) -> tuple[FloatArray, int]:  # noqa: ARG002  (no scale)
        return np.empty(0), 0

    def _paint_value(self, painter: QPainter, view: View, y: float) -> None:
        """Show no value at the cursor: rows have none."""

    def _draw_axis(self, painter: QPainter, view: View, values: FloatArray, decimals: int) -> None:  # noqa: ARG002
        draw_upright(painter, self._inks.line, view.width, view.height)
        painter.setPen(self._inks.quiet)
        room = painter.fontMetrics()
        wide = int(self.gutter - 2 * SIZES.grid)
        for place, row in enumerate(self.gates.rows):
            words = room.elidedText(row.name, Qt.TextElideMode.ElideRight, wide)
            box = QRectF(view.width + SIZES.grid, place * ROW + 1.0, wide, ROW)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)
