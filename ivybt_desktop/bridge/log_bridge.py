"""`LogBridge`: records of Python's and Qt's logging, from any thread, as calls in the GUI thread."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QtMsgType, Signal, qInstallMessageHandler

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}

# Said by the offscreen platform for every window; it tells nothing about the program.
_PLATFORM_NOISE = "This plugin does not support propagateSizeHints()"


class _Sender(QObject):
    line = Signal(str, str)


class LogBridge(logging.Handler):
    """Hands every record of level INFO and above to ``show(level, message)`` in the GUI thread.

    Parameters
    ----------
    show : callable
        ``show(level, message)`` with level "info", "warning" or "error".
    """

    def __init__(self, show: Callable[[str, str], None]) -> None:
        super().__init__(logging.INFO)
        self._sender = _Sender()
        self._sender.line.connect(show, Qt.ConnectionType.QueuedConnection)
        self._send: Callable[[str, str], None] = self._sender.line.emit

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record on."""
        level = "error" if record.levelno >= logging.ERROR else "info"
        if record.levelno == logging.WARNING:
            level = "warning"
        self._send(level, record.getMessage())

    def close(self) -> None:
        """Send nothing any more; logging calls this once more when the program ends."""
        self._send = _nowhere
        super().close()


def _nowhere(_level: str, _message: str) -> None:
    pass


def log_qt_messages() -> None:
    """Write Qt's own messages to the logger ``ivybt_desktop.qt``."""
    logger = logging.getLogger("ivybt_desktop.qt")

    def handle(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        if message == _PLATFORM_NOISE:
            return
        logger.log(_LEVELS.get(kind, logging.WARNING), "%s", message)

    qInstallMessageHandler(handle)
