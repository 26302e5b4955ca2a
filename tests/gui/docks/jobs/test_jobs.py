"""Jobs dock: presenter with a fake view; the real view in a few strokes."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from engine.jobs.events import Cancelled, Failed, Finished, Progress, Queued, Started
from ivybt_desktop.bridge.ledger import JobLedger
from ivybt_desktop.context import Workspace
from ivybt_desktop.docks.jobs.model import STOP, JobsModel
from ivybt_desktop.docks.jobs.presenter import JobLine, JobsPresenter
from ivybt_desktop.docks.jobs.view import JobsView
from ivybt_desktop.theme.tokens import DARK, LIGHT, Tokens
from tests.fakes.desk import FakeJobs


class FakeView:
    def __init__(self) -> None:
        self.lines: list[JobLine] = []
        self.theme: Tokens | None = None

    def show_lines(self, lines: list[JobLine]) -> None:
        self.lines = lines

    def set_theme(self, tokens: Tokens) -> None:
        self.theme = tokens


class Bench:
    def __init__(self) -> None:
        self.now = 0.0
        self.view, self.jobs, self.workspace = FakeView(), FakeJobs(), Workspace()
        self.presenter = JobsPresenter(self.view, self.jobs, self.workspace, JobLedger(lambda: self.now))


def test_that_a_running_job_shows_progress_elapsed_and_what_is_left() -> None:
    bench = Bench()
    bench.jobs.event.emit(Queued("1", "sweep", "sweep on SPX"))
    assert (bench.view.lines[0].state, bench.view.lines[0].percent) == ("waiting", -1)
    bench.jobs.event.emit(Started("1", 100))
    bench.now = 65.0
    bench.jobs.event.emit(Progress("1", 50, 100))
    line = bench.view.lines[0]
    assert (line.percent, line.elapsed, line.left, line.is_live) == (50, "1:05", "1:05", True)
    bench.jobs.event.emit(Finished("1", 65.0))
    line = bench.view.lines[0]
    assert (line.state, line.percent, line.left, line.is_live) == ("done", 100, "", False)


def test_that_a_failure_keeps_its_words() -> None:
    bench = Bench()
    bench.jobs.event.emit(Queued("1", "backtest", "x"))
    bench.jobs.event.emit(Failed("1", "a worker process died"))
    assert bench.view.lines[0].has_failed
    assert bench.view.lines[0].message == "a worker process died"


def test_that_stop_is_passed_on_and_the_list_can_be_cleared() -> None:
    bench = Bench()
    for name in "12":
        bench.jobs.event.emit(Queued(name, "backtest", name))
    bench.presenter.cancel("1")
    assert bench.jobs.cancelled == ["1"]
    bench.jobs.event.emit(Cancelled("1"))
    bench.presenter.clear()
    assert [line.job_id for line in bench.view.lines] == ["2"]


def test_that_a_closed_presenter_hears_nothing() -> None:
    bench = Bench()
    bench.presenter.close()
    bench.jobs.event.emit(Queued("1", "backtest", "x"))
    bench.workspace.set_theme(LIGHT)
    assert bench.view.lines == []
    assert bench.view.theme is None


def _line(name: str, *, live: bool = True) -> JobLine:
    return JobLine(name, f"job {name}", "running", 40, "4.0 s", "6.0 s", "", live, False)


def test_that_the_model_is_a_good_qt_model(qtbot: Any, qtmodeltester: Any) -> None:
    model = JobsModel(DARK)
    qtmodeltester.check(model)
    model.show([_line("1"), _line("2")])
    model.show([_line("1"), _line("2", live=False)])
    qtmodeltester.check(model)


def test_that_a_live_job_has_a_stop_button_and_the_clock_rests_without_jobs(qtbot: Any) -> None:
    view = JobsView(DARK)
    qtbot.addWidget(view)
    view.show_lines([])
    assert "F5" in view.words
    view.show_lines([_line("1"), _line("2", live=False)])
    assert view.words == ""
    assert view.is_ticking
    button = view.table.indexWidget(view.model.index(0, STOP))
    assert isinstance(button, QToolButton)
    assert view.table.indexWidget(view.model.index(1, STOP)) is None
    with qtbot.waitSignal(view.cancel_asked) as asked:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked.args == ["1"]
    view.show_lines([_line("1", live=False), _line("2", live=False)])
    assert not view.is_ticking
