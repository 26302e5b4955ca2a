"""Cells that do not end: failed values of a sweep whose other cells are all there; and files edited meanwhile."""

from __future__ import annotations

import math
from contextlib import closing

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError
from engine.jobs.events import Cancelled, Failed, Finished, Partial, Progress, Started
from engine.jobs.plugins import load_imports
from engine.jobs.process import ProcessExecutor
from engine.jobs.requests import BacktestJob, LeakJob, SweepJob
from engine.jobs.runs import Refs, SweepRun
from engine.jobs.sweep import sweep
from engine.jobs.work import SweepPlan
from engine.registry import Source
from engine.strategies import registry
from engine.studies.sweep import sweep_here
from tests.fakes.events import run, to_the_end, until
from tests.fakes.plugins import write_plugin
from tests.fakes.prices import random_bars

# One loop that Python could interrupt, one that holds the interpreter.
LOOPS = "exec('while p.x == 3: pass') if p.x == 3 else sum(range(10**15 if p.x == 11 else 1)); return np.full(n, p.x / 20)"
BARS = random_bars(300)
SPEC = BacktestSpec(strategy="ema_cross")


@pytest.fixture
def loops(tmp_path):
    write_plugin(tmp_path, "Loops", LOOPS)
    registry.scan(tmp_path)
    yield BacktestSpec(strategy="loops")
    (tmp_path / "loops.py").unlink()
    registry.scan(tmp_path)


def test_that_endless_cells_are_failed_values_and_all_others_are_there_with_any_number_of_workers(loops, tmp_path):
    grid = {"x": [x for x in range(16) if x != 3]}
    one = sweep(BARS, loops, grid, cell_seconds=0.5)
    two = sweep(BARS, loops, {"x": range(16)}, workers=2, cell_seconds=0.5)
    told = "took longer than 0.5 s"
    assert one.errors == {10: told}
    assert two.errors == {3: told, 11: told}
    np.testing.assert_array_equal(np.delete(two.values, 3, axis=0), one.values)
    sound = sweep_here(BARS, loops, {"x": [x for x in range(16) if x not in (3, 11)]})
    np.testing.assert_array_equal(np.delete(one.values, 10, axis=0), sound.values)


def test_that_a_sweep_after_a_timed_out_one_finds_a_whole_pool(loops, tmp_path):
    seen = []
    with closing(ProcessExecutor(1, (tmp_path,))) as pool:
        pool.submit(SweepJob(BARS, loops, {"x": [3, 4]}, cell_seconds=0.3))
        while not isinstance(seen[-1] if seen else None, Finished | Failed):
            seen.append(pool.events.get(timeout=60))
        assert [event.done for event in seen if isinstance(event, Progress)] == [1, 2]
        assert sum(len(event.values) for event in seen if isinstance(event, Partial)) == 2
        assert isinstance(run(pool, BacktestJob(BARS, loops)), Finished)


@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan])
def test_that_a_limit_is_above_zero(loops, limit):
    with pytest.raises(InputError, match="must be above 0"):
        sweep(BARS, loops, {"x": [1, 2]}, cell_seconds=limit)


@pytest.mark.parametrize(
    ("given", "is_plain", "expected"),
    [(None, True, 60.0), (None, False, math.inf), (3.0, False, 3.0), (math.inf, True, math.inf)],
)
def test_that_plain_strategies_have_a_minute_and_rules_any_time_unless_said_otherwise(given, is_plain, expected):
    study = SweepRun("a", SweepJob(BARS, SPEC, {"fast": [1]}, cell_seconds=given), Refs((), ()), 1)
    params = np.zeros(5, [("fast", np.int64)])
    plan = study.next_task()
    list(study.accept(plan, SweepPlan(params, 0, 300, is_compiled=not is_plain, is_plain=is_plain), 0.0))
    single = study.next_task()
    single = type(single)("a", 0, 1)
    assert study.allowance(single) == expected
    assert study.introduction().is_timed == (expected < math.inf)


def test_that_no_cell_of_a_slow_chunk_fails_before_it_ran_alone():
    study = SweepRun("a", SweepJob(BARS, SPEC, {"fast": [1]}, cell_seconds=9.0), Refs((), ()), 1)
    list(study.accept(study.next_task(), SweepPlan(np.zeros(3, [("fast", np.int64)]), 0, 300, is_compiled=True), 0.0))
    task = study.next_task()
    assert (task.start, task.stop) == (0, 3)
    assert study.allowance(task) == 2.0
    assert list(study.expire(task)) == []
    singles = [study.next_task() for _ in range(3)]
    assert [(one.start, one.stop) for one in singles] == [(0, 1), (1, 2), (2, 3)]
    assert study.next_task() is None


def test_that_an_edit_during_a_sweep_changes_none_of_its_cells(tmp_path):
    write_plugin(tmp_path, "Slow", "time.sleep(0.03); return np.full(n, 0.25)")
    registry.scan(tmp_path)
    spec = BacktestSpec(strategy="slow")
    with closing(ProcessExecutor(2, (tmp_path,))) as pool:
        pool.submit(SweepJob(BARS, spec, {"x": range(24)}))
        until(pool, Progress)
        write_plugin(tmp_path, "Slow", "time.sleep(0.02); return np.full(n, 0.75)")
        # Other jobs make the workers read the folder again.
        pool.submit(BacktestJob(BARS, spec))
        values = []
        while len(values) < 2:
            event = pool.events.get(timeout=60)
            values += [event.value] if isinstance(event, Finished) else []
    study = next(value for value in values if hasattr(value, "errors"))
    single = next(value for value in values if hasattr(value, "receipt"))
    from engine.metrics import METRIC_NAMES

    assert not study.errors
    assert np.unique(study.values[:, 0]).size == 1
    assert single.signals[0] == 0.75
    assert single.metrics["total_return"] != study.values[0, METRIC_NAMES.index("total_return")]


def test_that_the_receipt_is_of_the_source_that_ran(tmp_path):
    path, go = tmp_path / "edits.py", tmp_path / "go"
    body = f"""
        import pathlib
        from engine.strategies import registry
        mine = pathlib.Path({str(path)!r})
        if mine.with_name("go").exists():
            mine.write_text(mine.read_text() + "# edited while it ran")
            registry.scan(mine.parent)
        return np.full(n, 1.0)"""
    write_plugin(tmp_path, "Edits", body)
    registry.scan(tmp_path)
    spec, text = BacktestSpec(strategy="edits"), path.read_bytes()
    go.touch()
    edited = run_backtest(BARS, spec)
    assert path.read_bytes() != text
    go.unlink()
    path.write_bytes(text)
    registry.scan(tmp_path)
    assert run_backtest(BARS, spec).receipt == edited.receipt


def test_that_imports_inside_functions_are_loaded_before_the_clock_starts(tmp_path):
    import sys

    (tmp_path / "slow_library_of_a_test.py").write_text("x = 1")
    text = b"import no_such_module\ndef f():\n    import slow_library_of_a_test\n    from . import nothing\n"
    sys.path.insert(0, str(tmp_path))
    try:
        load_imports([Source("a.py", text)])
        assert "slow_library_of_a_test" in sys.modules
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("slow_library_of_a_test", None)


def test_that_a_run_takes_the_worker_of_a_look_ahead_check_that_stands_in_a_loop(loops, tmp_path):
    with closing(ProcessExecutor(1, (tmp_path,))) as pool:
        check = pool.submit(LeakJob(BARS, BacktestSpec(strategy="loops", params={"x": 11})))
        until(pool, Started, check)
        assert isinstance(run(pool, BacktestJob(BARS, loops)), Finished)
        pool.cancel(check)
        assert isinstance(to_the_end(pool, check)[-1], Cancelled)


def test_that_a_look_ahead_check_that_does_not_end_is_given_up_in_words(loops, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.jobs.runs._CHECK_SECONDS", 0.5)
    with closing(ProcessExecutor(1, (tmp_path,))) as pool:
        ended = run(pool, LeakJob(BARS, BacktestSpec(strategy="loops", params={"x": 3})))
        assert isinstance(ended, Failed)
        assert ended.what == "the look-ahead check took longer than 0.5 s"
        assert isinstance(run(pool, BacktestJob(BARS, loops)), Finished)
