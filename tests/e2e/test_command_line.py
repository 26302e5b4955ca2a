"""The real program in a process of its own: streams, signals, pipes, start-up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.engine.cli.conftest import daily_rows, write_prices

ROOT = Path(__file__).resolve().parents[2]
RUN = ("--strategy", "ema_cross", "--param", "fast=5", "--param", "slow=20")


def environment(tmp_path, **changes) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "IVYBT_HOME": str(tmp_path / "home")} | changes


def ivybt(tmp_path, *arguments, module="engine.cli", timeout=120, **changes):
    """Run the program as a user does."""
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=tmp_path, env=environment(tmp_path, **changes), capture_output=True, text=True, timeout=timeout,
        check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def prices(tmp_path_factory):
    return write_prices(tmp_path_factory.mktemp("prices") / "prices.csv", daily_rows())


def test_that_a_run_prints_one_json_object_and_the_same_bytes_in_every_process(tmp_path, prices):
    arguments = ("backtest", "--data", prices, *RUN, "--json")
    one = ivybt(tmp_path, *arguments)
    two = ivybt(tmp_path, *arguments, module="ivybt_desktop", PYTHONHASHSEED="7")
    assert (one.returncode, one.stderr) == (two.returncode, two.stderr) == (0, "")
    assert json.loads(one.stdout)["bars"] == 300
    assert one.stdout == two.stdout


def test_that_wrong_input_ends_with_code_2_and_one_line(tmp_path):
    done = ivybt(tmp_path, "backtest", "--data", "none.csv", *RUN, module="ivybt_desktop")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "none.csv" in done.stderr


def test_that_a_closed_pipe_ends_quietly(tmp_path):
    command = [sys.executable, "-m", "engine.cli", "strategies", "--json"]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            command, env=environment(tmp_path), stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False
        )
    finally:
        os.close(writing)
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_that_output_into_a_full_disk_is_told_in_one_line(tmp_path):
    command = [sys.executable, "-m", "engine.cli", "strategies", "--json"]
    with open("/dev/full", "w") as full:  # noqa: PTH123  (a device)
        done = subprocess.run(
            command, env=environment(tmp_path), stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert b"No space left" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind are POSIX")
def test_that_ctrl_c_ends_with_code_130_one_line_and_no_process_left(tmp_path, prices):
    grid = ("--grid", "fast=2:100:1", "--grid", "slow=101:400:1", "--workers", "2")
    # Under a shell's "&" the signal is ignored and children inherit that; under a terminal it is not.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    program = subprocess.Popen(
        [sys.executable, "-m", "engine.cli", "sweep", "--data", prices, *RUN, *grid, "--json"],
        cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    signal.signal(signal.SIGINT, before)
    try:
        tree = _wait_for_children(program)
        os.killpg(program.pid, signal.SIGINT)  # what a terminal does: to the whole group
        out, err = program.communicate(timeout=30)
    finally:
        program.kill()
        program.wait()
    assert program.returncode == 130, err
    assert out == ""
    assert err == "ivybt: stopped\n"
    _, alive = psutil.wait_procs(tree, timeout=2)
    assert not alive


def _wait_for_children(program):
    parent = psutil.Process(program.pid)
    for _ in range(600):
        if len(children := parent.children(recursive=True)) >= 2:
            return children
        if program.poll() is not None:
            break
        psutil.wait_procs([parent], timeout=0.05)
    raise AssertionError(f"no worker was started: {program.communicate()}")


def test_that_two_workers_give_the_same_cells_as_one(tmp_path, prices):
    grid = ("sweep", "--data", prices, "--strategy", "ema_cross", "--grid", "fast=5:20", "--grid", "slow=25:60:5")
    one, two = (json.loads(ivybt(tmp_path, *grid, "--workers", n, "--json").stdout) for n in (1, 2))
    assert one["cells"] == two["cells"]


def test_that_help_loads_no_numeric_library(tmp_path):
    code = (
        "import sys; from engine.cli import main; main(['--help']); main(['--version'])\n"
        "heavy = {'numpy', 'pydantic', 'numba', 'pandas', 'rich', 'yaml'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_that_listing_strategies_loads_neither_numba_nor_pandas(tmp_path):
    code = (
        "import sys; from engine.cli import main; main(['strategies'])\n"
        "heavy = {'numba', 'pandas', 'scipy', 'pyarrow', 'rich'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_that_the_self_test_passes_with_a_home_that_cannot_be_written(tmp_path):
    # A file where the home folder should be stops root too.
    home = tmp_path / "file"
    home.touch()
    done = ivybt(tmp_path, "selftest", "--json", HOME=str(home / "home"), IVYBT_HOME=str(home / "data"))
    document = json.loads(done.stdout)
    assert done.returncode == 0, document
    assert document["ok"]
    assert all(step["ok"] for step in document["steps"])
