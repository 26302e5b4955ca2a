"""The process executor when things go wrong: dead workers, dead parents, stuck strategies, closing mid-run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest

from engine.backtest.spec import BacktestSpec
from engine.core.errors import JobError, WorkerCrashed
from engine.jobs import shared_bars
from engine.jobs.events import Cancelled, Failed, Finished, Partial, Progress, Queued, Started
from engine.jobs.process import ProcessExecutor
from engine.jobs.requests import BacktestJob, SweepJob
from engine.jobs.sweep import sweep
from engine.studies.sweep import sweep_here
from tests.fakes.events import run, to_the_end, until
from tests.fakes.prices import random_bars

SPEC = BacktestSpec(strategy="ema_cross", params={"fast": 5, "slow": 20})
LONG = SweepJob(random_bars(), BacktestSpec(strategy="sleepy"), {"x": range(1, 5_000)})
ROOT = Path(__file__).parents[3]
SEGMENTS = Path("/dev/shm")  # noqa: S108
needs_signals = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


def segments(owner=None):
    """Shared memory of a process; of this one when not given."""
    return {path.name for path in SEGMENTS.glob(f"ivybt_{owner or os.getpid()}_*")}


def soon(condition, within_s=2.0):
    """Whether the condition comes true in time."""
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def is_alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def all_gone(pids, within_s=2.0):
    return soon(lambda: not any(is_alive(pid) for pid in pids), within_s)


def is_whole(pool):
    return pool.wait_until_ready(180.0)


@needs_signals
def test_that_a_killed_worker_is_told_in_words_and_the_next_job_works(pool):
    assert is_whole(pool)
    job_id = pool.submit(LONG)
    done = until(pool, Progress)[-1]
    os.kill(pool.pids[0], signal.SIGKILL)
    failed = to_the_end(pool, job_id)[-1]

    assert isinstance(failed, Failed)
    assert failed.what.startswith("A worker process died (")
    assert failed.what.endswith(" of 4,999 cells done)")
    assert int(failed.what.split("(")[1].split()[0]) >= done.done
    assert failed.hint == "The pool was rebuilt; run again"
    assert isinstance(failed.error, WorkerCrashed)
    assert "SIGKILL" in failed.details
    assert isinstance(run(pool, BacktestJob(random_bars(), SPEC)), Finished)
    assert is_whole(pool)
    assert all(psutil.pid_exists(pid) for pid in pool.pids)


@needs_signals
def test_that_a_crash_fails_the_running_jobs_and_spares_the_waiting_ones(pool):
    assert is_whole(pool)
    endless = BacktestJob(random_bars(), BacktestSpec(strategy="endless"))
    running = [pool.submit(endless), pool.submit(endless)]
    for job_id in running:
        until(pool, Started, job_id)
    waiting = pool.submit(BacktestJob(random_bars(), SPEC))
    os.kill(pool.pids[1], signal.SIGKILL)
    ends = [one for one in to_the_end(pool, waiting) if isinstance(one, Failed | Finished)]
    assert [(one.job_id, type(one)) for one in ends] == [
        (running[0], Failed), (running[1], Failed), (waiting, Finished),
    ]  # fmt: skip


@needs_signals
def test_that_a_strategy_that_kills_its_process_fails_its_job_only(pool):
    failed = run(pool, BacktestJob(random_bars(), BacktestSpec(strategy="suicidal")))
    assert failed.what == "A worker process died (0 of 1 backtests done)"
    assert isinstance(run(pool, BacktestJob(random_bars(), SPEC)), Finished)


@needs_signals
def test_that_a_worker_killed_while_idle_is_replaced_without_a_word(pool):
    assert is_whole(pool)
    before = pool.pids
    os.kill(before[0], signal.SIGKILL)
    assert soon(lambda: before[0] not in pool.pids)
    assert isinstance(run(pool, BacktestJob(random_bars(), SPEC)), Finished)
    assert is_whole(pool)
    assert before[1] in pool.pids
    assert before[0] not in pool.pids


@needs_signals
def test_that_ctrl_c_does_not_end_workers(pool):
    assert is_whole(pool)
    before = pool.pids
    for pid in before:
        os.kill(pid, signal.SIGINT)
    assert isinstance(run(pool, SweepJob(random_bars(), SPEC, {"fast": range(3, 10)})), Finished)
    assert pool.pids == before


def test_that_a_stuck_strategy_is_cancelled_at_once_and_its_worker_replaced(pool):
    assert is_whole(pool)
    before = pool.pids
    # One sleeps; the other holds the interpreter, so that only the parent can end its process.
    kinds_of_stuck = ("endless", "gripping")
    stuck = [pool.submit(BacktestJob(random_bars(), BacktestSpec(strategy=name))) for name in kinds_of_stuck]
    for job_id in stuck:
        until(pool, Started, job_id)
    for job_id in stuck:
        pool.cancel(job_id)
        assert isinstance(pool.events.get(timeout=2.0), Cancelled)
    assert isinstance(run(pool, BacktestJob(random_bars(), SPEC)), Finished)
    assert not set(before) & set(pool.pids)


def test_that_a_backtest_goes_between_the_chunks_of_a_sweep(pool):
    long = pool.submit(LONG)
    until(pool, Progress)
    backtest = pool.submit(BacktestJob(random_bars(), SPEC))
    events = to_the_end(pool, backtest)
    assert isinstance(events[-1], Finished)
    pool.cancel(long)
    assert isinstance(to_the_end(pool, long)[-1], Cancelled)


def test_that_two_sweeps_take_turns(pool):
    first = pool.submit(LONG)
    until(pool, Progress, first)
    second = pool.submit(LONG)
    until(pool, Progress, second)
    assert isinstance(until(pool, Progress, first)[-1], Progress)
    for job_id in (first, second):
        pool.cancel(job_id)
        to_the_end(pool, job_id)


def test_that_prices_are_shared_once_and_unlinked_when_other_prices_took_their_place(pool):
    before = segments()
    for seed in range(20, 26):
        for _ in range(2):
            assert isinstance(run(pool, BacktestJob(random_bars(seed=seed), SPEC)), Finished)
        assert len(segments()) <= len(before) + 3


def test_that_too_little_shared_memory_is_told_in_words(pool, monkeypatch):
    monkeypatch.setattr(shared_bars, "_SHARED_MEMORY_FOLDER", ROOT)
    monkeypatch.setattr(shared_bars, "_free", lambda: 1_000)
    failed = run(pool, BacktestJob(random_bars(seed=99), SPEC))
    assert isinstance(failed, Failed)
    assert "of shared memory" in failed.what


def test_that_a_spec_that_cannot_be_sent_fails_its_job_only(pool):
    spec = BacktestSpec(strategy={"name": "ema_cross", "params": {"fast": lambda: 5}})
    assert isinstance(run(pool, BacktestJob(random_bars(), spec)), Failed)
    assert isinstance(run(pool, BacktestJob(random_bars(), SPEC)), Finished)


def wait_for(files):
    end = time.monotonic() + 30
    while not all(file.exists() for file in files):
        assert time.monotonic() < end, [str(file) for file in files]
        time.sleep(0.02)


def test_that_cells_that_waited_behind_a_stuck_one_are_done_by_its_successor(pool, plugin_folder):
    assert is_whole(pool)
    stuck = pool.submit(SweepJob(random_bars(), BacktestSpec(strategy="endless"), {"x": [1, 2]}))
    until(pool, Started, stuck)
    wait_for([plugin_folder / f"stuck-{pid}" for pid in pool.pids])  # each worker in one of the two cells
    grid = {"fast": range(3, 23), "slow": range(23, 63)}
    waiting = pool.submit(SweepJob(random_bars(), SPEC, grid))
    until(pool, Queued, waiting)
    time.sleep(0.3)  # and the plan of the other sweep waits behind one of them
    assert pool.events.empty()
    pool.cancel(stuck)
    events = to_the_end(pool, waiting)
    assert events[0] == Cancelled(stuck, 0)
    assert events[-1].value.values.tobytes() == sweep_here(random_bars(), SPEC, grid).values.tobytes()


@pytest.mark.slow
def test_that_a_job_waits_for_cold_workers_and_closing_mid_run_leaves_nothing(plugin_folder):
    before = segments()
    executor = ProcessExecutor(2, (plugin_folder,))
    job_id = executor.submit(LONG)
    assert isinstance(executor.events.get(), Queued)
    assert executor.events.empty()
    until(executor, Progress)
    assert is_whole(executor)
    gripping = executor.submit(BacktestJob(random_bars(), BacktestSpec(strategy="gripping")))
    until(executor, Started, gripping)
    children = executor.pids
    thread = executor._thread
    executor.close()

    ends = {one.job_id for one in [*to_the_end(executor), *to_the_end(executor)] if isinstance(one, Cancelled)}
    assert ends == {job_id, gripping}
    assert not thread.is_alive()
    assert len(children) == 2
    assert all_gone(children, 0.1)
    assert segments() <= before
    with pytest.raises(JobError, match="closed"):
        executor.submit(LONG)


def test_that_closing_an_executor_that_never_ran_starts_nothing():
    executor = ProcessExecutor(2)
    executor.close()
    assert executor.pids == ()


@pytest.mark.slow
def test_that_closing_while_workers_start_ends_them():
    others = {one.pid for one in psutil.Process().children()}
    executor = ProcessExecutor(2)
    executor.warm()
    children = set()

    def both_started():
        nonlocal children
        found = [one for one in psutil.Process().children() if one.pid not in others]
        children = {one.pid for one in found if is_alive(one.pid) and "spawn_main" in " ".join(one.cmdline())}
        return len(children) == 2

    assert soon(both_started, 20.0)
    executor.close()
    assert all_gone(children, 0.5)


SCRIPT = """
import sys
from pathlib import Path
from engine.backtest.spec import BacktestSpec
from engine.jobs.process import ProcessExecutor
from engine.jobs.requests import BacktestJob
from engine.jobs.events import Started
from tests.fakes.events import until
from tests.fakes.prices import random_bars

if __name__ == "__main__":
    executor = ProcessExecutor(2, (Path(sys.argv[1]),))
    executor.warm()
    assert executor.wait_until_ready(180)
    for _ in executor.pids:
        executor.submit(BacktestJob(random_bars(), BacktestSpec(strategy="gripping")))
        until(executor, Started)
    print(*executor.pids, flush=True)
    sys.stdin.readline()
"""


def script(tmp_path, text, *arguments):
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(text))
    return subprocess.Popen(
        [sys.executable, str(path), *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@needs_signals
@pytest.mark.slow
def test_that_no_worker_and_no_shared_memory_outlive_a_killed_parent(tmp_path, plugin_folder):
    with script(tmp_path, SCRIPT, plugin_folder) as program:
        workers = [int(pid) for pid in program.stdout.readline().split()]
        assert len(workers) == 2
        assert segments(program.pid)
        program.kill()
        assert all_gone(workers)
        assert soon(lambda: not segments(program.pid))


@pytest.mark.slow
def test_that_a_program_that_forgets_to_close_ends_quietly_and_leaves_nothing(tmp_path, plugin_folder):
    with script(tmp_path, SCRIPT, plugin_folder) as program:
        workers = [int(pid) for pid in program.stdout.readline().split()]
        _, errors = program.communicate("\n", timeout=20)
    assert program.returncode == 0
    assert errors == ""
    assert len(workers) == 2
    assert all_gone(workers, 0.5)
    assert not segments(program.pid)


@pytest.mark.slow
def test_that_a_script_without_main_guard_is_told_what_to_do(tmp_path):
    text = """
    import sys, engine
    from tests.fakes.prices import random_bars
    try:
        engine.sweep(random_bars(), engine.BacktestSpec(strategy="ema_cross"), {"fast": [3, 4]}, workers=2)
    except engine.IvyError as error:
        print(error)
        sys.exit(7)
    """
    with script(tmp_path, text) as program:
        out, _ = program.communicate(timeout=60)
    assert program.returncode == 7
    assert "if __name__ == \"__main__\":" in out.splitlines()[-1]
    assert "do not start (exit code 7)" in out.splitlines()[-1]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the libraries that a process has loaded")
def test_that_a_worker_loads_no_qt(pool):
    assert is_whole(pool)
    for pid in pool.pids:
        loaded = {Path(one.path).name for one in psutil.Process(pid).memory_maps()}
        assert any("umath" in name for name in loaded)
        assert not [name for name in loaded if "Qt" in name or "shiboken" in name]


@pytest.mark.slow
def test_that_a_public_sweep_gives_the_same_bits_with_one_worker_and_with_two():
    bars, grid, seen = random_bars(), {"fast": range(3, 43), "slow": range(43, 243)}, []
    one = sweep(bars, SPEC, grid)
    with_progress = sweep(bars, SPEC, grid, on_progress=lambda *counts: seen.append(counts))
    two = sweep(bars, SPEC, grid, workers=2, on_progress=lambda *counts: seen.append(counts))
    direct = sweep_here(bars, SPEC, grid)
    for study in (one, with_progress, two):
        assert study.values.tobytes() == direct.values.tobytes()
        assert study.params.tobytes() == direct.params.tobytes()
    assert seen.count((8_000, 8_000)) == 2


def test_that_results_do_not_depend_on_how_a_sweep_is_cut(pool):
    bars, grid = random_bars(300), {"fast": range(3, 43), "slow": range(43, 243)}
    direct = sweep_here(bars, SPEC, grid)
    job_id = pool.submit(SweepJob(bars, SPEC, grid))
    events = to_the_end(pool, job_id)
    assert sum(isinstance(one, Partial) for one in events) >= 2
    np.testing.assert_array_equal(events[-1].value.values, direct.values)


def test_that_a_public_sweep_refuses_bad_input():
    with pytest.raises(JobError.__mro__[1], match="at least 1"):
        sweep(random_bars(), SPEC, {"fast": [3]}, workers=0)


def test_that_closing_is_used_as_a_context(plugin_folder):
    with closing(ProcessExecutor(1, (plugin_folder,))) as executor:
        assert executor.workers == 1
