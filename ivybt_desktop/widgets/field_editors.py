"""One control for each kind of declared field, all with the same face: value, set_value, two signals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QToolButton,
    QWidget,
)

from engine.fields import FieldInfo
from ivybt_desktop.theme.tokens import SIZES
from ivybt_desktop.widgets.date_edit import DateEdit
from ivybt_desktop.widgets.field_words import OFF, choice_words, read_symbols, step_of
from ivybt_desktop.widgets.line_edit import LineEdit
from ivybt_desktop.widgets.number_edit import NumberEdit
from ivybt_desktop.widgets.quiet_combo import QuietCombo
from ivybt_desktop.widgets.slider_row import DragSlider, SliderScale

# Wide enough for "1,000.5 /order"; the slider takes what is left of the row.
_NUMBER_WIDTH = SIZES.grid * 22
_SHORTEST_SLIDER = SIZES.grid * 10
PRICE_FILES = "Prices (*.csv *.txt *.tsv *.gz *.parquet *.pq *.feather);;All files (*)"


class Editor(QWidget):
    """Control of one field.

    Attributes
    ----------
    changed : Signal(object)
        While the person drags or types.
    committed : Signal(object)
        When the drag, the typing or the choice is done.
    """

    changed = Signal(object)
    committed = Signal(object)

    def __init__(self, info: FieldInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.info = info
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(SIZES.grid, 0, 0, 0)
        self.row.setSpacing(SIZES.padding)

    @property
    def focus_target(self) -> QWidget:
        """The part that takes the keyboard."""
        raise NotImplementedError

    def value(self) -> Any:
        """Return the value of the spec, or the text of a control that holds no such value."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value without emitting."""
        raise NotImplementedError

    def set_info(self, info: FieldInfo) -> None:
        """Take another declaration of the same field: unit, step or range."""
        self.info = info

    def set_placeholder(self, text: str) -> None:
        """Show what stands in for an empty value."""

    def _add(self, part: QWidget, stretch: int = 0) -> None:
        part.setFixedHeight(SIZES.row)
        part.setAccessibleName(self.info.title)
        self.row.addWidget(part, stretch)


class NumberEditor(Editor):
    """Slider and exact field; an optional number has a tick that turns it on.

    Attributes
    ----------
    start : float or None
        Value when an optional number is turned on; `None` is a few steps above the low end.
    reach : float or None
        Upper end of the slider; `None` is the high end of the range.
    """

    def __init__(self, info: FieldInfo, parent: QWidget | None = None) -> None:
        super().__init__(info, parent)
        self.start: float | None = None
        self.reach: float | None = None
        self.toggle: QCheckBox | None = None
        if info.optional:
            self.toggle = QCheckBox()
            self._add(self.toggle)
            self.toggle.setAccessibleName(f"{info.title} on")
            self.toggle.clicked.connect(self._toggled)
        self.slider = DragSlider()
        self._add(self.slider, stretch=1)
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderReleased.connect(self._released)
        self.edit = NumberEdit(info)
        self._add(self.edit)
        self.edit.changed.connect(self._typed)
        self.edit.committed.connect(self._typed_out)
        self._scale: SliderScale | None = None
        self.set_info(info)
        if info.optional:
            self._show_off()

    @property
    def focus_target(self) -> QWidget:
        """The number; the tick when it is off."""
        return self.toggle if self.toggle and not self.toggle.isChecked() else self.edit

    def value(self) -> Any:
        """Return the number, the text when it is none, `None` when off."""
        return None if self.toggle and not self.toggle.isChecked() else self.edit.value()

    def set_value(self, value: Any) -> None:
        """Show a value without emitting."""
        if self.toggle:
            self.toggle.setChecked(value is not None)
            self.edit.setEnabled(value is not None)
            self.slider.setEnabled(value is not None)
            if value is None:
                self._show_off()
                return
        self.edit.set_value(value)
        self._place(value)

    def set_info(self, info: FieldInfo) -> None:
        """Take another unit, step or range."""
        super().set_info(info)
        self.edit.set_info(info)
        self._scale = SliderScale.of(info if self.reach is None else replace(info, high=self.reach))
        # What is beside it stays in its column when the slider has no room.
        policy = self.slider.sizePolicy()
        policy.setRetainSizeWhenHidden(self.toggle is not None and self._scale is not None)
        self.slider.setSizePolicy(policy)
        self._fit_slider()
        self.row.setStretchFactor(self.edit, 0 if self._scale else 1)
        self.edit.setMinimumWidth(_NUMBER_WIDTH)
        self.edit.setMaximumWidth(_NUMBER_WIDTH if self._scale else 16_777_215)
        if self._scale:
            self.slider.blockSignals(True)
            self.slider.setRange(0, self._scale.ticks)
            self.slider.blockSignals(False)
            self._place(self.edit.value())

    def set_placeholder(self, text: str) -> None:
        """Show what stands in for a number that is off."""
        self.edit.setPlaceholderText(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out a slider that has no room to slide."""
        super().resizeEvent(event)
        self._fit_slider()

    def _fit_slider(self) -> None:
        room = self.width() - self.edit.minimumWidth() - 2 * self.row.spacing()
        if self.toggle is not None:
            room -= self.toggle.sizeHint().width() + self.row.spacing()
        fits = self.toggle is None or room >= _SHORTEST_SLIDER
        self.slider.setVisible(self._scale is not None and fits)

    def _show_off(self) -> None:
        self.edit.setText("")
        self.edit.setEnabled(False)
        self.slider.setEnabled(False)
        if not self.edit.placeholderText():
            self.edit.setPlaceholderText(OFF)

    def _place(self, value: Any) -> None:
        if self._scale is None or not isinstance(value, int | float) or self.slider.isSliderDown():
            return
        self.slider.blockSignals(True)
        self.slider.setValue(self._scale.tick_of(value))
        self.slider.blockSignals(False)

    def _slid(self, tick: int) -> None:
        if self._scale is None:
            return
        value = self._scale.value_of(tick)
        value = int(value) if self.info.type == "int" else value
        if value == self.edit.value():
            return
        self.edit.set_value(value)
        self.changed.emit(value)
        if not self.slider.isSliderDown():
            self.committed.emit(value)

    def _released(self) -> None:
        self.committed.emit(self.value())

    def _typed(self, value: Any) -> None:
        self._place(value)
        self.changed.emit(value)

    def _typed_out(self, value: Any) -> None:
        self._place(value)
        self.committed.emit(value)

    def _toggled(self) -> None:
        on = self.toggle is not None and self.toggle.isChecked()
        value = self._first_value() if on else None
        self.set_value(value)
        if on:
            self.edit.setFocus(Qt.FocusReason.TabFocusReason)
        self.changed.emit(value)
        self.committed.emit(value)

    def _first_value(self) -> int | float:
        if self.start is not None:
            value = self.start
        else:
            value = max(self.info.low or 0.0, 0.0) + 5 * step_of(self.info)
        return int(value) if self.info.type == "int" else value


class ChoiceEditor(Editor):
    """Combo box over the declared words."""

    def __init__(self, info: FieldInfo, parent: QWidget | None = None) -> None:
        super().__init__(info, parent)
        self.combo = QuietCombo()
        self._words: Mapping[str | None, tuple[str, str]] = {}
        self._fill()
        self._add(self.combo, stretch=1)
        self.combo.activated.connect(self._chosen)

    def set_info(self, info: FieldInfo) -> None:
        """Take another declaration, perhaps with other choices."""
        changed = info.choices != self.info.choices
        super().set_info(info)
        if changed:
            self._fill()

    def set_words(self, words: Mapping[str | None, tuple[str, str]]) -> None:
        """Show titles of one's own, with a tooltip each; the key `None` is the empty choice."""
        if words != self._words:
            self._words = dict(words)
            self._fill()

    def _fill(self) -> None:
        value = self.value()
        self.combo.clear()
        for choice in (*((None,) if self.info.optional else ()), *self.info.choices):
            title, tip = self._words.get(choice, (choice_words(OFF if choice is None else choice), ""))
            self.combo.addItem(title, choice)
            self.combo.setItemData(self.combo.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.set_value(value)

    @property
    def focus_target(self) -> QWidget:
        """The combo box."""
        return self.combo

    def value(self) -> Any:
        """Return the word of the spec."""
        return self.combo.currentData()

    def set_value(self, value: Any) -> None:
        """Show a word without emitting."""
        self.combo.setCurrentIndex(self.combo.findData(None if value is None else str(value)))
        self._tell()

    def _tell(self) -> None:
        title, tip = self._words.get(self.value(), ("", ""))
        self.combo.setToolTip(f"{title}\n{tip}".strip() if title else "")

    def _chosen(self) -> None:
        self._tell()
        self.changed.emit(self.value())
        self.committed.emit(self.value())


class BoolEditor(Editor):
    """Tick box."""

    def __init__(self, info: FieldInfo, parent: QWidget | None = None) -> None:
        super().__init__(info, parent)
        self.box = QCheckBox()
        self._add(self.box, stretch=1)
        self.box.clicked.connect(self._clicked)

    @property
    def focus_target(self) -> QWidget:
        """The tick box."""
        return self.box

    def value(self) -> Any:
        """Return whether it is ticked."""
        return self.box.isChecked()

    def set_value(self, value: Any) -> None:
        """Tick or untick without emitting."""
        self.box.setChecked(bool(value))

    def _clicked(self) -> None:
        self.changed.emit(self.value())
        self.committed.emit(self.value())


class LineEditor(Editor):
    """Text or date."""

    def __init__(self, info: FieldInfo, parent: QWidget | None = None) -> None:
        super().__init__(info, parent)
        self.edit = DateEdit(last=info.name.endswith("end")) if info.type == "date" else LineEdit()
        self._add(self.edit, stretch=1)
        self.edit.changed.connect(lambda _: self.changed.emit(self.value()))
        self.edit.committed.connect(lambda _: self.committed.emit(self.value()))

    @property
    def focus_target(self) -> QWidget:
        """The line."""
        return self.edit

    def value(self) -> Any:
        """Return the text or date; `None` when empty and optional."""
        value = self.edit.value()
        return value if value is not None or self.info.optional or self.info.type == "date" else ""

    def set_value(self, value: Any) -> None:
        """Show a value without emitting."""
        self.edit.set_value(value)

    def set_placeholder(self, text: str) -> None:
        """Show what stands in for an empty field."""
        self.edit.setPlaceholderText(text)


class PathEditor(LineEditor):
    """Path of a file, typed or chosen."""

    def __init__(self, info: FieldInfo, parent: QWidget | None = None) -> None:
        super().__init__(info, parent)
        self.browse = QToolButton()
        self.browse.setText("\N{HORIZONTAL ELLIPSIS}")
        self.browse.setToolTip("Choose a file")
        self._add(self.browse)
        self.browse.setAccessibleName(f"Choose a file for {info.title}")
        self.browse.clicked.connect(self._ask)

    def _ask(self) -> None:
        dialog = QFileDialog(self.window(), f"{self.info.title}: choose a file", filter=PRICE_FILES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.edit.take)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


class SymbolsEditor(LineEditor):
    """Symbols separated by commas or blanks, as a tuple."""

    def value(self) -> Any:
        """Return the symbols, each once; an empty tuple when there is none."""
        return read_symbols(self.edit.value())

    def set_value(self, value: Any) -> None:
        """Show symbols without emitting; a list that already says so is left as it was typed."""
        if value != self.value():
            self.edit.set_value(", ".join(value or ()) or None)


def make_editor(info: FieldInfo) -> Editor:
    """Return the control that suits a field."""
    kinds: dict[str, type[Editor]] = {
        "int": NumberEditor, "float": NumberEditor, "choice": ChoiceEditor, "bool": BoolEditor,
        "path": PathEditor, "symbols": SymbolsEditor,
    }  # fmt: skip
    return kinds.get(info.type, LineEditor)(info)


