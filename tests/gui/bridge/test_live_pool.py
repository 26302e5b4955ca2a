"""Live runs of a user's strategy: in a worker process, quiet while they are fast, and ended when they do not end."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engine.backtest.spec import BacktestSpec
from engine.core.errors import JobError, StrategyError
from engine.jobs.events import Cancelled, Failed, Finished, Queued, Started
from engine.jobs.inline import InlineExecutor
from ivybt_desktop.bridge import live_run
from ivybt_desktop.bridge.job_bridge import JobBridge
from ivybt_desktop.bridge.live_run import LiveRunner
from tests.fakes.prices import random_bars

BARS, SPEC = random_bars(50), BacktestSpec(strategy="ema_cross")


class Jobs:
    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.cancelled: list[str] = []

    def submit(self, job: Any, *, quiet: Any) -> str:
        self.asked.append((job, quiet))
        return f"job-{len(self.asked)}"

    def cancel(self, job_id: str) -> None:
        self.cancelled.append(job_id)

    def tell(self, event: Any) -> None:
        self.asked[-1][1](event)


@pytest.fixture
def live(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(live_run, "_is_users", lambda _spec: True)
    monkeypatch.setattr(live_run.time, "monotonic", lambda: clock.now)
    jobs = Jobs()
    runner = LiveRunner(jobs=jobs, run=pytest.fail)
    made = SimpleNamespace(runner=runner, jobs=jobs, clock=clock, results=[], errors=[])
    runner.result.connect(made.results.append)
    runner.failed.connect(made.errors.append)
    yield made
    runner.close()
    runner.deleteLater()


def test_that_the_newest_request_waits_and_the_ones_between_are_dropped(live: Any) -> None:
    for capital in (1, 2, 3):
        live.runner.request(BARS, SPEC.replace(capital=capital))
    assert [job.spec.capital for job, _ in live.jobs.asked] == [1]
    live.jobs.tell(Finished("job-1", 0.1, value="one"))
    assert [job.spec.capital for job, _ in live.jobs.asked] == [1, 3]
    live.jobs.tell(Finished("job-2", 0.1, value="two"))
    assert (live.results, live.errors, live.runner.busy) == (["one", "two"], [], False)


def test_that_a_run_that_takes_long_gives_way_to_a_newer_request(live: Any) -> None:
    live.runner.request(BARS, SPEC)
    live.runner.request(BARS, SPEC.replace(capital=2))
    live.clock.now = 0.9
    live.runner._look()
    assert live.jobs.cancelled == []
    live.clock.now = 1.1
    live.runner._look()
    assert live.jobs.cancelled == ["job-1"]
    assert len(live.jobs.asked) == 2
    live.jobs.asked[0][1](Cancelled("job-1"))
    live.jobs.tell(Finished("job-2", 0.1, value="two"))
    assert (live.results, live.errors) == (["two"], [])


def test_that_a_run_that_does_not_end_is_given_up_and_told(live: Any) -> None:
    live.runner.request(BARS, SPEC)
    live.clock.now = 10.1
    live.runner._look()
    assert live.jobs.cancelled == ["job-1"]
    assert [str(error) for error in live.errors] == [
        "a live run was stopped after 10 s. F5 runs it without a limit; Esc stops that"
    ]
    assert not live.runner.busy


def test_that_a_failure_and_a_stop_are_told(live: Any) -> None:
    live.runner.request(BARS, SPEC)
    live.jobs.tell(Failed("job-1", "no", error=StrategyError("no")))
    live.runner.request(BARS, SPEC)
    live.jobs.tell(Cancelled("job-2"))
    assert [error.what for error in live.errors] == ["no", "the live run was stopped"]


def test_that_closing_cancels_the_run_and_nothing_is_told_after_it(live: Any) -> None:
    live.runner.request(BARS, SPEC)
    live.runner.close()
    assert live.jobs.cancelled == ["job-1"]
    live.jobs.tell(Finished("job-1", 0.1, value="late"))
    assert live.results == []


class Held:
    """An executor whose events the test puts."""

    def __init__(self) -> None:
        self.events = InlineExecutor().events

    def submit(self, _job: Any) -> str:
        self.events.put(Queued("a", "backtest", "x"))
        return "a"

    def cancel(self, job_id: str) -> None:
        self.events.put(Cancelled(job_id))

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("seconds", "shown"), [(0.5, []), (1.5, ["Queued", "Started", "Finished"])])
def test_that_a_quiet_job_is_shown_only_when_it_takes_longer_than_a_second(
    qtbot: Any, seconds: float, shown: list[str]
) -> None:
    from PySide6.QtCore import QObject

    parent, clock, executor = QObject(), SimpleNamespace(now=0.0), Held()
    bridge = JobBridge(parent, executor, executor, clock=lambda: clock.now)
    heard, quiet = [], []
    bridge.event.connect(lambda event: heard.append(type(event).__name__))
    bridge.submit(SimpleNamespace(), quiet=lambda event: quiet.append(type(event).__name__))
    executor.events.put(Started("a", 1))
    bridge.drain()
    assert heard == []
    clock.now = seconds
    bridge.drain()
    executor.events.put(Finished("a", seconds))
    bridge.drain()
    assert (heard, quiet) == (shown, ["Queued", "Started", "Finished"])
    bridge.close()


def test_that_a_refused_submit_is_a_failure(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_job: Any, *, quiet: Any) -> str:
        raise JobError("still starting")

    monkeypatch.setattr(live.jobs, "submit", refuse)
    live.runner.request(BARS, SPEC)
    assert [error.what for error in live.errors] == ["still starting"]
