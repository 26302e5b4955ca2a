"""Each job ends once; errors cross the border in words."""

from __future__ import annotations

import pickle
import queue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError, IvyError, JobError, StrategyError
from engine.jobs.border import Failure, attempt
from engine.jobs.events import Cancelled, Failed, Finished, Partial, Progress, Queued, Started
from engine.jobs.executor import Ledger, failed
from engine.jobs.requests import BacktestJob
from tests.fakes.prices import random_bars

JOB = BacktestJob(random_bars(10), BacktestSpec(strategy="ema_cross"))
MAKERS = {
    "start": lambda job_id: Started(job_id, 9),
    "progress": lambda job_id: Progress(job_id, 4, 9),
    "partial": lambda job_id: Partial(job_id, 0, (), None),
    "finish": lambda job_id: Finished(job_id, 1.0),
    "fail": lambda job_id: Failed(job_id, "x"),
}
ENDINGS = (Finished, Failed, Cancelled)


@given(st.lists(st.sampled_from([*MAKERS, "cancel", "cancel_all"]), max_size=12))
def test_that_nothing_follows_the_one_end_of_a_job(actions):
    events = queue.SimpleQueue()
    ledger = Ledger(events)
    job_id = ledger.open(JOB)
    for action in actions:
        if action == "cancel_all":
            ledger.cancel_all()
        elif action == "cancel":
            ledger.cancel(job_id)
        else:
            ledger.put(MAKERS[action](job_id))
    seen = [events.get() for _ in range(events.qsize())]
    assert isinstance(seen[0], Queued)
    assert not [one for one in seen[:-1] if isinstance(one, ENDINGS)]
    assert ledger.is_open(job_id) == (not isinstance(seen[-1], ENDINGS))


def test_that_cancelled_tells_how_far_the_job_came():
    events = queue.SimpleQueue()
    ledger = Ledger(events)
    job_id = ledger.open(JOB)
    ledger.put(Progress(job_id, 4, 9))
    ledger.cancel(job_id)
    assert [events.get() for _ in range(3)][-1] == Cancelled(job_id, 4)


def test_that_ids_differ_and_name_the_kind():
    ledger = Ledger(queue.SimpleQueue())
    ids = {ledger.open(JOB) for _ in range(100)}
    assert len(ids) == 100
    assert all(one.startswith("backtest-") for one in ids)


def raising(error):
    def work():
        raise error

    return work


class PluginError(IvyError):
    """An error class that another process may not know."""


def test_that_work_that_ends_well_passes_its_value():
    assert attempt(lambda: 5) == 5


def test_that_an_engine_error_keeps_its_words_and_needs_no_traceback():
    outcome = attempt(raising(InputError("is wrong", field="fast", value=3, hint="Mend it")))
    event = failed("j", outcome)
    assert (event.what, event.where, event.hint, event.details) == ("is wrong", "fast", "Mend it", "")
    assert isinstance(event.error, InputError)


def test_that_an_unexpected_exception_is_named_with_its_traceback():
    outcome = attempt(raising(ZeroDivisionError("division by zero")))
    assert str(outcome.error).startswith("ZeroDivisionError: division by zero. ")
    assert "raise error" in outcome.details


def test_that_running_out_of_memory_is_told_in_words():
    assert attempt(raising(MemoryError())).error.what == "not enough memory"


@pytest.mark.parametrize(
    "error", [PluginError("broken"), InputError("bad", field="x", value=lambda: 0), StrategyError("s", where="f.py:3")]
)
def test_that_every_failure_can_be_sent_to_another_process(error):
    outcome = attempt(raising(error))
    assert isinstance(outcome, Failure)
    back = pickle.loads(pickle.dumps(outcome))  # noqa: S301
    assert str(back.error) == str(error)
    assert type(back.error) in (InputError, StrategyError, JobError)


def test_that_ctrl_c_is_not_taken_for_a_failure():
    with pytest.raises(KeyboardInterrupt):
        attempt(raising(KeyboardInterrupt()))
