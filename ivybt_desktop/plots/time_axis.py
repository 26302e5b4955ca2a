"""`TimeAxis`: dates under a chart; the labels follow the zoom, session gaps take no room."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ivybt_desktop.plots.calendar_ticks import Calendar, Tick
from ivybt_desktop.plots.gestures import turn_wheel
from ivybt_desktop.plots.inks import Inks, label_font, pen
from ivybt_desktop.plots.time_range import TimeRange
from ivybt_desktop.theme.tokens import SIZES

# Room for one label: the widest is "24 Sep" or "09:30" with air around it.
_ROOM = 18 * SIZES.grid


class TimeAxis(QWidget):
    """The labels of a `TimeRange`; also what its panes take their upright grid lines from.

    Drag pans, wheel zooms, double click shows everything.

    Parameters
    ----------
    shown : TimeRange
        What is visible.
    inks : Inks
        Colours.
    parent : QWidget, optional
        Owner.
    """

    def __init__(self, shown: TimeRange, inks: Inks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown, self._inks = shown, inks
        self._calendar: Calendar | None = None
        self._gutter = 0.0
        self._cursor = -1
        self._focused = False
        self._grip: float | None = None
        self._known: tuple[float, float, float] | None = None
        self._ticks: list[Tick] = []
        self.setFont(label_font(self.font()))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setAccessibleName("Time axis")
        self.setToolTip("Drag to pan, wheel to zoom, double click to show everything")

    def sizeHint(self) -> QSize:
        """Return the height of one label with padding."""
        return QSize(200, SIZES.label + 3 * SIZES.grid)

    def set_calendar(self, calendar: Calendar) -> None:
        """Take the dates of another series."""
        self._calendar, self._known = calendar, None
        self.update()

    def set_gutter(self, width: float) -> None:
        """Leave room at the right for the panes' value axes."""
        self._gutter = width
        self.update()

    def set_inks(self, inks: Inks) -> None:
        """Repaint in another theme."""
        self._inks = inks
        self.update()

    def set_focused(self, *, focused: bool) -> None:
        """Mark the chart that has the keyboard by its base line."""
        self._focused = focused
        self.update()

    def set_cursor_bar(self, bar: int) -> None:
        """Tag the date of a bar; -1 for none."""
        if bar != self._cursor:
            self._cursor = bar
            self.update()

    def ticks(self) -> list[Tick]:
        """Return the labels for what is visible; computed once per range and width."""
        width = self.width() - self._gutter
        key = (self._shown.first, self._shown.last, width)
        if self._calendar is None or self._shown.count == 0:
            return []
        if key != self._known:
            first, last = self._shown.bars
            self._ticks = self._calendar.ticks(first, last, max(2, int(width / _ROOM)))
            self._known = key
        return self._ticks

    def _x(self, bar: float) -> float:
        return (bar - self._shown.first) * (self.width() - self._gutter) / self._shown.span

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Draw the labels, then the tag of the cursor over them."""
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.fillRect(self.rect(), self._inks.panel)
        edge = self._inks.accent if self._focused else self._inks.line
        painter.fillRect(QRectF(0, 0, self.width(), 2 if self._focused else 1), edge)
        room, width = QFontMetricsF(self.font()), self.width() - self._gutter
        taken: list[tuple[float, float]] = []
        # Years among months first: a month never takes the room of a year.
        for tick in sorted(self.ticks(), key=lambda tick: not tick.major):
            x, half = self._x(tick.bar), room.horizontalAdvance(tick.text) / 2
            left, right = x - half, x + half
            clash = any(left < b + SIZES.padding and right > a - SIZES.padding for a, b in taken)
            if left < 0 or right > width or clash:
                continue
            painter.setPen(self._inks.text if tick.major else self._inks.quiet)
            box = QRectF(left, 0, 2 * half + 1, self.height())
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), tick.text)
            taken.append((left, right))
        self._paint_tag(painter, room, width)

    def _paint_tag(self, painter: QPainter, room: QFontMetricsF, width: float) -> None:
        if self._calendar is None or not 0 <= self._cursor < self._shown.count:
            return
        x = self._x(self._cursor)
        if not 0 <= x <= width:
            return
        text = self._calendar.stamp(self._cursor)
        size = room.horizontalAdvance(text) + 2 * SIZES.padding
        left = min(max(x - size / 2, 0.0), self.width() - size)
        tag = QRectF(left, 1, size, self.height() - 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(pen(self._inks.line))
        painter.setBrush(self._inks.raised)
        painter.drawRoundedRect(tag, SIZES.radius, SIZES.radius)
        painter.setPen(self._inks.text)
        painter.drawText(tag, int(Qt.AlignmentFlag.AlignCenter), text)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the cursor, or pan with Shift."""
        turn_wheel(event, self._shown, self.width() - self._gutter)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the axis."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = event.position().x()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan with the mouse."""
        if self._grip is not None:
            x = event.position().x()
            self._shown.pan((self._grip - x) * self._shown.span / max(self.width() - self._gutter, 1.0))
            self._grip = x

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002
        """Let go."""
        self._grip = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002
        """Show everything."""
        self._shown.fit()
