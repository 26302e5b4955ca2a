from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox

from engine.backtest.result import Band
from ivybt_desktop.docks.equity.presenter import shares_of
from ivybt_desktop.widgets.largest_legs import MOST
from tests.fakes.hand_made import made_portfolio
from tests.gui.plots.samples import random_bars, random_result


def test_that_a_band_of_no_width_is_not_drawn(presenter, view, workspace):
    result = random_result(random_bars(200))
    workspace.set_result(replace(result, band=Band(result.equity, result.equity, 0, 0.0)))
    assert view.last("show_curves")[0].band is None
    assert "Pessimistic" not in dict(view.tip(50))


def test_that_a_band_is_drawn_and_told(presenter, view, workspace):
    result = random_result(random_bars(200))
    low, high = result.equity - 50.0, result.equity + 20.0
    workspace.set_result(replace(result, band=Band(low, high, 2, 10.0)))
    assert view.last("show_curves")[0].band[0] is low
    rows = dict(view.tip(50))
    assert rows["Pessimistic"] == f"{low[50]:,.2f}"
    assert rows["Optimistic"] == f"{high[50]:,.2f}"
    assert "of trades ambiguous" in view.last("show_heading")[0].doubt


def test_that_the_band_stands_in_the_legend_only_while_it_is_there(screen, workspace):
    plain = random_result(random_bars(200))
    workspace.set_result(replace(plain, band=Band(plain.equity - 50.0, plain.equity, 2, 10.0)))
    assert [entry.title for entry in screen.account.legend] == ["Equity", "Pessimistic to optimistic", "Buy and hold RND"]
    assert not screen.grab().isNull()
    workspace.set_result(plain)
    assert [entry.title for entry in screen.account.legend] == ["Equity", "Buy and hold RND"]


def test_that_the_split_is_drawn(screen, workspace):
    workspace.set_result(replace(random_result(random_bars(200)), split=140))
    assert screen.split.bar == 140
    workspace.set_result(random_result(random_bars(200)))
    assert screen.split.bar is None


def test_that_the_heading_warns_of_fills_on_the_deciding_close(presenter, view, workspace):
    workspace.set_result(random_result(random_bars(200), execution={"fill": "this_close"}))
    assert view.last("show_heading")[0].warn


def test_that_profit_by_leg_is_offered_for_portfolios_only(screen, workspace):
    combo = screen.findChild(QComboBox)
    workspace.set_result(random_result(random_bars(200)))
    assert combo.isHidden()
    workspace.set_result(made_portfolio(3))
    assert not combo.isHidden()


@pytest.mark.parametrize("kind", [1, 2])
def test_that_profit_by_leg_is_a_pane_of_lines_or_areas(screen, workspace, kind):
    workspace.set_result(made_portfolio(3))
    screen.findChild(QComboBox).setCurrentIndex(kind)
    assert [pane.accessibleName() for pane in screen.stack.panes] == ["Equity", "Drawdown", "Profit by leg"]
    assert [entry.title for entry in screen.stack.panes[2].legend] == ["SPY", "TLT", "GLD"]
    assert not screen.grab().isNull()
    workspace.set_result(made_portfolio(3, seed=9))
    assert len(screen.stack.panes) == 3
    screen.findChild(QComboBox).setCurrentIndex(0)
    assert len(screen.stack.panes) == 2


def test_that_profit_by_leg_goes_away_with_the_portfolio(screen, workspace):
    workspace.set_result(made_portfolio(3))
    screen.next_shares()
    workspace.set_result(random_result(random_bars(200)))
    assert len(screen.stack.panes) == 2


def test_that_the_legs_together_are_equity_less_capital():
    result = made_portfolio(4)
    names, profit = shares_of(result)
    assert names == ["SPY", "TLT", "GLD", "EFA"]
    assert profit.sum(axis=0) == pytest.approx(result.equity - result.spec.capital, abs=1e-7)


def test_that_many_legs_become_the_largest_and_the_rest():
    result = made_portfolio(12, 120)
    names, profit = shares_of(result)
    assert len(names) == MOST + 1
    assert names[-1] == "5 others"
    assert profit.sum(axis=0) == pytest.approx(result.equity - result.spec.capital, abs=1e-7)
    assert (np.abs(profit[:-1, -1]) > 0).all()
