"""`Waterfall`: from a first amount to a last one, with what was taken in between as falling steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ivybt_desktop.plots.inks import inks_of, label_font, mixed
from ivybt_desktop.plots.primitives import draw_level
from ivybt_desktop.theme.tokens import SIZES, Tokens

_LABEL = SIZES.label + SIZES.grid
_WIDEST = 30 * SIZES.grid
_BAR = 0.62


@dataclass(frozen=True, slots=True)
class Step:
    """One column.

    Parameters
    ----------
    title : str
        Below it.
    value : float
        Amount; of a total its level, of a step what it adds.
    text : str
        The amount in words.
    total : bool, default False
        Stands on zero.
    """

    title: str
    value: float
    text: str
    total: bool = False


class Waterfall(QWidget):
    """The columns, joined by thin lines.

    Parameters
    ----------
    theme : Tokens
        Colours.
    name : str
        Name for screen readers.
    """

    def __init__(self, theme: Tokens, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._inks = inks_of(theme)
        self.steps: Sequence[Step] = ()
        self.tip: Callable[[int], str] | None = None
        self.setFont(label_font(self.font()))
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(4 * _LABEL)

    def sizeHint(self) -> QSize:
        """Return a size that leaves the layout free."""
        return QSize(480, 200)

    def set_steps(self, steps: Sequence[Step]) -> None:
        """Show other amounts."""
        self.steps = steps
        self.setAccessibleDescription("; ".join(f"{step.title} {step.text}" for step in steps))
        self.update()

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        self._inks = inks_of(theme)
        self.update()

    def spans(self) -> list[tuple[float, float]]:
        """Return the level at which each column begins and the one at which it ends."""
        found, level = [], 0.0
        for step in self.steps:
            begin = 0.0 if step.total else level
            level = step.value if step.total else level + step.value
            found.append((begin, level))
        return found

    def step_at(self, at: QPointF) -> int:
        """Return the column under a pixel; -1 for none."""
        place = int((at.x() - SIZES.padding) // self._width()) if self.steps else -1
        return place if 0 <= place < len(self.steps) else -1

    def _width(self) -> float:
        return min((self.width() - 2 * SIZES.padding) / max(len(self.steps), 1), _WIDEST)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Draw columns, their amounts above and their titles at the foot."""
        painter = QPainter(self)
        inks = self._inks
        painter.fillRect(self.rect(), inks.panel)
        if not self.steps:
            return
        spans, width = self.spans(), self._width()
        levels = [level for span in spans for level in span] + [0.0]
        low, high = min(levels), max(levels)
        top, foot = _LABEL + SIZES.grid, self.height() - _LABEL - SIZES.padding - (_LABEL if low < 0 else 0)
        unit = (foot - top) / ((high - low) or 1.0)

        def y(level: float) -> float:
            return top + (high - level) * unit

        draw_level(painter, inks.line, y(0.0), self.width())
        for place, (step, (begin, end)) in enumerate(zip(self.steps, spans, strict=True)):
            left = SIZES.padding + place * width
            upper, tall = min(y(begin), y(end)), max(abs(y(begin) - y(end)), 1.0)
            bar = QRectF(left + width * (1 - _BAR) / 2, upper, width * _BAR, tall)
            painter.fillRect(bar, self._ink(step))
            if place + 1 < len(self.steps):
                rest = QRectF(bar.right(), round(y(end)), width * (1 - _BAR), 1.0)
                painter.fillRect(rest, inks.quiet)
            self._paint_words(painter, step, bar, left, falls=end < 0 and step.total)

    def _paint_words(self, painter: QPainter, step: Step, bar: QRectF, left: float, *, falls: bool) -> None:
        width = self._width()
        middle = int(Qt.AlignmentFlag.AlignCenter)
        painter.setPen(self._inks.text)
        above = bar.bottom() + 1 if falls else bar.top() - _LABEL
        painter.drawText(QRectF(left, above, width, _LABEL), middle, step.text)
        painter.setPen(self._inks.text if step.total else self._inks.quiet)
        title = painter.fontMetrics().elidedText(step.title, Qt.TextElideMode.ElideRight, int(width))
        painter.drawText(QRectF(left, self.height() - _LABEL - SIZES.grid, width, _LABEL), middle, title)

    def _ink(self, step: Step) -> QColor:
        ink = self._inks.sign(step.value >= 0)
        return ink if step.total else mixed(ink, self._inks.panel, 0.6)

    def event(self, event: QEvent) -> bool:
        """Tell more of a column on hover."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self.step_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self.tip(place) if self.tip and place >= 0 else "", self)
            return True
        return super().event(event)
