"""`Background`: runs one function off the GUI thread and hands its outcome back to it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal

from engine.core.errors import IvyError
from engine.jobs.border import Failure, attempt

_LOG = logging.getLogger(__name__)
_CLOSE_WAIT_MS = 2_000


@dataclass(frozen=True)
class _Outcome:
    ticket: int
    value: Any


class _Task(QRunnable):
    def __init__(self, ticket: int, work: Callable[[], Any], send: Callable[[_Outcome], None]) -> None:
        super().__init__()
        self._ticket, self._work, self._send = ticket, work, send

    def run(self) -> None:
        self._send(_Outcome(self._ticket, attempt(self._work)))


class Background(QObject):
    """A few worker threads of its own; answers arrive in the GUI thread, in the order of their ends.

    Parameters
    ----------
    parent : QObject, optional
        Owner.
    threads : int, default 1
        How many functions may run at once.
    """

    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None, *, threads: int = 1) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._pool.setExpiryTimeout(0)
        self._waiting: dict[int, tuple[Callable[[Any], object], Callable[[IvyError], object]]] = {}
        self._next = 0
        self._closed = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._waiting)

    def call(
        self,
        work: Callable[[], Any],
        then: Callable[[Any], object],
        failed: Callable[[IvyError], object],
    ) -> None:
        """Run ``work`` in a thread, then ``then(value)`` or ``failed(error)`` in the GUI thread."""
        if self._closed:
            return
        self._next += 1
        self._waiting[self._next] = (then, failed)
        self._pool.start(_Task(self._next, work, self._arrived.emit))

    def close(self) -> None:
        """Drop what has not started and wait, at most 2 s, for what runs; no answer comes after this."""
        self._closed = True
        self._waiting.clear()
        self._pool.clear()
        self._pool.waitForDone(_CLOSE_WAIT_MS)

    def _deliver(self, outcome: _Outcome) -> None:
        listeners = self._waiting.pop(outcome.ticket, None)
        if listeners is None:
            return
        then, failed = listeners
        if isinstance(outcome.value, Failure):
            if outcome.value.details:
                _LOG.error("%s\n%s", outcome.value.error, outcome.value.details)
            failed(outcome.value.error)
        else:
            then(outcome.value)
