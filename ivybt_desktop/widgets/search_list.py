"""`SearchList`: a list in groups with a search line above it; typing filters, arrows and Enter choose."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from ivybt_desktop.theme.tokens import SIZES
from ivybt_desktop.widgets.choice import Choice
from ivybt_desktop.widgets.quiet import quiet_colour

_ID = Qt.ItemDataRole.UserRole
_LINES = 9
_LINE = QSize(0, SIZES.table_row)


class SearchList(QWidget):
    """Search line and grouped list.

    Attributes
    ----------
    chosen : Signal(str)
        Id of the line that was clicked or entered.
    left : Signal()
        Esc was pressed: nothing was chosen.
    explained : Signal(str)
        Id of a line that cannot be chosen and was clicked.
    pointed : Signal(str)
        Id of the line that arrows or the mouse have reached.
    """

    chosen = Signal(str)
    left = Signal()
    explained = Signal(str)
    pointed = Signal(str)

    def __init__(self, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QLineEdit()
        self.search.setPlaceholderText(placeholder)
        self.search.setAccessibleName(placeholder)
        self.search.setClearButtonEnabled(True)
        self.search.setFixedHeight(SIZES.row)
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(SIZES.padding)
        self.tree.setUniformRowHeights(True)
        self.tree.setExpandsOnDoubleClick(False)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.tree.setAccessibleName(placeholder)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SIZES.grid)
        column.addWidget(self.search)
        column.addWidget(self.tree)
        self._choices: tuple[Choice, ...] = ()
        self._current = ""
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.tree.installEventFilter(self)
        self.tree.itemClicked.connect(self._choose)
        self.tree.setMouseTracking(True)
        self.tree.itemEntered.connect(self._point)
        self.tree.currentItemChanged.connect(self._point)

    def set_choices(self, choices: Sequence[Choice], current: str) -> None:
        """Show other lines and mark the current one."""
        if tuple(choices) == self._choices and current == self._current:
            return
        self._choices, self._current = tuple(choices), current
        self._fill()

    def begin(self) -> None:
        """Clear the search, take the keyboard, show the current line."""
        self.search.clear()
        self._fill()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def shown(self) -> list[str]:
        """Return the ids of the lines that match the search, in order."""
        return [str(item.data(0, _ID)) for item in self._items()]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Steer the list from the search line; Enter chooses, Esc leaves."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.left.emit()
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if (item := self.tree.currentItem()) is not None:
                self._choose(item)
            return True
        if watched is self.search and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(1 if key == Qt.Key.Key_Down else -1)
            return True
        return super().eventFilter(watched, event)

    def _fill(self) -> None:
        words = self.search.text().casefold().split()
        self.tree.clear()
        groups: dict[str, QTreeWidgetItem] = {}
        for choice in self._choices:
            if not choice.matches(words):
                continue
            if choice.group not in groups:
                groups[choice.group] = self._make_group(choice.group)
            item = QTreeWidgetItem(groups[choice.group], [choice.title])
            item.setData(0, _ID, choice.id)
            item.setSizeHint(0, _LINE)
            item.setToolTip(0, choice.help)
            if not choice.usable:
                item.setForeground(0, quiet_colour())
        self.tree.expandAll()
        items = self._items()
        lines = len(items) + self.tree.topLevelItemCount()
        # As high as what was found, so that the form below stays in sight.
        self.tree.setFixedHeight(max(2, min(_LINES, lines)) * SIZES.table_row + SIZES.grid)
        current = [item for item in items if item.data(0, _ID) == self._current]
        if items:
            self.tree.setCurrentItem((current or items)[0])
            self.tree.scrollToItem((current or items)[0])

    def _make_group(self, title: str) -> QTreeWidgetItem:
        group = QTreeWidgetItem(self.tree, [title])
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        group.setForeground(0, quiet_colour())
        font = self.tree.font()
        font.setPixelSize(SIZES.label)
        group.setFont(0, font)
        group.setSizeHint(0, _LINE)
        return group

    def _items(self) -> list[QTreeWidgetItem]:
        groups = (self.tree.topLevelItem(at) for at in range(self.tree.topLevelItemCount()))
        lines = (group.child(at) for group in groups if group for at in range(group.childCount()))
        return [line for line in lines if line is not None]

    def _step(self, by: int) -> None:
        items = self._items()
        if items:
            current = self.tree.currentItem()
            at = items.index(current) if current in items else -by
            self.tree.setCurrentItem(items[max(0, min(len(items) - 1, at + by))])

    def _point(self, item: QTreeWidgetItem | None) -> None:
        name = str(item.data(0, _ID) or "") if item is not None else ""
        if name:
            self.pointed.emit(name)

    def _choose(self, item: QTreeWidgetItem) -> None:
        name = str(item.data(0, _ID) or "")
        usable = {choice.id: choice.usable for choice in self._choices}
        if usable.get(name):
            self.chosen.emit(name)
        elif name:
            self.explained.emit(name)
