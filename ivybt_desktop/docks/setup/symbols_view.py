"""The table of loaded instruments, and under it what can be set for the selected ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from engine.execution.presets import PRESETS
from engine.fields import FieldInfo
from ivybt_desktop.docks.setup.cost_start import preset_words
from ivybt_desktop.docks.setup.edits import GroupSymbols, PriceSymbols, UseSymbols
from ivybt_desktop.docks.setup.state import SetupState, SymbolRow
from ivybt_desktop.docks.setup.symbols_model import TITLES, SymbolsModel
from ivybt_desktop.theme.tokens import SIZES
from ivybt_desktop.widgets.field_editors import PRICE_FILES
from ivybt_desktop.widgets.number_edit import tabular
from ivybt_desktop.widgets.schema_form import SchemaForm

_OWN = "own"
_MOST_ROWS = 8
# In steps of the grid: the first four stand in the narrowest panel.
_WIDTHS = dict(zip(TITLES, (19, 12, 19, 19, 15, 18, 40), strict=True))
_GROUP = FieldInfo(
    "group", "str", None, None, None, None, (), "", "Name of the group for the cap per group",
    optional=True, title="Group",
)  # fmt: skip
_COSTS = FieldInfo(
    "costs", "choice", None, None, None, None, tuple(PRESETS), "",
    "Costs of the selected instruments, where they differ from the Costs section",
    optional=True, title="Costs",
)  # fmt: skip


class SymbolTable(QTableView):
    """A table as high as its rows, up to eight; Space ticks the selected ones, Delete removes them."""

    deleted = Signal()
    toggled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Loaded instruments")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        font = tabular(self.font())
        font.setPixelSize(SIZES.label)
        self.setFont(font)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(SIZES.table_row)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setFixedHeight(SIZES.table_row)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    def fit(self, rows: int) -> None:
        """Take the height of so many rows."""
        lines = min(max(rows, 1), _MOST_ROWS)
        self.setFixedHeight((lines + 1) * SIZES.table_row + SIZES.scrollbar + SIZES.grid)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space ticks or unticks, Delete removes; the rest moves about."""
        if event.key() == Qt.Key.Key_Delete:
            self.deleted.emit()
        elif event.key() == Qt.Key.Key_Space:
            self.toggled.emit()
        else:
            super().keyPressEvent(event)


class SymbolsView(QWidget):
    """Passive: shows rows, emits edits.

    Attributes
    ----------
    edited : Signal(object)
        An edit of `ivybt_desktop.docks.setup.edits`.
    files_chosen : Signal(object)
        List of paths.
    removed : Signal(object)
        Frozen set of symbols.
    preset_chosen : Signal(str, object)
        Name of a preset, and the frozen set of symbols that it is to trade.
    """

    edited = Signal(object)
    files_chosen = Signal(object)
    removed = Signal(object)
    preset_chosen = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = SymbolsModel(self)
        self.table = SymbolTable()
        self.table.setModel(self.model)
        for column, width in enumerate(_WIDTHS.values()):
            self.table.setColumnWidth(column, width * SIZES.grid)
        self.use = QCheckBox()
        self.use.setAccessibleName("Use all instruments")
        self.use.setToolTip("Use all instruments, or only the first")
        self.add, self.remove = QPushButton("Add files"), QPushButton("Remove")
        self.add.setToolTip("Load the instruments of further price files beside those that are there")
        self.remove.setToolTip("Unload the selected instruments (Delete)")
        self.add.setAccessibleName("Add price files")
        self.remove.setAccessibleName("Remove the selected instruments")
        self.preset = QPushButton("Apply preset")
        self.preset.setToolTip("Trade the selected instruments, or those in use, with a preset")
        self.preset.setAccessibleName("Apply a preset to these instruments")
        self._menu = QMenu(self.preset)
        self.preset.setMenu(self._menu)
        self._offered: tuple[str, ...] = ()
        self.own = SchemaForm((_GROUP, _COSTS))
        self._arrange()
        self.model.ticked.connect(self._tick)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_own())
        self.table.toggled.connect(self._toggle)
        self.table.deleted.connect(self._remove)
        self.use.clicked.connect(self._use_all)
        self.add.clicked.connect(self._ask)
        self.remove.clicked.connect(self._remove)
        self.own.committed.connect(self._set_own)

    def show_state(self, state: SetupState) -> None:
        """Show the instruments."""
        rows = state.symbols
        is_other = [row.symbol for row in rows] != [row.symbol for row in self.model.rows]
        self.model.show_rows(rows)
        if is_other:
            self.table.fit(len(rows))
            self._widen()
        used = sum(row.used for row in rows)
        some = Qt.CheckState.Checked if used == len(rows) else Qt.CheckState.PartiallyChecked
        self.use.setCheckState(some if used else Qt.CheckState.Unchecked)
        self.use.setText(f"{used} of {len(rows)} used" if len(rows) > 1 else "Used")
        self.use.setEnabled(len(rows) > 1)
        self.table.setVisible(bool(rows))
        self.use.setVisible(bool(rows))
        self.remove.setVisible(len(rows) > 1)
        self._offer(state.presets)
        self.preset.setVisible(bool(rows) and bool(state.presets))
        self._show_own()

    @property
    def selected(self) -> tuple[SymbolRow, ...]:
        """The selected instruments."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return tuple(self.model.rows[row] for row in rows if row < len(self.model.rows))

    def select(self, symbols: Sequence[str]) -> None:
        """Select instruments."""
        selection = self.table.selectionModel()
        selection.clearSelection()
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for at, row in enumerate(self.model.rows):
            if row.symbol in symbols:
                selection.select(self.model.index(at, 0), flags)

    def _offer(self, presets: tuple[str, ...]) -> None:
        if presets != self._offered:
            self._offered = presets
            self._menu.clear()
            for name in presets:
                self._menu.addAction(name, partial(self._apply, name))

    def _apply(self, name: str) -> None:
        used = (row.symbol for row in self.model.rows if row.used)
        self.preset_chosen.emit(name, self._names() or frozenset(used))

    def _arrange(self) -> None:
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.setContentsMargins(SIZES.grid, 0, 0, 0)
        foot.setSpacing(SIZES.padding)
        head.addWidget(self.use)
        head.addStretch(1)
        foot.addWidget(self.add)
        foot.addWidget(self.remove)
        foot.addWidget(self.preset)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SIZES.grid)
        column.addLayout(head)
        column.addWidget(self.table)
        column.addWidget(self.own)
        column.addLayout(foot)

    def _widen(self) -> None:
        # A clipped count of bars reads as a smaller one.
        for title in ("Symbol", "Bars"):
            column = TITLES.index(title)
            wanted = self.table.sizeHintForColumn(column) + SIZES.grid
            self.table.setColumnWidth(column, max(_WIDTHS[title] * SIZES.grid, wanted))

    def _show_own(self) -> None:
        chosen = self.selected
        self.own.setVisible(bool(chosen))
        self.remove.setEnabled(bool(chosen) and len(chosen) < len(self.model.rows))
        if not chosen:
            return
        groups, costs = {row.group for row in chosen}, {row.costs for row in chosen}
        cost = costs.pop() if len(costs) == 1 else ""
        group = groups.pop() if len(groups) == 1 else ""
        self.own.set_unit(replace(_COSTS, choices=(_OWN, *PRESETS)) if cost == _OWN else _COSTS)
        special = {
            None: ("As in Costs", "The costs of the Costs section"),
            _OWN: (chosen[0].cost_words, "From the spec"),
        }  # fmt: skip
        self.own.set_words("costs", {**preset_words(), **special})
        self.own.set_values({"group": group or None, "costs": cost or None})

    def _names(self) -> frozenset[str]:
        return frozenset(row.symbol for row in self.selected)

    def _tick(self, symbol: str, on: bool) -> None:  # noqa: FBT001  (Qt's signal)
        chosen = self._names()
        # A tick on one of several selected rows is meant for all of them.
        self._use(chosen if symbol in chosen else frozenset((symbol,)), on=on)

    def _toggle(self) -> None:
        if self.selected:
            self._use(self._names(), on=not self.selected[0].used)

    def _use_all(self) -> None:
        rows = self.model.rows
        everything_on = all(row.used for row in rows)
        names = [row.symbol for row in rows]
        self._use(frozenset(names[1:] if everything_on else names), on=not everything_on)

    def _use(self, symbols: frozenset[str], *, on: bool) -> None:
        self.edited.emit(UseSymbols(symbols, on, tuple(row.symbol for row in self.model.rows)))

    def _set_own(self, name: str, value: object) -> None:
        if name == "group":
            self.edited.emit(GroupSymbols(self._names(), str(value or "")))
        elif value != _OWN:
            self.edited.emit(PriceSymbols(self._names(), None if value is None else str(value)))

    def _remove(self) -> None:
        if self.remove.isEnabled() and self.selected:
            self.removed.emit(self._names())

    def _ask(self) -> None:
        dialog = QFileDialog(self.window(), "Add price files", filter=PRICE_FILES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.files_chosen.emit([Path(name) for name in names]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
