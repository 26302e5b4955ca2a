from dataclasses import replace

import numpy as np
import pytest

from ivybt_desktop.docks.chart.leg import SYNTHETIC, leg_names, leg_of
from ivybt_desktop.docks.chart.presenter import ChartPresenter
from tests.fakes.hand_made import made_portfolio
from tests.gui.docks.fakes import FakeCatalogue, FakeChart, FakeWorker
from tests.gui.plots.samples import random_bars, random_result


class FakeScreen(FakeChart):
    def middle_bar(self):
        return 100


@pytest.fixture(scope="module")
def portfolio():
    return made_portfolio(3, 300)


@pytest.fixture
def view():
    return FakeScreen()


@pytest.fixture
def presenter(view, workspace):
    return ChartPresenter(view, workspace, FakeWorker(), FakeCatalogue())


def test_that_a_single_run_is_its_own_leg():
    result = random_result(random_bars(100), 5)
    leg = leg_of(result, 0)
    assert leg.run is result
    assert leg.rows.tolist() == [0, 1, 2, 3, 4]
    assert (leg.to_axis(7), leg.from_axis(7), leg.span_to_axis(1.0, 9.0)) == (7, 7, (1.0, 9.0))
    assert leg_names(result) == []


def test_that_bars_and_trades_of_a_leg_are_counted_there_and_back(portfolio):
    leg = leg_of(portfolio, 2)
    assert len(leg.run.bars) < len(portfolio.bars)
    for bar in range(0, len(leg.run.bars), 17):
        assert portfolio.bars.time[leg.to_axis(bar)] == leg.run.bars.time[bar]
        assert leg.from_axis(leg.to_axis(bar)) == bar
    for own, row in enumerate(leg.rows.tolist()):
        assert leg.own_row(row) == own
        assert portfolio.trades["asset"][row] == 2
        assert portfolio.trades["pnl"][row] == leg.run.trades["pnl"][own]
    other = int(np.flatnonzero(portfolio.trades["asset"] == 0)[0])
    assert leg.own_row(other) == -1
    assert leg.from_axis(-1) == -1


def test_that_a_range_of_the_axis_shows_the_same_time_of_a_leg(portfolio):
    leg = leg_of(portfolio, 2)
    first, last = leg.span_from_axis(*leg.span_to_axis(49.5, 149.5))
    assert (first, last) == (pytest.approx(49.5), pytest.approx(149.5))


def test_that_two_strategies_on_one_symbol_are_told_apart(portfolio):
    twice = replace(
        portfolio, legs=(portfolio.legs[0], portfolio.legs[1], portfolio.legs[0]), sleeves=("ema_cross", "ema_cross", "turtle")
    )
    assert [name for _, name in leg_names(twice)] == ["SPY ema_cross", "TLT", "SPY turtle"]


def test_that_a_leg_has_the_strategy_that_decided_on_it(portfolio):
    spec = portfolio.spec.replace(
        strategy={"name": "ema_cross", "params": {"fast": 5}, "symbols": ["SPY"]},
        sleeves=[{"name": "ema_cross", "params": {"fast": 9}, "symbols": ["TLT", "GLD"]}],
    )
    result = replace(portfolio, spec=spec)
    assert leg_of(result, 0).run.spec.strategy.params["fast"] == 5
    assert leg_of(result, 1).run.spec.strategy.params["fast"] == 9
    doubled = replace(
        portfolio, legs=(portfolio.legs[0],) * 2, sleeves=("ema_cross",) * 2,
        spec=portfolio.spec.replace(
            strategy={"name": "ema_cross", "params": {"fast": 5}}, sleeves=[{"name": "ema_cross", "params": {"fast": 9}}]
        ),
    )  # fmt: skip
    assert [leg_of(doubled, leg).run.spec.strategy.params["fast"] for leg in (0, 1)] == [5, 9]


def test_that_a_formula_offers_the_synthetic_prices_first_and_they_are_the_formula():
    result = made_portfolio(2, 120, same_days=True, data={"formula": "SPY - 0.5*TLT"})
    assert leg_names(result) == [(SYNTHETIC, "SPY - 0.5*TLT"), (0, "SPY"), (1, "TLT")]
    leg = leg_of(result, SYNTHETIC)
    assert leg.run.bars.close == pytest.approx(result.legs[0].close - 0.5 * result.legs[1].close)
    assert leg.run.trades.size == leg.rows.size == 0


def test_that_a_portfolio_shows_its_first_leg_and_offers_the_others(presenter, view, workspace, portfolio):
    workspace.set_result(portfolio)
    assert view.last("show_legs") == ([(0, "SPY"), (1, "TLT"), (2, "GLD")], 0)
    assert view.last("show_bars")[0] is portfolio.legs[0]
    assert view.last("show_heading")[0].symbol == "1d"
    presenter.step_leg(1)
    assert view.last("show_bars")[0] is portfolio.legs[1]
    presenter.step_leg(-1)
    presenter.step_leg(-1)
    assert view.last("show_legs")[1] == 2


def test_that_another_leg_is_shown_at_the_same_time(presenter, view, workspace, portfolio):
    workspace.set_result(portfolio)
    when = portfolio.legs[0].time[100]
    view.leg_chosen.emit(2)
    bar = view.last("bring")[0]
    assert portfolio.legs[2].time[bar] <= when < portfolio.legs[2].time[bar + 1]


def test_that_a_trade_of_another_leg_brings_that_leg_and_its_own_bars(presenter, view, workspace, portfolio):
    workspace.set_result(portfolio)
    row = int(np.flatnonzero(portfolio.trades["asset"] == 2)[3])
    workspace.select_trade(row)
    assert view.last("show_bars")[0] is portfolio.legs[2]
    entry = view.last("bring")[0]
    assert portfolio.legs[2].time[entry] == portfolio.bars.time[portfolio.trades["entry_bar"][row]]
    assert view.last("mark_trade") == (3,)


def test_that_steps_and_clicks_stay_within_the_leg_and_name_trades_of_the_run(presenter, view, workspace, portfolio):
    workspace.set_result(portfolio)
    view.leg_chosen.emit(1)
    rows = np.flatnonzero(portfolio.trades["asset"] == 1)
    view.stepped.emit(1)
    assert workspace.trade == rows[0]
    view.stepped.emit(1)
    assert workspace.trade == rows[1]
    view.trade_clicked.emit(4)
    assert workspace.trade == rows[4]


def test_that_a_place_brings_its_leg_and_bar(presenter, view, workspace, portfolio):
    workspace.set_result(portfolio)
    workspace.show_place(2, 150)
    assert view.last("show_legs")[1] == 2
    bar = view.last("bring")[0]
    assert portfolio.legs[2].time[bar] <= portfolio.bars.time[150]


def test_that_cursor_and_range_are_those_of_the_axis_in_the_workspace(presenter, view, workspace, portfolio):
    workspace.set_result(portfolio)
    view.leg_chosen.emit(2)
    heard = []
    workspace.bar_hovered.connect(heard.append)
    view.hovered.emit(80)
    assert portfolio.bars.time[heard[0]] == portfolio.legs[2].time[80]
    assert view.last("set_cursor_bar") == (80,)
    spans = []
    workspace.range_changed.connect(lambda *span: spans.append(span))
    view.range_changed.emit(99.5, 199.5)
    first = int(spans[0][0] + 0.5)
    assert portfolio.bars.time[first] <= portfolio.legs[2].time[100]


def test_that_a_new_run_keeps_the_leg(presenter, view, workspace, portfolio):
    workspace.set_result(portfolio)
    view.leg_chosen.emit(1)
    workspace.set_result(replace(portfolio))
    assert view.last("show_legs")[1] == 1
    workspace.set_result(random_result(random_bars(100), 3))
    assert view.last("show_legs") == ([], 0)


def test_that_the_tip_says_that_the_account_is_shared(presenter, view, workspace, portfolio):
    workspace.set_result(portfolio)
    assert "Account equity" in dict(view.tip(50))


def test_that_the_tip_names_ambiguous_trades(presenter, view, workspace, portfolio):
    workspace.set_result(portfolio)
    rows = np.flatnonzero((portfolio.trades["asset"] == 0) & portfolio.trades["ambiguous"])
    bar = leg_of(portfolio, 0).from_axis(int(portfolio.trades["entry_bar"][rows[0]]))
    assert dict(view.tip(bar))["Ambiguous"] == f"trade {rows[0] + 1}: order inside the bar not known"
