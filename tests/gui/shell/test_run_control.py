"""Run and Stop without Qt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.backtest.result import BacktestResult
from engine.backtest.spec import BacktestSpec
from engine.core.errors import JobError
from engine.core.trade import ORDER_DTYPE, TRADE_DTYPE
from engine.jobs.events import Cancelled, Failed, Finished, Queued
from engine.jobs.requests import BacktestJob
from ivybt_desktop.context import Workspace, at_once
from ivybt_desktop.shell.notices import NoticeBoard
from ivybt_desktop.shell.run_control import RunControl
from tests.fakes.desk import FakeJobs
from tests.fakes.prices import random_bars


def _result(workspace: Workspace, run: str = "1") -> BacktestResult:
    assert workspace.bars is not None
    assert workspace.spec is not None
    n = len(workspace.bars)
    return BacktestResult(
        workspace.spec, workspace.bars, {}, np.ones(n), np.zeros(n), np.zeros(n), np.empty(0, ORDER_DTYPE),
        np.empty(0, TRADE_DTYPE), f"sha256:{run}", ("Costs are zero",),
    )  # fmt: skip


class FakeStore:
    def __init__(self, workspace: Workspace) -> None:
        self.folder = Path("/runs")
        self.workspace = workspace

    def load(self, run_id: str) -> BacktestResult:
        return _result(self.workspace, run_id)


class Bench:
    def __init__(self) -> None:
        self.workspace, self.jobs, self.board = Workspace(), FakeJobs(), NoticeBoard()
        self.lines: list[tuple[str, str]] = []
        self.workspace.logged.connect(lambda level, words: self.lines.append((level, words)))
        store: Any = FakeStore(self.workspace)
        self.control = RunControl(self.workspace, self.jobs, store, at_once, self.board)

    def load(self) -> None:
        self.workspace.set_bars(random_bars(50))
        self.workspace.set_spec(BacktestSpec(strategy="buy_and_hold"))


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.load()
    return made


def test_that_run_without_prices_says_what_to_do() -> None:
    bench = Bench()
    bench.control.run()
    assert bench.jobs.submitted == []
    assert bench.board.newest is not None
    assert "Ctrl+O" in bench.board.newest.hint


def test_that_run_submits_what_the_workspace_holds(bench: Bench) -> None:
    bench.control.run()
    job = bench.jobs.submitted[0]
    assert isinstance(job, BacktestJob)
    assert (job.bars, job.spec, job.store) == (bench.workspace.bars, bench.workspace.spec, Path("/runs"))


def test_that_a_finished_run_is_loaded_and_shown(bench: Bench) -> None:
    bench.control.run()
    bench.jobs.event.emit(Finished("job-1", 0.1, "abc"))
    assert bench.workspace.result is not None
    assert bench.workspace.result.run_id == "abc"
    assert ("warning", "Costs are zero") in bench.lines


def test_that_only_the_newest_run_is_shown(bench: Bench) -> None:
    bench.control.run()
    bench.control.run()
    assert bench.jobs.cancelled == ["job-1"]
    bench.jobs.event.emit(Finished("job-1", 0.1, "old"))
    assert bench.workspace.result is None


def test_that_a_run_of_other_prices_than_the_ones_shown_is_not_shown(bench: Bench) -> None:
    bench.control.run()
    bench.workspace.set_bars(random_bars(60))
    bench.jobs.event.emit(Finished("job-1", 0.1, "abc"))
    assert bench.workspace.result is None


def test_that_a_failed_run_is_told_in_words_until_one_succeeds(bench: Bench) -> None:
    bench.control.run()
    bench.jobs.event.emit(Failed("job-1", "a worker process died", "", "Run again", "trace"))
    told = bench.board.newest
    assert told is not None
    assert (told.what, told.hint, told.details) == ("a worker process died", "Run again", "trace")
    bench.control.run()
    bench.jobs.event.emit(Finished("job-2", 0.1, "abc"))
    assert bench.board.newest is None


def test_that_a_refused_job_is_told(bench: Bench) -> None:
    bench.jobs.refuses = JobError("the workers are still starting", hint="Try again")
    bench.control.run()
    assert bench.board.newest is not None
    assert bench.board.newest.what == "the workers are still starting"


def test_that_jobs_of_others_are_left_alone(bench: Bench) -> None:
    bench.jobs.event.emit(Finished("other", 0.1, "abc"))
    bench.jobs.event.emit(Failed("other", "no"))
    assert bench.workspace.result is None
    assert bench.board.newest is None


def test_that_stop_asks_every_job_and_a_stopped_run_is_logged(bench: Bench) -> None:
    bench.control.run()
    bench.control.stop()
    assert bench.jobs.cancelled == ["all"]
    bench.jobs.event.emit(Cancelled("job-1"))
    assert bench.lines[-1] == ("info", "buy_and_hold on TEST: stopped")


def test_that_a_sweep_that_lost_its_worker_is_told_in_words(bench: Bench) -> None:
    bench.jobs.event.emit(Queued("s1", "sweep", "sma_cross sweep on SPX"))
    bench.jobs.event.emit(Failed("s1", "A worker process died", hint="The pool was rebuilt; run again"))
    assert bench.board.newest is not None
    assert bench.board.newest.what == "A worker process died"
