"""`Executor`: what runs jobs, and the `Ledger` that sees to it that each job ends exactly once."""

from __future__ import annotations

import queue
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from engine.core.errors import JobError
from engine.jobs.border import Failure
from engine.jobs.events import Cancelled, Failed, Finished, JobEvent, Progress, Queued
from engine.jobs.requests import Job

type EventQueue = queue.SimpleQueue[JobEvent]
type Clock = Callable[[], datetime]
type Listener = Callable[[JobEvent], None]


class Executor(Protocol):
    """Runs jobs; all readers (window, command line, tests) see the same events.

    Attributes
    ----------
    events : queue.SimpleQueue of JobEvent
        What happens to the jobs; see `engine.jobs.events` for the order.
    """

    events: EventQueue

    def submit(self, job: Job) -> str:
        """Accept a job and return its id.

        Raises
        ------
        JobError
            The executor is closed.
        """
        ...

    def cancel(self, job_id: str) -> None:
        """End a job: `Cancelled` is put at once, work stops soon after. Ended jobs are left alone."""
        ...

    def close(self, timeout: float = 2.0) -> None:
        """Cancel every job and end all threads and processes within ``timeout`` seconds."""
        ...


def utc_now() -> datetime:
    """Return the time that stored runs are stamped with, when the caller gives no other clock."""
    return datetime.now(UTC)


def closed_error() -> JobError:
    """Return the error of a `submit` after `close`."""
    return JobError("the executor is closed", hint="Make a new one")


def failed(job_id: str, failure: Failure) -> Failed:
    """Return the event of a failure."""
    error = failure.error
    return Failed(job_id, error.what, error.where, error.hint, failure.details, error)


class Ledger:
    """Puts events on the queue; drops what comes after the end of a job.

    May be used from any thread.

    Parameters
    ----------
    events : queue
        Where they go.
    listener : callable, optional
        Called with each event after it was put, in the thread that caused it.
    """

    def __init__(self, events: EventQueue, listener: Listener | None = None) -> None:
        self._events, self._listener = events, listener
        self._lock = threading.RLock()
        self._done: dict[str, int] = {}

    def open(self, job: Job) -> str:
        """Enter a job, put `Queued`, and return the new id."""
        job_id = f"{job.kind}-{secrets.token_hex(4)}"
        with self._lock:
            self._done[job_id] = 0
            self._events.put(Queued(job_id, job.kind, job.title))
        self._tell(Queued(job_id, job.kind, job.title))
        return job_id

    def is_open(self, job_id: str) -> bool:
        """Return whether the job has not ended."""
        return job_id in self._done

    def put(self, event: JobEvent) -> None:
        """Put an event, unless its job has ended."""
        with self._lock:
            if event.job_id not in self._done:
                return
            if isinstance(event, Progress):
                self._done[event.job_id] = event.done
            if isinstance(event, Finished | Failed | Cancelled):
                del self._done[event.job_id]
            self._events.put(event)
        self._tell(event)

    def cancel(self, job_id: str) -> None:
        """End a job with `Cancelled`; nothing happens when it has ended."""
        with self._lock:
            event = Cancelled(job_id, self._done.get(job_id, 0))
            self.put(event)

    def cancel_all(self) -> None:
        """End every job with `Cancelled`."""
        for job_id in tuple(self._done):
            self.cancel(job_id)

    def _tell(self, event: JobEvent) -> None:
        if self._listener is not None:
            self._listener(event)
