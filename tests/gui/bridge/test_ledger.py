"""What is known about jobs from their events."""

from __future__ import annotations

import numpy as np

from engine.jobs.events import Cancelled, Failed, Finished, Partial, Progress, Queued, Started
from ivybt_desktop.bridge.ledger import JobLedger


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_that_a_job_goes_from_waiting_to_its_end() -> None:
    clock = Clock()
    ledger = JobLedger(clock)
    ledger.record(Queued("1", "backtest", "a"))
    assert ledger.live()[0].state == "queued"
    ledger.record(Started("1", 10))
    clock.now = 4.0
    ledger.record(Progress("1", 2, 10, "cell 2"))
    row = ledger.live()[0]
    assert (row.state, row.fraction, row.message) == ("running", 0.2, "cell 2")
    assert row.remaining(clock.now) == 16.0
    clock.now = 5.0
    ledger.record(Finished("1", 5.0))
    row = ledger.rows()[0]
    assert (row.state, row.fraction, row.is_live) == ("finished", 1.0, False)
    clock.now = 99.0
    assert row.elapsed(clock.now) == 5.0
    assert row.remaining(clock.now) is None


def test_that_cells_of_a_sweep_count_as_progress() -> None:
    ledger = JobLedger(Clock())
    ledger.record(Queued("1", "sweep", "a"))
    ledger.record(Started("1", 8))
    ledger.record(Partial("1", 2, ("sharpe",), np.zeros((2, 1))))
    assert ledger.live()[0].done == 4


def test_that_failures_keep_their_words_and_the_list_its_order() -> None:
    ledger = JobLedger(Clock())
    for name in "12":
        ledger.record(Queued(name, "backtest", name))
    ledger.record(Failed("1", "no trades", "SPX"))
    ledger.record(Cancelled("2"))
    assert [(row.job_id, row.state) for row in ledger.rows()] == [("2", "cancelled"), ("1", "failed")]
    assert ledger.rows()[1].message == "SPX: no trades"
    ledger.drop_ended()
    assert ledger.rows() == []


def test_that_events_of_unknown_jobs_are_ignored() -> None:
    ledger = JobLedger(Clock())
    ledger.record(Progress("x", 1, 2))
    assert ledger.rows() == []


def test_that_the_list_does_not_grow_without_end() -> None:
    ledger = JobLedger(Clock())
    for number in range(700):
        ledger.record(Queued(str(number), "backtest", ""))
        if number:
            ledger.record(Cancelled(str(number)))
    assert len(ledger.rows()) == 500
    assert ledger.live()[0].job_id == "0"
