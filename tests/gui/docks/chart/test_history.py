from dataclasses import replace

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from ivybt_desktop.docks.chart.presenter import lines_and_atr
from tests.gui.plots.samples import random_bars

BARS = random_bars(400)


def run_of(**data):
    execution = {"take_profit": 3, "stop_unit": "atr", "atr_length": 30}
    return run_backtest(BARS, BacktestSpec(strategy="sma_cross", data=data, execution=execution))


@pytest.mark.parametrize("candles", [{}, {"timeframe": "1wk"}, {"kind": "heikin_ashi"}], ids=str)
def test_that_a_test_part_shows_the_lines_its_strategy_decided_on(candles):
    whole = run_of(candles=candles)
    part = run_of(candles=candles, train_split=0.7, run_mode="test")
    count = len(part.bars)
    lines, atr, blocks = lines_and_atr(part, (BARS,))
    expected, true_range, _ = lines_and_atr(whole)
    assert lines.keys() == expected.keys()
    for name, (values, where) in lines.items():
        assert where == expected[name][1]
        assert np.array_equal(values, expected[name][0][-count:], equal_nan=True)
    assert np.array_equal(atr, true_range[-count:])
    assert np.isfinite(atr[0])
    if candles:
        assert (blocks.left[0], blocks.right.max() <= count - 0.5) == (-0.5, True)
        assert (blocks.right > blocks.left).all()


def test_that_bars_before_the_start_date_are_not_seen():
    start = str(np.datetime64(int(BARS.session[100]), "D"))
    whole, part = run_of(start=start), run_of(start=start, train_split=0.5, run_mode="test")
    count = len(part.bars)
    lines, expected = lines_and_atr(part, (BARS,))[0], lines_and_atr(whole)[0]
    for name, (values, _) in lines.items():
        assert np.array_equal(values, expected[name][0][-count:], equal_nan=True)


def test_that_a_part_whose_history_is_not_loaded_has_lines_of_its_own_bars():
    part = run_of(train_split=0.7, run_mode="test")
    other = replace(BARS, close=BARS.close * 1.001)
    for loaded in ((), (other,)):
        lines = lines_and_atr(part, loaded)[0]
        assert all(values.size == len(part.bars) for values, _ in lines.values())
