"""`ThreadExecutor`: one worker thread, for reading files while the window stays alive."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

from engine.jobs.events import JobEvent
from engine.jobs.executor import Clock, Ledger, closed_error, utc_now
from engine.jobs.local import run_here
from engine.jobs.plugins import PluginFolders
from engine.jobs.requests import Job


class ThreadExecutor:
    """Runs jobs one after another in a daemon thread that starts with the first job.

    Parameters
    ----------
    plugin_folders : tuple of Path, default ()
        Folders of the user's strategies.
    clock : callable, optional
        Returns the time that stored runs are stamped with; the default reads the system's.

    Attributes
    ----------
    events : queue.SimpleQueue of JobEvent
    """

    def __init__(self, plugin_folders: tuple[Path, ...] = (), *, clock: Clock = utc_now) -> None:
        self.events: queue.SimpleQueue[JobEvent] = queue.SimpleQueue()
        self._ledger = Ledger(self.events)
        self._plugins, self._clock = PluginFolders(plugin_folders), clock
        self._inbox: queue.SimpleQueue[tuple[str, Job] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def submit(self, job: Job) -> str:
        """Queue a job and return its id.

        Raises
        ------
        JobError
            The executor is closed.
        """
        with self._lock:
            if self._is_closed:
                raise closed_error()
            job_id = self._ledger.open(job)
            self._inbox.put((job_id, job))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ivybt-jobs", daemon=True)
                self._thread.start()
        return job_id

    def cancel(self, job_id: str) -> None:
        """End a job at once; what cannot be interrupted (a file being read) ends unseen."""
        self._ledger.cancel(job_id)

    def close(self, timeout: float = 2.0) -> None:
        """Cancel every job and wait, at most ``timeout`` seconds, for the thread."""
        with self._lock:
            self._is_closed = True
            self._ledger.cancel_all()
            self._inbox.put(None)
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout)

    def _run(self) -> None:
        while (item := self._inbox.get()) is not None:
            run_here(*item, self._ledger, self._plugins, self._clock())
