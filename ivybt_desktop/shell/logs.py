"""`SessionLog`: log file of the session, and the lines that the Log dock shows."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
from pathlib import Path

from ivybt_desktop.bridge.log_bridge import LogBridge
from ivybt_desktop.context import Workspace

_LOGGERS = ("engine", "ivybt_desktop", "py.warnings")
_BYTES, _FILES = 1_000_000, 3
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class SessionLog:
    """Connects loggers, workspace and file until it is closed.

    Parameters
    ----------
    folder : Path
        Where ``ivybt.log`` goes; when it cannot be written there is no file.
    workspace : Workspace
        Its lines go to the file; records of loggers go to it.
    """

    def __init__(self, folder: Path, workspace: Workspace) -> None:
        self._workspace = workspace
        self._file: logging.Handler = logging.NullHandler()
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = logging.handlers.RotatingFileHandler(
                folder / "ivybt.log", maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8"
            )
        self._file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        self._bridge = LogBridge(self._show)
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            logger.setLevel(logging.INFO)
            logger.addHandler(self._file)
            logger.addHandler(self._bridge)
        self._own = logging.getLogger("ivybt.session")
        self._own.propagate = False
        self._own.setLevel(logging.INFO)
        self._own.addHandler(self._file)
        workspace.logged.connect(self._write)

    def close(self) -> None:
        """Disconnect and close the file."""
        self._workspace.logged.disconnect(self._write)
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            logger.removeHandler(self._file)
            logger.removeHandler(self._bridge)
        self._own.removeHandler(self._file)
        self._bridge.close()
        self._file.close()

    def _show(self, level: str, message: str) -> None:
        # The record is in the file already.
        self._workspace.logged.disconnect(self._write)
        self._workspace.log(level, message)
        self._workspace.logged.connect(self._write)

    def _write(self, level: str, message: str) -> None:
        self._own.log(_LEVELS.get(level, logging.INFO), "%s", message)
