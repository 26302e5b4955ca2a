"""Arrays straight to QPainter: lines, rectangles and triangles without a Python object for each.

`QPainter.drawLines` and its kin take a pointer and a count in C++; wrapping the memory of an array
as its first element gives them that. The array must be float64, contiguous, and outlive the call.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import shiboken6
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPixmap

FloatArray = npt.NDArray[np.float64]

# Qt's rasteriser works with 16-bit fractions of pixels; values beyond this wrap around.
_FAR = 30_000.0
_DASH, _GAP = 4.0, 3.0


def _first[T](array: FloatArray, kind: type[T]) -> T:
    """Return the memory of an array as the first of its elements, for a pointer-and-count call."""
    wrapped: Any = shiboken6.wrapInstance(array.ctypes.data, kind)
    return cast("T", wrapped)


def draw_lines(painter: QPainter, x0: FloatArray, y0: FloatArray, x1: FloatArray, y1: FloatArray) -> None:
    """Draw one segment per element with the painter's pen; segments with a NaN are left out."""
    lines: FloatArray = np.stack((x0, y0, x1, y1), axis=1)
    lines = lines[np.isfinite(lines).all(axis=1)]
    if lines.size:
        lines = np.clip(lines, -_FAR, _FAR)
        painter.drawLines(_first(lines, QLineF), len(lines))


def draw_rects(
    painter: QPainter, x: FloatArray, y: FloatArray, width: FloatArray | float, height: FloatArray
) -> None:
    """Draw one rectangle per element with the painter's pen and brush."""
    rects = np.stack(np.broadcast_arrays(x, y, width, height), axis=1)
    rects = rects[np.isfinite(rects).all(axis=1)]
    if rects.size:
        rects = np.clip(rects, -_FAR, _FAR)
        painter.drawRects(_first(rects, QRectF), len(rects))


def draw_bars(
    painter: QPainter, ink: QColor,
    x: FloatArray, y: FloatArray, width: FloatArray | float, height: FloatArray,
) -> None:  # fmt: skip
    """Fill one upright rectangle per element, without an edge.

    Axis-parallel fills are several times faster than lines with a pen, and need no smoothing.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    draw_rects(painter, x, y, width, height)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_level(painter: QPainter, ink: QColor, y: float, width: float, *, dashed: bool = False) -> None:
    """Draw a line of one pixel from the left edge to ``width``."""
    top = float(round(y))
    if not dashed:
        painter.fillRect(QRectF(0, top, width, 1), ink)
        return
    x: FloatArray = np.arange(0.0, width, _DASH + _GAP, dtype=np.float64)
    draw_bars(painter, ink, x, np.full(x.size, top), np.minimum(_DASH, width - x), np.ones(x.size))


def draw_upright(painter: QPainter, ink: QColor, x: float, height: float, *, dashed: bool = False) -> None:
    """Draw a line of one pixel from the top to ``height``."""
    left = float(np.floor(x))
    if not dashed:
        painter.fillRect(QRectF(left, 0, 1, height), ink)
        return
    y: FloatArray = np.arange(0.0, height, _DASH + _GAP, dtype=np.float64)
    draw_bars(painter, ink, np.full(y.size, left), y, 1.0, np.minimum(_DASH, height - y))


def draw_stamps(painter: QPainter, stamp: QPixmap, x: FloatArray, y: FloatArray) -> None:
    """Draw a pixmap centred on each point, all in one call."""
    if x.size == 0:
        return
    ratio = stamp.devicePixelRatio()
    # x, y, source left, source top, source width, source height, scale x, scale y, rotation, opacity
    fragments: FloatArray = np.zeros((x.size, 10))
    fragments[:, 0], fragments[:, 1] = x, y
    fragments[:, 4], fragments[:, 5] = stamp.width(), stamp.height()
    fragments[:, 6:8] = 1.0 / ratio
    fragments[:, 9] = 1.0
    fragments = fragments[np.isfinite(fragments).all(axis=1)]
    if fragments.size:
        painter.drawPixmapFragments(_first(fragments, QPainter.PixmapFragment), len(fragments), stamp)


def triangle(size: float, *, up: bool) -> QPainterPath:
    """Return a triangle whose tip is at (0, 0) and whose body hangs below it, or above when down."""
    depth = 1.6 * size if up else -1.6 * size
    path = QPainterPath(QPointF(0.0, 0.0))
    path.lineTo(size, depth)
    path.lineTo(-size, depth)
    path.closeSubpath()
    return path
