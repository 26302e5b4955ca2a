"""The window with its real worker processes: a run, a crash told in words, and a close in the middle of a run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.backtest.spec import BacktestSpec
from engine.strategies import registry
from ivybt_desktop.app import Application, make_qt
from ivybt_desktop.shell.home import open_home
from tests.fakes.plugins import write_plugin
from tests.fakes.prices import random_bars

_PATIENCE_MS = 60_000


@pytest.fixture
def started(qtbot: Any, home: Path) -> Iterator[Application]:
    for name in ("Suicidal", "Endless"):
        write_plugin(home / "plugins", name)
    made = Application(make_qt([]), open_home())
    made.preferences.update(workers=1)
    made.start()
    qtbot.waitUntil(lambda: made.actions.is_enabled("run.backtest"), timeout=_PATIENCE_MS)
    qtbot.waitUntil(lambda: made.workspace.spec is not None, timeout=_PATIENCE_MS)
    made.workspace.set_bars(random_bars(300))
    yield made
    made.window.close()
    made.window.deleteLater()
    shutil.rmtree(made.home.plugins)
    registry.scan(made.home.plugins)  # forgets what is gone


def _run(application: Application, strategy: str) -> None:
    application.workspace.set_spec(BacktestSpec(strategy=strategy))
    application.actions.run("run.backtest")


def _is_running(application: Application) -> bool:
    return any(row.state == "running" for row in application.window.status.ledger.live())


def test_that_a_crash_is_told_the_next_run_works_and_closing_ends_everything(
    started: Application, qtbot: Any
) -> None:
    _run(started, "suicidal")
    qtbot.waitUntil(lambda: started.board.newest is not None, timeout=_PATIENCE_MS)
    told = started.board.newest
    assert told is not None
    assert "worker" in told.text
    assert "Traceback" not in told.text

    _run(started, "buy_and_hold")
    qtbot.waitUntil(lambda: started.workspace.result is not None, timeout=_PATIENCE_MS)
    assert started.board.newest is None

    _run(started, "endless")
    qtbot.waitUntil(lambda: _is_running(started), timeout=_PATIENCE_MS)
    workers = [psutil.Process(pid) for pid in started.worker_pids]
    assert workers
    started.window.close()
    _gone, alive = psutil.wait_procs(workers, timeout=2)
    assert not alive
    assert started.jobs.live == ()


def test_that_escape_stops_a_run(started: Application, qtbot: Any) -> None:
    _run(started, "endless")
    qtbot.waitUntil(lambda: _is_running(started), timeout=_PATIENCE_MS)
    started.actions.run("run.stop")
    qtbot.waitUntil(lambda: not started.jobs.live, timeout=5_000)
    assert started.workspace.result is None
    assert started.board.newest is None
