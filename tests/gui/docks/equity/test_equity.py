import numpy as np
import pytest
from PySide6.QtWidgets import QCheckBox

from ivybt_desktop.context import Badge, Workspace
from ivybt_desktop.docks.equity import DOCK
from ivybt_desktop.docks.equity.view import EquityView
from ivybt_desktop.theme.tokens import DARK, LIGHT
from tests.gui.plots.samples import random_bars, random_result


def test_that_without_a_run_the_dock_says_what_to_do(presenter, view):
    assert view.count("show_empty") == 1


def test_that_a_run_shows_net_equity_benchmark_drawdown_and_capital(presenter, view, workspace):
    result = random_result(random_bars(300))
    workspace.set_result(result)
    curves = view.last("show_curves")[0]
    assert curves.equity is result.equity
    assert np.array_equal(curves.benchmark, result.benchmark)
    assert np.array_equal(curves.drawdown, result.drawdown)
    assert (curves.capital, curves.currency) == (10_000.0, "USD")
    heading = view.last("show_heading")[0]
    assert heading.text == "Equity net of all costs, USD, from 10,000"
    assert heading.doubt == ""
    assert heading.sentence.startswith("Signal at close of bar t, fill at open of bar t+1, costs 10 bps slippage")


def test_that_the_axis_stays_when_only_the_run_changes(presenter, view, workspace):
    bars = random_bars(300)
    for seed in range(4):
        workspace.set_result(random_result(bars.slice(0, 300), seed=seed))
    assert view.count("show_bars") == 1
    assert view.count("show_curves") == 4


def test_that_the_tip_tells_equity_benchmark_and_drawdown(presenter, view, workspace):
    result = random_result(random_bars(300))
    workspace.set_result(result)
    rows = dict(view.tip(120))
    assert rows["Equity"] == f"{result.equity[120]:,.2f}"
    assert list(rows) == ["", "Equity", "Since start", "This bar", "Buy and hold RND", "Drawdown"]
    assert view.tip(300) == []


def test_that_a_new_run_opens_whole_even_when_it_is_long(screen, workspace):
    workspace.set_result(random_result(random_bars(3_000)))
    assert (screen.stack.shown.first, screen.stack.shown.last) == (-0.5, 2_999.5)


def test_that_it_moves_with_the_chart_until_the_link_is_off(screen, workspace, qtbot):
    workspace.set_result(random_result(random_bars(3_000)))
    workspace.show_range(100.0, 400.0, "chart")
    assert screen.stack.shown.first == pytest.approx(100)
    screen.toggle_link()
    assert not screen.findChild(QCheckBox).isChecked()
    workspace.show_range(700.0, 900.0, "chart")
    assert screen.stack.shown.first == pytest.approx(100)
    heard = []
    workspace.range_changed.connect(lambda *args: heard.append(args))
    screen.stack.shown.pan(5)
    assert heard == []


def test_that_a_liquidated_account_ends_early_and_still_paints(screen, workspace):
    bars = random_bars(300)
    full = random_result(bars)
    short = type(full)(**{**vars(full), "equity": full.equity[:120], "positions": full.positions[:120]})
    workspace.set_result(short)
    assert screen.equity.text_at(200) == "\N{EN DASH}"
    assert not screen.grab().isNull()


def test_that_a_log_scale_is_switched_by_its_action(screen, workspace):
    workspace.set_result(random_result(random_bars(300)))
    screen.stack.toggle_log()
    screen.grab()
    assert screen.account.scale.log
    assert not screen.below.scale.log


def test_that_the_cursor_is_shared_through_the_workspace(screen, workspace):
    workspace.set_result(random_result(random_bars(300)))
    workspace.hover_bar(77)
    assert [pane._cursor.bar for pane in screen.stack.panes] == [77, 77]


def test_that_the_dock_builds_repaints_and_closes(qtbot, tmp_path):
    from ivybt_desktop.context import AppContext

    workspace = Workspace()
    dock = DOCK.build(AppContext(workspace, None, None, tmp_path, tmp_path, lambda path: None))
    qtbot.addWidget(dock.view)
    workspace.set_result(random_result(random_bars(100)))
    workspace.set_theme(LIGHT)
    for action in dock.actions:
        action.callback()
    dock.presenter.close()
    workspace.set_result(None)
    assert dock.view._pages.currentIndex() == 1


def test_that_the_drawdown_axis_has_no_numbers_above_zero(qtbot):
    view = EquityView(DARK)
    qtbot.addWidget(view)
    assert view.below.text(0.25, 2) == ""
    assert view.below.text(0.0, 2) == "0%"
    assert view.below.text(-0.25, 2) == "\N{MINUS SIGN}25%"


def test_that_the_sentence_over_the_curve_follows_the_proof(presenter, view, workspace):
    workspace.badges_changed.emit()
    workspace.set_result(random_result(random_bars(300)))
    workspace.result_badge = Badge("past only")
    workspace.badges_changed.emit()
    assert view.last("show_heading")[0].sentence.endswith("; reads past bars only")
    workspace.result_badge = Badge("looks ahead")
    workspace.badges_changed.emit()
    assert view.last("show_heading")[0].warn
