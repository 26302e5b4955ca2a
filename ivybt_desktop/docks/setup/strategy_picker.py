"""The strategy in use as one button; pressed, it unfolds into a searchable list by family."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QGuiApplication, QPainter, QPaintEvent, QPalette, QPen, QPolygon
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QToolButton, QVBoxLayout, QWidget

from ivybt_desktop.docks.setup.card_words import card_words
from ivybt_desktop.docks.setup.state import SetupState
from ivybt_desktop.docks.setup.strategy_card import StrategyCard
from ivybt_desktop.theme.tokens import SIZES
from ivybt_desktop.widgets.proof_pill import ProofPill
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
    edit_asked : Signal(str)
        The broken file of that path is to be opened.
    proof_asked : Signal()
        The badge of its look-ahead proof was clicked.
    """

    chosen = Signal(str)
    proof_asked = Signal()
    edit_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button, self.pill = PickerButton(), ProofPill("strategy")
        self.list = SearchList("Search strategies")
        self.list.hide()
        self.description, self.card = _text("quiet"), StrategyCard()
        self.more = QToolButton()
        self.more.setText("Card")
        self.more.setCheckable(True)
        self.more.setProperty("role", "quiet")
        self.more.setAccessibleName("Card of the strategy")
        self.more.setToolTip("Rule, when it works and fails, measured costs, source")
        self.broken, self.leak = _text("warning"), _text("danger")
        self.edit, self.copy = _quiet("Open in my editor"), _quiet("Copy details")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SIZES.grid)
        about = QHBoxLayout()
        about.setSpacing(SIZES.grid)
        about.addWidget(self.pill)
        about.addStretch(1)
        about.addWidget(self.more)
        acts = QHBoxLayout()
        for button in (self.edit, self.copy):
            acts.addWidget(button)
        acts.addStretch(1)
        for part in (self.button, self.list, self.broken):
            column.addWidget(part)
        column.addLayout(acts)
        column.addLayout(about)
        for told in (self.leak, self.description, self.card):
            column.addWidget(told)
        self._strategy = ""
        self._details: dict[str, str] = {}
        self._explained = ""
        self._words: dict[str, str] = {}
        self.explain("")
        self.button.clicked.connect(self._unfold)
        self.list.chosen.connect(self._choose)
        self.list.left.connect(self._fold)
        self.list.explained.connect(self.explain)
        self.list.pointed.connect(self._point)
        self.more.toggled.connect(self._show_card)
        self.copy.clicked.connect(self._copy)
        self.edit.clicked.connect(lambda: self.edit_asked.emit(self._explained.removeprefix("broken:")))
        self.pill.clicked.connect(self.proof_asked)

    def show_state(self, state: SetupState) -> None:
        """Show the strategy in use and the list."""
        self.button.set_words(state.title, state.family)
        self.description.setText(state.description)
        self.description.setVisible(bool(state.description) and self.list.isHidden())
        self.more.setVisible(self.description.isVisibleTo(self))
        if state.strategy != self._strategy:
            self._strategy = state.strategy
            self._show_card()
        self.pill.show_badge(state.badge)
        self.leak.setText(f"{state.badge.sentence}." if state.badge.is_leak else "")
        self.leak.setVisible(state.badge.is_leak)
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
        self.edit.setVisible(bool(name))
        if name:
            QTimer.singleShot(0, self, self._show_explained)

    def _show_explained(self) -> None:
        part: QWidget | None = self
        while part is not None and not isinstance(part, QScrollArea):
            part = part.parentWidget()
        if part is not None:
            part.ensureWidgetVisible(self.copy)

    def _unfold(self) -> None:
        opening = self.list.isHidden()
        self.list.setVisible(opening)
        self.button.setChecked(opening)
        self.description.setVisible(not opening and bool(self.description.text()))
        self.more.setVisible(self.description.isVisibleTo(self))
        self._show_card()
        self.explain("")
        if opening:
            self.list.begin()

    def _fold(self) -> None:
        if not self.list.isHidden():
            self._unfold()
        self.button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _point(self, name: str) -> None:
        # The list has the keyboard: the card of the line that arrows or the mouse have reached.
        if not self.list.isHidden():
            self.card.show_words(card_words(name))

    def _show_card(self) -> None:
        shown = self.more.isChecked() and self.list.isHidden()
        self.card.show_words(card_words(self._strategy) if shown else None)

    def _choose(self, name: str) -> None:
        self._fold()
        self.chosen.emit(name)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details.get(self._explained, self.broken.text()))


def _arrow(right: int, middle: int) -> QPolygon:
    half = _ARROW // 2
    xs, ys = (right - 2 * _ARROW, right - _ARROW, right), (middle - half, middle + half, middle - half)
    return QPolygon([QPoint(x, y) for x, y in zip(xs, ys, strict=True)])


def _quiet(words: str) -> QToolButton:
    button = QToolButton()
    button.setText(words)
    button.setProperty("role", "quiet")
    return button


def _text(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
