"""`InlineExecutor`: runs a job before `submit` returns; for tests and the command line."""

from __future__ import annotations

import queue
from pathlib import Path

from engine.jobs.events import JobEvent
from engine.jobs.executor import Clock, Ledger, Listener, closed_error, utc_now
from engine.jobs.local import run_here
from engine.jobs.plugins import PluginFolders
from engine.jobs.requests import Job


class InlineExecutor:
    """Runs jobs in the caller's thread.

    Parameters
    ----------
    plugin_folders : tuple of Path, default ()
        Folders of the user's strategies.
    clock : callable, optional
        Returns the time that stored runs are stamped with; the default reads the system's.
    listener : callable, optional
        Called with each event as it happens, in the same thread; may call `cancel`.

    Attributes
    ----------
    events : queue.SimpleQueue of JobEvent
    """

    def __init__(
        self,
        plugin_folders: tuple[Path, ...] = (),
        *,
        clock: Clock = utc_now,
        listener: Listener | None = None,
    ) -> None:
        self.events: queue.SimpleQueue[JobEvent] = queue.SimpleQueue()
        self._ledger = Ledger(self.events, listener)
        self._plugins, self._clock = PluginFolders(plugin_folders), clock
        self._is_closed = False

    def submit(self, job: Job) -> str:
        """Run the job to its end and return its id; all its events are then on the queue.

        Raises
        ------
        JobError
            The executor is closed.
        """
        if self._is_closed:
            raise closed_error()
        job_id = self._ledger.open(job)
        run_here(job_id, job, self._ledger, self._plugins, self._clock())
        return job_id

    def cancel(self, job_id: str) -> None:
        """Stop a job, from the listener or another thread; a sweep ends after the chunk under way."""
        self._ledger.cancel(job_id)

    def close(self, timeout: float = 2.0) -> None:  # noqa: ARG002  (nothing to wait for)
        """Accept no more jobs."""
        self._is_closed = True
        self._ledger.cancel_all()
