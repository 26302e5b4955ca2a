"""`FolderWatch`: tells that something in a folder of strategies may have changed, once for each burst."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QFileSystemWatcher, QObject, QTimer, Signal

_QUIET_MS = 200
_LONGEST_MS = 1_000


class FolderWatch(QObject):
    """Watches a folder and its ``*.py`` files.

    Editors write in many ways: in place, by a temporary file that takes the name over, by deleting first.
    All of them end in the same answer here: look again. A folder that is not there yet is waited for.

    Parameters
    ----------
    folder : Path
    parent : QObject
        Owner.

    Attributes
    ----------
    changed : Signal()
        Emitted when nothing has happened for 0.2 s after a change, at the latest 1 s after the first one.
    """

    changed = Signal()

    def __init__(self, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._folder = folder.absolute()
        self._watcher = QFileSystemWatcher(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tell)
        self._first = QElapsedTimer()
        self._watcher.directoryChanged.connect(self._note)
        self._watcher.fileChanged.connect(self._note)
        self._is_closed = False

    def start(self) -> None:
        """Begin to watch; what is there already is not told."""
        self._follow()

    def close(self) -> None:
        """Stop; nothing is emitted after this."""
        self._is_closed = True
        self._timer.stop()
        self._forget()

    def _note(self, _path: str) -> None:
        if self._is_closed:
            return
        if not self._timer.isActive():
            self._first.start()
        self._timer.start(max(0, min(_QUIET_MS, _LONGEST_MS - self._first.elapsed())))

    def _tell(self) -> None:
        # First watch, then tell: what happens while the listener reads is another change.
        self._follow()
        self.changed.emit()

    def _follow(self) -> None:
        # All anew: a file that took another's name has the watch of the one that is gone.
        self._forget()
        if self._folder.is_dir():
            files = [str(path) for path in self._folder.glob("*.py")]
            self._watcher.addPaths([str(self._folder), *files])
            return
        there = next(path for path in self._folder.parents if path.is_dir())
        self._watcher.addPath(str(there))

    def _forget(self) -> None:
        watched = [*self._watcher.files(), *self._watcher.directories()]
        if watched:
            self._watcher.removePaths(watched)
