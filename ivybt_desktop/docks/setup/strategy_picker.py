"""The strategy in use as one button; pressed, it unfolds into a searchable list by family."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFontMetrics, QGuiApplication, QPainter, QPaintEvent, QPalette, QPen, QPolygon
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from ivybt_desktop.docks.setup.state import SetupState
from ivybt_desktop.theme.tokens import SIZES
from ivybt_desktop.widgets.quiet import quiet_colour
from ivybt_desktop.widgets.search_list import SearchList

_ARROW = 4


class PickerButton(QPushButton):
    """Title at the left, family in quiet text at the right, an arrow."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(SIZES.row)
        self.setCheckable(True)
        self._title, self._family = "", ""

    def set_words(self, title: str, family: str) -> None:
        """Show another strategy."""
        self._title, self._family = title, family
        self.setAccessibleName(f"Strategy: {title}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the words over the button of the style sheet, whose own text is centred."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = self.rect().adjusted(SIZES.padding, 0, -SIZES.padding * 3, 0)
        centre = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(quiet_colour())
        small = self.font()
        small.setPixelSize(SIZES.label)
        painter.setFont(small)
        painter.drawText(room, centre | Qt.AlignmentFlag.AlignRight, self._family)
        used = QFontMetrics(small).horizontalAdvance(self._family) + SIZES.padding
        painter.setPen(QPen(painter.pen().color(), 1.5))
        painter.drawPolyline(_arrow(self.width() - SIZES.padding, self.height() // 2))
        strong = self.font()
        strong.setBold(True)
        painter.setFont(strong)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        words = QFontMetrics(strong).elidedText(self._title, Qt.TextElideMode.ElideRight, room.width() - used)
        painter.drawText(room, centre, words)


class StrategyPicker(QWidget):
    """Button, list, one-line description, and the error of a file that could not be loaded.

    Attributes
    ----------
    chosen : Signal(str)
        Id of a strategy.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = PickerButton()
        self.list = SearchList("Search strategies")
        self.list.hide()
        self.description = _text("quiet")
        self.broken = _text("warning")
        self.copy = QToolButton()
        self.copy.setText("Copy details")
        self.copy.setProperty("role", "quiet")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SIZES.grid)
        for part in (self.button, self.list, self.broken, self.copy, self.description):
            column.addWidget(part)
        self._details: dict[str, str] = {}
        self._explained = ""
        self._words: dict[str, str] = {}
        self.explain("")
        self.button.clicked.connect(self._unfold)
        self.list.chosen.connect(self._choose)
        self.list.left.connect(self._fold)
        self.list.explained.connect(self.explain)
        self.copy.clicked.connect(self._copy)

    def show_state(self, state: SetupState) -> None:
        """Show the strategy in use and the list."""
        self.button.set_words(state.title, state.family)
        self.description.setText(state.description)
        self.description.setVisible(bool(state.description) and self.list.isHidden())
        self._details = dict(state.details)
        self._words = {c.id: f"{c.title}: {c.help}" for c in state.choices if not c.usable}
        self.list.set_choices(state.choices, state.strategy)
        if self._explained not in self._words:
            self.explain("")

    def explain(self, name: str) -> None:
        """Show what is wrong with a broken file; empty clears it."""
        self._explained = name
        self.broken.setText(self._words.get(name, ""))
        self.broken.setVisible(bool(name))
        self.copy.setVisible(bool(name))

    def _unfold(self) -> None:
        opening = self.list.isHidden()
        self.list.setVisible(opening)
        self.button.setChecked(opening)
        self.description.setVisible(not opening and bool(self.description.text()))
        self.explain("")
        if opening:
            self.list.begin()

    def _fold(self) -> None:
        if not self.list.isHidden():
            self._unfold()
        self.button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _choose(self, name: str) -> None:
        self._fold()
        self.chosen.emit(name)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details.get(self._explained, self.broken.text()))


def _arrow(right: int, middle: int) -> QPolygon:
    half = _ARROW // 2
    xs, ys = (right - 2 * _ARROW, right - _ARROW, right), (middle - half, middle + half, middle - half)
    return QPolygon([QPoint(x, y) for x, y in zip(xs, ys, strict=True)])


def _text(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
