"""`CommandPalette`: find a command, a preset or any other choice by a few letters; keyboard only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from ivybt_desktop.shell.fuzzy import Match, ranked
from ivybt_desktop.shell.palette_row import ChoiceDelegate
from ivybt_desktop.theme.tokens import SIZES, Tokens

_TOP_MARGIN = 72
_MOVES = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_PageDown: SIZES.palette_rows,
    Qt.Key.Key_PageUp: -SIZES.palette_rows,
}
_ENDS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)

_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Choice:
    """One line of the palette.

    Parameters
    ----------
    title : str
        What is searched.
    pick : callable
        Called when it is chosen.
    note, key : str, default ""
        Where it stands otherwise; its shortcut.
    enabled : bool, default True
        Whether it can be chosen now.
    """

    title: str
    pick: Callable[[], object]
    note: str = ""
    key: str = ""
    enabled: bool = True


class ChoiceModel(QAbstractListModel):
    """The choices that fit what was typed, best first."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.found: list[tuple[Choice, Match]] = []

    def show(self, found: list[tuple[Choice, Match]]) -> None:
        """Replace the lines."""
        self.beginResetModel()
        self.found = found
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        """Return the number of lines."""
        return 0 if parent is not None and parent.isValid() else len(self.found)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the title, or the whole line under ``UserRole``."""
        choice, fit = self.found[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return choice.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{choice.title} {choice.key}".strip()
        return (choice, fit) if role == Qt.ItemDataRole.UserRole else None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Return whether a line can be chosen."""
        enabled = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        return enabled if self.found[index.row()][0].enabled else Qt.ItemFlag.ItemIsSelectable


class CommandPalette(QFrame):
    """A field and a list over the window. Enter takes the marked line, Escape closes.

    Parameters
    ----------
    parent : QWidget
        Main window.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("commandPalette")
        self._choices: Sequence[Choice] = ()
        self._answer: Callable[[str], object] | None = None
        self._before: QWidget | None = None
        self.field = QLineEdit(self)
        self.field.setAccessibleName("Search commands")
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.model = ChoiceModel(self)
        self.list = QListView(self)
        self.list.setAccessibleName("Commands")
        self.list.setModel(self.model)
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._delegate = ChoiceDelegate(self.list)
        self.list.setItemDelegate(self._delegate)
        self.list.clicked.connect(self._take)
        self._prompt = QLabel()
        self._prompt.setProperty("role", "label")
        self._nothing = QLabel("Nothing fits these letters")
        self._nothing.setProperty("role", "empty")
        column = QVBoxLayout(self)
        column.setContentsMargins(*(SIZES.padding,) * 4)
        column.setSpacing(SIZES.grid)
        for widget in (self._prompt, self.field, self.list, self._nothing):
            column.addWidget(widget)
        parent.installEventFilter(self)
        self.hide()

    def show_theme(self, tokens: Tokens) -> None:
        """Draw the lines in the colours of a theme."""
        self._delegate.tokens = tokens

    def choose(self, choices: Sequence[Choice], prompt: str) -> None:
        """Offer choices; the one that is taken is called after the palette closed."""
        self._choices, self._answer = choices, None
        self._open(prompt, "")

    def ask(self, prompt: str, text: str, answer: Callable[[str], object]) -> None:
        """Ask for a word; ``answer(text)`` is called unless it is left empty or Escape is pressed."""
        self._choices, self._answer = (), answer
        self._open(prompt, text)

    def dismiss(self) -> None:
        """Close and give the keyboard back."""
        if self.isVisible():
            self.hide()
            if self._before is not None:
                self._before.setFocus(Qt.FocusReason.OtherFocusReason)
            self._before = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys of the field; stay in the middle of the window."""
        if watched is self.parent() and event.type() == QEvent.Type.Resize:
            self._place()
        if watched is not self.field:
            return False
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() in _ENDS:
                event.accept()
            return False
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            self._before = None
            self.hide()
            return False
        return isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._key(event)

    def _open(self, prompt: str, text: str) -> None:
        if not self.isVisible():
            self._before = self.window().focusWidget()
        self._prompt.setText(prompt)
        self._prompt.setVisible(self._answer is not None)
        self.field.setPlaceholderText(prompt)
        self.field.setAccessibleName(prompt)
        self.field.setText(text)
        self.field.selectAll()
        self._search(text)
        self._place()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _place(self) -> None:
        if self._answer is None:
            rows = max(1, min(len(self.model.found), SIZES.palette_rows))
            self.list.setFixedHeight(rows * SIZES.row + 2 * self.list.frameWidth())
        room = self.window().width()
        width = min(SIZES.palette_width, room - 2 * _TOP_MARGIN)
        self.setFixedWidth(width)
        self.adjustSize()
        self.move((room - width) // 2, _TOP_MARGIN)

    def _search(self, text: str) -> None:
        found = [] if self._answer else ranked(text, self._choices, lambda choice: choice.title)
        # What cannot be used now stands last.
        found.sort(key=lambda pair: not pair[0].enabled)
        self.model.show(found)
        self.list.setVisible(bool(found))
        self._nothing.setVisible(not found and self._answer is None)
        self._mark(0)
        if self.isVisible():
            self._place()

    def _mark(self, row: int) -> None:
        last = len(self.model.found) - 1
        if last >= 0:
            self.list.setCurrentIndex(self.model.index(min(max(row, 0), last), 0))

    def _key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        elif event.key() in _ENDS:
            self._finish()
        elif event.key() in _MOVES and not self._answer:
            self._mark(self.list.currentIndex().row() + _MOVES[Qt.Key(event.key())])
        else:
            return False
        return True

    def _finish(self) -> None:
        if self._answer is None:
            self._take(self.list.currentIndex())
            return
        text, answer = self.field.text().strip(), self._answer
        self.dismiss()
        if text:
            answer(text)

    def _take(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        choice = self.model.found[index.row()][0]
        if choice.enabled:
            self.dismiss()
            choice.pick()
