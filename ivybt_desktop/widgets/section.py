"""A part of a form that folds away; folded, its header says in short what is inside."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from ivybt_desktop.theme.tokens import SIZES
from ivybt_desktop.widgets.quiet import danger_colour, quiet_colour

_CHEVRON = 4.0
_DOT = 2.5


class SectionHeader(QAbstractButton):
    """Chevron, title and, while folded, a summary in quiet text.

    Parameters
    ----------
    title : str
        Words of the section.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setChecked(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.summary, self.changed, self.is_wrong = "", 0, False

    def sizeHint(self) -> QSize:
        """Return one row."""
        return QSize(SIZES.grid * 40, SIZES.row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left folds, right unfolds; space and Enter do either."""
        key = event.key()
        wanted = {Qt.Key.Key_Left: False, Qt.Key.Key_Right: True}.get(Qt.Key(key))
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            wanted = not self.isChecked()
        if wanted is None:
            super().keyPressEvent(event)
        elif wanted != self.isChecked():
            self.click()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a hairline above, the chevron, the title and the summary."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        quiet = quiet_colour()
        strong = palette.color(QPalette.ColorRole.WindowText)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.drawLine(QPointF(0, 0.5), QPointF(self.width(), 0.5))
        accent = palette.color(QPalette.ColorRole.Accent)
        lively = self.hasFocus() or self.underMouse()
        painter.setPen(QPen(accent if self.hasFocus() else strong if lively else quiet, 1.5))
        painter.drawPolyline(self._chevron())
        font = self.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(accent if self.hasFocus() else strong)
        left = SIZES.grid * 4
        painter.drawText(self.rect().adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text())
        used = left + QFontMetrics(font).horizontalAdvance(self.text()) + SIZES.padding
        if self.changed:
            used += self._paint_count(painter, used)
        if not self.isChecked():
            self._paint_summary(painter, QRect(used, 0, self.width() - used, self.height()))

    def _paint_count(self, painter: QPainter, left: int) -> int:
        """Draw how many settings were changed, behind the dot that marks a changed row; return its width."""
        font = self.font()
        font.setPixelSize(SIZES.label)
        painter.setFont(font)
        accent = self.palette().color(QPalette.ColorRole.Accent)
        middle = self.height() / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(accent)
        painter.setBrush(accent)
        painter.drawEllipse(QPointF(left + _DOT, middle), _DOT, _DOT)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        words, start = str(self.changed), left + SIZES.padding + 2
        painter.drawText(QRect(start, 0, self.width(), self.height()), Qt.AlignmentFlag.AlignVCenter, words)
        return SIZES.padding + 2 + QFontMetrics(font).horizontalAdvance(words) + SIZES.padding

    def _paint_summary(self, painter: QPainter, room: QRect) -> None:
        font = self.font()
        font.setPixelSize(SIZES.label)
        painter.setFont(font)
        painter.setPen(danger_colour() if self.is_wrong else quiet_colour())
        text = QFontMetrics(font).elidedText(self.summary, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)

    def _chevron(self) -> QPolygonF:
        x, y, arm, half = SIZES.grid * 1.5, self.height() / 2, _CHEVRON, _CHEVRON / 2
        if self.isChecked():
            points = ((x - arm, y - half), (x, y + half), (x + arm, y - half))
        else:
            points = ((x - half, y - arm), (x + half, y), (x - half, y + arm))
        return QPolygonF([QPointF(*point) for point in points])


class Section(QWidget):
    """Header and body.

    Parameters
    ----------
    title : str
        Words of the header.
    body : QWidget
        What folds away.

    Attributes
    ----------
    folded : Signal(bool)
        Emitted when the person folds or unfolds it.
    """

    folded = Signal(bool)

    def __init__(self, title: str, body: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header, self.body = SectionHeader(title), body
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SIZES.grid)
        column.setSpacing(SIZES.grid)
        column.addWidget(self.header)
        column.addWidget(body)
        self.header.clicked.connect(self._clicked)

    def set_folded(self, folded: bool) -> None:  # noqa: FBT001  (Qt's habit for setters)
        """Fold or unfold without emitting."""
        self.header.setChecked(not folded)
        self.body.setVisible(not folded)

    def set_summary(self, text: str, *, changed: int = 0, wrong: bool = False) -> None:
        """Say in short what is inside; also read out with the title.

        Parameters
        ----------
        text : str
            Shown while the section is folded.
        changed : int, default 0
            How many settings differ from where they started; shown behind a dot.
        wrong : bool, default False
            The text tells an error.
        """
        header = self.header
        if (text, changed, wrong) == (header.summary, header.changed, header.is_wrong):
            return
        header.summary, header.changed, header.is_wrong = text, changed, wrong
        header.setAccessibleDescription(f"{text}, {changed} changed" if changed else text)
        header.setToolTip(text if not header.isChecked() else "")
        header.update()

    def _clicked(self) -> None:
        open_now = self.header.isChecked()
        self.body.setVisible(open_now)
        self.header.setToolTip("" if open_now else self.header.summary)
        self.folded.emit(not open_now)
