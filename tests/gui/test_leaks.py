"""The watch that fails leaking tests sees what leaks."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from PySide6.QtCore import QRunnable, QThreadPool, QTimer
from PySide6.QtWidgets import QWidget

from tests.gui.leaks import LeakWatch


def test_that_a_timer_that_runs_on_is_seen_with_its_line(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = LeakWatch(monkeypatch)
    timer = QTimer()
    timer.start(1_000)
    (found,) = watch.left()
    assert "QTimer started at" in found
    assert "test_leaks.py" in found
    timer.stop()
    assert watch.left() == []


def test_that_a_window_that_stays_is_seen(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = LeakWatch(monkeypatch)
    widget = QWidget()
    widget.setObjectName("lost")
    assert watch.left() == ["widget QWidget 'lost'"]
    widget.deleteLater()
    assert watch.left() == []


def test_that_a_pool_job_that_goes_on_is_seen(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.gui.leaks._POOL_WAIT_MS", 10)
    watch = LeakWatch(monkeypatch)
    gate = threading.Event()

    class Job(QRunnable):
        def run(self) -> None:
            gate.wait(5)

    pool = QThreadPool()
    pool.start(Job())
    assert "QThreadPool" in watch.left()[0]
    gate.set()
    pool.waitForDone()
    assert watch.left() == []
