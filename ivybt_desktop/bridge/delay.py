"""`Delay`: calls something a while later, once."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class Delay:
    """A wait on the event loop that can be begun anew or given up.

    Parameters
    ----------
    parent : QObject
        Owner of the timer.
    call : callable
        Called in the GUI thread.
    """

    def __init__(self, parent: QObject, call: Callable[[], object]) -> None:
        self._timer = QTimer(parent)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(call)

    def start(self, milliseconds: int) -> None:
        """Call after so many milliseconds from now."""
        self._timer.start(milliseconds)

    def stop(self) -> None:
        """Do not call."""
        self._timer.stop()
