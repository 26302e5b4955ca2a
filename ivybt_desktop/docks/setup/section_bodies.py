"""What stands inside each section of the Setup panel, and how a state is shown in it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from ivybt_desktop.docks.setup.edits import AddItem, MoveItem, RemoveItem
from ivybt_desktop.docks.setup.kinds import (
    ALLOCATION,
    GATES,
    NO_ALLOCATION,
    SIZING,
    SLEEVES,
    kinds_of,
    slot_of,
)
from ivybt_desktop.docks.setup.sections import PRESET, SECTIONS
from ivybt_desktop.docks.setup.state import SetupState
from ivybt_desktop.docks.setup.strategy_picker import StrategyPicker
from ivybt_desktop.docks.setup.symbols_view import SymbolsView
from ivybt_desktop.docks.setup.values import FIRST_RULE, defaults
from ivybt_desktop.theme.roles import set_role
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.kind import Slot
from ivybt_desktop.widgets.schema_form import SchemaForm
from ivybt_desktop.widgets.variant_form import VariantForm
from ivybt_desktop.widgets.variant_list import VariantList

_FIRST = {SIZING: FIRST_RULE, ALLOCATION: NO_ALLOCATION}
_EMPTY = {
    GATES: "No gate: every signal acts.",
    SLEEVES: "One strategy. A further one shares the account with it.",
}
_WORDS = {GATES: "Gate", SLEEVES: "Strategy"}


class Bodies(QObject):
    """The widgets of all sections.

    Attributes
    ----------
    changed, committed : Signal(str, object)
        Dotted name and value of a field.
    edited : Signal(object)
        An edit of `ivybt_desktop.docks.setup.edits`.
    more_asked : Signal(str)
        Section whose rare fields are to be shown or left out.
    """

    changed = Signal(str, object)
    committed = Signal(str, object)
    edited = Signal(object)
    more_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.picker, self.params = StrategyPicker(), SchemaForm()
        self.forms = {name: SchemaForm(part.fields, wide=(PRESET,)) for name, part in SECTIONS.items()}
        self.places = {prefix: VariantForm(_slot(prefix), first=first) for prefix, first in _FIRST.items()}
        self.lists = {name: VariantList(_WORDS[name], _EMPTY[name]) for name in (GATES, SLEEVES)}
        self.symbols = SymbolsView()
        self.symbol, self.detail = _label("heading"), _label("quiet")
        self.fill, self.problem = _label("quiet"), _label("danger")
        self.cost_note, self.cost_detail = _label("quiet"), _label("label")
        self.alone = _label("quiet")
        self.more = {name: _more_button(SECTIONS[name].title) for name in ("candles", "costs", "execution")}
        self._bodies = self._make()
        self._connect()

    def body(self, name: str) -> QWidget:
        """Return what stands in a section."""
        return self._bodies[name]

    def set_theme(self, tokens: Tokens) -> None:
        """Draw in the colours of a theme."""
        for entries in self.lists.values():
            entries.set_theme(tokens)

    def show_state(self, state: SetupState) -> None:
        """Show a state; parts that did not change are left alone."""
        self.picker.show_state(state)
        self.symbols.show_state(state)
        self.params.set_fields(state.params)
        for name, form in self.forms.items():
            mine = {info.name for info in SECTIONS[name].fields}
            for change in state.fields:
                if change.info.name in mine:
                    form.set_unit(change.info, start=change.start, reach=change.reach)
        for form in (self.params, *self.forms.values()):
            form.set_hidden(state.hidden)
            form.set_values(state.values)
            form.set_errors(state.errors)
        for prefix, place in self.places.items():
            place.show_slot(state.places[prefix], state.values, state.errors)
        for name, entries in self.lists.items():
            entries.set_kinds(kinds_of(name))
            entries.show_slots(state.lists[name], state.values, state.errors)
        self._show_words(state)

    def _show_words(self, state: SetupState) -> None:
        _say(self.fill, f"{state.fill_sentence}.", "warning" if state.fill_is_warning else "quiet")
        _say(self.problem, f"{state.problem}." if state.problem else "", "danger")
        _say(self.cost_note, _closed(state.cost_note), "warning" if state.cost_is_warning else "quiet")
        _say(self.cost_detail, _closed(state.cost_detail), "label")
        _say(self.alone, _closed(state.alone), "quiet")
        for part in (self.places[ALLOCATION], self.forms["portfolio"]):
            part.setEnabled(not state.alone)
        for name, button in self.more.items():
            count = state.more.get(name)
            button.setVisible(count is not None)
            button.setText(f"{count} more" if count else "Fewer")

    def _make(self) -> dict[str, QWidget]:
        forms, more = self.forms, self.more
        return {
            "data": _stacked(self.symbol, self.detail, forms["data"]),
            "candles": _stacked(forms["candles"], more["candles"]),
            "symbols": _stacked(self.symbols, forms["symbols"]),
            "strategy": _stacked(self.picker, self.params, self.problem),
            "sleeves": _stacked(self.lists[SLEEVES]),
            "gates": _stacked(self.lists[GATES]),
            "capital": _stacked(self.places[SIZING], forms["capital"]),
            "costs": _stacked(self.cost_note, forms["costs"], more["costs"], self.cost_detail),
            "execution": _stacked(forms["execution"], more["execution"], self.fill),
            "stops": _stacked(forms["stops"]),
            "portfolio": _stacked(self.alone, self.places[ALLOCATION], forms["portfolio"]),
        }

    def _connect(self) -> None:
        forms: tuple[SchemaForm | VariantForm | VariantList, ...] = (
            self.params, *self.forms.values(), *self.places.values(), *self.lists.values()
        )  # fmt: skip
        for form in forms:
            form.changed.connect(self.changed)
            form.committed.connect(self.committed)
        for name, entries in self.lists.items():
            entries.added.connect(lambda kind, name=name: self.edited.emit(AddItem(name, kind)))
            entries.removed.connect(lambda prefix: self.edited.emit(RemoveItem(prefix)))
            entries.moved.connect(lambda prefix, step: self.edited.emit(MoveItem(prefix, step)))
        self.symbols.edited.connect(self.edited)
        for name, button in self.more.items():
            button.clicked.connect(partial(self.more_asked.emit, name))


def _slot(prefix: str) -> Slot:
    return slot_of(defaults(), prefix)


def _closed(words: str) -> str:
    return f"{words.removesuffix('.')}." if words else ""


def _say(label: QLabel, text: str, role: str) -> None:
    set_role(label, role)
    label.setText(text)
    label.setVisible(bool(text))


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label


def _more_button(title: str) -> QToolButton:
    button = QToolButton()
    button.setProperty("role", "quiet")
    button.setAccessibleName(f"More fields of {title}")
    button.setToolTip(f"Show or leave out the fields of {title} that are seldom needed")
    return button


def _stacked(*parts: QWidget) -> QWidget:
    body = QWidget()
    column = QVBoxLayout(body)
    column.setContentsMargins(0, 0, 0, SIZES.grid)
    column.setSpacing(SIZES.grid)
    for part in parts:
        if isinstance(part, QToolButton):
            line = QHBoxLayout()
            line.setContentsMargins(SIZES.padding, 0, 0, 0)
            line.addWidget(part)
            line.addStretch(1)
            column.addLayout(line)
        else:
            column.addWidget(part)
    return body
