from dataclasses import replace

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.trade import TRADE_DTYPE
from ivybt_desktop.context import AppContext, Workspace
from ivybt_desktop.docks.costs import DOCK
from ivybt_desktop.docks.costs.columns import cost_columns
from ivybt_desktop.docks.costs.presenter import FREE, NO_RUN, NO_TRADES, CostsPresenter
from ivybt_desktop.docks.costs.state import cost_state, foot_words, heading_words, tip_words
from ivybt_desktop.docks.costs.view import CostsView
from ivybt_desktop.theme.tokens import DARK, LIGHT
from tests.fakes.hand_made import made_portfolio
from tests.fakes.prices import random_bars


@pytest.fixture(scope="module")
def result():
    costs = {"slippage_bps": 5, "spread_bps": 4, "commission_fixed": 2, "borrow_rate": 0.05}
    return run_backtest(random_bars(600), BacktestSpec(strategy="ema_cross", costs=costs))


@pytest.fixture
def screen(on_screen, workspace):
    view = CostsView(DARK)
    return on_screen(view, CostsPresenter(view, workspace), 900, 220)


def test_that_gross_less_every_cost_is_net_and_net_is_the_change_of_equity(result):
    state = cost_state(result)
    gross, *taken, net = (part.value for part in state.parts)
    assert gross + sum(taken) == pytest.approx(net, abs=1e-9)
    assert net == pytest.approx(result.equity[-1] - result.spec.capital, abs=1e-6)
    assert state.agrees
    assert all(value < 0 for value in taken)
    assert state.paid == pytest.approx(result.metrics["costs_paid"])


def test_that_a_difference_to_the_account_is_not_hidden(result):
    off = replace(result, equity=result.equity + 1.0)
    state = cost_state(off)
    assert not state.agrees
    assert "equity changed by" in foot_words(state)
    assert "equal to the change of equity" in foot_words(cost_state(result))


def test_that_each_leg_has_its_part_of_every_cost():
    result = made_portfolio(3)
    state = cost_state(result)
    for part in state.parts:
        assert part.by_leg.sum() == pytest.approx(part.value)
    lines = tip_words(state, 1).split("\n")
    assert lines[0].startswith("Commission: \N{MINUS SIGN}")
    assert sorted(line.split(":")[0] for line in lines[1:]) == ["GLD", "SPY", "TLT"]
    assert len(tip_words(cost_state(made_portfolio(16, 120)), 0).split("\n")) == 14


def test_that_numbers_are_per_trade_and_in_bps_of_what_was_traded(result):
    state = cost_state(result)
    columns = {column.id: column for column in cost_columns(state)}
    traded = float(np.sum(np.abs(result.orders["quantity"]) * result.orders["price"]))
    assert state.turnover == pytest.approx(traded)
    assert columns["per_trade"].values[1] == pytest.approx(state.parts[1].value / result.trades.size)
    assert columns["bps"].values[2] == pytest.approx(state.parts[2].value / traded * 1e4)
    # Half of 4 bps of spread beside 5 bps of slippage, against the price before it.
    assert columns["bps"].values[2] == pytest.approx(-7.0, abs=0.05)


def test_that_a_loss_before_costs_has_no_share_of_gross(result):
    trades = result.trades.copy()
    trades["gross_pnl"] = -1.0
    columns = {column.id: column for column in cost_columns(cost_state(replace(result, trades=trades)))}
    assert np.isnan(columns["share"].values).all()
    assert "of gross profit" not in heading_words(cost_state(replace(result, trades=trades)))


def test_that_the_dock_says_why_it_is_empty(screen, workspace, result):
    assert screen._empty.words == NO_RUN
    workspace.set_result(replace(result, trades=np.zeros(0, TRADE_DTYPE)))
    assert screen._empty.words == NO_TRADES
    workspace.set_result(result)
    assert screen._empty.words == ""


def test_that_a_run_without_costs_is_marked(screen, workspace):
    free = run_backtest(random_bars(300), BacktestSpec(strategy="ema_cross", costs={"slippage_bps": 0}))
    workspace.set_result(free)
    assert screen._warning.text() == FREE
    assert not screen._warning.isHidden()


def test_that_the_waterfall_and_the_table_show_the_same_parts(screen, workspace, result):
    workspace.set_result(result)
    assert [step.title for step in screen.waterfall.steps] == ["Gross", "Commission", "Slippage", "Financing", "Net"]
    assert screen.table.model.rowCount() == 5
    assert "Commission: " in screen.waterfall.tip(1)
    workspace.set_theme(LIGHT)
    assert not screen.grab().isNull()


def test_that_nothing_is_worked_out_while_nobody_looks(qtbot, workspace, result):
    view = CostsView(DARK)
    qtbot.addWidget(view)
    presenter = CostsPresenter(view, workspace)
    workspace.set_result(result)
    assert view.waterfall.steps == ()
    view.show()
    qtbot.waitExposed(view)
    assert len(view.waterfall.steps) == 5
    presenter.close()


def test_that_the_dock_is_declared_and_closes(qtbot, tmp_path, result):
    workspace = Workspace()
    dock = DOCK.build(AppContext(workspace, None, None, tmp_path, tmp_path, lambda path: None))
    qtbot.addWidget(dock.view)
    assert (DOCK.area, DOCK.shortcut) == ("bottom", "Ctrl+Shift+K")
    workspace.set_result(result)
    for action in dock.actions:
        action.callback()
    dock.presenter.close()
