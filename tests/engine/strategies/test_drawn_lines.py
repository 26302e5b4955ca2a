"""Lines that are only drawn: on the chart, and in no bank."""

import numpy as np
import pytest

from engine.backtest.spec import BacktestSpec
from engine.backtest.targets import declare, lines_of, targets_of
from engine.indicators.bank import compute
from engine.strategies import Strategy, load
from engine.studies.grid import build_cells, full_columns
from engine.studies.plan import plan_bank
from engine.studies.sweep import sweep_here
from tests.conformance.series import random_walk, sp500

DRAWN = {"newsom10": {"stop", "direction", "upper", "lower"}, "tdi_time_exit": {"upper", "lower"}}


@pytest.mark.parametrize("name", DRAWN)
def test_that_the_chart_gets_the_lines_of_the_rule_and_those_that_are_only_drawn(name):
    strategy, bars = load(name), random_walk()
    params = strategy.parse({})
    lines = lines_of(strategy, bars, params)
    assert set(lines) == set(strategy.indicators(params)) | DRAWN[name]
    for drawn, indicator in strategy.drawn(params).items():
        np.testing.assert_array_equal(lines[drawn][0], compute(bars, [indicator])[0])
        assert lines[drawn][1] == ("own" if drawn == "direction" else "price")


@pytest.mark.parametrize(("name", "axis"), [("newsom10", "bb_mult"), ("tdi_time_exit", "bb_std")])
def test_that_neither_a_run_nor_a_sweep_computes_what_is_only_drawn(name, axis):
    strategy = load(name)
    wanted = declare(strategy, strategy.parse({})).height
    cells = build_cells(name, {}, {axis: [1.0, 1.5, 2.0, 2.5]})
    plan = plan_bank(strategy, full_columns(strategy, {}, cells.params), len(cells))
    assert plan.size == wanted
    assert not {kind for kind, _, _ in plan.requests} & {"bollinger", "chandelier"}


@pytest.mark.parametrize(("name", "axis"), [("newsom10", "bb_mult"), ("tdi_time_exit", "bb_std")])
def test_that_a_width_of_drawn_bands_changes_no_result(name, axis):
    study = sweep_here(sp500().slice(0, 1500), BacktestSpec(strategy=name), {axis: [0.5, 2.0, 4.0]})
    assert study.metrics["orders"][0] > 10
    assert len(set(study.metrics["final_equity"])) == 1


def test_that_newsom_holds_the_direction_that_is_drawn():
    strategy, bars = load("newsom10"), sp500()
    for params in (strategy.parse({}), strategy.parse({"atr_length": 4, "atr_mult": 1.0})):
        direction = lines_of(strategy, bars, params)["direction"][0]
        target = targets_of(strategy, bars, params)
        held = target != 0
        assert held.sum() > 100
        np.testing.assert_array_equal(target[held], direction[held])


def test_that_a_strategy_without_such_lines_has_none():
    assert Strategy().drawn(None) == {}
    strategy = load("macd_trend")
    assert set(lines_of(strategy, random_walk(), strategy.parse({}))) == {"macd", "signal"}
