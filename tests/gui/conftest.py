"""Fixtures of all window tests: no screen, no leaks, no Qt warning; and the real window on a fresh home."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from ivybt_desktop.app import Application
    from ivybt_desktop.shell.main_window import MainWindow

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

_HERE = Path(__file__).parent
# Printed by the offscreen platform for every window; says nothing about the program.
_PLATFORM_NOISE = "This plugin does not support propagateSizeHints"
_QT_FIXTURES = {"qtbot", "qapp", "application", "window"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.gui)
            # A marker and not a setting of the project: tests without Qt start without it.
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            item.add_marker(pytest.mark.qt_log_ignore(_PLATFORM_NOISE))


@pytest.fixture(autouse=True)
def _no_leaks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves a thread, a pool job, a timer or a top-level widget alive."""
    if not _QT_FIXTURES & set(request.fixturenames):
        yield
        return
    from tests.gui.leaks import LeakWatch

    request.getfixturevalue("qapp")
    threads = set(threading.enumerate())
    watch = LeakWatch(monkeypatch)
    yield
    left = watch.left()
    left += [f"thread {t.name}" for t in set(threading.enumerate()) - threads if _is_ours(t)]
    assert not left, f"left alive: {', '.join(left)}"


def _is_ours(thread: threading.Thread) -> bool:
    # Python makes a dummy for a thread of Qt's pool that once called it; the pool is watched by itself.
    return thread.is_alive() and not thread.name.startswith("Dummy-")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a fresh data home; nothing of the user is touched."""
    folder = tmp_path / "home"
    monkeypatch.setenv("IVYBT_HOME", str(folder))
    return folder


@pytest.fixture
def application(qtbot: QtBot, home: Path) -> Iterator[Application]:
    """Give the real window with all docks, on a fresh home, running jobs inline; closed at the end."""
    from engine.jobs.inline import InlineExecutor
    from ivybt_desktop.app import Application, make_qt
    from ivybt_desktop.shell.home import open_home

    qt = make_qt([])
    made = Application(qt, open_home(), compute=InlineExecutor())
    made.start_at_once()
    qtbot.waitExposed(made.window)
    yield made
    made.window.close()
    made.window.deleteLater()
    qt.setStyleSheet("")


@pytest.fixture
def window(application: Application) -> MainWindow:
    """Return the real window."""
    return application.window


@pytest.fixture
def settle(qtbot: QtBot) -> Any:
    """Return a function that waits until a condition holds."""

    def wait(condition: Any, timeout: int = 5_000) -> None:
        qtbot.waitUntil(condition, timeout=timeout)

    return wait
