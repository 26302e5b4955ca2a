"""`UserStrategies`: the user's strategy files in the window: read, watched, made and opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from engine.core.interrupt import interrupt_all
from ivybt_desktop.bridge.delay import Delay
from ivybt_desktop.bridge.folder_watch import FolderWatch
from ivybt_desktop.context import Background, Workspace
from ivybt_desktop.shell.main_window import MainWindow
from ivybt_desktop.shell.notices import NoticeBoard
from ivybt_desktop.shell.preferences import Preferences
from ivybt_desktop.shell.strategy_desk import StrategyDesk
from ivybt_desktop.shell.strategy_folder import StrategyFolder

_SLOW_MS = 3_000


class UserStrategies:
    """Folder, watch and commands, connected.

    Parameters
    ----------
    qt : QApplication
        Tells when the user comes back to the window.
    window : MainWindow
        Owner of watch and timers; its palette asks.
    folder : Path
        The user's strategy files.
    workspace : Workspace
    board : NoticeBoard
    preferences : Preferences
    background : callable
        Reads and writes files off the GUI thread.

    Attributes
    ----------
    folder : StrategyFolder
    desk : StrategyDesk
    """

    def __init__(
        self, qt: QApplication, window: MainWindow, folder: Path, workspace: Workspace, board: NoticeBoard,
        preferences: Preferences, background: Background,
    ) -> None:  # fmt: skip
        self._qt = qt
        self.folder = StrategyFolder(folder, workspace, board, background, self.edit)
        self.desk = StrategyDesk(
            self.folder, workspace, board, window.palette_panel, preferences, background
        )
        self._watch = FolderWatch(folder, window)
        self._watch.changed.connect(self.folder.read)
        self._slow = Delay(window, self._go_on)
        self._then: Callable[[], object] | None = None
        self._is_started = False

    def start(self, then: Callable[[], object]) -> None:
        """Read the folder and watch it; then go on, also when a file takes long to load."""
        self._then, self._is_started = then, True
        self._watch.start()
        # Folders on a network do not tell what changes in them: look again when the user comes back.
        self._qt.applicationStateChanged.connect(self._look_again)
        self._slow.start(_SLOW_MS)
        self.folder.read(self._go_on)

    def reload(self) -> None:
        """Read the folder again."""
        self.folder.read()

    def edit(self, path: Path, line: int) -> None:
        """Open a file in the user's editor."""
        self.desk.open(path, line)

    def close(self) -> None:
        """Stop watching."""
        self._watch.close()
        self._slow.stop()
        interrupt_all()  # a file that is being loaded and does not end
        if self._is_started:
            self._is_started = False
            self._qt.applicationStateChanged.disconnect(self._look_again)

    def _go_on(self) -> None:
        self._slow.stop()
        then, self._then = self._then, None
        if then is not None and self._is_started:
            then()

    def _look_again(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive:
            self.folder.read()
