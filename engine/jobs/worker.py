"""The worker process of the process executor. Imports no Qt.

It ends when its parent does, ignores Ctrl+C (the parent decides), and reads its pipe in a thread of
its own, so that the parent never waits for a busy worker and a cancelled sweep is known at once.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from engine.jobs import work
from engine.jobs.border import Failure, attempt
from engine.jobs.messages import (
    Answer,
    BacktestTask,
    Begun,
    ChunkTask,
    DrawTask,
    DropSegment,
    Forget,
    ImportTask,
    Introduce,
    LeakTask,
    PlanTask,
    Ready,
    Reply,
    Skipped,
    Stop,
    Task,
)
from engine.jobs.plugins import PluginFolders, load_imports
from engine.jobs.requests import BacktestJob, DrawJob, LeakJob, SweepJob
from engine.jobs.shared_bars import AttachedBars, BarsRef
from engine.jobs.stripped import strip

if TYPE_CHECKING:
    from engine.core.bars import Bars
    from engine.studies.cells import CellRunner

ORPHANED = 3
_SET_PARENT_DEATH_SIGNAL = 1


def main(connection: Connection, plugin_folders: tuple[Path, ...]) -> None:
    """Work off tasks until told to stop; never returns."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    inbox = _Inbox(connection)
    worker = _Worker(PluginFolders(plugin_folders), inbox, partial(_send, connection))
    attempt(warm)  # only saves time: what is wrong here is told by the first job
    _send(connection, Ready())
    while (message := inbox.tasks.get()) is not None:
        if isinstance(message, DropSegment):
            worker.bars.drop(message.segment)
            continue
        start = time.perf_counter()
        outcome = attempt(partial(worker.perform, message))
        _send(connection, Reply(time.perf_counter() - start, outcome))
    _exit(0)


def warm() -> None:
    """Load or compile everything that a first job needs, by running small ones."""
    import numpy as np  # noqa: PLC0415

    from engine.backtest.spec import BacktestSpec  # noqa: PLC0415
    from engine.core.bars import Bars  # noqa: PLC0415
    from engine.core.instrument import Instrument  # noqa: PLC0415
    from engine.core.timeframe import NS_PER_DAY, Timeframe  # noqa: PLC0415

    days = np.arange(1, 121)
    close = 100.0 + np.sin(days / 5.0)
    bars = Bars(
        Instrument("WARM"), Timeframe(1, "d"), days * NS_PER_DAY, close, close + 1.0, close - 1.0, close,
        np.ones(days.size), days - 1,
    )  # fmt: skip
    spec = BacktestSpec(strategy="ema_cross", params={"fast": 3, "slow": 10})
    work.run_one(BacktestJob(bars, spec), datetime.now(UTC))
    trailing = BacktestSpec(strategy="ema_cross", execution={"trailing_stop": 0.01})  # the bound of its band
    work.run_one(BacktestJob(bars, trailing), datetime.now(UTC))
    study = SweepJob(bars, spec, {"fast": [3, 4]})
    plan = work.plan_sweep(study)
    work.run_chunk(work.prepare(study, plan.params), 0, plan.params.size)
    from engine.storage import run_store  # noqa: F401, PLC0415
    from engine.storage.arrays import encode  # noqa: PLC0415

    encode({"close": close})


class _Study:
    """A sweep that this worker was introduced to; freed as a whole when it is forgotten."""

    def __init__(self, introduction: Introduce) -> None:
        self.introduction = introduction
        self.cells: CellRunner | None = None
        self.strategies: Any = None


class _Inbox:
    """Reads the pipe in a thread."""

    def __init__(self, connection: Connection) -> None:
        self.tasks: queue.SimpleQueue[Task | DropSegment | None] = queue.SimpleQueue()
        self.studies: dict[str, _Study] = {}
        self._connection = connection
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                message = self._connection.recv()
            except (EOFError, OSError):
                _exit(ORPHANED)
            match message:
                case Introduce():
                    self.studies[message.job_id] = _Study(message)
                case Forget():
                    self.studies.pop(message.job_id, None)
                case Stop():
                    self.tasks.put(None)
                case _:
                    self.tasks.put(message)


class _Worker:
    def __init__(self, plugins: PluginFolders, inbox: _Inbox, tell: Callable[[Begun], None]) -> None:
        self.bars = AttachedBars()
        self._plugins, self._inbox, self._tell = plugins, inbox, tell

    def perform(self, task: Task) -> Any:
        match task:
            case ChunkTask():
                return self._chunk(task)
            case BacktestTask():
                self._plugins.refresh()
                return self._backtest(task)
            case PlanTask():
                self._plugins.refresh()
                return work.plan_sweep(
                    SweepJob(self._prices(task.bars), task.spec, task.grid, self._series(task.finer))
                )
            case LeakTask():
                self._plugins.refresh()
                prices = self._prices(task.bars)
                return work.check(LeakJob(prices, task.spec, task.probes, task.seed, task.most_bars))
            case DrawTask():
                bars = self._series(task.bars)
                return work.draw(DrawJob(bars[0] if bars else None, task.name, task.params))
            case ImportTask():
                return work.read_file(task.job)

    def _chunk(self, task: ChunkTask) -> work.CellValues | Skipped:
        study = self._inbox.studies.get(task.job_id)
        if study is None:
            return Skipped()
        from engine.strategies import registry  # noqa: PLC0415

        about = study.introduction
        if study.cells is None:
            # As they were when the sweep began: a file may have been edited since.
            study.strategies = registry.thaw(about.sources)
        with registry.steady(study.strategies):
            if study.cells is None:
                job = SweepJob(self._prices(about.bars), about.spec, {}, self._series(about.finer))
                study.cells = work.prepare(job, about.params)
                if about.is_timed:
                    load_imports(about.sources)
            if about.is_timed:
                self._tell(Begun())
            return work.run_chunk(study.cells, task.start, task.stop)

    def _backtest(self, task: BacktestTask) -> Answer:
        finer = self._series(task.finer)
        job = BacktestJob(self._prices(task.bars), task.spec, task.store, finer)
        result, run_id = work.run_one(job, task.now)
        return Answer(None if run_id else strip(result, (*job.series, *finer)), run_id)

    def _series(self, refs: tuple[BarsRef, ...]) -> tuple[Bars, ...]:
        return tuple(map(self.bars.get, refs))

    def _prices(self, refs: tuple[BarsRef, ...]) -> Bars | tuple[Bars, ...]:
        series = self._series(refs)
        return series[0] if len(series) == 1 else series


def _send(connection: Connection, message: Ready | Begun | Reply) -> None:
    def send() -> None:
        try:
            connection.send(message)
        except OSError:  # the parent is gone
            _exit(ORPHANED)

    outcome = attempt(send)
    if isinstance(outcome, Failure):  # a value that cannot be sent; nothing of it was written
        connection.send(Reply(0.0, outcome))


def _end_with_parent() -> None:
    if sys.platform == "linux":
        # A thread cannot act while the strategy's code holds the interpreter; the kernel can.
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    threading.Thread(target=_watch_parent, name="parent-watch", daemon=True).start()


def _watch_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        _exit(ORPHANED)


def _exit(code: int) -> NoReturn:
    # Without the clean-up of the interpreter: arrays on shared memory are still alive.
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a window program on Windows has none
            stream.flush()
    os._exit(code)
