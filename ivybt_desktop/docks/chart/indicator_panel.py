"""`IndicatorPanel`: the catalogue as a searchable list, and what is on the chart with its parameters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QToolButton, QVBoxLayout, QWidget

from ivybt_desktop.docks.chart.drawn import IndicatorRow, IndicatorState
from ivybt_desktop.theme.tokens import SIZES
from ivybt_desktop.widgets.choice import Choice
from ivybt_desktop.widgets.schema_form import SchemaForm
from ivybt_desktop.widgets.search_list import SearchList

if TYPE_CHECKING:
    from engine.indicators.catalogue import CatalogueEntry

_WIDTH = 72 * SIZES.grid
# Rows over the cards: words and list.
_ABOVE = 2


class _Card(QWidget):
    """One indicator on the chart: title, a button that takes it off, its parameters, a note."""

    removed = Signal()
    changed = Signal(str, object)

    def __init__(self, row: IndicatorRow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.note = QLabel(), QLabel()
        self.title.setProperty("role", "heading")
        self.note.setProperty("role", "caution")
        self.note.setWordWrap(True)
        self.off = QToolButton()
        self.off.setText("Remove")
        self.off.setProperty("role", "quiet")
        self.form = SchemaForm()
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.title, 1)
        head.addWidget(self.off)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SIZES.grid, 0, SIZES.grid)
        column.setSpacing(SIZES.grid)
        column.addLayout(head)
        column.addWidget(self.form)
        column.addWidget(self.note)
        self.off.clicked.connect(self.removed)
        # A job for each step of a drag would pile up.
        self.form.committed.connect(self.changed)
        self.show_row(row)

    def show_row(self, row: IndicatorRow) -> None:
        """Show a row; what did not change is left alone."""
        self.title.setText(row.title)
        self.off.setAccessibleName(f"Remove {row.title}")
        self.form.set_fields(row.fields)
        self.form.set_values(row.values)
        self.form.setVisible(bool(row.fields))
        self.note.setText(row.note)
        self.note.setVisible(bool(row.note))


class IndicatorPanel(QFrame):
    """Column beside the chart; passive.

    Attributes
    ----------
    added : Signal(str)
        Name of an entry of the catalogue.
    changed : Signal(int, str, object)
        Place in the list, parameter, value.
    removed : Signal(int)
        Place in the list.
    left : Signal()
        Esc was pressed.
    """

    added = Signal(str)
    changed = Signal(int, str, object)
    removed = Signal(int)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(_WIDTH)
        self.list = SearchList("Search indicators")
        self.words = QLabel()
        self.words.setProperty("role", "quiet")
        self.words.setWordWrap(True)
        self._entries: tuple[CatalogueEntry, ...] = ()
        self._cards: list[_Card] = []
        body = QWidget()
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(SIZES.padding, SIZES.grid, SIZES.padding, SIZES.grid)
        self._column.setSpacing(SIZES.padding)
        # All of it scrolls: a low window has room for a few rows only.
        for part in (self.words, self.list):
            self._column.addWidget(part)
        self._column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(body)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)
        self.list.chosen.connect(self.added)
        self.list.left.connect(self.left)

    def begin(self) -> None:
        """Take the keyboard."""
        self.list.begin()

    def show_state(self, state: IndicatorState) -> None:
        """Show the catalogue and what is drawn of it."""
        self.words.setText(state.words)
        self.words.setVisible(bool(state.words))
        self.list.setVisible(bool(state.entries))
        if state.entries != self._entries:
            self._entries = state.entries
            self.list.set_choices([_choice(entry) for entry in state.entries], "")
        for card in self._cards[len(state.rows) :]:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        del self._cards[len(state.rows) :]
        for place, row in enumerate(state.rows):
            if place < len(self._cards):
                self._cards[place].show_row(row)
            else:
                self._add_card(place, row)

    def _add_card(self, place: int, row: IndicatorRow) -> None:
        card = _Card(row)
        card.removed.connect(partial(self.removed.emit, place))
        card.changed.connect(partial(self.changed.emit, place))
        self._cards.append(card)
        self._column.insertWidget(_ABOVE + place, card)


def _choice(entry: CatalogueEntry) -> Choice:
    ahead = f"Looks ahead, for the eye only: {entry.looks_ahead}. " if entry.looks_ahead else ""
    return Choice(entry.name, entry.title, entry.group, f"{ahead}{entry.help}".strip())
