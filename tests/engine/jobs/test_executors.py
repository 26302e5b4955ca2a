"""One protocol: the same events and the same bits from every executor."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError, JobError, StrategyError
from engine.jobs.events import Cancelled, Failed, Finished, Partial, Progress, Queued, Started
from engine.jobs.inline import InlineExecutor
from engine.jobs.requests import BacktestJob, ImportJob, SweepJob
from engine.jobs.thread import ThreadExecutor
from engine.storage.run_store import RunStore
from engine.studies.sweep import sweep_here
from tests.fakes.events import kinds, run, to_the_end, until
from tests.fakes.plugins import write_plugin
from tests.fakes.prices import random_bars

SPEC = BacktestSpec(strategy="ema_cross", params={"fast": 5, "slow": 20})
GRID = {"fast": range(3, 13), "slow": range(13, 63)}
ARRAYS = ("equity", "signals", "positions", "orders", "trades")


def same_bits(one, other):
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in ARRAYS)


def test_that_a_backtest_is_queued_started_and_finished_with_the_bits_of_a_direct_call(executor):
    bars = random_bars()
    job_id = executor.submit(BacktestJob(bars, SPEC))
    events = to_the_end(executor)

    assert kinds(events) == ["Queued", "Started", "Finished"]
    assert events[0] == Queued(job_id, "backtest", "ema_cross on TEST")
    assert events[1] == Started(job_id, 1)
    direct = run_backtest(bars, SPEC)
    result = events[2].value
    assert same_bits(result, direct)
    assert result.receipt == direct.receipt
    assert result.spec == direct.spec
    np.testing.assert_array_equal(list(result.metrics.values()), list(direct.metrics.values()))
    assert result.bars is bars


def test_that_a_run_over_a_date_range_comes_back_with_the_bars_of_that_range(executor):
    bars = random_bars()
    start, end = (np.datetime64(int(bars.session[at]), "D").astype(dt.date) for at in (100, 299))
    spec = SPEC.replace(data={"start": start, "end": end})

    result = run(executor, BacktestJob(bars, spec)).value

    assert len(result.bars) == 200
    assert result.bars.time[0] == bars.time[100]
    assert same_bits(result, run_backtest(bars, spec))


def test_that_partial_cells_cover_a_sweep_once_and_the_study_equals_a_direct_sweep_bit_for_bit(executor):
    bars = random_bars()
    job_id = executor.submit(SweepJob(bars, SPEC, GRID))
    events = to_the_end(executor)

    assert [type(one) for one in events[:2]] == [Queued, Started]
    assert events[1].total == 500
    assert {one.job_id for one in events} == {job_id}
    partial = [one for one in events if isinstance(one, Partial)]
    covered = sorted(cell for one in partial for cell in range(one.start, one.start + len(one.values)))
    assert covered == list(range(500))
    progress = [one.done for one in events if isinstance(one, Progress)]
    assert progress == sorted(set(progress))
    assert progress[-1] == 500
    study, direct = events[-1].value, sweep_here(bars, SPEC, GRID)
    assert study.values.tobytes() == direct.values.tobytes()
    assert study.params.tobytes() == direct.params.tobytes()
    assert study.errors == {}
    for one in partial:
        np.testing.assert_array_equal(one.values, direct.values[one.start : one.start + len(one.values)])


def test_that_a_refused_spec_fails_in_words_before_work_starts(executor):
    spec = SPEC.replace(strategy={"name": "ema_crss"})
    executor.submit(SweepJob(random_bars(), spec, GRID))
    events = to_the_end(executor)

    assert kinds(events) == ["Queued", "Failed"]
    failed = events[-1]
    assert "unknown strategy 'ema_crss'" in failed.what
    assert "ema_cross" in failed.hint
    assert isinstance(failed.error, InputError)


def test_that_an_exception_of_a_plug_in_fails_with_its_traceback(executor):
    spec = BacktestSpec(strategy="picky", params={"x": 3})
    failed = run(executor, BacktestJob(random_bars(), spec))

    assert isinstance(failed, Failed)
    assert isinstance(failed.error, StrategyError)
    assert "ZeroDivisionError" in failed.details
    assert "picky.py" in failed.details


def test_that_a_failing_cell_is_a_value_and_the_others_finish(executor):
    spec = BacktestSpec(strategy="picky")
    study = run(executor, SweepJob(random_bars(), spec, {"x": range(1, 8)})).value

    assert sorted(study.errors) == [2, 5]
    assert "picky" in study.errors[2]
    returns = study.metrics["total_return"]
    assert np.isnan(returns[[2, 5]]).all()
    assert np.isfinite(np.delete(returns, [2, 5])).all()


def test_that_a_run_with_a_store_is_kept_there_and_names_its_id(executor, tmp_path):
    bars = random_bars()
    finished = run(executor, BacktestJob(bars, SPEC, store=tmp_path / "runs"))

    assert isinstance(finished, Finished)
    direct = run_backtest(bars, SPEC)
    assert finished.run_id == direct.run_id
    assert finished.value is None
    assert same_bits(RunStore(tmp_path / "runs").load(finished.run_id), direct)


def test_that_a_store_that_cannot_be_written_fails_the_job_in_words(executor, tmp_path):
    (tmp_path / "runs").write_text("a file where the folder should be")
    failed = run(executor, BacktestJob(random_bars(), SPEC, store=tmp_path / "runs"))

    assert isinstance(failed, Failed)
    assert "a part of the path is a file" in failed.what


def test_that_a_price_file_is_read_as_by_the_reader(executor, tmp_path):
    reader = pytest.importorskip("engine.data.reader")
    path = tmp_path / "prices.csv"
    rows = [f"2020-01-{day:02d},{day},{day + 2},{day - 1},{day + 1},100" for day in range(2, 30)]
    path.write_text("\n".join(["Date,Open,High,Low,Close,Volume", *rows]))

    executor.submit(ImportJob(path))
    events = to_the_end(executor)

    assert kinds(events) == ["Queued", "Started", "Finished"]
    assert events[0].title == "read prices.csv"
    assert events[-1].value.bars.digest == reader.read_import(path).bars.digest


def test_that_a_missing_price_file_fails_in_words(executor, tmp_path):
    pytest.importorskip("engine.data.reader")
    failed = run(executor, ImportJob(tmp_path / "none.csv"))
    assert isinstance(failed, Failed)
    assert "none.csv" in str(failed.error)


def test_that_a_changed_plug_in_is_loaded_before_the_next_job(executor, plugin_folder):
    bars, spec = random_bars(), BacktestSpec(strategy="changing")
    write_plugin(plugin_folder, "Changing", "return np.full(n, 1.0)")
    assert run(executor, BacktestJob(bars, spec)).value.signals[-1] == 1.0

    write_plugin(plugin_folder, "Changing", "return np.full(n, 0.25)")
    assert run(executor, BacktestJob(bars, spec)).value.signals[-1] == 0.25


def test_that_a_cancelled_sweep_ends_with_cancelled_and_says_nothing_more(plugin_folder, pool):
    job = SweepJob(random_bars(), BacktestSpec(strategy="sleepy"), {"x": range(1, 2_000)})
    thread = ThreadExecutor((plugin_folder,))
    for executor in (thread, pool):
        job_id = executor.submit(job)
        until(executor, Progress)
        executor.cancel(job_id)
        executor.cancel(job_id)
        assert kinds(to_the_end(executor, job_id))[-1] == "Cancelled"
        later = to_the_end(executor, executor.submit(BacktestJob(random_bars(), SPEC)))
        assert job_id not in {one.job_id for one in later}
    thread.close()


def test_that_an_inline_sweep_can_be_cancelled_by_its_listener(plugin_folder):
    def listen(event):
        if isinstance(event, Progress):
            executor.cancel(event.job_id)

    executor = InlineExecutor((plugin_folder,), listener=listen)
    executor.submit(SweepJob(random_bars(), BacktestSpec(strategy="sleepy"), {"x": range(1, 2_000)}))

    events = to_the_end(executor)
    assert kinds(events) == ["Queued", "Started", "Partial", "Progress", "Cancelled"]
    assert events[-1] == Cancelled(events[0].job_id, done=1)
    assert executor.events.empty()


def test_that_ctrl_c_in_an_inline_job_ends_it_as_cancelled(plugin_folder):
    def interrupt(event):
        if isinstance(event, Partial):
            raise KeyboardInterrupt

    executor = InlineExecutor((plugin_folder,), listener=interrupt)
    with pytest.raises(KeyboardInterrupt):
        executor.submit(SweepJob(random_bars(), SPEC, GRID))
    assert kinds(to_the_end(executor))[-1] == "Cancelled"


def test_that_a_waiting_job_can_be_cancelled_before_it_starts(plugin_folder):
    executor = ThreadExecutor((plugin_folder,))
    first = executor.submit(SweepJob(random_bars(), BacktestSpec(strategy="sleepy"), {"x": range(1, 2_000)}))
    second = executor.submit(BacktestJob(random_bars(), SPEC))
    executor.cancel(second)
    executor.cancel(first)
    events = [*to_the_end(executor, second), *to_the_end(executor, first)]
    executor.close()
    assert kinds([one for one in events if one.job_id == second]) == ["Queued", "Cancelled"]


@pytest.mark.parametrize("kind", [InlineExecutor, ThreadExecutor])
def test_that_a_closed_executor_takes_no_job(kind):
    executor = kind()
    executor.close()
    with pytest.raises(JobError, match="closed"):
        executor.submit(BacktestJob(random_bars(), SPEC))


def test_that_closing_a_thread_executor_cancels_what_it_had_and_ends_its_thread(plugin_folder):
    executor = ThreadExecutor((plugin_folder,))
    job_id = executor.submit(SweepJob(random_bars(), BacktestSpec(strategy="sleepy"), {"x": range(1, 2_000)}))
    until(executor, Progress)
    thread = executor._thread
    executor.close()
    assert not thread.is_alive()
    assert isinstance(to_the_end(executor, job_id)[-1], Cancelled)
