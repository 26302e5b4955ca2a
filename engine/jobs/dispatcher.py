"""The thread between executor and workers: hands out tasks, reads answers, buries the dead."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing import connection, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from time import monotonic
from typing import Any

from engine.core.errors import IvyError, JobError, WorkerCrashed
from engine.jobs.border import Failure, attempt
from engine.jobs.events import Failed, Finished, JobEvent
from engine.jobs.executor import Ledger, failed
from engine.jobs.messages import Begun, ChunkTask, DropSegment, Ready, Reply, Skipped, Task
from engine.jobs.pool import Pool, Worker
from engine.jobs.requests import Job
from engine.jobs.runs import CheckRun, Run, SweepRun, run_of, series_of
from engine.jobs.shared_bars import SharedBars

_GRACE_SECONDS = 1.0
_MOST_FAILED_STARTS = 3


@dataclass(frozen=True, slots=True)
class Submit:
    """Start a job."""

    job_id: str
    job: Job
    now: datetime


@dataclass(frozen=True, slots=True)
class Drop:
    """A job was cancelled."""

    job_id: str


@dataclass(frozen=True, slots=True)
class Warm:
    """Start the workers."""


@dataclass(frozen=True, slots=True)
class Close:
    """End."""


Command = Submit | Drop | Warm | Close


class Dispatcher:
    """Owns the workers, the shared prices and the running jobs; everything happens in `run`'s thread.

    Parameters
    ----------
    pool : Pool
    ledger : Ledger
        Takes the events.
    inbox : deque of Command
        Filled by other threads.
    wake : Connection
        Readable after something was put into the inbox.
    workers_changed : callable
        Called with the ids of the ready worker processes when they change.
    """

    def __init__(
        self,
        pool: Pool,
        ledger: Ledger,
        inbox: deque[Command],
        wake: Connection,
        workers_changed: Callable[[tuple[int, ...]], None],
    ) -> None:
        self._pool, self._ledger, self._inbox, self._wake = pool, ledger, inbox, wake
        self._workers_changed = workers_changed
        self._runs: dict[str, Run] = {}
        self._jobs: dict[str, Job] = {}
        self._shared = SharedBars(self._drop_segment)
        self._wants_workers = False

    def run(self) -> None:
        """Work until told to close; every job has ended when this returns."""
        _block_interrupts()
        outcome = attempt(self._loop)
        if isinstance(outcome, Failure):
            self._fail_all(outcome)
        self._pool.stop()
        self._shared.close()
        self._workers_changed(())

    def _loop(self) -> None:
        while self._take_commands():
            self._replace_stuck()
            self._make_room()
            if self._wants_workers:
                self._pool.fill()
            self._feed()
            for ready in connection.wait([self._wake, *self._pool.handles()], self._patience()):
                while ready is self._wake and self._wake.poll():
                    self._wake.recv_bytes()
            self._read_workers()

    # -- commands -----------------------------------------------------------------------------

    def _take_commands(self) -> bool:
        while self._inbox:
            match self._inbox.popleft():
                case Submit() as submit:
                    self._wants_workers = True
                    self._begin(submit)
                case Drop(job_id):
                    self._end(job_id)
                case Warm():
                    self._wants_workers = True
                case Close():
                    return False
        return True

    def _begin(self, submit: Submit) -> None:
        job = submit.job
        if not self._ledger.is_open(submit.job_id):
            return
        series = series_of(job)
        refs = attempt(lambda: self._shared.acquire(*series) if series else ())
        if isinstance(refs, Failure):
            self._ledger.put(failed(submit.job_id, refs))
            return
        self._jobs[submit.job_id] = job
        self._runs[submit.job_id] = run_of(submit.job_id, job, refs, submit.now, self._pool.size)

    def _end(self, job_id: str) -> None:
        if self._runs.pop(job_id, None) is None:
            return
        series = series_of(self._jobs.pop(job_id))
        for worker in self._pool.workers:
            worker.forget(job_id, _GRACE_SECONDS)
        if series:
            self._shared.release(*series)

    # -- work ---------------------------------------------------------------------------------

    def _feed(self) -> None:
        while workers := self._pool.with_room():
            if not self._give_next(workers[0]):
                return

    def _make_room(self) -> None:
        """Take a worker from a look-ahead check for a run that waits: the check may stand in a loop."""
        if self._pool.with_room() or not any(run.is_waited_for for run in self._runs.values()):
            return
        if not all(worker.is_ready for worker in self._pool.workers):  # there will be room soon
            return
        for worker in self._pool.workers:
            job_id, task = worker.tasks[0] if worker.tasks else ("", None)
            run = self._runs.get(job_id)
            if isinstance(run, CheckRun) and task is not None:
                self._pool.remove(worker)
                self._tell_workers()
                run.give_back(task)
                return

    def _give_next(self, worker: Worker) -> bool:
        # Single tasks first: a backtest that somebody waits for goes between the chunks of a sweep.
        for run in sorted(self._runs.values(), key=lambda one: one.rank):
            task = run.next_task()
            if task is None:
                continue
            if run.is_chunked:  # to the end of the line: sweeps take turns
                self._runs[run.job_id] = self._runs.pop(run.job_id)
            for event in run.begin():
                self._ledger.put(event)
            sent = attempt(partial(_hand_over, run, task, worker))
            if isinstance(sent, Failure):  # a spec that cannot be sent
                self._fail(run.job_id, sent.error, sent.details)
            return True
        return False

    def _read_workers(self) -> None:
        for worker in tuple(self._pool.workers):
            is_alive = self._read(worker)
            if not is_alive or worker.process.exitcode is not None:
                self._bury(worker)

    def _read(self, worker: Worker) -> bool:
        """Take all messages of a worker; return whether its pipe is still open."""
        try:
            while worker.connection.poll():
                data = worker.connection.recv_bytes()
                message = attempt(partial(ForkingPickler.loads, data))
                self._take(worker, message)
        except (EOFError, OSError):
            worker.process.join(_GRACE_SECONDS)
            return False
        return True

    def _take(self, worker: Worker, message: Any) -> None:
        if isinstance(message, Ready):
            worker.is_ready = True
            self._pool.failed_starts = 0
            self._tell_workers()
            return
        if isinstance(message, Begun):
            job_id, task = worker.tasks[0]
            if job_id in self._runs:
                worker.time(self._runs[job_id].allowance(task))
            return
        reply = message if isinstance(message, Reply) else Reply(0.0, message)
        job_id, task = worker.answered()
        run = self._runs.get(job_id)
        if run is None or isinstance(reply.outcome, Skipped):
            return
        events = attempt(lambda: _events(run, task, reply))
        if isinstance(events, Failure):
            self._ledger.put(failed(job_id, events))
            self._end(job_id)
            return
        self._put(job_id, events)

    # -- workers that end -----------------------------------------------------------------------

    def _bury(self, worker: Worker) -> None:
        code = self._pool.remove(worker)
        self._tell_workers()
        if worker.is_ready:
            details = f"Exit code {code}{_signal_name(code)}"
            for run in self._hit_by(worker):
                what = f"A worker process died ({run.progress_words})"
                self._fail(run.job_id, WorkerCrashed(what, hint="The pool was rebuilt; run again"), details)
        elif self._pool.failed_starts >= _MOST_FAILED_STARTS:
            self._give_up(code)

    def _hit_by(self, worker: Worker) -> list[Run]:
        """Return the runs that end with a worker that died; a check and the others spare each other."""
        own = {job_id for job_id, _ in worker.tasks}
        started = [run for run in self._runs.values() if run.has_started]
        is_check = any(isinstance(run, CheckRun) for run in started if run.job_id in own)
        return [run for run in started if run.job_id in own or not (is_check or isinstance(run, CheckRun))]

    def _give_up(self, code: int | None) -> None:
        self._wants_workers, self._pool.failed_starts = False, 0
        error = JobError(
            f"the worker processes do not start (exit code {code}{_signal_name(code)})",
            hint="Put the start of a script under 'if __name__ == \"__main__\":'; else see the log",
        )
        self._fail_all(Failure(error))

    def _replace_stuck(self) -> None:
        now = monotonic()
        for worker in tuple(self._pool.workers):
            ends = [end for end in (worker.deadline, worker.limit) if end is not None]
            if not ends or min(ends) > now or worker.connection.poll():  # an answer is there after all
                continue
            self._pool.remove(worker)
            self._tell_workers()
            is_over = worker.limit is not None and worker.limit <= now
            for position, (job_id, task) in enumerate(worker.tasks):
                run = self._runs.get(job_id)
                if run is None:
                    continue
                if position == 0 and is_over:
                    self._put(job_id, run.expire(task))
                else:
                    run.give_back(task)

    def _put(self, job_id: str, events: Iterable[JobEvent]) -> None:
        for event in events:
            self._ledger.put(event)
            if isinstance(event, Finished | Failed):
                self._end(job_id)

    def _patience(self) -> float | None:
        workers = self._pool.workers
        ends = [end for one in workers for end in (one.deadline, one.limit) if end is not None]
        return max(0.0, min(ends) - monotonic()) if ends else None

    def _fail(self, job_id: str, error: IvyError, details: str = "") -> None:
        self._ledger.put(failed(job_id, Failure(error, details)))
        self._end(job_id)

    def _fail_all(self, failure: Failure) -> None:
        for job_id in tuple(self._runs):
            self._fail(job_id, failure.error, failure.details)

    def _tell_workers(self) -> None:
        self._workers_changed(
            tuple(one.process.pid for one in self._pool.workers if one.is_ready and one.process.pid)
        )

    def _drop_segment(self, name: str) -> None:
        for worker in self._pool.workers:
            worker.send(DropSegment(name))


def _hand_over(run: Run, task: Task, worker: Worker) -> None:
    if isinstance(task, ChunkTask) and isinstance(run, SweepRun) and run.job_id not in worker.introduced:
        worker.introduce(run.introduction())
    worker.give(run.job_id, task)
    if not isinstance(task, ChunkTask):  # a chunk's time begins with its `Begun`
        worker.time(run.allowance(task))


def _events(run: Run, task: Any, reply: Reply) -> list[JobEvent] | Failure:
    if isinstance(reply.outcome, Failure):
        return reply.outcome
    return list(run.accept(task, reply.outcome, reply.seconds))


def _block_interrupts() -> None:
    """Let workers start with Ctrl+C blocked: they inherit it, and load for a while before they ignore it."""
    if hasattr(signal, "pthread_sigmask"):
        resource_tracker.ensure_running()  # it unblocks signals when it starts
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _signal_name(code: int | None) -> str:
    if code is None or code >= 0:
        return ""
    try:
        return f", {signal.Signals(-code).name}"
    except ValueError:
        return ""
