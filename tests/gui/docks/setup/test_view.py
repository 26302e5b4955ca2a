"""The Setup dock with its real view and live runs."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from engine.strategies import registry
from ivybt_desktop.context import AppContext, Workspace
from ivybt_desktop.docks.setup import DOCK
from ivybt_desktop.docks.setup.view import SetupView
from tests.fakes.prices import random_bars

FAST = "strategy.params.fast"


@pytest.fixture
def ran():
    return []


@pytest.fixture
def dock(qtbot, tmp_path, ran):
    workspace = Workspace()
    context = AppContext(
        workspace, None, None, tmp_path / "presets", tmp_path / "plugins", print, run=lambda: ran.append(1)
    )
    dock = DOCK.build(context)
    dock.workspace = workspace
    qtbot.addWidget(dock.view)
    dock.view.resize(320, 700)
    dock.view.show()
    yield dock
    dock.presenter.close()


def test_that_without_prices_run_is_off_and_the_panel_says_what_to_do(dock):
    assert not dock.view.run.isEnabled()
    assert dock.view.status.text() == "Drop a price file or open the sample to begin."
    assert dock.view.bodies.symbol.text() == "No prices loaded"


def test_that_run_is_on_when_there_is_something_to_run(dock, ran):
    dock.workspace.set_bars(random_bars(300))
    assert dock.view.run.isEnabled()
    QTest.mouseClick(dock.view.run, Qt.MouseButton.LeftButton)
    assert ran == [1]


def test_that_a_broken_constraint_turns_both_fields_red_and_run_off(dock):
    dock.workspace.set_bars(random_bars(300))
    edit = dock.view.bodies.params.row(FAST).editor.edit
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "60")
    slow = dock.view.bodies.params.row("strategy.params.slow")
    assert edit.property("invalid") is True
    assert slow.editor.edit.property("invalid") is True
    assert slow.error.text() == "Fast must be less than Slow."
    assert not dock.view.run.isEnabled()
    assert edit.text() == "60"


def test_that_dragging_a_slider_redraws_the_result(dock, qtbot):
    dock.workspace.set_bars(random_bars(300))
    shown = []
    dock.workspace.result_changed.connect(lambda result: shown.append(result.spec.strategy.params["fast"]))
    slider = dock.view.bodies.params.row(FAST).editor.slider
    slider.setSliderDown(True)
    for tick in (20, 25, 30):
        slider.setSliderPosition(tick)
    slider.setSliderDown(False)
    qtbot.waitUntil(lambda: shown[-1:] == [32], timeout=20_000)
    dock.presenter.undo()
    assert slider.value() == 8
    assert not dock.presenter.can_undo


def test_that_the_picker_unfolds_searches_and_chooses_by_keyboard(dock):
    picker = dock.view.bodies.picker
    QTest.mouseClick(picker.button, Qt.MouseButton.LeftButton)
    assert not picker.list.isHidden()
    QTest.keyClicks(picker.list.search, "turtle")
    QTest.keyClick(picker.list.search, Qt.Key.Key_Return)
    assert picker.list.isHidden()
    assert dock.workspace.spec.strategy.name == "turtle"
    assert [info.title for info in dock.view.bodies.params.fields] == ["Entry", "Exit", "Skip winners", "ATR", "Stop ATR"]
    assert picker.button.accessibleName() == "Strategy: Turtle"


def test_that_a_broken_plug_in_shows_its_error_and_copies_its_traceback(dock, tmp_path):
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "mine.py").write_text("import nothing_like_it\n")
    try:
        dock.presenter.reload_strategies()
        picker = dock.view.bodies.picker
        QTest.mouseClick(picker.button, Qt.MouseButton.LeftButton)
        QTest.keyClicks(picker.list.search, "mine.py")
        QTest.keyClick(picker.list.search, Qt.Key.Key_Return)
        assert picker.broken.text().startswith("mine.py, line 1: ModuleNotFoundError")
        QTest.mouseClick(picker.copy, Qt.MouseButton.LeftButton)
        assert "Traceback" in QGuiApplication.clipboard().text()
    finally:
        (folder / "mine.py").unlink()
        registry.scan(folder)


def test_that_folded_sections_stay_folded_and_unfold_on_click(dock):
    costs = dock.view.sections["costs"]
    assert costs.body.isHidden()
    assert costs.header.summary == "10 bps slippage, no commission"
    QTest.mouseClick(costs.header, Qt.MouseButton.LeftButton)
    dock.presenter.commit("capital", 5_000.0)
    assert not costs.body.isHidden()


def test_that_a_typed_name_saves_a_preset_and_choosing_it_opens_it(dock):
    bar = dock.view.presets
    dock.presenter.commit(FAST, 20)
    QTest.keyClicks(bar.combo, "Quick")
    assert not bar.delete.isEnabled()
    QTest.keyClick(bar.combo, Qt.Key.Key_Return)
    assert [bar.combo.itemText(at) for at in range(bar.combo.count())] == ["Quick"]
    dock.presenter.commit(FAST, 30)
    bar.combo.activated.emit(0)
    assert dock.workspace.spec.strategy.params["fast"] == 20
    QTest.mouseClick(bar.delete, Qt.MouseButton.LeftButton)
    assert bar.combo.count() == 0


def test_that_the_fill_on_the_deciding_close_is_shown_in_the_warning_colour(dock):
    dock.presenter.commit("execution.fill", "this_close")
    assert dock.view.bodies.fill.property("role") == "warning"
    dock.presenter.commit("execution.fill", "next_open")
    assert dock.view.bodies.fill.property("role") == "quiet"


def test_that_everything_that_takes_the_keyboard_has_a_name(dock):
    for section in dock.view.sections.values():
        section.set_folded(False)
    stops = [
        child
        for child in dock.view.findChildren(QWidget)
        if child.focusPolicy() & Qt.FocusPolicy.TabFocus and not child.isHidden()
    ]
    named = {"QListView", "QScrollArea", "QScrollBar"}  # lists of combo boxes carry the name of their box
    nameless = [type(child).__name__ for child in stops if not child.accessibleName()]
    assert not set(nameless) - named


def test_that_commands_undo_and_redo_are_declared(dock):
    keys = {action.id: action.shortcut for action in dock.actions}
    assert keys["edit.undo"] == "Ctrl+Z"
    assert keys["edit.redo"] == "Ctrl+Shift+Z"


def test_that_nothing_is_wider_than_the_narrowest_panel(dock):
    dock.workspace.set_bars(random_bars(300))
    dock.presenter.choose_strategy("turtle")
    dock.presenter.commit("execution.stop_loss", 0.05)
    for section in dock.view.sections.values():
        section.set_folded(False)
    dock.view.resize(dock.view.minimumWidth(), 700)
    QTest.qWait(20)
    page = dock.view.sections["data"].parentWidget()
    assert page.minimumSizeHint().width() <= page.parentWidget().width()


def test_that_ctrl_z_in_the_window_takes_back_a_change_of_the_form(application):
    start = application.workspace.spec
    dock = application.window.findChild(SetupView)
    dock.committed.emit(FAST, 17)
    assert application.workspace.spec.strategy.params["fast"] == 17
    assert application.actions.run("edit.undo")
    assert application.workspace.spec == start
    assert application.actions.run("edit.redo")
    assert application.workspace.spec.strategy.params["fast"] == 17


def test_that_f5_tells_what_is_wrong_instead_of_running_the_last_good_settings(application):
    application.workspace.set_bars(random_bars(300))
    application.window.findChild(SetupView).committed.emit(FAST, 500)
    application.actions.run("run.backtest")
    assert application.board.newest.what == "Fast must be from 2 to 100 bars"
