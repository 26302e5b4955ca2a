"""`Menus`: menu bar, toolbar and keys of a window, built from the one list of commands."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import QMainWindow, QSizePolicy, QToolBar, QToolButton, QWidget

from ivybt_desktop.contracts import Action
from ivybt_desktop.shell.actions import ActionList
from ivybt_desktop.theme.icons import icon
from ivybt_desktop.theme.tokens import DARK, SIZES, Tokens

PRIMARY = "run.backtest"
# Commands right of the stretch in the toolbar.
_RIGHT = ("view.palette", "view.theme")
_ICON_ONLY = ("view.theme",)


class Menus(QObject):
    """Keeps menus, toolbar and keys in step with an `ActionList`.

    Parameters
    ----------
    window : QMainWindow
        Gets the menu bar, the toolbar and the keys.
    actions : ActionList
        All commands.
    """

    def __init__(self, window: QMainWindow, actions: ActionList) -> None:
        super().__init__(window)
        self._window, self._actions, self._tokens = window, actions, DARK
        self._built: dict[str, QAction] = {}
        self.toolbar = QToolBar("Toolbar", window)
        self.toolbar.setObjectName("toolbar")
        self.toolbar.setMovable(False)
        self.toolbar.setIconSize(QSize(SIZES.icon, SIZES.icon))
        self.toolbar.toggleViewAction().setVisible(False)
        self.toolbar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        window.addToolBar(self.toolbar)
        actions.changed.connect(self.rebuild)
        actions.enabled_changed.connect(self._show_enabled)
        self.rebuild()

    def action(self, name: str) -> QAction:
        """Return the Qt action of a command."""
        return self._built[name]

    def show_theme(self, tokens: Tokens) -> None:
        """Draw the icons in the colours of a theme."""
        self._tokens = tokens
        for name, built in self._built.items():
            built.setIcon(self._icon(self._actions.get(name)))

    def rebuild(self) -> None:
        """Build everything anew from the list."""
        bar = self._window.menuBar()
        bar.clear()
        self.toolbar.clear()
        for old in self._built.values():
            self._window.removeAction(old)
            old.deleteLater()
        self._built = {action.id: self._make(action) for action in self._actions}
        for title in self._actions.menus():
            menu = bar.addMenu(title)
            menu.setToolTipsVisible(False)
            group = ""
            for action in self._actions.in_menu(title):
                head = action.id.split(".")[0]
                if group and head != group:
                    menu.addSeparator()
                group = head
                menu.addAction(self._built[action.id])
        self._fill_toolbar()

    def _make(self, action: Action) -> QAction:
        built = QAction(action.title, self._window)
        built.setObjectName(action.id)
        built.setEnabled(self._actions.is_enabled(action.id))
        built.setIcon(self._icon(action))
        built.setIconVisibleInMenu(False)
        built.setToolTip(f"{action.title} ({action.shortcut})" if action.shortcut else action.title)
        if action.shortcut:
            built.setShortcut(QKeySequence(action.shortcut))
        # `triggered` carries a check state that commands do not take.
        built.triggered.connect(lambda _checked=False, name=action.id: self._actions.run(name))
        self._window.addAction(built)
        return built

    def _icon(self, action: Action) -> QIcon:
        colour = self._tokens.on_accent if action.id == PRIMARY else ""
        return icon(action.icon, self._tokens, colour=colour)

    def _fill_toolbar(self) -> None:
        chosen = [action for action in self._actions if action.toolbar]
        group = ""
        for action in (a for a in chosen if a.id not in _RIGHT):
            head = action.id.split(".")[0]
            if group and head != group:
                self.toolbar.addSeparator()
            group = head
            self._add_button(action)
        stretch = QWidget()
        stretch.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        stretch.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.toolbar.addWidget(stretch)
        for action in (a for a in chosen if a.id in _RIGHT):
            self._add_button(action)
        # New buttons stand at the end of the Tab key's way; the toolbar comes first.
        before: QWidget = self._window
        for button in self.toolbar.findChildren(QToolButton):
            if button.focusPolicy() & Qt.FocusPolicy.TabFocus:
                QWidget.setTabOrder(before, button)
                before = button

    def _add_button(self, action: Action) -> None:
        self.toolbar.addAction(self._built[action.id])
        button = self.toolbar.widgetForAction(self._built[action.id])
        if not isinstance(button, QToolButton):
            return
        style = Qt.ToolButtonStyle
        icon_only = action.id in _ICON_ONLY
        button.setToolButtonStyle(style.ToolButtonIconOnly if icon_only else style.ToolButtonTextBesideIcon)
        button.setProperty("role", "primary" if action.id == PRIMARY else "quiet")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(action.title)

    def _show_enabled(self, name: str, enabled: bool) -> None:  # noqa: FBT001  (listener)
        if name in self._built:
            self._built[name].setEnabled(enabled)
