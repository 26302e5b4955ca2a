"""Small pictures that a style sheet can only take from files: arrows, ticks and dots in a theme's colours."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from ivybt_desktop.theme.tokens import SIZES, Tokens

# Strokes in a unit square.
_STROKES = {
    "down": ((0.25, 0.4), (0.5, 0.65), (0.75, 0.4)),
    "up": ((0.25, 0.6), (0.5, 0.35), (0.75, 0.6)),
    "right": ((0.4, 0.25), (0.65, 0.5), (0.4, 0.75)),
    "left": ((0.6, 0.25), (0.35, 0.5), (0.6, 0.75)),
    "check": ((0.2, 0.52), (0.42, 0.74), (0.82, 0.28)),
    "dash": ((0.25, 0.5), (0.75, 0.5)),
}
_SCALES = {"": 1, "@2x": 2}


def paint_glyphs(tokens: Tokens, folder: Path) -> None:
    """Write the pictures of a theme to ``folder`` as PNG, in single and double density."""
    folder.mkdir(parents=True, exist_ok=True)
    colours = dict.fromkeys(_STROKES, tokens.quiet) | {
        "check": tokens.on_accent,
        "dash": tokens.on_accent,
    }
    for name, points in _STROKES.items():
        for suffix, scale in _SCALES.items():
            _paint(points, colours[name], scale).save(str(folder / f"{name}{suffix}.png"))


def _paint(points: tuple[tuple[float, float], ...], colour: str, scale: int) -> QPixmap:
    size = SIZES.icon * scale
    picture = QPixmap(size, size)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(QColor(colour), 1.6 * scale)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.drawPolyline(QPolygonF([QPointF(x * size, y * size) for x, y in points]))
    painter.end()
    return picture
