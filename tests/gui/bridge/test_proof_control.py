"""Look-ahead checks that run by themselves, with fakes for jobs and time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.backtest.leak import proof_key
from engine.backtest.proof_words import CHECKING, LOOKS_AHEAD, PAST_ONLY, UNPROVEN
from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.errors import JobError
from engine.jobs.events import Cancelled, Failed, Finished, Queued
from engine.jobs.requests import LeakJob
from engine.storage.proofs import ProofStore
from ivybt_desktop.bridge.proof_control import (
    HURRY_MS,
    NO_PRICES,
    SETTLED_MS,
    STOPPED,
    TOO_LONG,
    ProofControl,
)
from ivybt_desktop.context import Workspace
from tests.fakes.desk import FakeJobs
from tests.fakes.prices import random_bars
from tests.fakes.proofs import Delays, clean_report, leaky_report

CROSS = BacktestSpec(strategy="ema_cross")
TURTLE = BacktestSpec(strategy="turtle")
KEY, OTHER = proof_key(CROSS), proof_key(TURTLE)


class Bench:
    """A control on fakes."""

    def __init__(self, folder):
        self.workspace, self.jobs, self.delays = Workspace(), FakeJobs(), Delays()
        self.store = ProofStore(folder)
        self.control = ProofControl(self.workspace, self.jobs, self.store, self.delays)
        self.told = []
        self.workspace.badges_changed.connect(lambda: self.told.append(self.workspace.spec_badge.status))

    def show(self, spec=CROSS, bars=None):
        self.workspace.set_bars(random_bars(300) if bars is None else bars)
        self.workspace.set_spec(spec)
        self.control.start()

    def end(self, report):
        self.jobs.event.emit(Finished(f"job-{len(self.jobs.submitted)}", 0.5, value=report))

    @property
    def status(self):
        return self.workspace.spec_badge.status


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path / "proofs")
    yield made
    made.control.close()


def test_that_a_strategy_without_a_proof_is_checked_once_things_are_quiet(bench):
    bench.show()
    assert bench.status == UNPROVEN
    assert bench.jobs.submitted == []
    assert bench.delays.settled.waits == SETTLED_MS
    bench.delays.settled.fire()
    [job] = bench.jobs.submitted
    assert isinstance(job, LeakJob)
    assert (job.spec, job.bars, job.most_bars) == (CROSS, bench.workspace.bars, 5_000)
    assert bench.status == CHECKING
    bench.end(clean_report(KEY))
    assert bench.status == PAST_ONLY
    assert bench.store.get(KEY) == clean_report(KEY)
    assert bench.told[-2:] == [CHECKING, PAST_ONLY]


def test_that_a_proof_in_the_store_is_shown_and_not_made_again(bench):
    bench.store.put(clean_report(KEY))
    bench.show()
    assert bench.status == PAST_ONLY
    assert bench.delays.settled.waits is None


def test_that_other_parameter_values_and_dates_need_no_other_proof(bench):
    bench.store.put(clean_report(KEY))
    bench.show()
    bench.workspace.set_spec(CROSS.replace(strategy={"name": "ema_cross", "params": {"fast": 7}}))
    assert bench.status == PAST_ONLY
    assert bench.delays.settled.waits is None


def test_that_every_change_begins_the_wait_anew_and_the_last_choice_is_checked(bench):
    bench.show()
    bench.workspace.set_spec(TURTLE)
    bench.delays.settled.fire()
    assert [job.spec.strategy.name for job in bench.jobs.submitted] == ["turtle"]


def test_that_gates_and_sizing_have_proofs_of_their_own(bench):
    bench.store.put(clean_report(KEY))
    bench.show()
    bench.workspace.set_spec(CROSS.replace(sizing={"name": "volatility_target"}))
    assert bench.status == UNPROVEN
    assert bench.delays.settled.waits == SETTLED_MS


def test_that_nothing_is_checked_while_a_run_of_the_user_is_under_way(bench):
    bench.show()
    bench.jobs.event.emit(Queued("run-1", "backtest", "a run"))
    bench.delays.settled.fire()
    assert bench.jobs.submitted == []
    bench.jobs.event.emit(Finished("run-1", 1.0, "abc"))
    bench.delays.settled.fire()
    assert len(bench.jobs.submitted) == 1


def test_that_a_file_being_read_keeps_no_check_waiting(bench):
    bench.show()
    bench.jobs.event.emit(Queued("file-1", "import", "a file"))
    bench.delays.settled.fire()
    assert len(bench.jobs.submitted) == 1


def test_that_nothing_is_checked_without_prices_or_with_settings_that_cannot_run(bench):
    bench.workspace.set_spec(CROSS)
    bench.control.start()
    assert bench.delays.settled.waits is None
    assert bench.workspace.spec_badge.detail == NO_PRICES
    bench.workspace.problem = "Fast must be below slow"
    bench.workspace.set_bars(random_bars(300))
    assert bench.delays.settled.waits is None


def test_that_nothing_happens_before_the_start(bench):
    bench.workspace.set_bars(random_bars(300))
    bench.workspace.set_spec(CROSS)
    assert bench.delays.settled.waits is None
    assert bench.status == ""


def test_that_a_leak_is_told_with_its_first_bar_and_its_date(bench):
    bench.show()
    bench.delays.settled.fire()
    bench.end(leaky_report(KEY, first_bar=12))
    badge = bench.workspace.spec_badge
    assert badge.is_leak
    label = bench.workspace.bars.label(12)
    assert badge.sentence == f"Signals read 1 bar ahead, first at {label}; likely cause: negative shift"
    proof = bench.control.standing.proof
    assert proof.times == (int(bench.workspace.bars.time[12]),)
    assert proof.on == "TEST 1d"
    assert bench.store.read(KEY) == proof


def test_that_the_checked_bars_are_counted_from_the_end_of_the_dates_of_the_spec(bench):
    bars = random_bars(300)
    bench.show(CROSS.replace(data={"end": bars.label(199)}), bars)
    bench.delays.settled.fire()
    bench.end(leaky_report(bench.control.standing.key, first_bar=12, bars=100))
    assert bench.control.standing.proof.labels == (bars.label(112),)


def test_that_parameters_that_never_trade_prove_nothing_and_others_are_tried(bench):
    bench.show()
    bench.delays.settled.fire()
    bench.end(replace(clean_report(KEY), problem="no position in 300 bars"))
    bench.workspace.set_spec(CROSS.replace(capital=5_000))
    assert bench.delays.settled.waits is None
    bench.workspace.set_spec(CROSS.replace(strategy={"name": "ema_cross", "params": {"fast": 7}}))
    assert bench.delays.settled.waits == SETTLED_MS
    bench.delays.settled.fire()
    bench.jobs.event.emit(Cancelled("job-2"))
    bench.workspace.set_spec(CROSS)
    assert bench.delays.settled.waits is None  # stopped by hand: not begun again by itself


def test_that_a_strategy_that_raises_is_unproven_and_asked_again_on_other_prices(bench):
    bench.show()
    bench.delays.settled.fire()
    bench.end(replace(clean_report(KEY), problem="picky.py:14: ZeroDivisionError"))
    assert bench.status == UNPROVEN
    assert "picky.py:14" in bench.workspace.spec_badge.detail
    assert bench.store.get(KEY) is None
    assert bench.delays.settled.waits is None
    bench.workspace.set_spec(CROSS.replace(capital=5_000))
    assert bench.delays.settled.waits is None
    bench.workspace.set_bars(random_bars(301))
    assert bench.delays.settled.waits == SETTLED_MS


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Failed("job-1", "A worker process died (0 of 1 checks done)"), "A worker process died (0 of 1 checks done)"),
        (Failed("job-1", "took too long", "the pool"), "the pool: took too long"),
        (Cancelled("job-1"), STOPPED),
    ],
)
def test_that_a_check_that_did_not_end_well_says_why_and_is_not_begun_again_by_itself(bench, event, words):
    bench.show()
    bench.delays.settled.fire()
    bench.jobs.event.emit(event)
    assert (bench.status, bench.workspace.spec_badge.detail) == (UNPROVEN, words)
    assert bench.delays.settled.waits is None


def test_that_workers_that_are_not_up_are_told(bench):
    bench.jobs.refuses = JobError("the worker processes are still starting", hint="Try again in a moment")
    bench.show()
    bench.delays.settled.fire()
    assert "still starting" in bench.workspace.spec_badge.detail


def test_that_the_user_can_check_again_and_stop(bench):
    bench.store.put(leaky_report(KEY))
    bench.show()
    bench.control.check_again()
    assert bench.status == CHECKING
    bench.control.check_again()
    assert len(bench.jobs.submitted) == 1
    bench.control.cancel()
    assert bench.jobs.cancelled == ["job-1"]
    bench.jobs.event.emit(Cancelled("job-1"))
    assert bench.status == LOOKS_AHEAD  # what was proven before still holds


def test_that_a_check_under_way_is_ended_soon_when_other_settings_wait(bench):
    bench.show()
    bench.delays.settled.fire()
    bench.workspace.set_spec(TURTLE)
    bench.delays.settled.fire()
    assert len(bench.jobs.submitted) == 1
    assert bench.delays.hurry.waits == HURRY_MS
    bench.delays.hurry.fire()
    assert bench.jobs.cancelled == ["job-1"]
    bench.jobs.event.emit(Cancelled("job-1"))
    assert bench.control.badge(KEY).detail == TOO_LONG
    bench.delays.settled.fire()
    assert bench.jobs.submitted[-1].spec == TURTLE


def test_that_a_check_asked_for_by_hand_is_not_ended_for_the_one_before_it(bench):
    bench.show()
    bench.delays.settled.fire()
    bench.workspace.set_spec(TURTLE)
    bench.delays.settled.fire()
    assert bench.delays.hurry.waits == HURRY_MS
    bench.control.check_again()
    assert bench.jobs.submitted[-1].spec == TURTLE
    assert bench.delays.hurry.waits is None


@pytest.mark.parametrize("shown", [CROSS, BacktestSpec(strategy="sma_cross")])
def test_that_a_check_goes_on_when_nobody_waits_any_more(bench, shown):
    bench.store.put(clean_report(proof_key(BacktestSpec(strategy="sma_cross"))))
    bench.show()
    bench.delays.settled.fire()
    bench.workspace.set_spec(TURTLE)
    bench.delays.settled.fire()
    bench.workspace.set_spec(shown)
    bench.delays.hurry.fire()
    assert bench.jobs.cancelled == []


def test_that_an_edit_that_was_taken_back_is_checked(bench):
    bench.show()
    bench.delays.settled.fire()
    bench.end(clean_report("d4" * 32))
    assert bench.delays.settled.waits is None
    bench.workspace.strategies_changed.emit()
    assert bench.delays.settled.waits == SETTLED_MS


def test_that_one_that_ends_in_time_is_kept_and_the_other_follows(bench):
    bench.show()
    bench.delays.settled.fire()
    bench.workspace.set_spec(TURTLE)
    bench.end(clean_report(KEY))
    assert bench.control.badge(KEY).status == PAST_ONLY
    assert bench.status == UNPROVEN
    bench.delays.settled.fire()
    bench.end(leaky_report(OTHER))
    assert bench.status == LOOKS_AHEAD


def test_that_an_edit_during_the_check_is_not_mistaken_for_the_old_source(bench):
    bench.show()
    bench.delays.settled.fire()
    bench.end(leaky_report("d4" * 32))
    assert bench.status == UNPROVEN
    assert "edited" in bench.workspace.spec_badge.detail
    assert bench.control.badge("d4" * 32).is_leak


def test_that_the_badge_of_a_run_is_that_of_its_source_then(bench):
    bench.show()
    bars = bench.workspace.bars
    kept = replace(run_backtest(bars, CROSS), proof_key="d4" * 32)
    bench.store.put(leaky_report("d4" * 32))
    bench.store.put(clean_report(KEY))
    bench.workspace.strategies_changed.emit()
    bench.workspace.set_result(kept)
    assert bench.workspace.result_badge.is_leak
    assert bench.status == PAST_ONLY
    bench.workspace.set_result(run_backtest(bars, CROSS))
    assert bench.workspace.result_badge.status == PAST_ONLY
    bench.workspace.set_result(None)
    assert bench.workspace.result_badge.status == ""


def test_that_a_result_knows_its_badge_before_others_hear_of_it(bench):
    bench.show()
    bench.store.put(leaky_report(KEY))
    bench.workspace.strategies_changed.emit()
    seen = []
    bench.workspace.result_changed.connect(lambda _result: seen.append(bench.workspace.result_badge.status))
    bench.workspace.set_result(run_backtest(bench.workspace.bars, CROSS))
    assert seen == [LOOKS_AHEAD]


def test_that_a_proof_made_by_another_program_is_seen_after_a_reload(bench):
    bench.show()
    bench.store.put(clean_report(KEY))
    assert bench.status == UNPROVEN
    bench.workspace.strategies_changed.emit()
    assert bench.status == PAST_ONLY
    assert bench.told[-1] == PAST_ONLY


def test_that_a_proof_that_cannot_be_kept_still_counts_and_is_logged(bench):
    bench.store.folder.write_text("a file where the folder should be")
    lines = []
    bench.workspace.logged.connect(lambda level, words: lines.append((level, words)))
    bench.show()
    bench.delays.settled.fire()
    bench.end(clean_report(KEY))
    assert bench.status == PAST_ONLY
    assert lines[0][0] == "warning"
    assert "was not kept" in lines[0][1]


def test_that_a_broken_strategy_has_no_badge(bench):
    bench.show(BacktestSpec(strategy="gone_for_good"))
    assert bench.status == ""
    assert bench.delays.settled.waits is None


def test_that_nothing_is_heard_after_the_end(bench):
    bench.show()
    bench.control.close()
    assert bench.delays.settled.waits is None
    bench.workspace.set_spec(TURTLE)
    assert bench.delays.settled.waits is None
