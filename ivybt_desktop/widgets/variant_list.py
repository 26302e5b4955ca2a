"""`VariantList`: a list of `VariantForm`, with a button that adds, and for each entry up, down, remove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ivybt_desktop.theme.icons import icon
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.field_row import DOT_WIDTH
from ivybt_desktop.widgets.kind import Kind, Slot
from ivybt_desktop.widgets.variant_form import VariantForm


class VariantItem(QFrame):
    """One entry: a line with its place and three buttons, then its form.

    Attributes
    ----------
    moved : Signal(int)
        -1 up, 1 down.
    removed : Signal()
    """

    moved = Signal(int)
    removed = Signal()

    def __init__(self, word: str, slot: Slot, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._word = word
        self.form = VariantForm(slot)
        self.place = QLabel()
        self.place.setProperty("role", "label")
        self.place.setContentsMargins(DOT_WIDTH, 0, 0, 0)
        self.up, self.down, self.remove = QToolButton(), QToolButton(), QToolButton()
        line = QHBoxLayout()
        line.setSpacing(0)
        line.addWidget(self.place, 1)
        for button in (self.up, self.down, self.remove):
            button.setProperty("role", "quiet")
            button.setFixedSize(SIZES.row, SIZES.row)
            line.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SIZES.grid)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.form)
        self.up.clicked.connect(partial(self.moved.emit, -1))
        self.down.clicked.connect(partial(self.moved.emit, 1))
        self.remove.clicked.connect(self.removed)

    def show_place(self, at: int, count: int, title: str) -> None:
        """Say which of how many it is."""
        self.place.setText(f"{self._word} {at + 1}" if count > 1 else self._word)
        self.up.setEnabled(at > 0)
        self.down.setEnabled(at < count - 1)
        for button in (self.up, self.down):
            button.setVisible(count > 1)
        words = {self.up: "Move up", self.down: "Move down", self.remove: "Remove"}
        for button, what in words.items():
            button.setToolTip(f"{what}: {title}")
            button.setAccessibleName(f"{what}: {self._word.lower()} {at + 1}, {title}")

    def set_theme(self, tokens: Tokens) -> None:
        """Draw the icons in the colours of a theme."""
        names = {self.up: "mdi6.arrow-up", self.down: "mdi6.arrow-down", self.remove: "mdi6.close"}
        for button, name in names.items():
            button.setIcon(icon(name, tokens))


class VariantList(QWidget):
    """Entries of one list of the form.

    Parameters
    ----------
    word : str
        What one entry is called ("Gate").
    empty : str
        What it means that there is none.

    Attributes
    ----------
    added : Signal(str)
        Kind of the entry to add.
    removed : Signal(str)
        Prefix of an entry.
    moved : Signal(str, int)
        Prefix and places to move.
    changed, committed : Signal(str, object)
        As those of `SchemaForm`.
    """

    added = Signal(str)
    removed = Signal(str)
    moved = Signal(str, int)
    changed = Signal(str, object)
    committed = Signal(str, object)

    def __init__(self, word: str, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._word = word
        self._items: dict[str, VariantItem] = {}
        self._kinds: tuple[Kind, ...] = ()
        self._tokens: Tokens | None = None
        self.empty = QLabel(empty)
        self.empty.setProperty("role", "quiet")
        self.empty.setWordWrap(True)
        self.empty.setContentsMargins(DOT_WIDTH, 0, 0, 0)
        self.add = QToolButton()
        self.add.setText(f"Add {word.lower()}")
        self.add.setAccessibleName(f"Add {word.lower()}")
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.add.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.menu = QMenu(self.add)
        self.menu.setToolTipsVisible(True)
        self.add.setMenu(self.menu)
        self._column = QVBoxLayout()
        self._column.setSpacing(SIZES.grid)
        foot = QHBoxLayout()
        foot.setContentsMargins(DOT_WIDTH, 0, 0, 0)
        foot.addWidget(self.add)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SIZES.grid)
        column.addWidget(self.empty)
        column.addLayout(self._column)
        column.addLayout(foot)

    @property
    def items(self) -> Sequence[VariantItem]:
        """The entries in order."""
        return tuple(self._items.values())

    def set_kinds(self, kinds: tuple[Kind, ...]) -> None:
        """Take what can be added."""
        if kinds == self._kinds:
            return
        self._kinds = kinds
        self.menu.clear()
        for kind in kinds:
            action = self.menu.addAction(kind.title)
            action.setToolTip(kind.help)
            action.triggered.connect(partial(self._add, kind.name))

    def show_slots(
        self, slots: Sequence[Slot], values: Mapping[str, Any], errors: Mapping[str, str]
    ) -> None:
        """Show the entries in order; forms of entries that stay are kept, with the keyboard in them."""
        self.empty.setVisible(not slots)
        prefixes = [slot.prefix for slot in slots]
        for prefix in [prefix for prefix in self._items if prefix not in prefixes]:
            self._drop(prefix)
        for slot in slots:
            if slot.prefix not in self._items:
                self._items[slot.prefix] = self._make(slot)
        if list(self._items) != prefixes:
            self._items = {prefix: self._items[prefix] for prefix in prefixes}
        for at, slot in enumerate(slots):
            item = self._items[slot.prefix]
            if self._column.indexOf(item) != at:
                self._column.removeWidget(item)
                self._column.insertWidget(at, item)
            item.show_place(at, len(slots), slot.title)
            item.form.show_slot(slot, values, errors)

    def set_theme(self, tokens: Tokens) -> None:
        """Draw the icons in the colours of a theme."""
        self._tokens = tokens
        self.add.setIcon(icon("mdi6.plus", tokens))
        self.add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for item in self._items.values():
            item.set_theme(tokens)

    def _make(self, slot: Slot) -> VariantItem:
        item = VariantItem(self._word, slot, self)
        item.form.changed.connect(self.changed)
        item.form.committed.connect(self.committed)
        item.moved.connect(partial(self.moved.emit, slot.prefix))
        item.removed.connect(partial(self.removed.emit, slot.prefix))
        if self._tokens is not None:
            item.set_theme(self._tokens)
        self._column.addWidget(item)
        return item

    def _drop(self, prefix: str) -> None:
        item = self._items.pop(prefix)
        focus = QApplication.focusWidget()
        had_focus = focus is not None and item.isAncestorOf(focus)
        self._column.removeWidget(item)
        item.hide()
        item.deleteLater()
        if had_focus:
            self.add.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add(self, kind: str, _checked: bool = False) -> None:  # noqa: FBT001, FBT002  (Qt's signal)
        self.added.emit(kind)
