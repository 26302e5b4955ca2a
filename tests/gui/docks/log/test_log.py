"""Log dock: lines, filter, copy."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QApplication

from ivybt_desktop.context import Workspace
from ivybt_desktop.docks.log.model import LogModel
from ivybt_desktop.docks.log.presenter import LogLine, LogPresenter
from ivybt_desktop.docks.log.view import LogView
from ivybt_desktop.theme.tokens import DARK, Tokens


class FakeView:
    def __init__(self) -> None:
        self.lines: list[LogLine] = []
        self.total = -1

    def show_lines(self, lines: list[LogLine], total: int) -> None:
        self.lines, self.total = list(lines), total

    def add_line(self, line: LogLine, total: int) -> None:
        self.lines.append(line)
        self.total = total

    def set_theme(self, tokens: Tokens) -> None:
        pass


def _bench() -> tuple[FakeView, Workspace, LogPresenter]:
    view, workspace = FakeView(), Workspace()
    return view, workspace, LogPresenter(view, workspace, lambda: "12:00:00")


def test_that_lines_come_with_time_and_level() -> None:
    view, workspace, _ = _bench()
    workspace.log("warning", "zero costs")
    workspace.log("odd", "of no level")
    assert view.lines == [LogLine("12:00:00", "warning", "zero costs"), LogLine("12:00:00", "info", "of no level")]


def test_that_the_filter_takes_level_and_all_words() -> None:
    view, workspace, presenter = _bench()
    for level, words in (("info", "SPX read"), ("error", "SPX failed"), ("error", "NASDAQ failed")):
        workspace.log(level, words)
    presenter.filter("warning", "spx FAIL")
    assert [line.message for line in view.lines] == ["SPX failed"]
    workspace.log("info", "SPX failed but only info")
    assert len(view.lines) == 1
    presenter.filter("info", "")
    assert len(view.lines) == 4


def test_that_old_lines_make_room() -> None:
    view, workspace, presenter = _bench()
    for number in range(5_100):
        workspace.log("info", str(number))
    assert view.total == 5_000
    assert view.lines[0].message == "100"
    presenter.clear()
    assert (view.lines, view.total) == ([], 0)


def test_that_a_closed_presenter_hears_nothing() -> None:
    view, workspace, presenter = _bench()
    presenter.close()
    workspace.log("info", "late")
    assert view.lines == []


def test_that_the_model_is_a_good_qt_model(qtbot: Any, qtmodeltester: Any) -> None:
    model = LogModel(DARK)
    model.show([LogLine("1", "info", "a")])
    model.add(LogLine("2", "error", "b\nc"))
    qtmodeltester.check(model)
    assert model.data(model.index(1, 2)) == "b"


def test_that_shown_lines_can_be_copied_and_an_empty_filter_says_so(qtbot: Any) -> None:
    view = LogView(DARK)
    qtbot.addWidget(view)
    view.show_lines([], 0)
    view.add_line(LogLine("12:00:00", "info", "SPX read"), 1)
    view.copy()
    assert QApplication.clipboard().text() == "12:00:00\tinfo\tSPX read"
    with qtbot.waitSignal(view.filter_changed) as changed:
        view.words.setText("zzz")
    assert changed.args == ["info", "zzz"]
    view.show_lines([], 1)
    assert view.words_shown == "No line passes the filter."
