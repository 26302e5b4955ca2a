"""`ProcessExecutor`: jobs in warm worker processes, one per core."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import queue
import threading
from collections import deque
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from engine.jobs.dispatcher import Close, Command, Dispatcher, Drop, Submit, Warm
from engine.jobs.events import JobEvent
from engine.jobs.executor import Clock, Ledger, closed_error, utc_now
from engine.jobs.pool import Pool
from engine.jobs.requests import Job


class ProcessExecutor:
    """Runs jobs in spawned processes that stay alive between jobs.

    Nothing starts before `warm` or the first `submit`. Prices go to shared memory once; sweeps are cut
    into chunks of about 30 ms. All methods return at once, except `close` and `wait_until_ready`.

    Parameters
    ----------
    workers : int, optional
        Processes; the default (`None`) is one per core that this process may use.
    plugin_folders : tuple of Path, default ()
        Folders of the user's strategies; changed files are loaded before the next job.
    clock : callable, optional
        Returns the time that stored runs are stamped with; the default reads the system's.

    Attributes
    ----------
    events : queue.SimpleQueue of JobEvent
    """

    def __init__(
        self,
        workers: int | None = None,
        plugin_folders: tuple[Path, ...] = (),
        *,
        clock: Clock = utc_now,
    ) -> None:
        self.events: queue.SimpleQueue[JobEvent] = queue.SimpleQueue()
        self._size = max(1, workers or usable_cores())
        self._plugin_folders, self._clock = plugin_folders, clock
        self._ledger = Ledger(self.events)
        self._inbox: deque[Command] = deque()
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._pids: tuple[int, ...] = ()
        self._thread: threading.Thread | None = None
        self._wake: Connection | None = None
        self._is_closed = False

    @property
    def workers(self) -> int:
        """Number of worker processes when all are up."""
        return self._size

    @property
    def pids(self) -> tuple[int, ...]:
        """Ids of the worker processes that are ready."""
        return self._pids

    def warm(self) -> None:
        """Start the workers now, so that the first job finds them loaded."""
        with self._lock:
            if not self._is_closed:
                self._post(Warm())

    def wait_until_ready(self, timeout: float) -> bool:
        """Wait until all workers are ready; return whether they are."""
        return self._ready.wait(timeout)

    def submit(self, job: Job) -> str:
        """Queue a job and return its id; jobs wait until workers are ready.

        Raises
        ------
        JobError
            The executor is closed.
        """
        with self._lock:
            if self._is_closed:
                raise closed_error()
            job_id = self._ledger.open(job)
            self._post(Submit(job_id, job, self._clock()))
        return job_id

    def cancel(self, job_id: str) -> None:
        """End a job at once; a worker that does not get rid of it within a second is replaced."""
        self._ledger.cancel(job_id)
        with self._lock:
            if self._thread is not None:
                self._post(Drop(job_id))

    def close(self, timeout: float = 2.0) -> None:
        """Cancel every job and end all processes, also in the middle of a run."""
        with self._lock:
            self._is_closed = True
            self._ledger.cancel_all()
            thread = self._thread
            if thread is not None:
                self._post(Close())
        atexit.unregister(self.close)
        if thread is not None:
            thread.join(timeout)

    def _post(self, command: Command) -> None:
        # Called with the lock held.
        self._inbox.append(command)
        if self._thread is None:
            self._start()
        elif self._wake is not None and len(self._inbox) == 1:
            # A second byte for the same waiting commands would only fill the pipe.
            with suppress(OSError):
                self._wake.send_bytes(b"!")

    def _start(self) -> None:
        reading, self._wake = multiprocessing.Pipe(duplex=False)
        self._thread = threading.Thread(
            target=self._dispatch, args=(reading, self._wake), name="ivybt-dispatcher", daemon=True
        )
        self._thread.start()
        # A program that forgets to close still leaves no process and no shared memory.
        atexit.register(self.close)

    def _dispatch(self, reading: Connection, wake: Connection) -> None:
        pool = Pool(self._size, self._plugin_folders)
        dispatcher = Dispatcher(pool, self._ledger, self._inbox, reading, self._set_pids)
        try:
            dispatcher.run()
        finally:
            with self._lock:
                # Whatever was posted meanwhile is answered too; the next job starts a new dispatcher.
                self._thread = self._wake = None
                self._inbox.clear()
                self._ledger.cancel_all()
            reading.close()
            wake.close()

    def _set_pids(self, pids: tuple[int, ...]) -> None:
        self._pids = pids
        if len(pids) == self._size:
            self._ready.set()
        else:
            self._ready.clear()


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
