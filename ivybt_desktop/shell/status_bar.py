"""`StatusBar`: data range, running jobs, memory, version; one timer that ends with the window."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import psutil
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QWidget

import engine
from engine.jobs.events import JobEvent
from ivybt_desktop.bridge.ledger import JobLedger
from ivybt_desktop.context import Workspace
from ivybt_desktop.shell.status_words import data_words, job_words, memory_words
from ivybt_desktop.theme.roles import set_role

_PERIOD_MS = 500
_MEMORY_EVERY = 6  # ticks: looking through all processes costs milliseconds


def memory_used() -> int:
    """Return the resident bytes of this process and of its workers."""
    own = psutil.Process()
    total = int(own.memory_info().rss)
    for child in own.children():
        with suppress(psutil.Error):  # it may just have ended
            total += int(child.memory_info().rss)
    return total


class StatusBar(QStatusBar):
    """The bar at the bottom of the window.

    Parameters
    ----------
    workspace : Workspace
        Whose prices are shown.
    parent : QWidget
        Main window.
    measure : callable, default `memory_used`
        Bytes in use.

    Attributes
    ----------
    ledger : JobLedger
        Every job of the session.
    """

    def __init__(
        self, workspace: Workspace, parent: QWidget, *, measure: Callable[[], int] = memory_used
    ) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setAccessibleName("Status")
        self._workspace, self._measure = workspace, measure
        self.ledger = JobLedger()
        self._ticks = 0
        self._data, self._state, self._jobs, self._memory = QLabel(), QLabel(), QLabel(), QLabel()
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(120)
        self._progress.setAccessibleName("Progress of the running jobs")
        version = QLabel(f"IvyBT {engine.__version__}")
        self.addWidget(self._data)
        self.addWidget(self._state, 1)
        for widget in (self._jobs, self._progress, self._memory, version):
            self.addPermanentWidget(widget)
        workspace.bars_changed.connect(self._show_bars)
        self._timer = QTimer(self)
        self._timer.setInterval(_PERIOD_MS)
        self._timer.timeout.connect(self._tick)
        self._show_bars(workspace.bars)
        self._show_jobs()

    def start(self) -> None:
        """Begin to look at jobs and memory."""
        self._tick()
        self._timer.start()

    def stop(self) -> None:
        """End the timer."""
        self._timer.stop()
        self._workspace.bars_changed.disconnect(self._show_bars)

    @property
    def is_ticking(self) -> bool:
        """Whether the timer runs."""
        return self._timer.isActive()

    def take(self, event: JobEvent) -> None:
        """Take an event of a job into account."""
        self.ledger.record(event)
        self._show_jobs()

    def show_state(self, words: str, *, warning: bool = False) -> None:
        """Show a state that lasts, such as worker processes that start; empty for none."""
        self._state.setText(words)
        set_role(self._state, "warning" if warning else "")

    def _tick(self) -> None:
        if self.ledger.live():
            self._show_jobs()
        if self._ticks % _MEMORY_EVERY == 0:
            self._memory.setText(memory_words(self._measure(), psutil.virtual_memory().total))
        self._ticks += 1

    def _show_bars(self, _bars: object) -> None:
        self._data.setText(data_words(self._workspace.bars))

    def _show_jobs(self) -> None:
        words, percent = job_words(self.ledger)
        self._jobs.setText(words)
        self._jobs.setVisible(bool(words))
        self._progress.setVisible(percent >= 0)
        self._progress.setValue(max(percent, 0))
