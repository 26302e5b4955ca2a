"""A slider over a declared range: click jumps, the wheel is left to the form, drags are told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider, QWidget

from engine.fields import FieldInfo
from ivybt_desktop.theme.tokens import SIZES
from ivybt_desktop.widgets.field_words import step_of

# More steps than a slider of this size has pixels: it is bent so that small values keep room.
_STRAIGHT_STEPS = 400
_MOST_STEPS = 20_000
_BENT_TICKS = 400
_BEND = 3.0


@dataclass(frozen=True, slots=True)
class SliderScale:
    """From ticks of a slider to values of a field and back.

    Parameters
    ----------
    low, high, step : float
        Range and step of the field.
    ticks : int
        Positions 0 to ticks.
    bend : float
        1 for a straight scale; 3 gives the lower values of a long range most of the room.
    """

    low: float
    high: float
    step: float
    ticks: int
    bend: float

    @classmethod
    def of(cls, info: FieldInfo) -> Self | None:
        """Return the scale of a field; `None` when a slider would be of no use."""
        if info.type not in ("int", "float") or info.low is None or info.high is None:
            return None
        step = step_of(info)
        steps = (info.high - info.low) / step
        if not 1 <= steps <= _MOST_STEPS:
            return None
        if steps <= _STRAIGHT_STEPS:
            return cls(info.low, info.high, step, -int(-steps // 1), 1.0)
        return cls(info.low, info.high, step, _BENT_TICKS, _BEND)

    def value_of(self, tick: int) -> float:
        """Return the value at a tick, on the field's step."""
        if tick >= self.ticks:
            return self.high
        share = (tick / self.ticks) ** self.bend
        span = self.ticks * self.step if self.bend == 1.0 else self.high - self.low
        steps = round(float(share * span / self.step))
        return float(round(self.low + steps * self.step, 10))

    def tick_of(self, value: float) -> int:
        """Return the nearest tick."""
        if value >= self.high:
            return self.ticks
        span = self.ticks * self.step if self.bend == 1.0 else self.high - self.low
        share = max(0.0, (value - self.low) / span)
        return round(float(self.ticks * share ** (1.0 / self.bend)))


class DragSlider(QSlider):
    """Horizontal slider whose groove jumps to the click; Tab passes it by, the field beside it takes keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSingleStep(1)
        self.setPageStep(10)
        self.setMinimumWidth(4 * SIZES.grid)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the form: scrolling over a slider changes nothing."""
        event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Jump to the pointer and begin a drag."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        event.accept()
        self.setSliderDown(True)
        self.setSliderPosition(self._tick_at(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer."""
        if self.isSliderDown():
            self.setSliderPosition(self._tick_at(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag."""
        if event.button() == Qt.MouseButton.LeftButton and self.isSliderDown():
            self.setSliderDown(False)

    def _tick_at(self, event: QMouseEvent) -> int:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        handle = self.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength, option, self)
        x = round(event.position().x() - handle / 2)
        return QStyle.sliderValueFromPosition(
            self.minimum(), self.maximum(), x, max(1, self.width() - handle), option.upsideDown
        )
