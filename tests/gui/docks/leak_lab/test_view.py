"""The Leak Lab on the screen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from ivybt_desktop.context import AppContext
from ivybt_desktop.docks.leak_lab import DOCK
from ivybt_desktop.docks.leak_lab.state import EMPTY, LabRow, LabState
from ivybt_desktop.docks.leak_lab.view import LeakLabView
from ivybt_desktop.theme.tokens import DARK, LIGHT

ROWS = (
    LabRow("signals", "2020-01-02", 5, "1 bar ahead", "negative shift", "Replace shift(-n) by shift(n)", "mine.py:14"),
    LabRow("gate: hmm", "2020-01-03", 9, "the whole sample", "model fitted on all data", "Fit on the bars before"),
)
LEAK = LabState(
    "looks ahead", "Looks ahead: 2 outputs read bars of the future", "80 probes on 300 bars in 0.4 s",
    "Warm-up: 3 bars needed, 0 declared", "", ROWS, can_check=True,
)  # fmt: skip


@pytest.fixture
def view(qtbot):
    made = LeakLabView(DARK)
    qtbot.addWidget(made)
    made.resize(900, 220)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_that_the_empty_lab_offers_nothing_that_cannot_be_done(view):
    assert view.words == EMPTY
    assert view.pill.isHidden()
    assert not view.check.isEnabled()
    assert view.stop.isHidden()
    assert view.source.isHidden()


def test_that_findings_fill_the_table_and_the_first_is_chosen(view):
    view.show_state(LEAK)
    assert view.words == ""
    texts = [view.table.model.index(0, column).data() for column in range(6)]
    assert texts == ["signals", "2020-01-02", "1 bar ahead", "negative shift", "mine.py:14", ROWS[0].todo]
    assert view.table.selected_rows().tolist() == [0]
    assert view.heading.text() == LEAK.heading
    assert view.detail.text() == "Warm-up: 3 bars needed, 0 declared. 80 probes on 300 bars in 0.4 s"
    assert view.source.isEnabled()
    view.table.select_row(1)
    assert not view.source.isEnabled()


def test_that_the_badge_has_a_sign_a_word_and_a_name_for_screen_readers(view):
    view.show_state(LEAK)
    assert view.pill.text() == "\N{WARNING SIGN} looks ahead"
    assert view.pill.accessibleName() == "Look-ahead proof of the strategy: looks ahead"
    assert view.pill.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_that_one_click_on_a_row_asks_for_its_bar(view, qtbot):
    view.show_state(LEAK)
    place = view.table.grid.visualRect(view.table.model.index(1, 1)).center()
    with qtbot.waitSignal(view.row_chosen) as asked:
        QTest.mouseClick(view.table.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == [1]


def test_that_enter_asks_for_the_bar_of_the_chosen_row(view, qtbot):
    view.show_state(LEAK)
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    view.table.grid.setFocus()
    with qtbot.waitSignal(view.row_chosen) as asked:
        QTest.keyClick(view.table.grid, Qt.Key.Key_Return)
    assert asked.args == [0]


def test_that_buttons_ask(view, qtbot):
    view.show_state(LEAK)
    for button, signal in ((view.check, view.check_asked), (view.source, view.source_asked)):
        with qtbot.waitSignal(signal):
            button.click()
    view.show_state(LabState("checking", "Checking", "1 s", is_checking=True))
    with qtbot.waitSignal(view.cancel_asked):
        view.stop.click()


def test_that_the_line_that_raised_can_be_opened_too(view, qtbot):
    view.show_state(LEAK)
    view.show_state(LabState("unproven", "It could not be checked", words="mine.py:3: no", where="mine.py:3"))
    assert view.source.isEnabled()
    with qtbot.waitSignal(view.source_asked) as asked:
        view.source.click()
    assert asked.args == [-1]


def test_that_a_check_under_way_ticks_and_can_be_stopped_until_it_ends(view, qtbot):
    view.show_state(LabState("checking", "Checking", "1 s", is_checking=True))
    assert view.is_ticking
    assert not view.busy.isHidden()
    assert view.check.isHidden()
    with qtbot.waitSignal(view.ticked):
        pass
    view.show_state(LEAK)
    assert not view.is_ticking
    assert view.busy.isHidden()
    assert view.stop.isHidden()


def test_that_what_the_last_column_has_no_room_for_stands_under_the_table(view):
    view.resize(560, 220)
    view.show_state(LEAK)
    QTest.qWait(20)
    assert view.todo.text() == f"{ROWS[0].todo}."
    assert not view.todo.isHidden()
    view.resize(1600, 220)
    QTest.qWait(20)
    assert view.todo.isHidden()
    assert not view.table.grid.horizontalScrollBar().isVisible()


def test_that_copy_takes_verdict_and_table(view):
    view.show_state(LEAK)
    view.copy_button.click()
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines[0] == LEAK.heading
    assert lines[-1].split("\t")[0] == "gate: hmm"


def test_that_the_dock_is_declared_painted_in_both_themes_and_closes(qtbot, workspace, tmp_path):
    dock = DOCK.build(AppContext(workspace, None, None, tmp_path, tmp_path, lambda path: None))
    qtbot.addWidget(dock.view)
    assert (DOCK.id, DOCK.area, DOCK.shortcut) == ("leak_lab", "bottom", "Ctrl+Shift+A")
    for action in dock.actions:
        action.callback()
    workspace.set_theme(LIGHT)
    assert not dock.view.grab().isNull()
    dock.presenter.close()
