"""The Setup dock with its real view and live runs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from engine.core.instrument import Instrument
from engine.strategies import registry
from ivybt_desktop.context import AppContext, Badge, Workspace
from ivybt_desktop.docks.setup import DOCK
from ivybt_desktop.docks.setup.edits import AddItem
from ivybt_desktop.docks.setup.view import SetupView
from tests.fakes.prices import random_bars

SYMBOLS = ("SPY", "QQQ", "TLT")
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


def test_that_the_open_list_shows_the_card_of_the_line_that_is_reached(dock):
    picker = dock.view.bodies.picker
    assert picker.card.isHidden()
    QTest.mouseClick(picker.button, Qt.MouseButton.LeftButton)
    QTest.keyClicks(picker.list.search, "turtle")
    assert "Follow closes beyond" in picker.card.text.text()
    assert not picker.card.isHidden()
    QTest.keyClick(picker.list.search, Qt.Key.Key_Escape)
    assert picker.card.isHidden()


def test_that_the_card_of_the_chosen_strategy_opens_on_demand_and_follows_it(dock):
    picker = dock.view.bodies.picker
    QTest.mouseClick(picker.more, Qt.MouseButton.LeftButton)
    assert not picker.card.isHidden()
    first = picker.card.text.text()
    dock.presenter.choose_strategy("turtle")
    assert "Follow closes beyond" in picker.card.text.text() != first
    QTest.mouseClick(picker.more, Qt.MouseButton.LeftButton)
    assert picker.card.isHidden()


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


def fill(dock):
    """Load three instruments, and put something into every section."""
    bars = [replace(random_bars(300, seed=seed), instrument=Instrument(name)) for seed, name in enumerate(SYMBOLS)]
    dock.workspace.set_universe(bars, {name: f"/p/{name}.csv" for name in SYMBOLS})
    view = dock.view
    for kind in ("hmm", "moving_average"):
        view.edited.emit(AddItem("gates", kind))
    view.edited.emit(AddItem("sleeves", "turtle"))
    settings = {
        "portfolio.allocation.name": "risk_parity", "portfolio.when_short": "rank", "sizing.name": "kelly",
        "portfolio.rank_by": "momentum", "execution.entry": "limit", "execution.max_participation": 0.1,
        "execution.rebalance": "band", "execution.stop_loss": 0.05, "data.candles.kind": "renko",
        "data.train_split": 0.7,
    }  # fmt: skip
    for name, value in settings.items():
        view.committed.emit(name, value)
    for section in ("costs", "execution", "candles"):
        view.more_asked.emit(section)
    view.bodies.symbols.select(["QQQ"])


def test_that_everything_that_takes_the_keyboard_has_a_name(dock):
    fill(dock)
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
    fill(dock)
    for section in dock.view.sections.values():
        section.set_folded(False)
    dock.view.resize(dock.view.minimumWidth(), 700)
    QTest.qWait(20)
    page = dock.view.sections["data"].parentWidget()
    assert page.minimumSizeHint().width() <= page.parentWidget().width()


def test_that_add_gate_offers_every_gate_with_its_sentence(dock):
    gates = dock.view.bodies.lists["gates"]
    titles = {action.text(): action.toolTip() for action in gates.menu.actions()}
    assert titles["GARCH volatility"].startswith("Open while the volatility that GARCH(1,1) expects")
    next(action for action in gates.menu.actions() if action.text() == "Hidden Markov states").trigger()
    assert [gate.name for gate in dock.workspace.spec.gates] == ["hmm"]
    assert gates.items[0].form.sentence.text().startswith("Open while the filtered probability")


def test_that_a_gate_keeps_the_keyboard_while_it_moves_and_gives_it_back_when_it_goes(dock):
    fill(dock)
    dock.presenter.fold("gates", False)
    gates = dock.view.bodies.lists["gates"]
    first = gates.items[0]
    QTest.mouseClick(first.down, Qt.MouseButton.LeftButton)
    assert [gate.name for gate in dock.workspace.spec.gates] == ["moving_average", "hmm"]
    assert gates.items[1] is first
    assert first.place.text() == "Gate 2"
    first.remove.setFocus()
    QTest.mouseClick(first.remove, Qt.MouseButton.LeftButton)
    assert [gate.name for gate in dock.workspace.spec.gates] == ["moving_average"]


def test_that_another_kind_shows_other_fields_with_the_keyboard_still_in_the_choice(dock):
    place = dock.view.bodies.places["sizing"]
    combo = place.kind.row("sizing.name").editor.combo
    combo.setCurrentIndex(combo.findData("kelly"))
    combo.activated.emit(combo.currentIndex())
    assert [info.title for info in place.fields.fields][:2] == ["Share", "Confidence"]
    assert place.kind.row("sizing.name").editor.combo is combo
    assert dock.workspace.spec.sizing.name == "kelly"


def test_that_space_ticks_the_selected_instruments_and_delete_unloads_them(dock):
    fill(dock)
    dock.presenter.fold("symbols", False)
    symbols = dock.view.bodies.symbols
    assert symbols.own.values() == {"group": None, "costs": None}
    QTest.keyClick(symbols.table, Qt.Key.Key_Space)
    assert dock.workspace.spec.data.symbols == ("SPY", "TLT")
    assert symbols.use.text() == "2 of 3 used"
    QTest.keyClick(symbols.table, Qt.Key.Key_Delete)
    assert [bars.symbol for bars in dock.workspace.universe] == ["SPY", "TLT"]


def test_that_a_group_typed_once_holds_for_all_selected_instruments(dock):
    fill(dock)
    dock.presenter.fold("symbols", False)
    symbols = dock.view.bodies.symbols
    symbols.select(["SPY", "TLT"])
    edit = symbols.own.row("group").editor.edit
    QTest.keyClicks(edit, "core")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert dock.workspace.spec.portfolio.groups == {"SPY": "core", "TLT": "core"}
    assert symbols.model.index(0, 5).data() == "core"


def test_that_a_changed_cost_is_marked_against_its_preset(dock):
    dock.workspace.set_bars(random_bars(300))
    dock.presenter.commit("costs.spread_bps", 4.0)
    row = dock.view.bodies.forms["costs"].row("costs.spread_bps")
    assert not row.dot.isHidden()
    assert row.dot.toolTip() == "Changed from 2 bps. Click to reset"
    row.reset()
    assert dock.workspace.spec.costs.spread_bps == 2.0
    assert dock.view.sections["costs"].header.changed == 0


def test_that_a_folded_section_with_an_error_tells_it_in_its_header(dock):
    dock.workspace.set_bars(random_bars(300))
    dock.presenter.commit("sizing.name", "risk_per_trade")
    header = dock.view.sections["stops"].header
    assert header.is_wrong
    assert header.summary.startswith("Sizing by risk needs a stop")
    assert dock.view.status.text() == "Sizing by risk needs a stop."


def test_that_f5_runs_all_ticked_instruments_on_one_account(application, settle):
    dock = application.window.findChild(SetupView)
    bars = [replace(random_bars(200, seed=seed), instrument=Instrument(name)) for seed, name in enumerate("AB")]
    application.workspace.set_universe(bars)
    dock.committed.emit("portfolio.allocation.name", "equal_weight")
    application.actions.run("run.backtest")
    settle(lambda: application.workspace.result is not None, 20_000)
    assert application.workspace.result.symbols == ("A", "B")
    assert application.workspace.result.spec.portfolio.allocation.name == "equal_weight"


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


def test_that_symbols_and_counts_of_bars_are_not_clipped_in_a_narrow_panel(dock):
    long = replace(random_bars(37_387), instrument=Instrument("BTCUSDT-PERP"))
    dock.presenter.fold("symbols", False)
    dock.workspace.set_universe([long])
    table = dock.view.bodies.symbols.table
    for column in (0, 1):
        assert table.columnWidth(column) >= table.sizeHintForColumn(column)


def test_that_the_badge_of_the_strategy_is_shown_and_leads_to_the_leak_lab(dock, qtbot):
    picker = dock.view.bodies.picker
    assert picker.pill.isHidden()
    dock.workspace.spec_badge = Badge("looks ahead", "Signals read 1 bar ahead, first at 2015-03-02", "80 probes")
    dock.workspace.badges_changed.emit()
    assert picker.pill.text() == "\N{WARNING SIGN} looks ahead"
    assert picker.leak.text() == "Signals read 1 bar ahead, first at 2015-03-02."
    with qtbot.waitSignal(dock.view.proof_asked):
        picker.pill.click()
    dock.workspace.spec_badge = Badge("past only", detail="80 probes")
    dock.workspace.badges_changed.emit()
    assert picker.pill.text() == "\N{CHECK MARK} past only"
    assert picker.leak.isHidden()
