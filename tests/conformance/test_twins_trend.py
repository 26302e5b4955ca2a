"""Trend rules equal their slow twins on prices in ticks, where many comparisons are ties, and on reference data."""

import numpy as np
import pytest

from engine.backtest.targets import targets_of
from engine.strategies import load
from tests.conformance import series, twins_trend

MORE_CASES = [
    ("tdi_time_exit", {"rsi": 3, "fast": 2, "slow": 3, "flat": 0.0, "bb": 5, "atr": 5, "hold": 5}),
    ("newsom10", {"atr_length": 4, "atr_mult": 1.5, "bb_length": 5, "ema_length": 4, "vol_ema_length": 5}),
    ("markov_trend_cross", {"lookback": 2, "atr_threshold": 0.0, "history": 6, "atr_length": 2}),
]  # fmt: skip


def in_ticks(tick, seed):
    """A random walk in steps of a tick, with bars that stand still."""
    rng = np.random.default_rng(seed)
    close = 13_000 + np.cumsum(rng.integers(-4, 5, 1200) * (rng.random(1200) < 0.8))
    opened = np.r_[13_000, close[:-1]] + rng.integers(-1, 2, 1200)
    high, low = np.maximum(opened, close) + rng.integers(0, 3, 1200), np.minimum(opened, close) - rng.integers(0, 3, 1200)
    return series.bars_of([round(count * tick, 9) for count in close.tolist()], **{
        name: np.array([round(count * tick, 9) for count in values.tolist()])
        for name, values in (("open", opened), ("high", high), ("low", low))
    })  # fmt: skip


def assert_same(name, params, bars):
    strategy = load(name)
    checked = strategy.parse(params)
    expected = getattr(twins_trend, name)(bars, **checked.model_dump())
    np.testing.assert_array_equal(targets_of(strategy, bars, checked), np.array(expected))


@pytest.mark.parametrize("tick", [0.01, 1e-5])
@pytest.mark.parametrize(("name", "params"), twins_trend.TREND_CASES + MORE_CASES, ids=str)
def test_that_a_trend_rule_equals_its_twin_on_prices_in_ticks(name, params, tick):
    assert_same(name, params, in_ticks(tick, 4))


@pytest.mark.golden
@pytest.mark.skipif(not series.REFERENCE.is_dir(), reason="IVYBT_REFERENCE_DATA is not set")
@pytest.mark.parametrize("bars", ["daily_stock", "hourly_fx", "minute_crypto"])
@pytest.mark.parametrize(("name", "params"), twins_trend.TREND_CASES + MORE_CASES, ids=str)
def test_that_a_trend_rule_equals_its_twin_on_reference_data(name, params, bars):
    assert_same(name, params, getattr(series, bars)())
