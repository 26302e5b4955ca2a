"""The docks of results together in the real window."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from engine.backtest.result import BacktestResult
from engine.metrics import METRIC_NAMES
from ivybt_desktop.app import Application
from tests.fakes.hand_made import made_portfolio
from tests.gui.plots.samples import random_bars, random_result


def measured(result: BacktestResult) -> BacktestResult:
    """Give a hand-made run numbers for the Metrics dock."""
    return replace(result, metrics=dict.fromkeys(METRIC_NAMES, 1.0))


def test_that_a_portfolio_fits_a_small_screen_and_every_dock_shows_it(application: Application, qtbot: Any) -> None:
    window, frames = application.window, application.window.host.frames
    application.workspace.set_result(measured(made_portfolio(6)))
    window.resize(1366, 768)
    window.layouts.reset()
    qtbot.wait(20)
    assert (window.width(), window.height()) == (1366, 768)
    assert application.window.host.faults == []
    for name in ("portfolio", "costs", "trades"):
        frames[name].reveal()
        qtbot.wait(20)
        assert (window.width(), window.height()) == (1366, 768), name
        assert not frames[name].grab().isNull()


def test_that_a_trade_of_any_leg_reaches_chart_and_table(application: Application, qtbot: Any) -> None:
    result = measured(made_portfolio(4))
    application.workspace.set_result(result)
    chart, trades = application.window.host.view("chart"), application.window.host.view("trades")
    row = int(np.flatnonzero(result.trades["asset"] == 3)[2])
    application.workspace.select_trade(row)
    assert chart._heading.legs.currentText() == "EFA"
    assert trades.table.current_row() == row
    application.actions.run("chart.next_leg")
    assert chart._heading.legs.currentText() == "SPY"
    assert application.workspace.trade == row, "looking at another instrument does not change the selection"


def test_that_docks_of_portfolios_and_costs_are_hidden_with_the_data(application: Application) -> None:
    application.desk.show_perspective("data")
    frames = application.window.host.frames
    assert not frames["portfolio"].isVisibleTo(application.window)
    assert not frames["costs"].isVisibleTo(application.window)


def test_that_a_single_run_after_a_portfolio_leaves_nothing_of_it(application: Application) -> None:
    application.workspace.set_result(measured(made_portfolio(3)))
    application.workspace.set_result(measured(random_result(random_bars(200), 8)))
    chart, trades = application.window.host.view("chart"), application.window.host.view("trades")
    assert chart._heading.legs.isHidden()
    assert "symbol" not in [column.id for column in trades.table.model.columns]
