"""Presets in one line: open one from the list, type a name to save the form under it, delete it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from ivybt_desktop.docks.setup.state import SetupState
from ivybt_desktop.theme.icons import icon
from ivybt_desktop.theme.tokens import SIZES, Tokens
from ivybt_desktop.widgets.quiet_combo import QuietCombo


class PresetBar(QWidget):
    """Editable combo box, save, delete, and a line for what went wrong.

    Attributes
    ----------
    opened, saved, deleted : Signal(str)
        Name of the preset.
    loaded : Signal()
        The prices of the open preset are asked for.
    """

    opened = Signal(str)
    saved = Signal(str)
    deleted = Signal(str)
    loaded = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.combo = QuietCombo()
        self.combo.setEditable(True)
        self.combo.setInsertPolicy(QuietCombo.InsertPolicy.NoInsert)
        self.combo.setFixedHeight(SIZES.row)
        self.combo.setAccessibleName("Preset")
        self.combo.setToolTip("Choose a preset to open it, or type a name and save the settings under it")
        self._line = QLineEdit()
        self._line.setPlaceholderText("Presets")
        self._line.setAccessibleName("Preset")
        self.combo.setLineEdit(self._line)
        # The combo box has the border and the padding; the style sheet would give them twice.
        self._line.setStyleSheet("border: none; padding: 0; background: transparent;")
        self.save, self.delete = _button("Save the settings as this preset"), _button("Delete this preset")
        self.error = QLabel()
        self.error.setProperty("role", "danger")
        self.error.setWordWrap(True)
        self.note = QLabel()
        self.note.setProperty("role", "quiet")
        self.note.setWordWrap(True)
        self.load = QPushButton("Load its prices")
        self.load.setToolTip("Load the instruments that this preset was saved on in place of the loaded ones")
        self.load.setAccessibleName("Load the prices of this preset")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SIZES.grid)
        grid.addWidget(self.combo, 0, 0)
        grid.addWidget(self.save, 0, 1)
        grid.addWidget(self.delete, 0, 2)
        grid.addWidget(self.error, 1, 0, 1, 3)
        grid.addWidget(self.note, 2, 0, 1, 3)
        grid.addWidget(self.load, 3, 0, 1, 3, Qt.AlignmentFlag.AlignLeft)
        grid.setColumnStretch(0, 1)
        self._shown: tuple[tuple[str, ...], str] = ((), "")
        self.combo.activated.connect(self._open)
        self._line.returnPressed.connect(self._entered)
        self._line.textChanged.connect(self._enable)
        self.save.clicked.connect(self._save)
        self.delete.clicked.connect(self._delete)
        self.load.clicked.connect(self.loaded)
        self._enable()

    def show_state(self, state: SetupState) -> None:
        """Show the names, the one that is open, and what went wrong."""
        if self._shown != (state.presets, state.preset):
            self._shown = (state.presets, state.preset)
            self.combo.blockSignals(True)
            self.combo.clear()
            self.combo.addItems(list(state.presets))
            self.combo.setCurrentIndex(self.combo.findText(state.preset, Qt.MatchFlag.MatchFixedString))
            self._line.setText(state.preset)
            self.combo.blockSignals(False)
            self._enable()
        self.error.setText(f"{state.preset_error}." if state.preset_error else "")
        self.error.setVisible(bool(state.preset_error))
        self.note.setText(f"{state.preset_note}." if state.preset_note else "")
        self.note.setVisible(bool(state.preset_note))
        self.load.setVisible(state.can_load)

    def set_theme(self, tokens: Tokens) -> None:
        """Draw the icons in the colours of a theme."""
        self.save.setIcon(icon("mdi6.content-save-outline", tokens))
        self.delete.setIcon(icon("mdi6.trash-can-outline", tokens))

    def _enable(self) -> None:
        name = self._line.text().strip()
        self.save.setEnabled(bool(name))
        self.delete.setEnabled(name in self._shown[0])

    def _open(self, _index: int) -> None:
        # Enter in the line also activates: only a name from the list opens.
        if (name := self.combo.currentText()) in self._shown[0]:
            self.opened.emit(name)

    def _entered(self) -> None:
        # Enter on a known name opens it, through the combo box; only the button replaces a preset.
        name = self._line.text().strip()
        if name and name not in self._shown[0]:
            self.saved.emit(name)

    def _save(self) -> None:
        self.saved.emit(self._line.text().strip())

    def _delete(self) -> None:
        self.deleted.emit(self._line.text().strip())


def _button(words: str) -> QToolButton:
    button = QToolButton()
    button.setProperty("role", "quiet")
    button.setAccessibleName(words)
    button.setToolTip(words)
    button.setFixedSize(SIZES.row, SIZES.row)
    return button
