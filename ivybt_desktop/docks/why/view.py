"""`WhyView`: an explanation in two columns, with links to its bars."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ivybt_desktop.docks.why.page import page_of
from ivybt_desktop.docks.why.presenter import NO_RUN
from ivybt_desktop.docks.why.state import WhyState, text_of
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.elided_label import ElidedLabel
from ivybt_desktop.widgets.empty_state import EmptyState


class WhyView(QWidget):
    """An explanation; passive.

    Attributes
    ----------
    uncovered : Signal()
        The dock came into sight.
    place_asked : Signal(int)
        Bar of the run that the chart should show.
    cleared : Signal()
        No bar is to be explained any more.
    """

    uncovered = Signal()
    place_asked = Signal(int)
    cleared = Signal()

    def __init__(self, theme: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._state: WhyState | None = None
        self._heading, self._body = ElidedLabel("", self), QWidget(self)
        self._back, self._copy = QPushButton("Clear", self), QPushButton("Copy", self)
        self.page = QTextBrowser(self)
        self._empty = EmptyState(self._body, NO_RUN, self)
        self._build()
        self.setFocusProxy(self.page)

    def _build(self) -> None:
        self._heading.setProperty("role", "heading")
        for button, tip, slot in (
            (self._back, "Explain no bar, go back to the trade (Esc)", self.cleared.emit),
            (self._copy, "Copy the whole explanation", self.copy),
        ):
            button.setProperty("role", "quiet")
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.clicked.connect(slot)
        self.page.setAccessibleName("Explanation")
        self.page.setOpenLinks(False)
        self.page.setFrameShape(QFrame.Shape.NoFrame)
        self.page.setProperty("role", "page")
        self.page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.page.document().setDocumentMargin(SIZES.grid)
        self.page.anchorClicked.connect(self._follow)
        self.page.installEventFilter(self)
        bar = QHBoxLayout()
        bar.setContentsMargins(SIZES.padding, SIZES.grid, SIZES.grid, 0)
        bar.setSpacing(SIZES.grid)
        bar.addWidget(self._heading, 1)
        bar.addWidget(self._back)
        bar.addWidget(self._copy)
        column = QVBoxLayout(self._body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SIZES.grid)
        column.addLayout(bar)
        column.addWidget(self.page, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._empty)

    def is_seen(self) -> bool:
        """Return whether anybody can see the dock."""
        return self.isVisible()

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that what was not worked out is wanted now."""
        super().showEvent(event)
        self.uncovered.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Esc clear an explained bar; otherwise it stops a run, as everywhere."""
        kinds = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        has_bar = self._state is not None and self._state.is_bar
        if event.type() in kinds and is_escape and has_bar:
            if event.type() == QEvent.Type.KeyPress:
                self.cleared.emit()
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def show_empty(self, words: str) -> None:
        """Show a sentence instead of an explanation."""
        self._state = None
        self._empty.show_words(words)

    def show_busy(self) -> None:
        """Tell that another explanation is being worked out; the one before stays until then."""
        self._heading.setText("Working it out")

    def show_state(self, state: WhyState) -> None:
        """Show an explanation."""
        same = self._state is not None and self._state.is_bar == state.is_bar
        place = self.page.verticalScrollBar().value() if same else 0
        self._state = state
        self._heading.setText(state.heading)
        self._heading.setToolTip(state.heading)
        self._back.setVisible(state.is_bar)
        self.page.setHtml(page_of(state, self._theme))
        # Stepping through trades keeps the part that is being compared in sight.
        self.page.verticalScrollBar().setValue(place)
        self._empty.show_body()

    def set_theme(self, theme: Tokens) -> None:
        """Repaint in another theme."""
        self._theme = theme
        if self._state is not None:
            self.page.setHtml(page_of(self._state, theme))

    def copy(self) -> None:
        """Copy the whole explanation as text."""
        if self._state is not None:
            QApplication.clipboard().setText(text_of(self._state))

    def _follow(self, link: QUrl) -> None:
        kind, _, bar = link.toString().partition(":")
        if kind == "bar" and bar.isdigit():
            self.place_asked.emit(int(bar))
