"""The built app: ``uv run python build/make.py app``, then ``uv run pytest -m frozen``.

It runs from other folders, with a home that cannot be written and with an empty environment, gives the
bits of the source, and its size and start-up are what the README says.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.bench.start import start_up

pytestmark = pytest.mark.frozen

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "dist" / "ivybt"
PROGRAM = FOLDER / ("ivybt-cli.exe" if sys.platform == "win32" else "ivybt")
STEPS = {
    "versions", "registries", "backtest", "fitted gates", "portfolio", "candles and sizing",
    "look-ahead proof and why", "indicator catalogue", "sweep in worker processes", "cancelled job", "run store",
}  # fmt: skip
PATIENCE_S = 300  # the first run on a machine compiles all kernels


@pytest.fixture(scope="module", autouse=True)
def built():
    """The app, and that it is younger than the sources."""
    if not PROGRAM.exists():
        pytest.fail(f"{PROGRAM} is missing: run 'uv run python build/make.py app' first")


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory):
    """An environment whose home is a file: nothing can be written there, not even by root."""
    base = tmp_path_factory.mktemp("surroundings")
    home, spare = base / "home", base / "tmp"
    home.write_text("")
    spare.mkdir()
    return {"HOME": str(home), "TMPDIR": str(spare), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


def run(*arguments, cwd, env, check=True):
    """Run the app's command line and return what it told."""
    return subprocess.run(
        [PROGRAM, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=check
    )


def assert_selftest_passes(told):
    document = json.loads(told.stdout)
    assert document["ok"], document
    assert {step["step"] for step in document["steps"]} == STEPS


def contents(folder):
    return {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_that_the_selftest_passes_with_an_unwritable_home_from_three_folders(surroundings, tmp_path):
    before = contents(FOLDER)
    spare = Path(surroundings["TMPDIR"])
    kernels = None
    for folder in (tmp_path / "a", tmp_path / "b", Path("/")):
        folder.mkdir(exist_ok=True)
        assert_selftest_passes(run("selftest", "--json", cwd=folder, env=surroundings))
        found = set(spare.rglob("*.nbc"))
        assert found
        assert kernels in (None, found), "kernels were compiled again for another launch folder"
        kernels = found
        assert folder == Path("/") or not list(folder.iterdir())
    assert contents(FOLDER) == before, "the app wrote into its own folder"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows programs need SystemRoot")
def test_that_the_selftest_passes_with_an_empty_environment(tmp_path):
    assert_selftest_passes(run("selftest", "--json", cwd=tmp_path, env={}))


def test_that_the_app_gives_the_bits_of_the_source(surroundings, tmp_path):
    flags = [
        "backtest", "--data", "sample:SPX", "--strategy", "turtle", "--stop-loss", "0.1", "--slippage-bps", "5",
        "--trades", "--json",
    ]  # fmt: skip
    command = [sys.executable, "-m", "ivybt_desktop", *flags]
    source = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(run(*flags, cwd=tmp_path, env=surroundings).stdout) == json.loads(source.stdout)


def test_that_a_strategy_written_with_pandas_ta_runs(surroundings, tmp_path):
    shutil.copy(ROOT / "resources" / "plugins" / "rsi_pullback.py", tmp_path)
    told = run(
        "backtest", "--data", "sample:SPX", "--strategy", "rsi_pullback", "--plugins", str(tmp_path), "--json",
        cwd=tmp_path, env=surroundings,
    )  # fmt: skip
    assert json.loads(told.stdout)["metrics"]["trades"] > 0


def test_that_a_machine_without_a_screen_gets_a_summary_and_a_picture(surroundings, tmp_path):
    told = run(cwd=tmp_path, env=surroundings | {"PWD": str(tmp_path)})
    assert told.stdout.splitlines()[0].startswith("No screen was found")
    written = [Path(line) for line in told.stdout.splitlines()[1:]]
    written = [path if path.is_absolute() else tmp_path / path for path in written]
    assert {"window.png", "summary.txt"} <= {path.name for path in written}
    assert all(path.stat().st_size > 0 for path in written)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_that_workers_load_no_qt_and_die_with_the_app(surroundings, tmp_path):
    environment = surroundings | {"QT_QPA_PLATFORM": "offscreen", "IVYBT_HOME": str(tmp_path)}
    process = subprocess.Popen([PROGRAM], cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    log = tmp_path / "logs" / "ivybt.log"
    try:
        wait_for(lambda: log.exists() and "workers ready" in log.read_text(encoding="utf-8"))
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 2
        maps = {child.pid: Path(f"/proc/{child.pid}/maps").read_text(encoding="utf-8") for child in children}
        assert not [pid for pid, text in maps.items() if "libQt6" in text]
        assert "libQt6Widgets" in Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8")
        process.kill()
        process.wait()
        wait_for(lambda: not any(is_alive(child) for child in children), patience_s=5)
    finally:
        process.kill()
        process.wait()


def is_alive(child):
    try:
        return child.is_running() and child.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(condition, patience_s=120.0):
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def test_that_size_and_start_up_are_what_the_readme_says(surroundings, tmp_path):
    size = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6
    runs = [start_up([str(PROGRAM)], tmp_path, **surroundings) for _ in range(4)][1:]
    shown = sorted(run["window shown"] for run in runs)[1]
    print(f"\nsize {size:.0f} MB, window shown {shown:.2f} s after the start")
    told = re.search(r"(\d+) MB.*?window.*?(\d+\.\d+) s", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert told, "the README states no size and start-up"
    assert size == pytest.approx(float(told[1]), rel=0.1)
    assert shown < 3 * max(float(told[2]), 1.0)  # a busy machine is no broken promise
