"""`BarList`: named amounts as bars from a common zero, one per row, with their figures at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ivybt_desktop.plots.inks import inks_of, label_font, mixed, pen
from ivybt_desktop.theme.tokens import SIZES, Tokens

ROW = SIZES.table_row
_NAME = 28 * SIZES.grid
_KEYS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}


@dataclass(frozen=True, slots=True)
class BarRow:
    """One amount.

    Parameters
    ----------
    name : str
        At the left.
    value : float
        Length and direction of the bar.
    figures : tuple of str
        At the right, one per column.
    strong : bool, default False
        A sum: bright words and a line above.
    """

    name: str
    value: float
    figures: tuple[str, ...]
    strong: bool = False


class BarList(QWidget):
    """The list; Up and Down choose a row, Enter or a click opens it.

    Attributes
    ----------
    opened : Signal(int)
        Row that was clicked or opened.
    """

    opened = Signal(int)

    def __init__(self, theme: Tokens, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._inks = inks_of(theme)
        self.rows: Sequence[BarRow] = ()
        self._heads: Sequence[str] = ()
        self.current = -1
        self.setFont(label_font(self.font()))
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def sizeHint(self) -> QSize:
        """Return the height of all rows."""
        return QSize(480, (len(self.rows) + 1) * ROW + SIZES.grid)

    def minimumSizeHint(self) -> QSize:
        """Return the height of all rows: a scroll area shows a part."""
        return QSize(0, self.sizeHint().height())

    def set_rows(self, heads: Sequence[str], rows: Sequence[BarRow]) -> None:
        """Show other amounts; ``heads`` are the titles of the figures."""
        self._heads, self.rows = heads, rows
        self.current = min(self.current, len(rows) - 1)
        self.setAccessibleDescription("; ".join(f"{row.name} {' '.join(row.figures)}" for row in rows[:50]))
        self.updateGeometry()
        self.update()

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        self._inks = inks_of(theme)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows that are visible."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._inks.panel)
        if not self.rows:
            return
        widths = self._figure_widths()
        right = float(self.width() - SIZES.padding)
        bars = QRectF(_NAME, 0.0, max(right - sum(widths) - _NAME - SIZES.padding, 1.0), ROW)
        self._paint_figures(painter, right, widths, self._heads, 0.0)
        span = max((abs(row.value) for row in self.rows), default=0.0) or 1.0
        # Bars of one sign use the whole room.
        low = min(0.0, *(row.value for row in self.rows)) / span
        high = max(0.0, *(row.value for row in self.rows)) / span
        unit = bars.width() / ((high - low) or 1.0)
        zero = bars.left() - low * unit
        first = max(event.rect().top() // ROW - 1, 0)
        last = min(event.rect().bottom() // ROW, len(self.rows))
        for place in range(first, last):
            top = float((place + 1) * ROW)
            row = self.rows[place]
            self._paint_row(painter, row, top, (zero, unit / span), selected=place == self.current)
            self._paint_figures(painter, right, widths, row.figures, top, row=row)

    def _paint_row(
        self, painter: QPainter, row: BarRow, top: float, scale: tuple[float, float], *, selected: bool
    ) -> None:
        inks, (zero, unit) = self._inks, scale
        if selected and self.hasFocus():
            painter.fillRect(QRectF(0, top, self.width(), ROW), mixed(inks.accent, inks.panel, 0.18))
        if row.strong:
            painter.setPen(pen(inks.line))
            painter.drawLine(0, int(top), self.width(), int(top))
        painter.setPen(inks.text)
        name = QRectF(SIZES.padding, top, _NAME - 2 * SIZES.padding, ROW)
        words = QFontMetricsF(self.font()).elidedText(row.name, Qt.TextElideMode.ElideRight, name.width())
        painter.drawText(name, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)
        end = zero + row.value * unit
        bar = QRectF(min(zero, end), top + SIZES.grid, max(abs(end - zero), 1.0), ROW - 2 * SIZES.grid)
        ink = inks.sign(row.value >= 0)
        painter.fillRect(bar, ink if row.strong else mixed(ink, inks.panel, 0.75))
        painter.fillRect(QRectF(round(zero), top, 1.0, ROW), inks.line)

    def _paint_figures(
        self, painter: QPainter, right: float, widths: Sequence[float], figures: Sequence[str], top: float,
        row: BarRow | None = None,
    ) -> None:  # fmt: skip
        edge = right - sum(widths)
        for place, (figure, width) in enumerate(zip(figures, widths, strict=True)):
            bright = row is not None and (place == 0 or row.strong)
            painter.setPen(self._inks.text if bright else self._inks.quiet)
            box = QRectF(edge, top, width, ROW)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), figure)
            edge += width

    def _figure_widths(self) -> list[float]:
        room = QFontMetricsF(self.font())
        columns = [self._heads, *(row.figures for row in self.rows)]
        return [
            max(room.horizontalAdvance(figures[place]) for figures in columns) + 3 * SIZES.grid
            for place in range(len(self._heads))
        ]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open the row under the mouse."""
        place = int(event.position().y()) // ROW - 1
        if 0 <= place < len(self.rows):
            self.current = place
            self.update()
            self.opened.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose and open rows."""
        if event.key() in _KEYS and self.rows:
            self.current = min(max(self.current + _KEYS[Qt.Key(event.key())], 0), len(self.rows) - 1)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current >= 0:
            self.opened.emit(self.current)
        else:
            super().keyPressEvent(event)
