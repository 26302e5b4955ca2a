"""`Pool`: spawned worker processes, each with a pipe of its own; used from one thread.

No lock and no queue is shared between workers, so one that is killed can block nobody else.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic
from typing import Any

from engine.jobs import worker as worker_process
from engine.jobs.messages import ChunkTask, Forget, Introduce, Stop, Task

_CHUNKS_IN_FLIGHT = 2
_STOP_SECONDS = 0.3
_KILL_SECONDS = 1.0


@dataclass(slots=True, eq=False)
class Worker:
    """One process as the parent sees it.

    Parameters
    ----------
    process : BaseProcess
    connection : Connection
        The parent's end of its pipe.
    tasks : deque of (job_id, task)
        Sent and not yet answered, oldest first.
    introduced : set of str
        Sweeps it knows.
    is_ready : bool
        Whether its kernels are loaded.
    deadline : float or None
        `time.monotonic` at which it is replaced, because it works for a job that has ended.
    limit : float or None
        `time.monotonic` at which it is replaced, because its oldest task takes too long.
    """

    process: BaseProcess
    connection: Connection
    tasks: deque[tuple[str, Task]] = field(default_factory=deque)
    introduced: set[str] = field(default_factory=set)
    is_ready: bool = False
    deadline: float | None = None
    limit: float | None = None

    @property
    def has_room(self) -> bool:
        """Whether it may be given a task; nothing waits behind a task that is not a chunk."""
        if not self.is_ready or len(self.tasks) >= _CHUNKS_IN_FLIGHT:
            return False
        return all(isinstance(task, ChunkTask) for _, task in self.tasks)

    def send(self, message: Any) -> None:
        """Send; a dead worker is noticed by its pipe's end, not here."""
        with suppress(OSError):
            self.connection.send(message)

    def introduce(self, introduction: Introduce) -> None:
        """Tell what the chunks of a sweep have in common."""
        self.send(introduction)
        self.introduced.add(introduction.job_id)

    def give(self, job_id: str, task: Task) -> None:
        """Hand over a task."""
        self.send(task)
        self.tasks.append((job_id, task))

    def answered(self) -> tuple[str, Task]:
        """Take the oldest task off the list: replies come in the order of the tasks."""
        self.deadline = self.limit = None
        return self.tasks.popleft()

    def time(self, seconds: float) -> None:
        """Allow the oldest task so many seconds from now; infinity for any time."""
        self.limit = None if seconds == inf else monotonic() + seconds

    def forget(self, job_id: str, grace_s: float) -> None:
        """Let it skip the rest of an ended job, and give it ``grace_s`` to get rid of what it runs."""
        if job_id in self.introduced:
            self.introduced.remove(job_id)
            self.send(Forget(job_id))
        if self.deadline is None and any(mine == job_id for mine, _ in self.tasks):
            self.deadline = monotonic() + grace_s


class Pool:
    """Workers.

    Parameters
    ----------
    size : int
        How many.
    plugin_folders : tuple of Path
        Folders of the user's strategies.
    """

    def __init__(self, size: int, plugin_folders: tuple[Path, ...]) -> None:
        self.size = size
        self.workers: list[Worker] = []
        self.failed_starts = 0
        self._context = multiprocessing.get_context("spawn")
        self._plugin_folders = plugin_folders

    def fill(self) -> None:
        """Start processes until there are ``size``."""
        while len(self.workers) < self.size:
            self.workers.append(self._start())

    def with_room(self) -> list[Worker]:
        """Return the living workers that may be given a task, the least busy first."""
        able = (one for one in self.workers if one.has_room and one.process.exitcode is None)
        return sorted(able, key=lambda one: len(one.tasks))

    def handles(self) -> Iterator[Any]:
        """Return what to wait for: pipes, and the ends of processes."""
        for one in self.workers:
            yield one.connection
            yield one.process.sentinel

    def dead(self) -> list[Worker]:
        """Return the workers whose process has ended."""
        return [one for one in self.workers if one.process.exitcode is not None]

    def remove(self, worker: Worker) -> int | None:
        """Take a worker out, ending its process if it still runs.

        Returns
        -------
        int or None
            The exit code it had ended with by itself; `None` when it was ended here.
        """
        self.workers.remove(worker)
        code = worker.process.exitcode
        if code is None:
            worker.process.kill()
            worker.process.join(_KILL_SECONDS)
        if not worker.is_ready:
            self.failed_starts += 1
        _release(worker)
        return code

    def stop(self) -> None:
        """End all processes: asks the ones that are idle, kills the rest."""
        for one in self.workers:
            if one.tasks or not one.is_ready:
                one.process.kill()
            else:
                one.send(Stop())
        end = monotonic() + _STOP_SECONDS
        for one in self.workers:
            one.process.join(max(0.0, end - monotonic()))
        for one in self.workers:
            if one.process.exitcode is None:
                one.process.kill()
                one.process.join(_KILL_SECONDS)
            _release(one)
        self.workers.clear()

    def _start(self) -> Worker:
        mine, theirs = self._context.Pipe()
        process = self._context.Process(
            target=worker_process.main, args=(theirs, self._plugin_folders), daemon=True, name="ivybt-worker"
        )
        try:
            process.start()
        except BaseException:
            mine.close()
            raise
        finally:
            # Only the worker may hold its end: then its death closes the pipe.
            theirs.close()
        return Worker(process, mine)


def _release(worker: Worker) -> None:
    worker.connection.close()
    if worker.process.exitcode is not None:
        worker.process.close()
