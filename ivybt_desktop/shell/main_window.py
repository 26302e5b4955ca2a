"""`MainWindow`: menu bar, toolbar, notices, docks, palette and status bar put together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QMimeData, QObject, QRect, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QTabWidget, QWidget

from ivybt_desktop.context import Workspace
from ivybt_desktop.contracts import Action, DockSpec
from ivybt_desktop.shell.actions import ActionList
from ivybt_desktop.shell.dock_frame import DockFrame
from ivybt_desktop.shell.dock_host import DockHost
from ivybt_desktop.shell.layouts import Layouts
from ivybt_desktop.shell.menus import Menus
from ivybt_desktop.shell.notices import NoticeBoard
from ivybt_desktop.shell.notifications import NoticeBar
from ivybt_desktop.shell.palette import Choice, CommandPalette
from ivybt_desktop.shell.preferences import Settings
from ivybt_desktop.shell.sheet import Sheet
from ivybt_desktop.shell.status_bar import StatusBar
from ivybt_desktop.theme.tokens import Tokens

_FIRST_SIZE = (1366, 768)
_DRAGS = (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop)


class MainWindow(QMainWindow):
    """The window. It knows no service: the composition root connects it.

    Parameters
    ----------
    workspace : Workspace
        What the status bar tells about.
    actions : ActionList
        All commands.
    board : NoticeBoard
        What the notice bar shows.
    specs : list of DockSpec
        Docks to frame; they are built later, after the first paint.
    settings : Settings
        Geometry and layouts of the last session.

    Attributes
    ----------
    closing : callable or None
        Called once when the window closes, before its parts go.
    dropped : callable or None
        Called with the files dropped on it.
    painted : callable or None
        Called once after the window was shown and painted.
    """

    def __init__(
        self,
        workspace: Workspace,
        actions: ActionList,
        board: NoticeBoard,
        specs: list[DockSpec],
        settings: Settings,
    ) -> None:
        super().__init__()
        self.setObjectName("root")
        self.setWindowTitle("IvyBT")
        self.setAccessibleName("IvyBT")
        self.setDockNestingEnabled(True)
        self.setAnimated(False)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.South)
        self.closing: Callable[[], None] | None = None
        self.dropped: Callable[[list[Path]], None] | None = None
        self.painted: Callable[[], None] | None = None
        self._actions, self._workspace = actions, workspace
        self.menus = Menus(self, actions)
        self.addToolBarBreak()
        self.notice_bar = NoticeBar(board, self)
        self.addToolBar(self.notice_bar)
        self.status = StatusBar(workspace, self)
        self.setStatusBar(self.status)
        self.host = DockHost(self, specs)
        self.layouts = Layouts(self, self.host.frames, settings.layouts)
        self.palette_panel = CommandPalette(self)
        self.sheet = Sheet(self, self.centre_room)
        self._was_shown = False
        self._restore_geometry(settings.geometry)
        self._perspective = settings.perspective
        workspace.bars_changed.connect(self._name_window)

    def start(self) -> bool:
        """Arrange the docks and show the window; return False when the saved layout did not fit."""
        fits = self.layouts.start(self._perspective)
        self.notice_bar.refresh()
        self.show()
        if self.layouts.is_first:
            self.layouts.share_space()
        # No control has the keyboard at first: keys of the window work, and nothing looks chosen.
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        return fits

    def settle(self) -> None:
        """Give the docks their sizes once more, now that they have their contents."""
        if self.layouts.is_first:
            self.layouts.share_space()

    def show_theme(self, tokens: Tokens) -> None:
        """Draw what does not follow the style sheet in the colours of a theme."""
        self.menus.show_theme(tokens)
        self.notice_bar.show_theme(tokens)
        self.palette_panel.show_theme(tokens)
        for frame in self.findChildren(DockFrame):
            frame.title.show_theme(tokens)

    def geometry_text(self) -> str:
        """Return place and size, base64."""
        return bytes(self.saveGeometry().toBase64().data()).decode()

    def show_palette(self) -> None:
        """Open the command palette with every command."""
        choices = [self._choice(action) for action in self._actions if action.id != "view.palette"]
        self.palette_panel.choose(choices, "Search commands")

    def _choice(self, action: Action) -> Choice:
        enabled = self._actions.is_enabled(action.id)
        return Choice(
            action.title, lambda: self._actions.run(action.id), action.menu, action.shortcut, enabled
        )

    def centre_room(self) -> QRect:
        """Return the rectangle of the docks in the middle, in coordinates of the window."""
        room = QRect()
        for frame in self.host.frames.values():
            # Qt keeps a dock that is behind a tab "visible", at a place outside the window.
            seen = frame.isVisible() and not frame.isFloating() and self.rect().contains(frame.geometry())
            if frame.area in ("centre", "bottom") and seen:
                room = room.united(frame.geometry())
        if not room.isEmpty():
            return room
        top = self.menus.toolbar.geometry().bottom()
        return QRect(0, top, self.width(), self.status.geometry().top() - top)

    def watch_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        """Mark the title of the dock that has the keyboard."""
        for frame in self.host.frames.values():
            frame.title.set_current(now is not None and frame.isAncestorOf(now))

    def keep_focus(self) -> None:
        """Take the keyboard back from a control that got it only because a dock was hidden."""
        now = QApplication.focusWidget()
        if now is not None and self.menus.toolbar.isAncestorOf(now):
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- events of Qt ---------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Begin once: timers, drops of files, and what waits for the first paint."""
        super().showEvent(event)
        if self._was_shown:
            return
        self._was_shown = True
        self.status.start()
        # Fields accept dropped text and would take files too; the native window is asked before them.
        self.windowHandle().installEventFilter(self)
        _app().focusChanged.connect(self.watch_focus)
        if self.painted is not None:
            QTimer.singleShot(0, self, self.painted)

    def closeEvent(self, event: QCloseEvent) -> None:
        """End everything that belongs to the window."""
        if self._was_shown:
            self._was_shown = False
            self.windowHandle().removeEventFilter(self)
            _app().focusChanged.disconnect(self.watch_focus)
            self.status.stop()
            if self.closing is not None:
                self.closing()
            self.host.close()
        super().closeEvent(event)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Take files that are dragged over or dropped on the window."""
        if event.type() not in _DRAGS or not isinstance(event, QDropEvent):
            return False
        paths = _files(event.mimeData())
        if not paths:
            return False
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop and self.dropped is not None:
            self.dropped(paths)
        return True

    def _restore_geometry(self, text: str) -> None:
        room = self.screen().availableGeometry()
        self.resize(min(_FIRST_SIZE[0], room.width()), min(_FIRST_SIZE[1], room.height()))
        if text:
            self.restoreGeometry(QByteArray.fromBase64(text.encode()))

    def _name_window(self, _bars: object) -> None:
        bars = self._workspace.bars
        self.setWindowTitle(f"{bars.symbol} {bars.timeframe} - IvyBT" if bars is not None else "IvyBT")


def _app() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)  # noqa: S101  (a widget exists, so the application does)
    return app


def _files(mime: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
