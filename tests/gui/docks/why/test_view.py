"""The Why dock on the screen: words, numbers, marks, links, keys."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QApplication

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.backtest.why import explain_bar, explain_trade
from ivybt_desktop.context import AppContext, Workspace
from ivybt_desktop.docks.why import DOCK
from ivybt_desktop.docks.why.page import page_of
from ivybt_desktop.docks.why.presenter import NO_RUN, WhyPresenter
from ivybt_desktop.docks.why.state import FAILED, HELD, bar_state, text_of, trade_state
from ivybt_desktop.docks.why.view import WhyView
from ivybt_desktop.theme.tokens import DARK, LIGHT
from tests.fakes.prices import random_bars


@pytest.fixture(scope="module")
def result():
    spec = BacktestSpec(
        strategy="bollinger_reversion", gates=[{"name": "moving_average", "length": 50}],
        costs={"slippage_bps": 5, "spread_bps": 4, "commission_fixed": 1},
        execution={"stop_loss": 0.05, "take_profit": 0.05},
    )  # fmt: skip
    return run_backtest(random_bars(900), spec)


@pytest.fixture
def screen(on_screen, workspace):
    from ivybt_desktop.context import at_once

    view = WhyView(DARK)
    return on_screen(view, WhyPresenter(view, workspace, at_once), 300, 640)


def rows_of(state, title):
    return next(block.rows for block in state.blocks if block.title == title)


def test_that_the_costs_block_adds_up_and_has_its_currency(result):
    state = trade_state(explain_trade(result, 0), 2)
    rows = rows_of(state, "Costs")
    values = {row.label: row.value for row in rows}
    amounts = [float(row.value.replace("\N{MINUS SIGN}", "-").replace(",", "")) for row in rows if row.unit == "USD"]
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=0.03)
    assert values["net profit"] == state.heading.split(": ")[1].split(" ")[0]
    assert {row.unit for row in rows} == {"USD", "%"}


def test_that_marks_differ_in_shape_and_what_was_not_reached_recedes(result):
    state = trade_state(explain_trade(result, 0), 2)
    rows = rows_of(state, "Decision")
    marks = {row.mark for row in rows}
    assert {HELD, FAILED} <= marks
    assert any(row.quiet and row.mark for row in rows)
    page = page_of(state, DARK)
    assert "\N{CHECK MARK}" in page
    assert "\N{MULTIPLICATION X}" in page


def test_that_a_bar_begins_with_its_verdict_and_the_nearest_miss(result):
    flat = int(np.flatnonzero((result.positions == 0.0) & (result.signals == 0.0))[300])
    state = bar_state(explain_bar(result, 0, flat), 2)
    assert [block.title for block in state.blocks][:2] == ["Verdict", "Nearest miss"]
    assert state.heading.endswith(result.bars.label(flat))
    labels = [row.label for row in rows_of(state, "Nearest miss")]
    assert "missed by" in labels


def test_that_the_page_holds_every_row_and_the_copied_text_too(screen, workspace, result):
    assert screen._empty.words == NO_RUN
    workspace.set_result(result)
    workspace.select_trade(3)
    state = trade_state(explain_trade(result, 3), 2)
    shown, copied = screen.page.toPlainText(), text_of(state)
    screen.copy()
    assert QApplication.clipboard().text().splitlines()[0] == screen._heading.text()
    for block in state.blocks:
        assert block.title in shown
        for row in block.rows:
            assert row.label in shown
            assert row.label in copied


def test_that_a_link_asks_for_its_bar_and_is_reached_with_the_keyboard(qtbot, screen, workspace, result):
    workspace.set_result(result)
    workspace.select_trade(3)
    flags = screen.page.textInteractionFlags()
    assert flags & Qt.TextInteractionFlag.LinksAccessibleByKeyboard
    screen.page.setFocus()
    cursor = screen.page.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.Start)
    screen.page.setTextCursor(cursor)
    with qtbot.waitSignal(screen.place_asked) as asked:
        qtbot.keyClick(screen.page, Qt.Key.Key_Tab)
        qtbot.keyClick(screen.page, Qt.Key.Key_Return)
    assert asked.args == [int(result.trades["entry_decision"][3])]


def test_that_esc_lets_go_of_a_bar_and_else_is_left_to_the_window(qtbot, screen, workspace, result):
    workspace.set_result(result)
    workspace.select_trade(3)
    workspace.ask_bar(0, 400)
    assert screen._back.isVisible()
    override = QKeyEvent(QKeyEvent.Type.ShortcutOverride, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    assert screen.eventFilter(screen.page, override)
    qtbot.keyClick(screen.page, Qt.Key.Key_Escape)
    assert workspace.asked is None
    assert not screen._back.isVisible()
    assert not screen.eventFilter(screen.page, override)


def test_that_stepping_through_trades_keeps_the_part_in_sight(screen, workspace, result):
    workspace.set_result(result)
    workspace.select_trade(3)
    screen.page.verticalScrollBar().setValue(200)
    workspace.select_trade(4)
    assert screen.page.verticalScrollBar().value() == 200
    workspace.ask_bar(0, 400)
    assert screen.page.verticalScrollBar().value() == 0


def test_that_it_is_painted_in_both_themes_and_named_for_screen_readers(screen, workspace, result):
    workspace.set_result(result)
    workspace.select_trade(3)
    for theme in (LIGHT, DARK):
        workspace.set_theme(theme)
        assert theme.quiet.lower() in screen.page.toHtml().lower()
        assert not screen.grab().isNull()
    assert screen.page.accessibleName() == "Explanation"
    assert screen._copy.accessibleName()


def test_that_the_dock_is_declared_and_closes(qtbot, tmp_path, result):
    workspace = Workspace()
    dock = DOCK.build(AppContext(workspace, None, None, tmp_path, tmp_path, lambda path: None))
    qtbot.addWidget(dock.view)
    dock.view.show()
    assert (DOCK.area, DOCK.shortcut) == ("right", "Ctrl+Shift+W")
    workspace.set_result(result)
    workspace.select_trade(1)
    for action in dock.actions:
        action.callback()
    dock.presenter.close()
