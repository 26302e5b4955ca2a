"""Two small windows of the Help menu: the list of keys, and versions. Neither blocks the main window."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

import engine
from ivybt_desktop.contracts import Action
from ivybt_desktop.theme.tokens import SIZES

_LIBRARIES = ("PySide6-Essentials", "numba", "numpy", "pandas", "pyarrow")


def _panel(title: str, parent: QWidget) -> tuple[QDialog, QVBoxLayout]:
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(*(2 * SIZES.padding,) * 4)
    column.setSpacing(SIZES.padding)
    return dialog, column


def _close_button(dialog: QDialog, column: QVBoxLayout) -> None:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.close)
    column.addWidget(buttons)


def shortcut_list(actions: Iterable[Action], parent: QWidget) -> QDialog:
    """Return a window that lists every command that has a key."""
    keyed = [action for action in actions if action.shortcut]
    dialog, column = _panel("Keyboard shortcuts", parent)
    table = QTableWidget(len(keyed), 3)
    table.setAccessibleName("Keyboard shortcuts")
    table.setHorizontalHeaderLabels(["Key", "Command", "Menu"])
    for row, action in enumerate(keyed):
        for at, text in enumerate((action.shortcut, action.title, action.menu)):
            table.setItem(row, at, QTableWidgetItem(text))
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    table.setShowGrid(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(SIZES.table_row)
    table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
    column.addWidget(table)
    _close_button(dialog, column)
    dialog.resize(SIZES.palette_width, SIZES.palette_width)
    return dialog


def about(home: str, parent: QWidget) -> QDialog:
    """Return a window with versions, licence and the data folder."""
    dialog, column = _panel("About IvyBT", parent)
    heading = QLabel(f"IvyBT Desktop {engine.__version__}")
    heading.setProperty("role", "headline")
    column.addWidget(heading)
    versions = [f"{name} {_version(name)}" for name in _LIBRARIES]
    half = len(versions) // 2
    lines = (
        "Research, backtest and review trading strategies on your own machine.",
        f"Data folder: {home}",
        f"Python {platform.python_version()}  {platform.platform()}",
        ",  ".join(versions[:half]),
        ",  ".join(versions[half:]),
        "MIT licence. Icons: Material Design Icons, Apache licence 2.0.",
    )
    for text in lines:
        label = QLabel(text)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(label)
    _close_button(dialog, column)
    column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
    return dialog


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:  # frozen without its metadata
        return ""
