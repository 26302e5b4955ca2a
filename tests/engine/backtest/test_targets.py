"""From strategy to checked targets: what is accepted, what is refused and in which words."""

import numpy as np
import pandas as pd
import pytest

from engine.backtest.targets import lines_of, targets_of
from engine.core.errors import InputError, StrategyError
from engine.strategies import Strategy, load, rule
from tests.conformance.series import bars_of, random_walk

BARS = bars_of([10.0, 11.0, 12.0, 11.0, 10.0])


def returning(value, warmup=0):
    class Own(Strategy):
        title = "Own"

        def warmup(self, p):
            return warmup

        def signals(self, bars, p):
            return value(bars) if callable(value) else value

    return Own()


def run(strategy, bars=BARS, **options):
    return targets_of(strategy, bars, strategy.parse({}), **options)


@pytest.mark.parametrize(
    "value",
    [
        [0, 1, 0, -1, 1], np.array([0, 1, 0, -1, 1]), np.array([0, 1, 0, -1, 1], np.int8),
        pd.Series([0.0, 1, 0, -1, 1]), pd.Series([0, 1, 0, -1, 1], dtype="Int64"),
    ],
)  # fmt: skip
def test_that_lists_arrays_and_series_are_accepted(value):
    found = run(returning(value))
    assert found.tolist() == [0.0, 1.0, 0.0, -1.0, 1.0]
    assert found.dtype == np.float64


def test_that_truth_values_mean_long_and_flat():
    assert run(returning(lambda bars: pd.Series(bars.close > 10.5))).tolist() == [0.0, 1.0, 1.0, 1.0, 0.0]


def test_that_the_result_is_a_copy():
    mine = np.zeros(5)
    found = run(returning(mine))
    found[0] = 1.0
    assert mine[0] == 0.0


@pytest.mark.parametrize("value", [[np.nan, np.nan, 1, 1, 0], pd.Series([None, None, 1, 1, 0], dtype="Int64")])
def test_that_a_missing_target_during_the_declared_warm_up_is_flat(value):
    assert run(returning(value, warmup=2)).tolist() == [0.0, 0.0, 1.0, 1.0, 0.0]


def test_that_a_missing_target_before_an_undeclared_warm_up_says_what_to_declare():
    with pytest.raises(StrategyError, match=r"bar 0 \(1997-05-19\): the target is not a number.*def warmup\(self, p\): return 2"):
        run(returning([np.nan, np.nan, 1, 1, 0]))


def test_that_a_missing_target_after_the_warm_up_names_its_bar():
    with pytest.raises(StrategyError, match=r"bar 3 \(1997-05-22\): the target is not a number\. Give a number for every bar"):
        run(returning([0, 0, 1, np.nan, 0], warmup=2))


@pytest.mark.parametrize(("value", "told"), [(1.5, "1.5"), (-2, "-2"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_that_a_target_outside_the_range_names_its_bar(value, told):
    with pytest.raises(StrategyError, match=rf"bar 2 \(1997-05-21\): the target is {told}, outside \[-1, 1\]"):
        run(returning([0, 1, value, 7, 0]))


def test_that_a_position_during_the_declared_warm_up_is_refused():
    with pytest.raises(StrategyError, match=r"bar 1 .*: the target is -0.5 during the declared warm-up of 3 bars"):
        run(returning([0, -0.5, 1, 0, 0], warmup=3))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([0, 1], "signals returned 2 targets for 5 bars"),
        (lambda bars: bars.to_frame(), r"signals returned an array of shape \(5, 5\) for 5 bars"),
        (1.0, r"signals returned an array of shape \(\) for 5 bars"),
        (None, r"signals returned an array of shape \(\) for 5 bars"),
    ],
)
def test_that_a_result_of_another_length_is_refused(value, told):
    with pytest.raises(StrategyError, match=told):
        run(returning(value))


def test_that_an_error_in_a_method_names_file_line_and_message():
    def fail(bars):
        return bars.closs

    with pytest.raises(StrategyError, match=r"test_targets\.py:\d+: AttributeError: 'Bars' object has no attribute 'closs'") as caught:
        run(returning(fail))
    line = int(caught.value.where.rsplit(":", 1)[1])
    assert line == fail.__code__.co_firstlineno + 1
    assert isinstance(caught.value.__cause__, AttributeError)


def test_that_text_instead_of_numbers_is_told():
    with pytest.raises(StrategyError, match="could not convert string to float: 'a'"):
        run(returning(["a", "b", "c", "d", "e"]))


def test_that_errors_of_the_engine_pass_through():
    def fail(bars):
        raise InputError("no such thing")

    with pytest.raises(InputError, match="no such thing"):
        run(returning(fail))


class Divides(Strategy):
    @rule
    def decide(bars, bank, rows, params, target):
        for t in range(bars.close.shape[0]):
            target[t] = 1.0 / (bars.close[t] - 12.0)


def test_that_an_error_in_a_rule_names_its_line():
    line = Divides.decide.python.__code__.co_firstlineno + 3
    with pytest.raises(StrategyError, match=rf"test_targets\.py:{line}: .*divide by zero"):
        run(Divides())


class Declares(Strategy):
    def indicators(self, p):
        return {"line": p.no_such_parameter}


def test_that_an_error_in_a_declaration_names_its_line():
    line = Declares.indicators.__code__.co_firstlineno + 1
    with pytest.raises(StrategyError, match=rf"test_targets\.py:{line}: .*no attribute 'no_such_parameter'"):
        run(Declares())


def test_that_a_strategy_without_a_decision_says_what_to_add():
    with pytest.raises(StrategyError, match="neither a rule nor a signals method"):
        run(Strategy())


def test_that_no_bars_give_no_targets():
    for name in ("ema_cross", "turtle", "buy_and_hold", "supertrend"):
        strategy = load(name)
        assert targets_of(strategy, BARS.slice(0, 0), strategy.parse({})).shape == (0,)
    assert run(returning(lambda bars: bars.close), BARS.slice(0, 0)).shape == (0,)


def test_that_the_chart_gets_every_declared_line_and_its_pane():
    bars, strategy = random_walk(), load("supertrend")
    lines = lines_of(strategy, bars, strategy.parse({}))
    assert {name: pane for name, (_, pane) in lines.items()} == {"line": "price", "direction": "own"}
    values = lines["direction"][0]
    assert values.shape == (len(bars),)
    assert np.isnan(values[:10]).all()
    assert set(np.unique(values[10:])) <= {-1.0, 0.0, 1.0}


def test_that_lines_of_other_things_than_prices_get_a_pane_of_their_own():
    from engine.indicators.moving_average import sma

    class Own(Strategy):
        def indicators(self, p):
            return {"price": sma("hlc3", 2), "volume": sma("volume", 2), "score": sma("target", 2)}

    strategy, bars = Own(), random_walk()
    panes = {name: pane for name, (_, pane) in lines_of(strategy, bars, strategy.parse({})).items()}
    assert panes == {"price": "price", "volume": "own", "score": "own"}
    assert lines_of(returning([0]), bars, strategy.parse({})) == {}
