"""The Setup panel: presets, sections of forms made from the declared fields, and Run at the bottom."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ivybt_desktop.docks.setup.cost_start import preset_words
from ivybt_desktop.docks.setup.preset_bar import PresetBar
from ivybt_desktop.docks.setup.screen import SECTION_IDS
from ivybt_desktop.docks.setup.section_bodies import Bodies
from ivybt_desktop.docks.setup.sections import FIELDS, PRESET, SECTIONS
from ivybt_desktop.docks.setup.state import SetupState
from ivybt_desktop.theme.roles import set_role
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.field_words import choice_words
from ivybt_desktop.widgets.form_page import FormPage
from ivybt_desktop.widgets.section import Section

_TITLES = {"strategy": "Strategy", "gates": "Gates", "sleeves": "Further strategies"}
_MINIMUM_WIDTH = SIZES.grid * 75
_WIDTH, _HEIGHT = SIZES.grid * 80, SIZES.grid * 150
_NAMED = 20
_NO_FILE = "Drop CSV, TXT or Parquet files here"
_ASSET_CLASS = "data.instrument.asset_class"


class SetupView(QWidget):
    """Passive: shows states, emits what the person did.

    Attributes
    ----------
    changed, committed : Signal(str, object)
        Dotted name and value of a field.
    edited : Signal(object)
        An edit of `ivybt_desktop.docks.setup.edits`.
    strategy_chosen, preset_opened, preset_saved, preset_deleted : Signal(str)
    preset_prices_asked : Signal()
        The prices that the open preset was saved on are wanted.
    preset_applied : Signal(str, object)
        Name of a preset, and the loaded symbols that it is to trade.
    folded : Signal(str, bool)
        Section and whether it is folded now.
    more_asked : Signal(str)
        Section whose rare fields are to be shown or left out.
    files_chosen, symbols_removed : Signal(object)
        Paths of price files to add; symbols to unload.
    live_toggled : Signal(bool)
    run_asked, proof_asked : Signal()
    edit_asked : Signal(str)
        Path of a broken strategy file that is to be opened.
    """

    changed = Signal(str, object)
    committed = Signal(str, object)
    edited = Signal(object)
    strategy_chosen = Signal(str)
    preset_opened = Signal(str)
    preset_saved = Signal(str)
    preset_deleted = Signal(str)
    preset_prices_asked = Signal()
    preset_applied = Signal(str, object)
    folded = Signal(str, bool)
    more_asked = Signal(str)
    files_chosen = Signal(object)
    symbols_removed = Signal(object)
    live_toggled = Signal(bool)
    run_asked = Signal()
    proof_asked = Signal()
    edit_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setMinimumWidth(_MINIMUM_WIDTH)
        self.presets = PresetBar()
        self.bodies = Bodies()
        self.sections: dict[str, Section] = {}
        self.run, self.live, self.status = _run_button(), _live_box(), _status_label()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SIZES.padding, 0, SIZES.padding)
        column.setSpacing(SIZES.padding)
        column.addLayout(_indented(self.presets))
        column.addWidget(self._make_page(), 1)
        column.addLayout(self._make_foot())
        self._connect()

    def sizeHint(self) -> QSize:
        """Return a narrow column: what is wider goes to the chart."""
        return QSize(_WIDTH, _HEIGHT)

    def show_state(self, state: SetupState) -> None:
        """Show a state; parts that did not change are left alone."""
        self.presets.show_state(state)
        self._show_data(state)
        self.bodies.show_state(state)
        self._show_sections(state)
        self._show_foot(state)

    def set_theme(self, tokens: Tokens) -> None:
        """Draw in the colours of a theme."""
        self.presets.set_theme(tokens)
        self.bodies.set_theme(tokens)

    def _make_page(self) -> QScrollArea:
        page = FormPage()
        column = QVBoxLayout(page)
        column.setContentsMargins(SIZES.padding, 0, SIZES.padding, 0)
        column.setSpacing(0)
        for name in SECTION_IDS:
            title = SECTIONS[name].title if name in SECTIONS else _TITLES[name]
            self.sections[name] = Section(title, self.bodies.body(name))
            column.addWidget(self.sections[name])
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        return area

    def _make_foot(self) -> QVBoxLayout:
        foot = QVBoxLayout()
        foot.setContentsMargins(SIZES.padding, 0, SIZES.padding, 0)
        foot.setSpacing(SIZES.grid)
        foot.addWidget(self.status)
        line = QHBoxLayout()
        line.setSpacing(SIZES.padding)
        line.addWidget(self.live)
        line.addWidget(self.run, 1)
        foot.addLayout(line)
        return foot

    def _connect(self) -> None:
        bodies = self.bodies
        bodies.changed.connect(self.changed)
        bodies.committed.connect(self.committed)
        bodies.edited.connect(self.edited)
        bodies.more_asked.connect(self.more_asked)
        bodies.picker.chosen.connect(self.strategy_chosen)
        bodies.picker.proof_asked.connect(self.proof_asked)
        bodies.picker.edit_asked.connect(self.edit_asked)
        bodies.symbols.files_chosen.connect(self.files_chosen)
        bodies.symbols.removed.connect(self.symbols_removed)
        self.presets.opened.connect(self.preset_opened)
        self.presets.saved.connect(self.preset_saved)
        self.presets.deleted.connect(self.preset_deleted)
        self.presets.loaded.connect(self.preset_prices_asked)
        bodies.symbols.preset_chosen.connect(self.preset_applied)
        for name, section in self.sections.items():
            section.folded.connect(lambda folded, name=name: self.folded.emit(name, folded))
        self.live.clicked.connect(self.live_toggled)
        self.run.clicked.connect(self.run_asked)

    def _show_data(self, state: SetupState) -> None:
        data, bodies = state.data, self.bodies
        bodies.symbol.setText(data.symbol or "No prices loaded")
        names = [data.file, *state.values["data.files"]]
        words = f"{len(names)} files" if len(names) > 1 else Path(data.file).name.replace(":", " ")
        file = f" \N{MIDDLE DOT} {words}" if data.file else ""
        bodies.detail.setText(f"{data.detail}{file}" if data.symbol else _NO_FILE)
        bodies.detail.setToolTip("\n".join(names[:_NAMED]))
        form = bodies.forms["data"]
        form.set_placeholder("data.start", data.first or "first bar")
        form.set_placeholder("data.end", data.last or "last bar")
        form.set_placeholder("periods_per_year", f"{data.periods:g}" if data.periods else "by calendar")
        candles = bodies.forms["candles"]
        candles.set_placeholder("data.candles.timeframe", "every bar")
        candles.set_placeholder("data.timeframe", "as the prices")
        candles.set_placeholder("data.instrument.multiplier", data.multiplier or "1")
        candles.set_placeholder("data.instrument.tick_size", data.tick or "none")
        candles.set_words(_ASSET_CLASS, {None: _guessed(state), **_titles(_ASSET_CLASS)})
        bodies.forms["costs"].set_words(PRESET, preset_words())
        bodies.forms["symbols"].set_placeholder("data.formula", "SPY - 0.8*QQQ")

    def _show_sections(self, state: SetupState) -> None:
        wrong = _errors_by_section(state)
        for name, section in self.sections.items():
            section.set_folded(name in state.folded)
            text = wrong.get(name) or state.summaries[name]
            section.set_summary(text, changed=state.changes[name], wrong=name in wrong)

    def _show_foot(self, state: SetupState) -> None:
        self.live.setChecked(state.live)
        self.run.setEnabled(not state.reason)
        self.run.setToolTip(f"{state.reason}." if state.reason else "Run the backtest (F5)")
        if state.reason:
            set_role(self.status, "danger" if state.errors or state.problem else "quiet")
        else:
            set_role(self.status, "warning")
        # What to do stands at the field; here is room for what is wrong.
        text = f"{state.reason.split('. ', 1)[0]}." if state.reason else state.stale
        self.status.setText(text)
        self.status.setToolTip(state.reason)
        self.status.setVisible(bool(text))


def _errors_by_section(state: SetupState) -> dict[str, str]:
    """Return the first error of each section, so that a folded one tells it too."""
    places = {"sizing": "capital", "portfolio.allocation": "portfolio"}
    where = {info.name: name for name, part in SECTIONS.items() for info in part.fields}
    found: dict[str, str] = {}
    for field, sentence in state.errors.items():
        section = where.get(field, "strategy" if field.startswith("strategy.") else field.split(".", 1)[0])
        section = places.get(section, section)
        found.setdefault(section, sentence)
    return found


def _guessed(state: SetupState) -> tuple[str, str]:
    kind = state.data.kind
    return f"Guess: {kind}" if kind else "Guess", "Guessed from the symbol and from weekend bars"


def _titles(name: str) -> Mapping[str | None, tuple[str, str]]:
    return {choice: (choice_words(choice), "") for choice in FIELDS[name].choices}


def _run_button() -> QPushButton:
    button = QPushButton("Run")
    button.setAccessibleName("Run the backtest")
    button.setMinimumHeight(SIZES.row + SIZES.grid)
    return button


def _live_box() -> QCheckBox:
    box = QCheckBox("Live")
    box.setToolTip("Run again while a slider is dragged and after every change")
    box.setAccessibleName("Run live")
    return box


def _status_label() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    return label


def _indented(part: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setContentsMargins(SIZES.padding, 0, SIZES.padding, 0)
    line.addWidget(part)
    return line
