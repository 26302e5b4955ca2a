from dataclasses import replace

import numpy as np
import pytest

from engine.backtest.result import Band
from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.regimes import GateSeries
from ivybt_desktop.context import Workspace
from ivybt_desktop.docks.metrics.presenter import MetricsPresenter
from ivybt_desktop.docks.metrics.run_lines import run_groups
from ivybt_desktop.docks.metrics.state import state_of
from tests.fakes.hand_made import made_portfolio
from tests.fakes.prices import random_bars


@pytest.fixture(scope="module")
def result():
    return run_backtest(random_bars(300), BacktestSpec(strategy="ema_cross"))


def lines_of(result):
    return {line.title: line.value for group in run_groups(result) for line in group.lines}


def test_that_a_plain_run_has_no_further_groups(result):
    assert run_groups(result) == ()


def test_that_ambiguity_has_its_lines(result):
    band = Band(result.equity - 70.0, result.equity + 20.0, 3, -12.5, resolved=4)
    lines = lines_of(replace(result, band=band))
    assert lines["Ambiguous trades"] == "3"
    assert lines["Their net profit"] == "\N{MINUS SIGN}12.50"
    assert lines["Final equity, at worst"] == f"{result.equity[-1] - 70:,.2f}"
    assert lines["Decided by finer bars"] == "4"
    assert any("of trades ambiguous" in words for words in state_of(replace(result, band=band)).warnings)


def test_that_gates_tell_how_long_they_are_open(result):
    series = GateSeries(np.arange(300) % 4 == 0, {}, np.array([10, 20]), "open while x")
    spec = result.spec.replace(gates=[{"name": "moving_average"}])
    lines = lines_of(replace(result, gates=(series,), spec=spec))
    assert lines == {"Moving average open": "25.00", "Moving average refits": "2"}


def test_that_the_gates_of_a_portfolio_tell_whose_they_are():
    made = made_portfolio(3)
    series = GateSeries(np.arange(len(made.bars)) % 4 == 0, {}, np.array([], np.int64), "open while x")
    spec = made.spec.replace(gates=[{"name": "moving_average"}])
    assert f"Moving average ({made.symbols[0]}) open" in lines_of(replace(made, gates=(series,), spec=spec))


def test_that_a_split_tells_both_parts(result):
    spec = result.spec.replace(data={"train_split": 0.6})
    lines = lines_of(replace(result, split=180, spec=spec))
    assert (lines["Part traded"], lines["Training bars"], lines["Test bars"]) == ("train and test", "180", "120")
    train = 1 + float(lines["Training return"].replace("\N{MINUS SIGN}", "-")) / 100
    test = 1 + float(lines["Test return"].replace("\N{MINUS SIGN}", "-")) / 100
    assert train * test == pytest.approx(result.equity[-1] / result.spec.capital, abs=2e-4)


def test_that_a_portfolio_tells_its_instruments_and_what_was_left_out():
    lines = lines_of(made_portfolio(3))
    assert (lines["Instruments"], lines["Rejected"]) == ("3", "6")
    assert 0 < float(lines["Scaled down"]) < 20


def test_that_the_weights_are_told_of_a_portfolio_only(result):
    weighed = {"allocation": {"name": "risk_parity"}}
    made = made_portfolio(3)
    spec = made.spec.replace(portfolio=weighed)
    told = state_of(replace(made, spec=spec, metrics=result.metrics)).footer
    assert "Weights by risk parity" in told
    alone = state_of(replace(result, spec=result.spec.replace(portfolio=weighed))).footer
    assert "Weights by risk parity" not in alone


def test_that_the_same_strategy_twice_counts_as_two():
    made = made_portfolio(3)
    spec = made.spec.replace(sleeves=[{"name": made.spec.strategy.name}])
    assert lines_of(replace(made, spec=spec))["Strategies"] == "2"


def test_that_lines_that_are_no_metrics_are_explained(result):
    class View:
        def show_state(self, state):
            self.state = state

        def set_theme(self, tokens):
            pass

    workspace = Workspace()
    presenter = MetricsPresenter(View(), workspace)
    workspace.set_result(replace(result, band=Band(result.equity, result.equity, 1, 1.0)))
    assert "is not known" in presenter.explain("run.ambiguous")
    assert presenter.explain("run.nothing") == ""
