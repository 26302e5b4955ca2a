"""Candles and volume over any number of bars: only the visible part is drawn, in groups when dense."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QPainter

from ivybt_desktop.plots.inks import Inks, mixed
from ivybt_desktop.plots.primitives import draw_bars
from ivybt_desktop.plots.pyramid import Pyramid, group_bounds
from ivybt_desktop.plots.scale import View

if TYPE_CHECKING:
    from engine.core.bars import Bars

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# A group narrower than this has no body to see; the next coarser level is taken.
_MIN_GROUP = 1.25
_BODY = 0.7
# Share of the pane's height that volume takes at the bottom.
VOLUME_SHARE = 0.16


class Groups(NamedTuple):
    """Visible groups of bars.

    Parameters
    ----------
    factor : int
        Bars per group.
    starts, ends : int64[k]
        First and last bar of each, inclusive.
    centre : float64[k]
        Bar position of its middle.
    """

    factor: int
    starts: IntArray
    ends: IntArray
    centre: FloatArray


def visible_groups(pyramid: Pyramid, view: View) -> Groups:
    """Return the groups that a view shows, at the finest level that its pixels can tell apart."""
    factor = pyramid.level_for(_MIN_GROUP / view.bar_width).factor
    starts, ends = group_bounds(factor, *view.bars, pyramid.size)
    return Groups(factor, starts, ends, (starts + ends) / 2.0)


class CandleLayer:
    """Open, high, low, close; a rise is hollow and a fall is filled, besides the colour."""

    def __init__(self) -> None:
        empty: FloatArray = np.empty(0)
        self._open, self._close = empty, empty
        self._pyramid = Pyramid(empty, empty)

    def set_bars(self, bars: Bars) -> None:
        """Take another series."""
        self._open, self._close = bars.open, bars.close
        self._pyramid = Pyramid(bars.low, bars.high)

    @property
    def pyramid(self) -> Pyramid:
        """Extremes at every group size."""
        return self._pyramid

    def bars_per_candle(self, view: View) -> int:
        """Return how many bars one drawn candle stands for."""
        return self._pyramid.level_for(_MIN_GROUP / view.bar_width).factor

    def extent(self, first: int, last: int) -> tuple[float, float]:
        """Return lowest low and highest high of the bars, inclusive."""
        return self._pyramid.extent(first, last)

    def paint(self, painter: QPainter, view: View, inks: Inks) -> None:
        """Draw wicks, then bodies over them, for falls and rises."""
        groups = visible_groups(self._pyramid, view)
        if groups.starts.size == 0:
            return
        level = self._pyramid.level_for(groups.factor)
        at = groups.starts // groups.factor
        opened, closed = self._open[groups.starts], self._close[groups.ends]
        x = np.floor(view.x(groups.centre))
        top, bottom = np.round(view.y(level.high[at])), np.round(view.y(level.low[at]))
        y_open, y_close = np.round(view.y(opened)), np.round(view.y(closed))
        half = np.floor(max(view.bar_width * groups.factor * _BODY / 2.0, 0.0))
        for rise in (False, True):
            some = (closed >= opened) == rise
            if not some.any():
                continue
            ink, left = inks.sign(rise), x[some]
            draw_bars(painter, ink, left, top[some], 1.0, bottom[some] - top[some] + 1.0)
            if half < 1.0:
                continue
            left, width = left - half, 2.0 * half + 1.0
            upper = np.minimum(y_open, y_close)[some]
            tall = np.abs(y_open - y_close)[some] + 1.0
            draw_bars(painter, ink, left, upper, width, tall)
            if rise:
                inner = np.maximum(tall - 2.0, 0.0)
                draw_bars(painter, inks.panel, left + 1.0, upper + 1.0, width - 2.0, inner)


class VolumeLayer:
    """Volume as quiet columns at the foot of the price pane; a group shows its sum.

    Parameters
    ----------
    candles : CandleLayer
        Whose groups the columns stand under.
    """

    def __init__(self, candles: CandleLayer) -> None:
        self._candles = candles
        empty: FloatArray = np.empty(0)
        self._open, self._close = empty, empty
        self._total: FloatArray = np.zeros(1)

    def set_bars(self, bars: Bars) -> None:
        """Take another series, the one the candles have."""
        self._open, self._close = bars.open, bars.close
        self._total = np.zeros(len(bars) + 1)
        np.cumsum(bars.volume, out=self._total[1:])

    @property
    def present(self) -> bool:
        """Whether the series has any volume."""
        return bool(self._total[-1] > 0)

    def extent(self, first: int, last: int) -> tuple[float, float]:  # noqa: ARG002
        """Claim no room on the price scale: volume has its own."""
        return np.nan, np.nan

    def paint(self, painter: QPainter, view: View, inks: Inks) -> None:
        """Draw columns scaled to the largest visible one."""
        groups = visible_groups(self._candles.pyramid, view)
        if groups.starts.size == 0 or not self.present:
            return
        volume = self._total[groups.ends + 1] - self._total[groups.starts]
        largest = float(volume.max())
        if not largest > 0:
            return
        tall = np.round(volume / largest * view.height * VOLUME_SHARE)
        rise = self._close[groups.ends] >= self._open[groups.starts]
        width = max(1.0, np.floor(view.bar_width * groups.factor * _BODY))
        x = np.floor(view.x(groups.centre)) - np.floor(width / 2.0)
        for up in (False, True):
            some = rise == up
            ink = mixed(inks.sign(up), inks.panel, 0.28)
            draw_bars(painter, ink, x[some], view.height - tall[some], width, tall[some])
