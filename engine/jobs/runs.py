"""Jobs of the process executor while they run: which tasks are left, and what the answers amount to."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any

from engine.core.bars import Bars
from engine.core.errors import JobError
from engine.jobs import work
from engine.jobs.border import Failure
from engine.jobs.chunks import Chunks
from engine.jobs.events import Finished, JobEvent, Partial, Progress, Started
from engine.jobs.executor import failed
from engine.jobs.messages import (
    Answer,
    BacktestTask,
    ChunkTask,
    DrawTask,
    ImportTask,
    Introduce,
    LeakTask,
    PlanTask,
    Task,
)
from engine.jobs.requests import PLAIN_CELL_SECONDS, BacktestJob, DrawJob, ImportJob, Job, LeakJob, SweepJob
from engine.jobs.shared_bars import BarsRef
from engine.jobs.stripped import restore

# Chunks take a few hundredths of a second; one that takes this long holds a cell that does not end.
_SEVERAL_SECONDS = 2.0
_CHECK_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Refs:
    """Where the instruments of a job and its finer bars are shared."""

    bars: tuple[BarsRef, ...]
    finer: tuple[BarsRef, ...]


class Run(ABC):
    """A job in the hands of the dispatcher.

    Parameters
    ----------
    job_id : str
    unit : str
        What is counted: "cells", "backtests", "files".
    """

    def __init__(self, job_id: str, unit: str) -> None:
        self.job_id, self.unit = job_id, unit
        self.done, self.total = 0, 1
        self.has_started = False
        self._begin = 0.0

    @abstractmethod
    def next_task(self) -> Task | None:
        """Return a task that may be handed out now, or `None`."""

    @abstractmethod
    def give_back(self, task: Task) -> None:
        """Take back a task whose worker was ended."""

    @abstractmethod
    def accept(self, task: Task, outcome: Any, seconds: float) -> Iterator[JobEvent]:
        """Take the answer of a task; the last one gives `Finished`."""

    def begin(self) -> Iterator[JobEvent]:
        """Note that a task was handed out; the first one gives `Started` when the work is known."""
        if not self.has_started:
            self.has_started, self._begin = True, time.perf_counter()
            if self.total:
                yield Started(self.job_id, self.total)

    def allowance(self, task: Task) -> float:  # noqa: ARG002
        """Return the seconds that a task may take once it is under way; infinity for any time."""
        return inf

    def expire(self, task: Task) -> Iterator[JobEvent]:
        """Act on a task that took longer; its worker is being replaced."""
        self.give_back(task)
        return iter(())

    @property
    def is_waited_for(self) -> bool:
        """Whether somebody waits for it and nothing of it was handed out yet."""
        return False

    @property
    def is_chunked(self) -> bool:
        """Whether its next task is one of many small ones."""
        return False

    @property
    def rank(self) -> int:
        """Place in the line for a free worker, the lowest first."""
        return int(self.is_chunked)

    @property
    def seconds(self) -> float:
        """Time since the first task was handed out."""
        return time.perf_counter() - self._begin

    @property
    def progress_words(self) -> str:
        """How far it came, for messages."""
        return f"{self.done:,} of {self.total:,} {self.unit} done"


class SingleRun(Run):
    """A job of one task: a backtest or a file."""

    def __init__(self, job_id: str, task: Task, series: tuple[Bars, ...]) -> None:
        super().__init__(job_id, "backtests" if series else "files")
        self._task: Task | None = task
        self._series = series

    @property
    def is_waited_for(self) -> bool:
        """True for a run or a file until a worker has it."""
        return self._task is not None

    def next_task(self) -> Task | None:
        """Return the task, once."""
        task, self._task = self._task, None
        return task

    def give_back(self, task: Task) -> None:
        """Offer it again."""
        self._task = task

    def accept(self, task: Task, outcome: Any, seconds: float) -> Iterator[JobEvent]:  # noqa: ARG002
        """Finish with the value, on the bars that the parent has."""
        self.done = 1
        if not isinstance(outcome, Answer):
            yield Finished(self.job_id, self.seconds, value=outcome)
        elif outcome.result is None:
            yield Finished(self.job_id, self.seconds, outcome.run_id)
        else:
            yield Finished(self.job_id, self.seconds, value=restore(outcome.result, self._series))


class CheckRun(SingleRun):
    """A look-ahead check: nobody waits for it, everybody else goes first."""

    def __init__(self, job_id: str, task: LeakTask, series: tuple[Bars, ...]) -> None:
        super().__init__(job_id, task, series)
        self.unit = "checks"

    def allowance(self, task: Task) -> float:  # noqa: ARG002
        """Return a limit: it starts by itself, and an endless loop would hold a worker for good."""
        return _CHECK_SECONDS

    def expire(self, task: Task) -> Iterator[JobEvent]:  # noqa: ARG002
        """Give up."""
        error = JobError(
            f"the look-ahead check took longer than {_CHECK_SECONDS:g} s",
            hint="Look for a loop in the strategy that does not end",
        )
        yield failed(self.job_id, Failure(error))

    @property
    def is_waited_for(self) -> bool:
        """False: it starts by itself."""
        return False

    @property
    def rank(self) -> int:
        """After the chunks of sweeps."""
        return 2


class SweepRun(Run):
    """A sweep: first a plan, then chunks of cells."""

    def __init__(self, job_id: str, job: SweepJob, refs: Refs, workers: int) -> None:
        super().__init__(job_id, "cells")
        self.total = 0
        self._job, self._refs, self._workers = job, refs, workers
        self._plan_task: PlanTask | None = PlanTask(refs.bars, job.spec, dict(job.grid), refs.finer)
        self._plan: work.SweepPlan | None = None
        self._chunks = Chunks(0, 0)
        self._limit = inf
        self._table: work.StudyTable | None = None

    def next_task(self) -> Task | None:
        """Return the plan, then chunks; nothing while the plan is being made."""
        if self._plan_task is not None:
            task, self._plan_task = self._plan_task, None
            return task
        part = self._chunks.take()
        return None if part is None else ChunkTask(self.job_id, *part)

    def give_back(self, task: Task) -> None:
        """Offer the plan or the cells again."""
        if isinstance(task, ChunkTask):
            self._chunks.give_back(task.start, task.stop)
        elif isinstance(task, PlanTask):
            self._plan_task = task

    @property
    def is_chunked(self) -> bool:
        """True once the plan is made."""
        return self._plan is not None

    def introduction(self) -> Introduce:
        """Return what a worker must know before its first chunk."""
        assert self._plan is not None  # noqa: S101  (chunks exist only after the plan)
        return Introduce(
            self.job_id, self._refs.bars, self._job.spec, self._plan.params, self._refs.finer,
            self._plan.sources, is_timed=self._limit < inf,
        )  # fmt: skip

    def allowance(self, task: Task) -> float:
        """Return the time limit of a cell; several cells are isolated early, none of them fails by that."""
        if not isinstance(task, ChunkTask) or task.stop - task.start == 1:
            return self._limit if isinstance(task, ChunkTask) else inf
        return min(self._limit, _SEVERAL_SECONDS)

    def expire(self, task: Task) -> Iterator[JobEvent]:
        """Fail a cell that took too long; of several the slow one shows itself when each runs alone."""
        if not isinstance(task, ChunkTask):
            self.give_back(task)
            return
        if task.stop - task.start == 1:
            cell = work.failed_cell(f"took longer than {self._limit:g} s")
            yield from self._enter(task, cell, self._limit)
            return
        self._chunks.observe(task.stop - task.start, self.allowance(task))
        for start in range(task.start, task.stop):
            self._chunks.give_back(start, start + 1)

    def accept(self, task: Task, outcome: Any, seconds: float) -> Iterator[JobEvent]:
        """Enter the plan or the cells."""
        if isinstance(task, ChunkTask):
            yield from self._enter(task, outcome, seconds)
            return
        self._plan = plan = outcome
        self._table = work.StudyTable(self._job, plan)
        self.total = self._table.total
        if self._job.cell_seconds is not None:
            self._limit = self._job.cell_seconds
        elif self._plan.is_plain:
            self._limit = PLAIN_CELL_SECONDS
        self._chunks = Chunks(
            self.total, plan.n_bars, workers=self._workers, is_compiled=plan.is_compiled
        )
        yield Started(self.job_id, self.total)

    def _enter(self, task: ChunkTask, cells: work.CellValues, seconds: float) -> Iterator[JobEvent]:
        table = self._table
        assert table is not None  # noqa: S101
        self._chunks.observe(task.stop - task.start, seconds)
        table.add(task.start, cells)
        self.done = table.done
        yield Partial(self.job_id, task.start, table.names, cells.values)
        yield Progress(self.job_id, self.done, self.total)
        if table.is_complete:
            yield Finished(self.job_id, self.seconds, value=table.study(self.seconds))


def series_of(job: Job) -> tuple[Bars, ...]:
    """Return the prices that workers need for a job: its instruments, then the finer bars."""
    return () if isinstance(job, ImportJob) else (*job.series, *job.finer)


def run_of(job_id: str, job: Job, refs: tuple[BarsRef, ...], now: datetime, workers: int) -> Run:
    """Return the run of a job; ``refs`` are those of `series_of`."""
    if isinstance(job, ImportJob):
        return SingleRun(job_id, ImportTask(job), ())
    count = len(job.series)
    both = Refs(refs[:count], refs[count:])
    if isinstance(job, BacktestJob):
        task = BacktestTask(both.bars, job.spec, job.store, now, both.finer)
        return SingleRun(job_id, task, series_of(job))
    if isinstance(job, DrawJob):
        return SingleRun(job_id, DrawTask(both.bars, job.name, job.params), series_of(job))
    if isinstance(job, LeakJob):
        check = LeakTask(both.bars, job.spec, job.probes, job.seed, job.most_bars)
        return CheckRun(job_id, check, series_of(job))
    return SweepRun(job_id, job, both, workers)
