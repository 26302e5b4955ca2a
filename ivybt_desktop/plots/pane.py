"""`Pane`: one value scale over the shared bars; paints its layers once per change, the cursor over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)  # fmt: skip
from PySide6.QtWidgets import QSizePolicy, QWidget

from ivybt_desktop.plots.crosshair import (
    Cursor,
    Row,
    paint_cross,
    paint_legend,
    paint_tag,
    paint_tip,
)  # fmt: skip
from ivybt_desktop.plots.gestures import turn_wheel
from ivybt_desktop.plots.inks import Inks, label_font, mixed
from ivybt_desktop.plots.layers import Entry, Layer
from ivybt_desktop.plots.pane_scale import PaneScale
from ivybt_desktop.plots.primitives import draw_level, draw_upright
from ivybt_desktop.plots.scale import View, value_text
from ivybt_desktop.plots.time_axis import TimeAxis
from ivybt_desktop.plots.time_range import TimeRange
from ivybt_desktop.theme.tokens import SIZES

# Widest words of a value axis.
_WIDEST = "0,000,000.00"
_TICK_ROOM = 8 * SIZES.grid
_TAG = SIZES.label + SIZES.grid + 2
_LEGEND = SIZES.label + 2 * SIZES.grid
# Share of a low pane that the row of the legend may take.
_MOST_HEAD = 0.45
Text = Callable[[float, int], str]
FloatArray = npt.NDArray[np.float64]


class Pane(QWidget):
    """One plot of a stack.

    Parameters
    ----------
    shown : TimeRange
        Visible bars, shared by the stack.
    axis : TimeAxis
        Where the upright grid lines are.
    inks : Inks
        Colours.
    name : str
        Name for screen readers.
    parent : QWidget, optional
        Owner.

    Attributes
    ----------
    hovered : Signal(int)
        Bar under the mouse; -1 when it left.
    clicked : Signal(float, float)
        Pixel of a click that was not a drag.
    """

    hovered = Signal(int)
    clicked = Signal(float, float)

    def __init__(
        self, shown: TimeRange, axis: TimeAxis, inks: Inks, name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._shown, self._axis, self._inks = shown, axis, inks
        self.scale = PaneScale()
        self.layers: list[Layer] = []
        self.legend: list[Entry] = []
        self.text: Text = value_text
        self.unit, self.note = "", ""
        self.foot = 0.0
        self.decimals: int | None = None
        self.last: tuple[float, bool] | None = None
        self.tip: Callable[[int], Sequence[Row]] | None = None
        self._cursor = Cursor()
        self._picture: QPixmap | None = None
        self._grip: QPointF | None = None
        self._dragged = self._on_axis = False
        self.setFont(label_font(self.font()))
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(2 * SIZES.row)
        self.setAccessibleName(name)

    def sizeHint(self) -> QSize:
        """Return a size that leaves the layout free."""
        return QSize(400, 4 * SIZES.row)

    @property
    def gutter(self) -> float:
        """Width of the value axis at the right, in pixels."""
        return float(round(QFontMetricsF(self.font()).horizontalAdvance(_WIDEST) + 2 * SIZES.grid))

    @property
    def plot_width(self) -> float:
        """Width left of the value axis, in pixels."""
        return max(self.width() - self.gutter, 1.0)

    def view(self) -> View:
        """Return where bars and values fall now."""
        scale, height = self.scale, max(float(self.height()), 1.0)
        first, last = self._shown.first, self._shown.last
        return View(self.plot_width, height, first, last, scale.low, scale.high, scale.log)

    def add(self, layer: Layer, *, legend: bool = False) -> None:
        """Put a layer on top; with ``legend`` it also gets a name and a value there."""
        self.layers.append(layer)
        if legend:
            self.legend.append(layer)  # type: ignore[arg-type]
        self.refresh()

    def refresh(self) -> None:
        """Draw the layers anew at the next paint; several calls cost one."""
        self._picture = None
        self.update()

    def set_inks(self, inks: Inks) -> None:
        """Repaint in another theme."""
        self._inks = inks
        self.refresh()

    def extent(self) -> tuple[float, float]:
        """Return least and greatest value of the visible bars over all layers."""
        first, last = self._shown.bars
        bounds = np.array([layer.extent(first, last) for layer in self.layers] or [(np.nan, np.nan)])
        return float(np.fmin.reduce(bounds[:, 0])), float(np.fmax.reduce(bounds[:, 1]))

    def set_log(self, *, on: bool) -> None:
        """Ask for a log or a linear value scale."""
        self.scale.set_log(on=on, low=self.extent()[0], high=self.extent()[1])
        self.refresh()

    def set_auto(self, *, on: bool) -> None:
        """Let the value scale follow the visible bars, or hold it."""
        self.scale.auto = on
        self.refresh()

    def set_cursor_bar(self, bar: int) -> None:
        """Move the upright line to a bar; -1 takes it away."""
        if bar != self._cursor.bar:
            self._cursor.bar = bar
            self.update()

    def rehover(self) -> None:
        """Tell the bar under a mouse that stood still while the bars moved beneath it."""
        if self._cursor.y is not None:
            self._tell_bar(self._cursor.x)

    def _tell_bar(self, x: float) -> None:
        bar = round(self.view().bar(x))
        self.hovered.emit(bar if 0 <= bar < self._shown.count else -1)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Show the kept picture of the layers, and the cursor over it."""
        if self._picture is None:
            self._picture = self._draw()
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.drawPixmap(0, 0, self._picture)
        view, count = self.view(), self._shown.count
        inside = 0 <= self._cursor.bar < count
        if inside:
            paint_cross(painter, view, self._inks, self._cursor)
        if count:
            bar = self._cursor.bar if inside else self._shown.bars[1]
            paint_legend(painter, self._inks, self.legend, bar, view.width)
        if inside and self._cursor.y is not None:
            self._paint_value(painter, view, self._cursor.y)
            if self.tip is not None:
                paint_tip(painter, view, self._inks, self._cursor, self.tip(self._cursor.bar))

    def _paint_value(self, painter: QPainter, view: View, y: float) -> None:
        _, decimals = self._ticks(view)
        text = self.text(view.value(y), decimals)
        top = min(max(y - _TAG / 2, 0.0), view.height - _TAG)
        paint_tag(painter, self._inks, QRectF(view.width, top, self.gutter - 1, _TAG), text)

    def _ticks(self, view: View) -> tuple[FloatArray, int]:
        values, decimals = self.scale.ticks(max(3, int(view.height / _TICK_ROOM)))
        return values, decimals if self.decimals is None else max(decimals, self.decimals)

    def _draw(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(self._inks.panel)
        painter = QPainter(picture)
        painter.setFont(self.font())
        # The legend has a row of its own above the data.
        head = min(_LEGEND / max(self.height(), 1), _MOST_HEAD) if self.legend else 0.0
        self.scale.fit(*self.extent(), foot=self.foot, head=head)
        view = self.view()
        values, decimals = self._ticks(view)
        self._draw_grid(painter, view, values)
        painter.save()
        painter.setClipRect(QRectF(0, 0, view.width, view.height))
        for layer in self.layers:
            layer.paint(painter, view, self._inks)
        painter.restore()
        self._draw_axis(painter, view, values, decimals)
        painter.end()
        return picture

    def _draw_grid(self, painter: QPainter, view: View, values: FloatArray) -> None:
        quiet = mixed(self._inks.line, self._inks.panel, 0.45)
        clear = mixed(self._inks.line, self._inks.panel, 0.85)
        for tick in self._axis.ticks():
            draw_upright(painter, clear if tick.major else quiet, float(view.x(tick.bar)), view.height)
        for y in view.y(values).tolist():
            draw_level(painter, quiet, y, view.width)

    def _draw_axis(self, painter: QPainter, view: View, values: FloatArray, decimals: int) -> None:
        draw_upright(painter, self._inks.line, view.width, view.height)
        painter.setPen(self._inks.quiet)
        left, align = view.width + SIZES.grid, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for value in values.tolist():
            y = float(view.y(value))
            if 0 <= y <= view.height and not self._taken(view, y):
                top = min(max(y - _TAG / 2, 0.0), view.height - _TAG)
                box = QRectF(left, top, self.gutter, _TAG)
                painter.drawText(box, align, self.text(value, decimals))
        if self.unit:
            painter.drawText(QRectF(left, 0, self.gutter, _TAG), align, self.unit)
        refused = self.scale.wants_log and not self.scale.log
        note = "Linear scale: values at or below zero" if refused else self.note
        if note:
            right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(QRectF(0, SIZES.grid, view.width - SIZES.padding, _TAG), right, note)
        if self.last is not None:
            self._draw_last(painter, view, *self.last, decimals)

    def _taken(self, view: View, y: float) -> bool:
        """Return whether the unit or the tag of the last value stands where a label would."""
        if self.unit and y < 1.5 * _TAG:
            return True
        return self.last is not None and abs(float(view.y(self.last[0])) - y) < _TAG

    def _draw_last(self, painter: QPainter, view: View, value: float, rise: bool, decimals: int) -> None:  # noqa: FBT001
        y = float(view.y(value))
        if not 0 <= y <= view.height:
            return
        ink: QColor = self._inks.sign(rise)
        draw_level(painter, mixed(ink, self._inks.panel, 0.7), y, view.width, dashed=True)
        top = min(max(y - _TAG / 2, 0.0), view.height - _TAG)
        box = QRectF(view.width, top, self.gutter - 1, _TAG)
        paint_tag(painter, self._inks, box, self.text(value, decimals), ink=ink)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: ARG002
        """Draw for the new size."""
        self.refresh()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the cursor, or pan with Shift."""
        turn_wheel(event, self._shown, self.plot_width)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the plot, or of the value axis."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip, self._dragged = event.position(), False
            self._on_axis = event.position().x() >= self.plot_width
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, and tell where the cursor is."""
        at = event.position()
        if self._grip is not None:
            self._drag(at)
        on_axis = at.x() >= self.plot_width
        self.setCursor(Qt.CursorShape.SizeVerCursor if on_axis else Qt.CursorShape.CrossCursor)
        self._cursor.x, self._cursor.y = at.x(), None if on_axis else round(at.y())
        self.update()
        if on_axis:
            self.hovered.emit(-1)
        else:
            self._tell_bar(at.x())

    def _drag(self, at: QPointF) -> None:
        grip = self._grip
        if grip is None or (not self._dragged and (at - grip).manhattanLength() < SIZES.grid):
            return
        self._dragged, self._grip = True, at
        if self._on_axis:
            self.scale.stretch(1.01 ** (at.y() - grip.y()))
        else:
            self._shown.pan((grip.x() - at.x()) * self._shown.span / self.plot_width)
            self.scale.shift((at.y() - grip.y()) / max(self.height(), 1))
        self.refresh()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go; a press that did not move is a click."""
        if event.button() == Qt.MouseButton.LeftButton and self._grip is not None:
            self._grip = None
            if not self._dragged and not self._on_axis:
                self.clicked.emit(event.position().x(), event.position().y())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fit the value scale when the axis is double-clicked."""
        if event.position().x() >= self.plot_width:
            self.set_auto(on=True)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: ARG002
        """Take the crosshair away."""
        self._cursor.y = None
        self.update()
        self.hovered.emit(-1)
