# ruff: noqa: E501  (one rule of the sheet a line)
"""The style sheet of a theme, written from the tokens. Plain text, no Qt.

Widgets ask for a look with the dynamic property ``role``:

- QLabel: ``quiet``, ``label``, ``heading``, ``headline``, ``warning``, ``caution``, ``danger``, ``empty``
- QPushButton, QToolButton: ``primary``, ``quiet``
- QTextBrowser: ``page``
- QToolButton: ``pill``, ``pill-good``, ``pill-bad``
- QFrame, QWidget: ``panel``, ``raised``
"""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

from ivybt_desktop.theme.tokens import SIZES, Tokens

_NAME = re.compile(r"\$\{?(\w+)\}?")


def style_sheet(tokens: Tokens, glyphs: Path) -> str:
    """Return the style sheet of a theme.

    Parameters
    ----------
    tokens : Tokens
        Colours.
    glyphs : Path
        Folder of the pictures that `ivybt_desktop.theme.glyphs` painted for this theme.

    Raises
    ------
    KeyError
        The sheet names a token that does not exist.
    """
    values = {k: str(v) for k, v in (asdict(tokens) | asdict(SIZES)).items()}
    values |= {"glyphs": glyphs.as_posix()}
    values |= {"half": str(SIZES.padding // 2), "edge": str(SIZES.scrollbar // 2 - 1)}
    return _NAME.sub(lambda match: values[match[1]], "\n".join(_PARTS))


_FRAME = """
QMainWindow, QDialog, #root { background: $window; }
QMainWindow::separator { background: $window; width: ${separator}px; height: ${separator}px; }
QMainWindow::separator:hover { background: $accent; }
QWidget { color: $text; selection-background-color: $accent; selection-color: $on_accent; }
QDockWidget { background: $panel; }
QDockWidget > QWidget, QWidget[role="panel"] { background: $panel; }
QWidget[role="raised"] { background: $raised; border-radius: ${radius}px; }
#dockTitle { background: $panel; border-bottom: 1px solid $line; }
#dockTitle QLabel { color: $quiet; font-size: ${label}px; font-weight: 600; }
#dockTitle QLabel[role="current"] { color: $accent; }
#dockTitle QToolButton { border: none; padding: 0; background: transparent; }
#dockTitle QToolButton:hover { background: $hover; border-radius: 2px; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: ${half}px ${padding}px; }
QStatusBar { background: $window; color: $quiet; font-size: ${label}px; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $quiet; font-size: ${label}px; padding: 0 ${padding}px; }
QStatusBar QLabel[role="warning"] { color: $warning; }
QSplitter::handle { background: $window; }
QSplitter::handle:hover { background: $accent; }
"""

_MENUS = """
QMenuBar { background: $window; color: $text; padding: 2px ${half}px; }
QMenuBar::item { padding: 3px ${padding}px; border-radius: ${radius}px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; color: $text; border: 1px solid $line; padding: ${half}px; }
QMenu::item { padding: 4px 24px 4px 24px; border-radius: ${radius}px; }
QMenu::item:selected { background: $hover; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $line; margin: ${half}px ${padding}px; }
QMenu::indicator { width: 16px; height: 16px; left: 4px; }
QToolBar { background: $window; border: none; border-bottom: 1px solid $line; padding: 2px ${padding}px; spacing: ${half}px; }
QToolBar::separator { background: $line; width: 1px; margin: 5px ${half}px; }
QToolBar QToolButton { padding: 2px ${padding}px; }
QToolBar#notices { padding: 0; border: none; }
"""

_BUTTONS = """
QPushButton, QToolButton { background: $raised; color: $text; border: 1px solid $line; border-radius: ${radius}px; padding: 3px 10px; }
QToolButton { padding: 3px 6px; }
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed, QToolButton:checked { background: $selected; }
QPushButton:disabled, QToolButton:disabled { color: $disabled; background: $panel; }
QPushButton:focus, QToolButton:focus { border: 1px solid $accent; }
QPushButton[role="primary"], QToolButton[role="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600; }
QPushButton[role="primary"]:hover, QToolButton[role="primary"]:hover { background: $text; border-color: $text; color: $window; }
QPushButton[role="primary"]:focus, QToolButton[role="primary"]:focus { border: 1px solid $text; }
QPushButton[role="primary"]:disabled, QToolButton[role="primary"]:disabled { background: $raised; color: $disabled; border-color: $line; }
QPushButton[role="quiet"], QToolButton[role="quiet"] { background: transparent; border: 1px solid transparent; }
QPushButton[role="quiet"]:hover, QToolButton[role="quiet"]:hover { background: $hover; }
QPushButton[role="quiet"]:checked, QToolButton[role="quiet"]:checked { background: $selected; }
QPushButton[role="quiet"]:focus, QToolButton[role="quiet"]:focus { border: 1px solid $accent; }
QToolButton[role="pill"], QToolButton[role="pill-good"], QToolButton[role="pill-bad"] { background: transparent; color: $quiet; border: 1px solid $line; border-radius: 9px; padding: 1px 7px; font-size: ${label}px; }
QToolButton[role="pill-good"] { color: $up; border-color: $up; }
QToolButton[role="pill-bad"] { color: $danger; border-color: $danger; }
QToolButton[role="pill"]:hover, QToolButton[role="pill-good"]:hover, QToolButton[role="pill-bad"]:hover { background: $hover; }
QToolButton[role="pill"]:focus, QToolButton[role="pill-good"]:focus, QToolButton[role="pill-bad"]:focus { border-color: $accent; }
QToolButton::menu-indicator { image: none; }
QCheckBox, QRadioButton { spacing: 6px; }
QCheckBox:disabled, QRadioButton:disabled, QLabel:disabled { color: $disabled; }
QCheckBox::indicator, QGroupBox::indicator, QTableView::indicator { width: 14px; height: 14px; border: 1px solid $quiet; border-radius: 3px; background: $inset; }
QCheckBox::indicator:checked, QGroupBox::indicator:checked, QTableView::indicator:checked { background: $accent; border-color: $accent; image: url("$glyphs/check.png"); }
QCheckBox::indicator:indeterminate { background: $accent; border-color: $accent; image: url("$glyphs/dash.png"); }
QCheckBox::indicator:focus, QCheckBox::indicator:hover { border-color: $accent; }
QCheckBox::indicator:disabled { border-color: $line; }
QRadioButton::indicator { width: 12px; height: 12px; border: 1px solid $quiet; border-radius: 7px; background: $inset; }
QRadioButton::indicator:checked { border: 4px solid $accent; width: 6px; height: 6px; background: $on_accent; }
"""

_FIELDS = """
QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit, QKeySequenceEdit { background: $inset; color: $text; border: 1px solid $line; border-radius: ${radius}px; padding: 2px 6px; }
QTextBrowser[role="page"] { background: $panel; border: 1px solid transparent; padding: 0; }
QTextBrowser[role="page"]:focus { border-color: $accent; }
QLineEdit { placeholder-text-color: $quiet; }
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: $quiet; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus, QTextEdit:focus { border-color: $accent; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: $disabled; background: $panel; }
QLineEdit[invalid="true"], QAbstractSpinBox[invalid="true"], QComboBox[invalid="true"] { border-color: $danger; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { background: transparent; border: none; width: 16px; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $hover; }
QAbstractSpinBox::up-arrow { image: url("$glyphs/up.png"); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url("$glyphs/down.png"); width: 10px; height: 10px; }
QComboBox::drop-down, QDateEdit::drop-down { border: none; width: 20px; background: transparent; }
QComboBox::down-arrow, QDateEdit::down-arrow { image: url("$glyphs/down.png"); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $raised; color: $text; border: 1px solid $line; selection-background-color: $hover; selection-color: $text; outline: none; padding: 2px; }
QSlider::groove:horizontal { height: 4px; background: $line; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $quiet; border-radius: 2px; }
QSlider::handle:horizontal { width: 12px; height: 12px; margin: -4px 0; border-radius: 6px; background: $text; }
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { background: $accent; }
QSlider:disabled { color: $disabled; }
QProgressBar { background: $line; border: none; border-radius: 3px; min-height: 6px; max-height: 6px; text-align: center; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QGroupBox { border: none; border-top: 1px solid $line; margin-top: 14px; padding-top: ${half}px; font-weight: 600; }
QGroupBox::title { subcontrol-origin: margin; left: 0; padding: 0 ${half}px 0 0; color: $quiet; font-size: ${label}px; }
"""

_VIEWS = """
QAbstractItemView { background: $panel; color: $text; border: none; outline: none; gridline-color: $line; alternate-background-color: $panel; selection-background-color: $selected; selection-color: $text; }
QTableView::item { padding: 0 2px; }
QAbstractItemView::item:selected { background: $selected; color: $text; }
QAbstractItemView::item:hover:!selected { background: $raised; }
QTableView:focus, QTreeView:focus, QListView:focus { border: 1px solid $accent; }
QTableView, QTreeView, QListView { border: 1px solid transparent; }
QHeaderView { background: $panel; border: none; }
QHeaderView::section { background: $panel; color: $quiet; font-size: ${label}px; border: none; border-bottom: 1px solid $line; padding: 2px 5px; min-height: 18px; }
QHeaderView::section:vertical { border: none; }
QHeaderView::section:hover { color: $text; background: $raised; }
QTableCornerButton::section { background: $panel; border: none; }
QHeaderView::down-arrow { image: url("$glyphs/down.png"); width: 10px; height: 10px; }
QHeaderView::up-arrow { image: url("$glyphs/up.png"); width: 10px; height: 10px; }
QTreeView::branch { background: $panel; }
QTreeView::branch:has-children:closed { image: url("$glyphs/right.png"); }
QTreeView::branch:has-children:open { image: url("$glyphs/down.png"); }
QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: $panel; }
QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: ${scrollbar}px; margin: 0; }
QScrollBar:horizontal { height: ${scrollbar}px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: ${edge}px; margin: 1px; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::handle:hover { background: $quiet; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: $panel; }
QTabBar { background: transparent; font-size: ${label}px; }
QTabBar::tab { background: $window; color: $quiet; padding: 3px 12px; border: none; min-height: 16px; }
QTabBar::tab:hover { color: $text; background: $raised; }
QTabBar::tab:selected { background: $panel; color: $text; }
QTabBar::tab:bottom:selected { border-bottom: 2px solid $accent; }
QTabBar::tab:top:selected { border-top: 2px solid $accent; }
QTabBar:focus::tab:selected { color: $accent; }
QTabBar QToolButton { background: $raised; border: none; padding: 0; }
QTabWidget::pane { border: none; border-top: 1px solid $line; }
"""

_WORDS = """
QLabel { background: transparent; }
QLabel[role="quiet"] { color: $quiet; }
QLabel[role="label"] { color: $quiet; font-size: ${label}px; }
QLabel[role="heading"] { color: $text; font-weight: 600; }
QLabel[role="headline"] { color: $text; font-size: ${headline}px; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="caution"] { color: $warning; font-size: ${label}px; }
QLabel[role="danger"] { color: $danger; }
QLabel[role="empty"] { color: $quiet; padding: 16px; }
#notice { background: $raised; border: none; border-left: 3px solid $accent; border-bottom: 1px solid $line; }
#notice[level="warning"] { border-left-color: $warning; }
#notice[level="error"] { border-left-color: $danger; }
#sheet { background: $panel; border: 1px solid $quiet; }
#commandPalette { background: $raised; border: 1px solid $quiet; border-radius: 6px; }
#commandPalette QLineEdit { background: $inset; font-size: 15px; padding: 6px ${padding}px; }
#commandPalette QListView { background: $raised; border: none; }
#shortcutKey, QLabel[role="key"] { color: $quiet; background: $inset; border: 1px solid $line; border-radius: 3px; padding: 0 5px; font-size: ${label}px; }
QLabel[role="chip"] { color: $text; background: $raised; border: 1px solid $line; border-radius: 8px; padding: 0 6px; font-size: ${label}px; }
"""

_PARTS = (_FRAME, _MENUS, _BUTTONS, _FIELDS, _VIEWS, _WORDS)
