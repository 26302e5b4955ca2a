"""What the mouse wheel does to a `TimeRange`: zoom at the cursor, pan with Shift or sideways."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent

from ivybt_desktop.plots.time_range import TimeRange

# One notch of a wheel is 120 eighths of a degree.
_NOTCH = 120.0
_ZOOM = 1.2
_PAN = 0.1


def turn_wheel(event: QWheelEvent, shown: TimeRange, width: float) -> None:
    """Zoom so that the bar under the cursor stays there; pan with Shift or a sideways wheel.

    Parameters
    ----------
    event : QWheelEvent
        The turn; it is accepted.
    shown : TimeRange
        What is visible.
    width : float
        Pixels over which it is drawn.
    """
    delta = event.angleDelta()
    sideways = abs(delta.x()) > abs(delta.y())
    notches = (delta.x() if sideways else delta.y()) / _NOTCH
    if sideways or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        shown.pan(-notches * _PAN * shown.span)
    else:
        x = min(max(event.position().x(), 0.0), width)
        shown.zoom(_ZOOM**-notches, shown.first + x / max(width, 1.0) * shown.span)
    event.accept()
