"""Entries and exits: triangles at decision and fill, joined by a line; thinned when they crowd."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

from engine.core.trade import TRADE_DTYPE
from ivybt_desktop.plots.inks import Inks, faded, pen
from ivybt_desktop.plots.primitives import draw_lines, draw_stamps, triangle
from ivybt_desktop.plots.scale import View
from ivybt_desktop.theme.tokens import SIZES, Tokens

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# Half the width of a marker when bars are narrow and when they are wide, and the distance below which
# two of one side are one to the eye.
NARROW, WIDE = SIZES.grid, SIZES.grid + 2
CROWD = SIZES.grid
# A click this near a marker means it.
REACH = 2 * SIZES.grid
# Below this many pixels per bar the decision bar and the fill bar cannot be told apart.
_DECISION_WIDTH = 5.0
# Lines that come in from the left of the view: more than this many are a mesh, not lines.
_MOST_BEFORE = 200
_SMOOTH = 100
# Radius of the ring of an ambiguous fill.
_RING = 3.0
_NO_TRADES = np.empty(0, TRADE_DTYPE)


def thin(bars: IntArray, first: int, last: int, cell: float) -> IntArray:
    """Return positions of the first of the sorted ``bars`` in each cell of ``[first, last]``.

    Parameters
    ----------
    bars : int64[n]
        Bars of markers of one side, increasing. One side is thinned at a time, so that a crowd of one
        side never takes the place of the other.
    first, last : int
        Visible bars, inclusive.
    cell : float
        Bars that share one place on the screen; at 1 or less only markers of one bar do.
        Cells start at multiples of it, so that markers do not flicker while one pans.
    """
    size = max(round(cell), 1)
    low, high = (int(at) for at in np.searchsorted(bars, (first, last + 1)))
    if high <= low:
        return np.empty(0, np.int64)
    # Whichever is shorter: the marks that are visible, or the cells of the screen.
    if high - low <= (last - first) // size:
        cells = bars[low:high] // size
        return low + np.flatnonzero(np.concatenate((np.ones(1, np.bool_), cells[1:] != cells[:-1])))
    edges = np.arange(first // size, last // size + 1, dtype=np.int64) * size
    starts = np.maximum(np.searchsorted(bars, edges), low)
    ends = np.append(starts[1:], high)
    return starts[starts < ends]


class Marks(NamedTuple):
    """Markers of one side in the order of their bars: bar, price, and row of the trade."""

    bar: IntArray
    price: FloatArray
    trade: IntArray

    @classmethod
    def of(cls, bar: IntArray, price: FloatArray, trade: IntArray) -> Marks:
        """Return the marks sorted by bar."""
        order = np.argsort(bar, kind="stable")
        return cls(bar[order], price[order], trade[order])

    def visible(self, view: View) -> Marks:
        """Return the ones that a view shows."""
        first, last = view.bars
        low, high = np.searchsorted(self.bar, (first, last + 1))
        return Marks(self.bar[low:high], self.price[low:high], self.trade[low:high])

    def drawn(self, view: View) -> Marks:
        """Return the visible ones that are not crowded out."""
        keep = thin(self.bar, *view.bars, CROWD / view.bar_width)
        return Marks(self.bar[keep], self.price[keep], self.trade[keep])


class Joins(NamedTuple):
    """Lines from entry to exit of the trades of one result, in the order of their entries."""

    entry: IntArray
    exit: IntArray
    latest_exit: IntArray
    entry_price: FloatArray
    exit_price: FloatArray

    @classmethod
    def of(cls, trades: npt.NDArray[Any], rows: IntArray) -> Joins:
        """Return the lines of some rows of round trips."""
        entry = trades["entry_bar"][rows]
        order = np.argsort(entry, kind="stable")
        rows, entry = rows[order], entry[order]
        leave = trades["exit_bar"][rows]
        latest = np.maximum.accumulate(leave) if leave.size else leave
        return cls(entry, leave, latest, trades["entry_price"][rows], trades["exit_price"][rows])

    def drawn(self, view: View) -> IntArray:
        """Return positions of the lines to draw: those that touch the view, thinned by their entry."""
        first, last = view.bars
        low, high = (int(np.searchsorted(self.latest_exit, first)), int(np.searchsorted(self.entry, first)))
        before = low + np.flatnonzero(self.exit[low:high] >= first)
        before = before[:: max(1, before.size // _MOST_BEFORE)]
        return np.concatenate((before, thin(self.entry, first, last, CROWD / view.bar_width)))


class Stamp(NamedTuple):
    """A marker as it is drawn: side, style, half width in pixels, device pixels per pixel."""

    buy: bool
    style: str
    size: float
    ratio: float


class MarkerLayer:
    """Markers of the round trips of a run. Buying points up from below, selling down from above."""

    def __init__(self) -> None:
        none = Marks(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))
        self._fills = {True: none, False: none}
        self._decisions = {True: none, False: none}
        self._joins = dict.fromkeys((True, False), Joins.of(_NO_TRADES, none.bar))
        self._doubts = none
        self._trades: npt.NDArray[Any] = _NO_TRADES
        self._stamps: dict[tuple[Tokens, Stamp], QPixmap] = {}
        self.selected = -1

    def set_trades(self, trades: npt.NDArray[Any], close: FloatArray) -> None:
        """Take the round trips of a run.

        Parameters
        ----------
        trades : structured array of `engine.core.trade.TRADE_DTYPE`
        close : float64[n]
            Closes of the run's bars: a decision is marked where it was taken.
        """
        self._trades, self.selected = trades, -1
        rows, long = np.arange(trades.size), trades["side"] > 0
        closed = ~trades["open"]
        bar = np.concatenate((trades["entry_bar"], trades["exit_bar"][closed]))
        decided = np.concatenate((trades["entry_decision"], trades["exit_decision"][closed]))
        price = np.concatenate((trades["entry_price"], trades["exit_price"][closed]))
        row = np.concatenate((rows, rows[closed]))
        buys = np.concatenate((long, ~long[closed]))
        for side in (True, False):
            some = buys == side
            self._fills[side] = Marks.of(bar[some], price[some], row[some])
            # A stop is no decision at a close: its order and its fill are one.
            some = some & (decided >= 0) & (decided < bar) & (decided < close.size)
            self._decisions[side] = Marks.of(decided[some], close[decided[some]], row[some])
        # Either end may be the one that is not known: both get the mark.
        doubt = trades["ambiguous"][row]
        self._doubts = Marks.of(bar[doubt], price[doubt], row[doubt])
        won = trades["pnl"] >= 0
        self._joins = {side: Joins.of(trades, np.flatnonzero(won == side)) for side in (True, False)}

    def extent(self, first: int, last: int) -> tuple[float, float]:  # noqa: ARG002
        """Claim no room: fills lie on the bars."""
        return np.nan, np.nan

    def paint(self, painter: QPainter, view: View, inks: Inks) -> None:
        """Draw joining lines, hollow decisions, solid fills, and the selected trade over them."""
        if self._trades.size == 0:
            return
        self._paint_band(painter, view, inks)
        self._paint_lines(painter, view, inks)
        ratio = painter.device().devicePixelRatioF()
        for side in (True, False):
            if view.bar_width >= _DECISION_WIDTH:
                stamp = self._stamp(inks, Stamp(side, "hollow", _size(view), ratio))
                _paint_marks(painter, view, self._decisions[side].drawn(view), stamp, buy=side)
            stamp = self._stamp(inks, Stamp(side, "solid", _size(view), ratio))
            _paint_marks(painter, view, self._fills[side].drawn(view), stamp, buy=side)
        self._paint_selected(painter, view, inks, ratio)
        self._paint_doubts(painter, view, inks, ratio)

    def drawn(self, view: View, *, buy: bool) -> Marks:
        """Return the fills of one side that are drawn: visible and not crowded out."""
        return self._fills[buy].drawn(view)

    def hit(self, view: View, x: float, y: float) -> int:
        """Return the row of the trade whose marker is nearest to a pixel, within reach; else -1.

        Of an exit and an entry on one spot, the one that is not selected yet is returned.
        """
        best, found = float(REACH) ** 2, -1
        kinds = [self._fills]
        if view.bar_width >= _DECISION_WIDTH:
            kinds.append(self._decisions)
        for marks, buy in ((kind[side], side) for kind in kinds for side in (True, False)):
            seen = marks.visible(view)
            if seen.bar.size == 0:
                continue
            middle = view.y(seen.price) + _body(_size(view), buy=buy)
            away = (view.x(seen.bar) - x) ** 2 + (middle - y) ** 2
            away = np.where(seen.trade == self.selected, away + 1.0, away)
            at = int(np.nanargmin(away)) if np.isfinite(away).any() else -1
            if at >= 0 and away[at] <= best:
                best, found = float(away[at]), int(seen.trade[at])
        return found

    def _paint_lines(self, painter: QPainter, view: View, inks: Inks) -> None:
        for result, joins in self._joins.items():
            some = joins.drawn(view)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, some.size < _SMOOTH)
            painter.setPen(pen(faded(inks.sign(result), 0.75), dashed=not result))
            _draw_joins(painter, view, joins, some)

    def _paint_band(self, painter: QPainter, view: View, inks: Inks) -> None:
        if not 0 <= self.selected < self._trades.size:
            return
        trade = self._trades[self.selected]
        left, right = view.x(trade["entry_bar"] - 0.5), view.x(trade["exit_bar"] + 0.5)
        left, right = max(float(left), 0.0), min(float(right), view.width)
        if right > left:
            painter.fillRect(QRectF(left, 0, right - left, view.height), faded(inks.accent, 0.10))

    def _paint_selected(self, painter: QPainter, view: View, inks: Inks, ratio: float) -> None:
        if not 0 <= self.selected < self._trades.size:
            return
        trade = self._trades[self.selected]
        won = bool(trade["pnl"] >= 0)
        ends = [(trade["entry_bar"], trade["entry_price"], bool(trade["side"] > 0))]
        if not trade["open"]:
            ends.append((trade["exit_bar"], trade["exit_price"], bool(trade["side"] < 0)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(pen(inks.sign(won), 2.0, dashed=not won))
        line = Joins.of(self._trades, np.array([self.selected]))
        _draw_joins(painter, view, line, np.zeros(1, np.int64))
        for bar, price, buy in ends:
            mark = Marks(np.array([bar]), np.array([price]), np.array([self.selected]))
            stamp = self._stamp(inks, Stamp(buy, "selected", _size(view), ratio))
            _paint_marks(painter, view, mark, stamp, buy=buy)

    def _paint_doubts(self, painter: QPainter, view: View, inks: Inks, ratio: float) -> None:
        """Draw a small ring at the fills of trades of which the order inside a bar is not known."""
        some = self._doubts.drawn(view)
        if some.bar.size:
            stamp = self._stamp(inks, Stamp(True, "doubt", _size(view), ratio))
            draw_stamps(painter, stamp, np.floor(view.x(some.bar)) + 0.5, view.y(some.price))

    def _stamp(self, inks: Inks, stamp: Stamp) -> QPixmap:
        key = (inks.tokens, stamp)
        if key not in self._stamps:
            self._stamps[key] = _draw_stamp(inks, stamp)
        return self._stamps[key]


def _size(view: View) -> float:
    """Return half the width of a marker at this zoom."""
    return float(WIDE if view.bar_width >= _DECISION_WIDTH else NARROW)


def _body(size: float, *, buy: bool) -> float:
    """Return how far below its tip, in pixels, the middle of a triangle lies."""
    return 0.8 * size if buy else -0.8 * size


def _draw_joins(painter: QPainter, view: View, joins: Joins, some: IntArray) -> None:
    draw_lines(
        painter, view.x(joins.entry[some]), view.y(joins.entry_price[some]),
        view.x(joins.exit[some]), view.y(joins.exit_price[some]),
    )  # fmt: skip


def _paint_marks(painter: QPainter, view: View, marks: Marks, stamp: QPixmap, *, buy: bool) -> None:
    y = view.y(marks.price) + _body(_size(view), buy=buy)
    draw_stamps(painter, stamp, np.floor(view.x(marks.bar)) + 0.5, y)


def _draw_stamp(inks: Inks, stamp: Stamp) -> QPixmap:
    ink, side = inks.sign(stamp.buy), 6 * WIDE
    picture = QPixmap(round(side * stamp.ratio), round(side * stamp.ratio))
    picture.setDevicePixelRatio(stamp.ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if stamp.style == "doubt":
        _draw_doubt(painter, inks, side / 2)
        painter.end()
        return picture
    painter.translate(side / 2, side / 2 - _body(stamp.size, buy=stamp.buy))
    shape = triangle(stamp.size * (1.4 if stamp.style == "selected" else 1.0), up=stamp.buy)
    # A rim in the colour of the ground parts a marker from candles of the same colour.
    painter.setPen(pen(inks.panel, 4.0 if stamp.style == "hollow" else 2.0))
    painter.drawPath(shape)
    if stamp.style == "hollow":
        painter.setPen(pen(ink, 1.6))
        painter.setBrush(inks.panel)
    elif stamp.style == "selected":
        painter.setPen(pen(inks.text, 1.6))
        painter.setBrush(ink)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
    painter.drawPath(shape)
    painter.end()
    return picture


def _draw_doubt(painter: QPainter, inks: Inks, middle: float) -> None:
    """Draw a ring with a dot in the colour of warnings, told from triangles by its shape."""
    at = QPointF(middle, middle)
    painter.setPen(pen(inks.panel, 4.0))
    painter.drawEllipse(at, _RING, _RING)
    painter.setPen(pen(inks.warning, 1.8))
    painter.setBrush(inks.panel)
    painter.drawEllipse(at, _RING, _RING)
    painter.setBrush(inks.warning)
    painter.drawEllipse(at, 0.6, 0.6)
