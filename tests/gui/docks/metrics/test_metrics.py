from __future__ import annotations

import math

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QAbstractItemModelTester, QTest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.metrics import METRICS
from ivybt_desktop.context import NO_BADGE, AppContext, Badge
from ivybt_desktop.docks.metrics import DOCK
from ivybt_desktop.docks.metrics.model import NAME, VALUE, MetricModel
from ivybt_desktop.docks.metrics.presenter import MetricsPresenter
from ivybt_desktop.docks.metrics.state import EMPTY, copied, shown, state_of
from ivybt_desktop.theme.tokens import LIGHT
from ivybt_desktop.widgets.format import DASH, MINUS
from tests.fakes.prices import random_bars


class FakeView:
    def __init__(self):
        self.states, self.themes = [], []

    def show_state(self, state):
        self.states.append(state)

    def set_theme(self, tokens):
        self.themes.append(tokens)


@pytest.fixture(scope="module")
def result():
    return run_backtest(random_bars(300), BacktestSpec(strategy="ema_cross"))


@pytest.fixture(scope="module")
def bare():
    """Nothing traded: most ratios are not defined."""
    spec = BacktestSpec(
        strategy="ema_cross", params={"fast": 99, "slow": 400}, costs={"slippage_bps": 0},
        execution={"fill": "this_close"},
    )  # fmt: skip
    return run_backtest(random_bars(120), spec)


def test_that_an_empty_panel_says_what_to_do(workspace):
    view = FakeView()
    MetricsPresenter(view, workspace)
    assert view.states[-1].empty == EMPTY == "Run a backtest with F5 to see its numbers here"


def test_that_a_run_fills_the_panel_and_its_end_empties_it(workspace, result):
    view = FakeView()
    presenter = MetricsPresenter(view, workspace)
    workspace.set_result(result)
    assert view.states[-1].empty == ""
    workspace.set_result(None)
    assert view.states[-1].empty == EMPTY
    workspace.set_theme(LIGHT)
    assert view.themes[-1] is LIGHT
    presenter.close()
    count = len(view.states)
    workspace.set_result(result)
    assert len(view.states) == count


def test_that_every_metric_stands_in_the_list_once(result):
    names = [line.name for group in state_of(result).groups for line in group.lines]
    assert sorted(names) == sorted(METRICS)


def test_that_the_headlines_are_six_with_the_benchmark_beside_the_return(result):
    headlines = state_of(result).headlines
    assert [x.title for x in headlines] == ["Total return", "CAGR", "Sharpe", "Max drawdown", "Trades", "Win rate"]
    benchmark = result.metrics["benchmark_return"]
    assert headlines[0].note == f"Buy and hold {benchmark * 100:,.2f}%".replace("-", MINUS)
    assert headlines[0].tone == ("up" if result.metrics["total_return"] > 0 else "down")
    assert headlines[3].value.startswith(MINUS)
    assert headlines[3].tone == ""


def test_that_undefined_numbers_are_dashes_without_a_percent_sign(bare):
    assert math.isnan(bare.metrics["win_rate"])
    state = state_of(bare)
    assert state.headlines[5].value == DASH
    values = {line.name: line.value for group in state.groups for line in group.lines}
    assert values["profit_factor"] == values["sharpe"] == DASH
    assert values["total_return"] == "0.00"
    assert state.headlines[0].tone == ""


def test_that_warnings_of_the_run_are_on_the_panel(bare):
    warnings = state_of(bare).warnings
    assert any("Zero costs" in line for line in warnings)
    assert any("trades on the price it decided with" in line for line in warnings)


def test_that_the_foot_says_what_the_numbers_rest_on(result):
    footer = state_of(result).footer
    assert footer[1] == (
        "Signal at close of bar t, fill at open of bar t+1. Costs: 10 bps slippage, no commission"
    )
    assert footer[2] == "252 bars per year"
    assert footer[0].startswith("TEST, 1d: 300 bars, 1997-05-19 to ")


def test_that_units_decide_how_a_metric_is_written():
    assert shown(METRICS["total_return"], 0.12345) in ("12.34", "12.35")
    assert shown(METRICS["final_equity"], 12345.678) == "12,345.68"
    assert shown(METRICS["trades"], 1234.0) == "1,234"
    assert shown(METRICS["periods_per_year"], 252.0) == "252"
    assert shown(METRICS["periods_per_year"], 260.71) == "260.71"


def test_that_copied_text_has_headers_full_precision_and_empty_cells(bare, result):
    lines = [line.split("\t") for line in copied(result).split("\n")]
    assert lines[0] == ["metric", "title", "value", "unit"]
    values = {line[0]: line[2] for line in lines[1:]}
    assert float(values["sharpe"]) == result.metrics["sharpe"]
    assert values["receipt"] == result.receipt
    assert "profit_factor\tProfit factor\t\tratio" in copied(bare)


def test_that_the_explanation_has_words_formula_and_the_numbers_of_the_run(workspace, result):
    presenter = MetricsPresenter(FakeView(), workspace)
    assert "sharpe = mean(r - rf) / std(r - rf, ddof=1)" in presenter.explain("sharpe")
    assert "sqrt(252)" not in presenter.explain("sharpe")
    workspace.set_result(result)
    assert "x sqrt(252) = " in presenter.explain("sharpe")


@pytest.fixture
def dock(qtbot, workspace, tmp_path):
    dock = DOCK.build(AppContext(workspace, None, None, tmp_path, tmp_path, print))
    qtbot.addWidget(dock.view)
    dock.view.resize(264, 600)
    dock.view.show()
    yield dock
    dock.presenter.close()


def test_that_the_model_keeps_qts_rules(qtbot, result, bare):
    model = MetricModel(lambda name: name)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_groups(state_of(result).groups)
    model.set_groups(state_of(bare).groups)
    model.set_groups(())
    assert model.rowCount() == 0


def test_that_new_numbers_of_the_same_metrics_do_not_reset_the_list(qtbot, result, bare):
    model = MetricModel(lambda name: name)
    model.set_groups(state_of(result).groups)
    with qtbot.assertNotEmitted(model.modelReset):
        model.set_groups(state_of(bare).groups)


def test_that_numbers_stand_right_and_headings_cannot_be_selected(dock, workspace, result):
    workspace.set_result(result)
    model = dock.view.model
    assert model.is_heading(0)
    assert not model.flags(model.index(0, NAME)) & Qt.ItemFlag.ItemIsSelectable
    alignment = model.data(model.index(1, VALUE), Qt.ItemDataRole.TextAlignmentRole)
    assert alignment & Qt.AlignmentFlag.AlignRight
    tip = model.data(model.index(1, VALUE), Qt.ItemDataRole.ToolTipRole)
    assert "initial_equity = capital 10,000" in tip


def test_that_the_view_shows_empty_or_numbers_never_both(dock, workspace, result):
    assert not dock.view.empty.isHidden()
    assert dock.view.table.isHidden() or not dock.view.table.isVisible()
    workspace.set_result(result)
    assert dock.view.empty.isHidden()
    assert dock.view.table.isVisible()
    assert dock.view.receipt.text() == f"Receipt {result.run_id}"


def test_that_the_large_numbers_use_the_room_there_is(dock, workspace, result, qtbot):
    workspace.set_result(result)
    tiles = dock.view.headlines.tiles
    qtbot.waitUntil(lambda: tiles[2].y() > tiles[0].y())
    dock.view.resize(480, 600)
    qtbot.waitUntil(lambda: tiles[2].y() == tiles[0].y() and tiles[3].y() > tiles[0].y())


def test_that_copying_takes_the_selection_or_everything_with_headers(dock, workspace, result):
    workspace.set_result(result)
    table = dock.view.table
    table.selectRow(3)
    QTest.keySequence(table, QKeySequence.StandardKey.Copy)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines[0] == "Metric\tValue\tUnit"
    assert len(lines) == 2
    assert lines[1].startswith("Total return\t")
    QTest.mouseClick(dock.view.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == copied(result)


LEAK = Badge("looks ahead", "Signals read 1 bar ahead", "80 probes")


def test_that_a_leak_is_the_first_warning_and_the_copied_text_names_the_proof(bare):
    state = state_of(bare, LEAK)
    assert state.warnings[0] == "Looks ahead, so nobody can trade these results. Signals read 1 bar ahead"
    assert state.warnings[1:] == state_of(bare).warnings
    assert copied(bare, LEAK).split("\n")[-1] == "proof\tLook-ahead proof\tlooks ahead\t"
    assert "Look-ahead" not in copied(bare)


def test_that_a_proof_that_arrives_later_is_shown_at_once(workspace, result):
    view = FakeView()
    presenter = MetricsPresenter(view, workspace)
    workspace.set_result(result)
    assert view.states[-1].badge == NO_BADGE
    workspace.result_badge = LEAK
    workspace.badges_changed.emit()
    assert view.states[-1].badge == LEAK
    assert "looks ahead" in presenter.copied()
    presenter.close()


def test_that_the_badge_of_a_run_stands_whole_in_the_narrow_panel(dock, workspace, result, qtbot):
    workspace.result_badge = LEAK
    workspace.set_result(result)
    pill = dock.view.pill
    qtbot.waitUntil(lambda: pill.width() >= pill.sizeHint().width())
    assert pill.accessibleName() == "Look-ahead proof of the run: looks ahead"
    with qtbot.waitSignal(dock.view.proof_asked):
        pill.click()
