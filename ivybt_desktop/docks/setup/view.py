"""The Setup panel: presets, sections of forms made from the declared fields, and Run at the bottom."""

from __future__ import annotations

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

from ivybt_desktop.docks.setup.preset_bar import PresetBar
from ivybt_desktop.docks.setup.sections import SECTIONS
from ivybt_desktop.docks.setup.state import SetupState
from ivybt_desktop.docks.setup.strategy_picker import StrategyPicker
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.form_page import FormPage
from ivybt_desktop.widgets.schema_form import SchemaForm
from ivybt_desktop.widgets.section import Section

_STRATEGY = "strategy"
_ORDER = ("data", _STRATEGY, "capital", "costs", "execution", "stops")
_MINIMUM_WIDTH = SIZES.grid * 75
_WIDTH, _HEIGHT = SIZES.grid * 80, SIZES.grid * 150


class SetupView(QWidget):
    """Passive: shows states, emits what the person did.

    Attributes
    ----------
    changed, committed : Signal(str, object)
        Dotted name and value of a field.
    strategy_chosen, preset_opened, preset_saved, preset_deleted : Signal(str)
    folded : Signal(str, bool)
        Section and whether it is folded now.
    live_toggled : Signal(bool)
    run_asked : Signal()
    """

    changed = Signal(str, object)
    committed = Signal(str, object)
    strategy_chosen = Signal(str)
    preset_opened = Signal(str)
    preset_saved = Signal(str)
    preset_deleted = Signal(str)
    folded = Signal(str, bool)
    live_toggled = Signal(bool)
    run_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setMinimumWidth(_MINIMUM_WIDTH)
        self.presets = PresetBar()
        self.picker = StrategyPicker()
        self.params = SchemaForm()
        self.forms = {name: SchemaForm(part.fields) for name, part in SECTIONS.items()}
        self.symbol, self.detail = _label("heading"), _label("quiet")
        self.fill, self.problem = _label("quiet"), _label("danger")
        self.sections: dict[str, Section] = {}
        self.run, self.live, self.status = _run_button(), _live_box(), _label("quiet")
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
        self.picker.show_state(state)
        self._show_data(state)
        self.params.set_fields(state.params)
        for form in (self.params, *self.forms.values()):
            form.set_hidden(state.hidden)
        for name, form in self.forms.items():
            mine = {info.name for info in SECTIONS[name].fields}
            for change in state.units:
                if change.info.name in mine:
                    form.set_unit(change.info, start=change.start, reach=change.reach)
        for form in (self.params, *self.forms.values()):
            form.set_values(state.values)
            form.set_errors(state.errors)
        self._show_sections(state)
        self._show_foot(state)

    def set_theme(self, tokens: Tokens) -> None:
        """Draw in the colours of a theme."""
        self.presets.set_theme(tokens)

    def _make_page(self) -> QScrollArea:
        page = FormPage()
        bodies = {
            name: _stacked(form) for name, form in self.forms.items()
        } | {
            "data": _stacked(self.symbol, self.detail, self.forms["data"]),
            "execution": _stacked(self.forms["execution"], self.fill),
            _STRATEGY: _stacked(self.picker, self.params, self.problem),
        }
        column = QVBoxLayout(page)
        column.setContentsMargins(SIZES.padding, 0, SIZES.padding, 0)
        column.setSpacing(0)
        for name in _ORDER:
            title = "Strategy" if name == _STRATEGY else SECTIONS[name].title
            self.sections[name] = Section(title, bodies[name])
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
        for form in (self.params, *self.forms.values()):
            form.changed.connect(self.changed)
            form.committed.connect(self.committed)
        self.picker.chosen.connect(self.strategy_chosen)
        self.presets.opened.connect(self.preset_opened)
        self.presets.saved.connect(self.preset_saved)
        self.presets.deleted.connect(self.preset_deleted)
        for name, section in self.sections.items():
            section.folded.connect(lambda folded, name=name: self.folded.emit(name, folded))
        self.live.clicked.connect(self.live_toggled)
        self.run.clicked.connect(self.run_asked)

    def _show_data(self, state: SetupState) -> None:
        data = state.data
        self.symbol.setText(data.symbol or "No prices loaded")
        file = f" \N{MIDDLE DOT} {Path(data.file).name.replace(':', ' ')}" if data.file else ""
        self.detail.setText(f"{data.detail}{file}" if data.symbol else "Drop a CSV, TXT or Parquet file here")
        self.detail.setToolTip(data.file)
        form = self.forms["data"]
        form.set_placeholder("data.start", data.first or "first bar")
        form.set_placeholder("data.end", data.last or "last bar")
        form.set_placeholder("periods_per_year", f"{data.periods:g}" if data.periods else "by calendar")

    def _show_sections(self, state: SetupState) -> None:
        for name, section in self.sections.items():
            section.set_folded(name in state.folded)
            section.set_summary(state.title if name == _STRATEGY else state.summaries[name])
        _say(self.fill, f"{state.fill_sentence}.", "warning" if state.fill_is_warning else "quiet")
        _say(self.problem, f"{state.problem}." if state.problem else "", "danger")

    def _show_foot(self, state: SetupState) -> None:
        self.live.setChecked(state.live)
        self.run.setEnabled(not state.reason)
        self.run.setToolTip(f"{state.reason}." if state.reason else "Run the backtest (F5)")
        if state.reason:
            _say(self.status, f"{state.reason}.", "danger" if state.errors or state.problem else "quiet")
        else:
            _say(self.status, state.stale, "warning")


def _say(label: QLabel, text: str, role: str) -> None:
    if label.property("role") != role:
        label.setProperty("role", role)
        label.style().unpolish(label)
        label.style().polish(label)
    label.setText(text)
    label.setVisible(bool(text))


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label


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


def _stacked(*parts: QWidget) -> QWidget:
    body = QWidget()
    column = QVBoxLayout(body)
    column.setContentsMargins(0, 0, 0, SIZES.grid)
    column.setSpacing(SIZES.grid)
    for part in parts:
        column.addWidget(part)
    return body


def _indented(part: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setContentsMargins(SIZES.padding, 0, SIZES.padding, 0)
    line.addWidget(part)
    return line
