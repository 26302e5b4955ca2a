"""Sweeps of the MACD, RSI and z-score rules and of the random entry have the bits of single runs."""

import dataclasses

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.metrics import METRIC_NAMES
from engine.studies.sweep import sweep_here
from tests.conformance.series import random_walk

GRIDS = {
    "macd_trend": {"fast": [5, 12, 25], "slow": [20, 26], "signal": [5, 9]},
    "macd_reversal": {"fast": [5, 12], "slow": [20, 26], "signal": [5, 9]},
    "rsi_reversal": {"length": [2, 7, 14], "lower": [20.0, 30.0], "midline": [45.0, 55.0]},
    "bouncy_ball": {"ema_long": [50, 60], "ema_fast": [10, 20], "rsi_threshold": [50.0], "zone": [0.02, 0.05]},
    "washer_mean_reversion": {"ret_lookback": [1, 4], "window": [10, 24], "exit_z": [0.25, 0.5]},
    "intermarket_zscore": {"length": [10, 20], "threshold": [1.0, 2.0]},
    "rebalancing_premium": {"bb_length": [10, 20], "bb_std": [1.5, 2.0], "trend_trade": [False, True]},
    "random_entry": {"seed": range(1, 6), "hold": [3, 10], "side": ["both", "long", "short"]},
}


def assert_same_bits(study):
    assert len(study) > 0
    for cell in range(len(study)):
        single = run_backtest(study.bars, study.cell_spec(cell)).metrics
        found = [study.metrics[name][cell] for name in METRIC_NAMES]
        np.testing.assert_array_equal(found, [single[name] for name in METRIC_NAMES])


@pytest.mark.parametrize("name", GRIDS)
def test_that_cells_have_the_bits_of_single_runs(name):
    assert_same_bits(sweep_here(random_walk(500, 9, 0.02), BacktestSpec(strategy=name), GRIDS[name]))


def test_that_the_column_of_a_reference_holds_for_all_cells():
    walk = random_walk(500, 9, 0.02)
    bars = dataclasses.replace(walk, columns={"other": random_walk(500, 2).close})
    grid = GRIDS["intermarket_zscore"]
    spec = BacktestSpec(strategy="intermarket_zscore", params={"reference": "other"})
    study = sweep_here(bars, spec, grid)
    assert_same_bits(study)
    alone = sweep_here(bars, BacktestSpec(strategy="intermarket_zscore"), grid)
    assert not np.array_equal(study.metrics["total_return"], alone.metrics["total_return"])
