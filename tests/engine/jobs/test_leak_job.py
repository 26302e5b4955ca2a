"""Look-ahead checks as jobs: the same report from every executor, last in the line, ended at once."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import pytest

from engine.backtest.leak import LeakReport, check_leaks, proof_key
from engine.backtest.spec import BacktestSpec
from engine.jobs.events import Cancelled, Finished, Partial, Progress, Queued, Started
from engine.jobs.requests import BacktestJob, LeakJob, SweepJob
from engine.jobs.runs import run_of
from engine.jobs.thread import ThreadExecutor
from tests.fakes.events import kinds, run, to_the_end, until
from tests.fakes.plugins import write_plugin
from tests.fakes.prices import random_bars

SPEC = BacktestSpec(strategy="ema_cross", params={"fast": 5, "slow": 20})
AHEAD = "return np.where(np.append(bars.close[1:], 0.0) > bars.close, 1.0, -1.0)"


def timeless(report: LeakReport) -> LeakReport:
    return replace(report, seconds=0.0)


def test_that_a_check_is_queued_started_and_finished_with_the_report_of_a_direct_call(executor):
    bars = random_bars(400)
    job_id = executor.submit(LeakJob(bars, SPEC, probes=8))
    events = to_the_end(executor)

    assert kinds(events) == ["Queued", "Started", "Finished"]
    assert events[0] == Queued(job_id, "leak", "look-ahead check of ema_cross on TEST")
    assert events[1] == Started(job_id, 1)
    report = events[2].value
    assert timeless(report) == timeless(check_leaks(bars, SPEC, probes=8))
    assert not report.leak
    assert report.key == proof_key(SPEC)
    assert events[2].run_id == ""


def test_that_a_leak_of_a_plug_in_is_found_and_gone_after_the_edit(executor, plugin_folder):
    bars, spec = random_bars(400), BacktestSpec(strategy="peeking")
    write_plugin(plugin_folder, "Peeking", AHEAD)
    leaky = run(executor, LeakJob(bars, spec, probes=8)).value
    write_plugin(plugin_folder, "Peeking", AHEAD.replace("bars.close[1:], 0.0", "0.0, bars.close[:-1]")[:-1] + ")")
    clean = run(executor, LeakJob(bars, spec, probes=8)).value

    assert leaky.leak
    assert [(one.output, one.horizon) for one in leaky.findings] == [("signals", 1)]
    assert not clean.leak
    assert leaky.key != clean.key


def test_that_a_strategy_that_raises_ends_with_a_report_of_the_problem(executor):
    report = run(executor, LeakJob(random_bars(400), BacktestSpec(strategy="picky", params={"x": 3}), probes=8)).value
    assert not report.leak
    assert "picky" in report.problem


def test_that_an_endless_check_is_cancelled_at_once_and_its_worker_replaced(pool, plugin_folder):
    assert pool.wait_until_ready(180.0)
    before = pool.pids
    job_id = pool.submit(LeakJob(random_bars(), BacktestSpec(strategy="gripping")))
    until(pool, Started, job_id)
    # The other worker is free for the person's own run meanwhile.
    assert isinstance(run(pool, BacktestJob(random_bars(), SPEC)), Finished)
    pool.cancel(job_id)
    assert isinstance(pool.events.get(timeout=2.0), Cancelled)
    end = time.monotonic() + 30.0
    while len(set(before) & set(pool.pids)) == 2 and time.monotonic() < end:
        time.sleep(0.02)
    assert pool.wait_until_ready(180.0)
    assert len(set(before) & set(pool.pids)) == 1
    assert isinstance(run(pool, LeakJob(random_bars(400), SPEC, probes=8)), Finished)


def test_that_a_check_waits_until_no_backtest_and_no_cell_of_a_sweep_waits(pool):
    assert pool.wait_until_ready(180.0)
    sweep = pool.submit(SweepJob(random_bars(), BacktestSpec(strategy="sleepy"), {"x": range(1, 120)}))
    until(pool, Progress, sweep)
    check = pool.submit(LeakJob(random_bars(400), SPEC, probes=8))
    events, ends = [], set()
    while ends != {sweep, check}:
        events += to_the_end(pool)
        ends.add(events[-1].job_id)
    order = [one.job_id for one in events if isinstance(one, Partial | Started)]
    # Each of the two workers may still be at the two last chunks that it was given.
    assert len(order) > 10
    assert order.index(check) >= len(order) - 5


def test_that_a_check_stands_behind_runs_and_sweeps_in_the_line():
    bars, now = random_bars(50), None
    ranks = [
        run_of("job", job, (None,), now, 1).rank for job in (BacktestJob(bars, SPEC), LeakJob(bars, SPEC))
    ]
    assert ranks == [0, 2]


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_that_a_check_that_kills_its_process_says_so(pool):
    failed = run(pool, LeakJob(random_bars(), BacktestSpec(strategy="suicidal")))
    assert failed.what == "A worker process died (0 of 1 checks done)"
    assert isinstance(run(pool, BacktestJob(random_bars(), SPEC)), Finished)


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_that_a_check_that_kills_its_process_spares_the_run_on_the_other_worker(pool):
    assert pool.wait_until_ready(180.0)
    endless = pool.submit(BacktestJob(random_bars(), BacktestSpec(strategy="endless")))
    until(pool, Started, endless)
    failed = run(pool, LeakJob(random_bars(), BacktestSpec(strategy="suicidal")))
    assert failed.what == "A worker process died (0 of 1 checks done)"
    pool.cancel(endless)
    assert isinstance(to_the_end(pool, endless)[-1], Cancelled)


def test_that_a_waiting_check_can_be_cancelled_before_it_starts(plugin_folder):
    executor = ThreadExecutor((plugin_folder,))
    first = executor.submit(SweepJob(random_bars(), BacktestSpec(strategy="sleepy"), {"x": range(1, 2_000)}))
    second = executor.submit(LeakJob(random_bars(), SPEC))
    executor.cancel(second)
    executor.cancel(first)
    events = [*to_the_end(executor, second), *to_the_end(executor, first)]
    executor.close()
    assert kinds([one for one in events if one.job_id == second]) == ["Queued", "Cancelled"]
