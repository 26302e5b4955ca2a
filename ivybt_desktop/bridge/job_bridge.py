"""`JobBridge`: routes jobs to executors and brings their events into the GUI thread."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from PySide6.QtCore import QObject, QTimer

from engine.core.errors import JobError
from engine.jobs.events import Cancelled, Failed, Finished, JobEvent, Progress
from engine.jobs.requests import ImportJob, Job
from ivybt_desktop.signal import Signal

DRAIN_MS = 33
_MOST_PER_DRAIN = 5_000
_SLOW_S = 1.0


class Executor(Protocol):
    """What runs jobs: inline, thread or process."""

    events: queue.SimpleQueue[JobEvent]

    def submit(self, job: Job) -> str:
        """Start a job and return its id."""
        ...

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop."""
        ...

    def close(self) -> None:
        """End everything."""
        ...


def newest_progress(events: Iterable[JobEvent]) -> list[JobEvent]:
    """Return the events in order, with only the last `Progress` of each job."""
    events = list(events)
    last = {event.job_id: at for at, event in enumerate(events) if isinstance(event, Progress)}
    return [
        event
        for at, event in enumerate(events)
        if not isinstance(event, Progress) or last[event.job_id] == at
    ]


@dataclass(slots=True)
class _Quiet:
    """A job that is not shown: who takes its events, since when, and what was held back (None: nothing)."""

    listener: Callable[[JobEvent], object]
    since: float
    held: list[JobEvent] | None = field(default_factory=list)


class JobBridge:
    """The window's `JobService`.

    A timer drains the executors' queues every 33 ms, only while a job is under way.

    Parameters
    ----------
    parent : QObject
        Owner of the timer.
    files : Executor
        Runs `ImportJob`.
    compute : Executor, optional
        Runs everything else; may be attached later, when the worker processes are warm.
    clock : callable, default `time.monotonic`
        Seconds.

    Attributes
    ----------
    event : Signal[JobEvent]
        Emitted in the GUI thread.
    """

    def __init__(
        self, parent: QObject, files: Executor, compute: Executor | None = None, *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.event: Signal[JobEvent] = Signal()
        self._files, self._compute = files, compute
        self._owner: dict[str, Executor] = {}
        self._quiet: dict[str, _Quiet] = {}
        self._clock = clock
        self._timer = QTimer(parent)
        self._timer.setInterval(DRAIN_MS)
        self._timer.timeout.connect(self.drain)

    @property
    def can_compute(self) -> bool:
        """Whether backtests can be submitted yet."""
        return self._compute is not None

    @property
    def is_draining(self) -> bool:
        """Whether the timer runs."""
        return self._timer.isActive()

    @property
    def live(self) -> tuple[str, ...]:
        """Ids of the jobs that have not ended, oldest first."""
        return tuple(self._owner)

    def attach_compute(self, executor: Executor) -> None:
        """Give the executor for everything but imports."""
        self._compute = executor

    def submit(self, job: Job, *, quiet: Callable[[JobEvent], object] | None = None) -> str:
        """Start a job.

        Parameters
        ----------
        job : Job
        quiet : callable, optional
            Takes the events in place of `event`: work that comes with every move of a slider is no row in
            the list of jobs. One that takes longer than a second is shown there after all.

        Raises
        ------
        JobError
            The worker processes are not up yet.
        """
        executor = self._files if isinstance(job, ImportJob) else self._compute
        if executor is None:
            raise JobError("the worker processes are still starting", hint="Try again in a moment")
        job_id = executor.submit(job)
        self._owner[job_id] = executor
        if quiet is not None:
            self._quiet[job_id] = _Quiet(quiet, self._clock())
        self._timer.start()
        return job_id

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop; a job that has ended is ignored."""
        executor = self._owner.get(job_id)
        if executor is not None:
            executor.cancel(job_id)

    def cancel_all(self) -> int:
        """Ask every job to stop; return how many were asked."""
        for job_id in self.live:
            self.cancel(job_id)
        return len(self.live)

    def drain(self) -> None:
        """Emit what the executors have put on their queues."""
        for event in newest_progress(self._waiting()):
            if isinstance(event, Finished | Failed | Cancelled):
                self._owner.pop(event.job_id, None)
            self._tell(event)
        self._show_slow()
        if not self._owner:
            self._timer.stop()

    def close(self) -> None:
        """Cancel everything and end the executors."""
        self._timer.stop()
        self.cancel_all()
        self._owner.clear()
        self._quiet.clear()
        for executor in {id(e): e for e in (self._files, self._compute) if e is not None}.values():
            executor.close()

    def _tell(self, event: JobEvent) -> None:
        quiet = self._quiet.get(event.job_id)
        if quiet is None:
            self.event.emit(event)
            return
        if isinstance(event, Finished | Failed | Cancelled):
            del self._quiet[event.job_id]
        if quiet.held is None:
            self.event.emit(event)
        else:
            quiet.held.append(event)
        quiet.listener(event)

    def _show_slow(self) -> None:
        now = self._clock()
        for quiet in tuple(self._quiet.values()):
            if quiet.held is not None and now - quiet.since > _SLOW_S:
                held, quiet.held = quiet.held, None
                for event in held:
                    self.event.emit(event)

    def _waiting(self) -> list[JobEvent]:
        found: list[JobEvent] = []
        for executor in {id(e): e for e in (self._files, self._compute) if e is not None}.values():
            while len(found) < _MOST_PER_DRAIN:
                try:
                    found.append(executor.events.get_nowait())
                except queue.Empty:
                    break
        return found
