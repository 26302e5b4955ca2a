"""Executors' queues, worker threads and logging, brought into the GUI thread."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject

from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError, IvyError, JobError
from engine.jobs.events import Cancelled, Finished, JobEvent, Progress, Queued, Started
from engine.jobs.requests import BacktestJob, ImportJob
from ivybt_desktop.bridge.background import Background
from ivybt_desktop.bridge.job_bridge import JobBridge, newest_progress
from ivybt_desktop.bridge.live_run import LiveRunner
from ivybt_desktop.bridge.log_bridge import LogBridge
from tests.fakes.prices import random_bars

_JOB = BacktestJob(random_bars(5), BacktestSpec(strategy="buy_and_hold"))


class FakeExecutor:
    def __init__(self) -> None:
        self.events: queue.SimpleQueue[JobEvent] = queue.SimpleQueue()
        self.submitted: list[Any] = []
        self.cancelled: list[str] = []
        self.closed = False

    def submit(self, job: Any) -> str:
        self.submitted.append(job)
        name = f"{id(self)}-{len(self.submitted)}"
        self.events.put(Queued(name, "backtest", "x"))
        return name

    def cancel(self, job_id: str) -> None:
        self.cancelled.append(job_id)
        self.events.put(Cancelled(job_id))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def owner(qapp: Any) -> Iterator[QObject]:
    made = QObject()
    yield made
    made.deleteLater()


def test_that_only_the_newest_progress_of_each_job_remains() -> None:
    events = [
        Started("a", 9), Progress("a", 1, 9), Progress("b", 1, 9), Progress("a", 2, 9), Finished("b", 1.0),
        Progress("a", 3, 9),
    ]  # fmt: skip
    assert newest_progress(events) == [events[0], events[2], events[4], events[5]]


def test_that_files_and_backtests_go_to_their_executors(owner: QObject, qtbot: Any) -> None:
    files, compute = FakeExecutor(), FakeExecutor()
    bridge = JobBridge(owner, files, compute)
    bridge.submit(ImportJob(Path("a.csv")))
    bridge.submit(_JOB)
    assert (len(files.submitted), len(compute.submitted)) == (1, 1)
    bridge.close()
    assert files.closed
    assert compute.closed


def test_that_events_arrive_and_the_timer_rests_when_nothing_runs(owner: QObject, qtbot: Any) -> None:
    executor = FakeExecutor()
    bridge = JobBridge(owner, executor, executor)
    seen: list[JobEvent] = []
    bridge.event.connect(seen.append)
    name = bridge.submit(_JOB)
    executor.events.put(Finished(name, 0.1))
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert bridge.live == ()
    qtbot.waitUntil(lambda: not bridge.is_draining)
    bridge.close()


def test_that_backtests_wait_for_the_workers_in_words(owner: QObject, qtbot: Any) -> None:
    bridge = JobBridge(owner, FakeExecutor())
    with pytest.raises(JobError, match="still starting"):
        bridge.submit(_JOB)
    bridge.attach_compute(FakeExecutor())
    assert bridge.submit(_JOB)
    bridge.close()


def test_that_stop_reaches_every_job(owner: QObject, qtbot: Any) -> None:
    files, compute = FakeExecutor(), FakeExecutor()
    bridge = JobBridge(owner, files, compute)
    names = [bridge.submit(ImportJob(Path("a.csv"))), bridge.submit(_JOB)]
    assert bridge.cancel_all() == 2
    assert files.cancelled + compute.cancelled == names
    bridge.drain()
    assert bridge.live == ()
    bridge.close()


def test_that_background_work_answers_in_the_gui_thread(owner: QObject, qtbot: Any) -> None:
    background = Background(owner)
    here, seen = threading.get_ident(), []
    background.call(
        threading.get_ident,
        lambda there: seen.append((there, threading.get_ident())),
        lambda _error: None,
    )
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0][0] != here
    assert seen[0][1] == here
    background.close()


def test_that_errors_of_background_work_come_in_words(owner: QObject, qtbot: Any) -> None:
    background = Background(owner)
    told: list[IvyError] = []

    def fail(error: Exception) -> Any:
        def work() -> None:
            raise error

        return work

    background.call(fail(InputError("no", field="x")), lambda _value: None, told.append)
    background.call(fail(ZeroDivisionError("odd")), lambda _value: None, told.append)
    qtbot.waitUntil(lambda: len(told) == 2)
    assert [type(error) for error in told] == [InputError, JobError]
    assert "ZeroDivisionError: odd" in str(told[1])
    background.close()


def test_that_nothing_answers_after_close(owner: QObject, qtbot: Any) -> None:
    background = Background(owner)
    seen: list[int] = []
    background.call(lambda: 1, seen.append, lambda _error: None)
    background.close()
    qtbot.wait(20)
    assert seen == []


def test_that_live_runs_skip_everything_but_the_newest_request(owner: QObject, qtbot: Any) -> None:
    gate = threading.Event()
    ran: list[Any] = []

    def run(bars: Any, spec: Any, finer: Any) -> Any:
        gate.wait(5)
        ran.append(spec)
        return spec

    live = LiveRunner(owner, run=run)
    results: list[Any] = []
    live.result.connect(results.append)
    specs = [BacktestSpec(strategy="buy_and_hold", capital=1_000 + n) for n in range(10)]
    for spec in specs:
        live.request(_JOB.bars, spec)
    assert live.busy
    gate.set()
    qtbot.waitUntil(lambda: len(results) == 2)
    assert ran == [specs[0], specs[-1]]
    assert not live.busy
    live.close()


def test_that_a_live_run_that_fails_says_why_and_the_next_one_runs(owner: QObject, qtbot: Any) -> None:
    def run(bars: Any, spec: BacktestSpec, finer: Any) -> Any:
        if spec.capital == 1:
            raise InputError("fast must be shorter than slow", field="params")
        return spec

    live = LiveRunner(owner, run=run)
    told: list[Any] = []
    live.failed.connect(told.append)
    live.result.connect(told.append)
    bad, good = (BacktestSpec(strategy="buy_and_hold", capital=capital) for capital in (1, 2))
    live.request(_JOB.bars, bad)
    live.request(_JOB.bars, good)
    qtbot.waitUntil(lambda: len(told) == 2)
    assert isinstance(told[0], InputError)
    assert told[1] == good
    live.close()


def test_that_log_records_of_any_thread_reach_the_gui_thread(qtbot: Any) -> None:
    seen: list[tuple[str, str, int]] = []
    handler = LogBridge(lambda level, words: seen.append((level, words, threading.get_ident())))
    logger = logging.getLogger("tests.bridge")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    worker = threading.Thread(target=lambda: logger.warning("from %s", "afar"))
    worker.start()
    worker.join()
    logger.error("here")
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert [(level, words) for level, words, _ in seen] == [("warning", "from afar"), ("error", "here")]
    assert {there for _, _, there in seen} == {threading.get_ident()}
    logger.removeHandler(handler)
    handler.close()
    logger.error("after the end")
