"""`ChoiceDelegate`: paints a line of the command palette: title with its hit letters, place, key."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ivybt_desktop.theme.tokens import DARK, SIZES, Tokens

_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_MIDDLE = Qt.AlignmentFlag.AlignCenter


class ChoiceDelegate(QStyledItemDelegate):
    """Reads ``(Choice, Match)`` from ``UserRole``."""

    tokens: Tokens = DARK

    def sizeHint(
        self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return one row of the grid."""
        return QSize(SIZES.palette_width // 2, SIZES.row)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one line."""
        choice, fit = index.data(Qt.ItemDataRole.UserRole)
        box: QRect = option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(self.tokens.selected))
        inside = box.adjusted(SIZES.padding, 0, -SIZES.padding, 0)
        right = self._paint_key(painter, inside, choice.key) if choice.key else inside.right()
        if choice.note:
            self._paint_note(painter, inside, right, choice.note)
        colour = self.tokens.text if choice.enabled else self.tokens.disabled
        self._paint_title(painter, inside, choice.title, fit.hits, colour)
        painter.restore()

    def _paint_title(
        self, painter: QPainter, box: QRect, title: str, hits: tuple[int, ...], colour: str
    ) -> None:
        plain = painter.font()
        bold = QFont(plain)
        bold.setBold(True)
        left = box.left()
        for at, letter in enumerate(title):
            font = bold if at in hits else plain
            painter.setFont(font)
            painter.setPen(QColor(self.tokens.accent if at in hits else colour))
            width = QFontMetrics(font).horizontalAdvance(letter)
            painter.drawText(QRect(left, box.top(), width + 2, box.height()), _LEFT, letter)
            left += width
        painter.setFont(plain)

    def _paint_key(self, painter: QPainter, box: QRect, key: str) -> int:
        font = self._small(painter)
        width = QFontMetrics(font).horizontalAdvance(key) + 12
        chip = QRect(box.right() - width, box.top() + 3, width, box.height() - 6)
        plain = painter.font()
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self.tokens.line))
        painter.setBrush(QColor(self.tokens.inset))
        painter.drawRoundedRect(chip, SIZES.radius, SIZES.radius)
        painter.setPen(QColor(self.tokens.quiet))
        painter.drawText(chip, _MIDDLE, key)
        painter.setFont(plain)
        return chip.left() - SIZES.padding

    def _paint_note(self, painter: QPainter, box: QRect, right: int, note: str) -> None:
        plain = painter.font()
        font = self._small(painter)
        painter.setFont(font)
        width = QFontMetrics(font).horizontalAdvance(note)
        painter.setPen(QColor(self.tokens.quiet))
        painter.drawText(QRect(right - width, box.top(), width + 2, box.height()), _LEFT, note)
        painter.setFont(plain)

    @staticmethod
    def _small(painter: QPainter) -> QFont:
        font = QFont(painter.font())
        font.setPixelSize(SIZES.label)
        return font
