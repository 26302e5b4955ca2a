"""`LeakWatch`: remembers what was started during a test, and says what is still alive at its end."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QThread, QThreadPool, QTimer
from PySide6.QtWidgets import QApplication

_POOL_WAIT_MS = 1_000


class LeakWatch:
    """Watches timers, threads, pools and top-level widgets.

    Timers and threads of C++ (animations, Qt's own) are not seen, only those started from Python.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._started: dict[int, tuple[Any, str]] = {}
        self._widgets = {shiboken6.getCppPointer(w)[0] for w in QApplication.topLevelWidgets()}
        for kind in (QTimer, QThread, QThreadPool):
            self._watch(monkeypatch, kind)

    def left(self) -> list[str]:
        """Return what is still alive, with the line that started it."""
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        found = [words for thing, words in self._started.values() if _is_alive(thing)]
        new = [w for w in QApplication.topLevelWidgets() if shiboken6.getCppPointer(w)[0] not in self._widgets]
        return found + [f"widget {type(widget).__name__} '{widget.objectName()}'" for widget in new]

    def _watch(self, monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
        original = kind.start

        def start(this: Any, *args: Any) -> Any:
            caller = traceback.extract_stack(limit=2)[0]
            words = f"{kind.__name__} started at {caller.filename}:{caller.lineno}"
            self._started[id(this)] = (this, words)
            return original(this, *args)

        monkeypatch.setattr(kind, "start", start)


def _is_alive(thing: Any) -> bool:
    if not shiboken6.isValid(thing):
        return False
    if isinstance(thing, QTimer):
        return thing.isActive()
    if isinstance(thing, QThread):
        return thing.isRunning()
    return not thing.waitForDone(_POOL_WAIT_MS)
