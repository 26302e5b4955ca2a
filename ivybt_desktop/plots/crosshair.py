"""The crosshair: lines through the cursor, the value on the axis, the legend, and the data tip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from ivybt_desktop.plots.inks import Inks, faded, mixed, pen
from ivybt_desktop.plots.layers import Entry
from ivybt_desktop.plots.primitives import draw_level, draw_upright
from ivybt_desktop.plots.scale import View
from ivybt_desktop.theme.tokens import SIZES

# Label and value of one line of the data tip.
Row = tuple[str, str]
_LINE = SIZES.label + SIZES.grid


@dataclass(slots=True)
class Cursor:
    """Where the crosshair is.

    Parameters
    ----------
    bar : int, default -1
        Bar under it in any linked pane; -1 for none.
    y : float or None, default None
        Pixel from the top when the mouse is in this pane.
    x : float, default 0
        Pixel of the mouse, for the place of the tip.
    """

    bar: int = -1
    y: float | None = None
    x: float = 0.0


def paint_cross(painter: QPainter, view: View, inks: Inks, cursor: Cursor) -> None:
    """Draw the upright line at the bar, and the level line in the pane that holds the mouse."""
    ink = mixed(inks.quiet, inks.panel, 0.8)
    x = float(view.x(cursor.bar))
    if 0 <= x <= view.width:
        draw_upright(painter, ink, x, view.height, dashed=True)
    if cursor.y is not None and 0 <= cursor.y <= view.height:
        draw_level(painter, ink, cursor.y, view.width, dashed=True)


def paint_tag(
    painter: QPainter, inks: Inks, box: QRectF, text: str, *, ink: QColor | None = None
) -> None:
    """Draw words on a filled label, such as the price at the cursor on the axis."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(pen(ink or inks.line))
    painter.setBrush(inks.raised)
    painter.drawRoundedRect(box, SIZES.radius / 2, SIZES.radius / 2)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(ink or inks.text)
    inner = box.adjusted(SIZES.grid, 0, -SIZES.grid, 0)
    painter.drawText(inner, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)


def paint_legend(painter: QPainter, inks: Inks, entries: Sequence[Entry], bar: int, width: float) -> QRectF:
    """Draw a sample, the name and the value of each line in one row; return the room it took."""
    room = QFontMetricsF(painter.font())
    x, y = float(SIZES.padding), float(SIZES.grid)
    top = y
    for entry in entries:
        name, value = entry.title, entry.text_at(bar)
        name_width, value_width = room.horizontalAdvance(name), room.horizontalAdvance(value)
        size = 3 * SIZES.grid + SIZES.grid + name_width + SIZES.grid + value_width
        if x + size > width and x > SIZES.padding:
            x, y = float(SIZES.padding), y + _LINE
        painter.fillRect(QRectF(x - 2, y, size + SIZES.grid, _LINE), faded(inks.panel, 0.75))
        painter.setPen(pen(entry.colour(inks), 2.0))
        painter.drawLine(QLineF(x, y + _LINE / 2, x + 3 * SIZES.grid, y + _LINE / 2))
        x += 4 * SIZES.grid
        painter.setPen(inks.quiet)
        painter.drawText(QRectF(x, y, name_width + 1, _LINE), int(Qt.AlignmentFlag.AlignVCenter), name)
        x += name_width + SIZES.grid
        painter.setPen(inks.text)
        painter.drawText(QRectF(x, y, value_width + 1, _LINE), int(Qt.AlignmentFlag.AlignVCenter), value)
        x += value_width + 2 * SIZES.padding
    return QRectF(0, 0, width, y + _LINE if entries else top)


def paint_tip(painter: QPainter, view: View, inks: Inks, cursor: Cursor, rows: Sequence[Row]) -> None:
    """Draw the data tip beside the cursor, on the side that has room for it; the first row is its head."""
    if cursor.y is None or not rows:
        return
    room = QFontMetricsF(painter.font())
    head, body = rows[0], rows[1:]
    labels = max((room.horizontalAdvance(label) for label, _ in body), default=0.0)
    values = max((room.horizontalAdvance(value) for _, value in body), default=0.0)
    title = room.horizontalAdvance(head[1])
    inner = max(labels + 2 * SIZES.padding + values, title)
    width, height = inner + 2 * SIZES.padding, len(rows) * _LINE + 1.5 * SIZES.padding
    left = cursor.x + 4 * SIZES.grid
    if left + width > view.width:
        left = max(cursor.x - 4 * SIZES.grid - width, 0.0)
    top = min(max(cursor.y + 2 * SIZES.grid, 0.0), max(view.height - height, 0.0))
    box = QRectF(left, top, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(pen(inks.line))
    painter.setBrush(faded(inks.raised, 0.94))
    painter.drawRoundedRect(box, SIZES.radius, SIZES.radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    line = QRectF(left + SIZES.padding, top + SIZES.padding * 0.75, inner, _LINE)
    painter.setPen(inks.text)
    painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), head[1])
    for label, value in body:
        line.translate(0, _LINE)
        painter.setPen(inks.quiet)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), label)
        painter.setPen(inks.text)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), value)
