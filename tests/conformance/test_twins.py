"""Each rule gives the same signals as a slow twin written from the strategy list."""

import numpy as np
import pytest

from engine.backtest.targets import targets_of
from engine.strategies import load, registry
from tests.conformance import twins
from tests.conformance.series import random_walk, sp500
from tests.conformance.twins_breakout import BREAKOUT_CASES
from tests.conformance.twins_complex import COMPLEX_CASES
from tests.conformance.twins_news import NEWS_CASES
from tests.conformance.twins_reversal import REVERSAL_CASES
from tests.conformance.twins_trend import TREND_CASES

CASES = [
    ("buy_and_hold", {}),
    ("external_signals", {}),
    ("sma_cross", {}), ("sma_cross", {"fast": 2, "slow": 5}), ("sma_cross", {"fast": 100, "slow": 300}),
    ("ema_cross", {}), ("ema_cross", {"fast": 2, "slow": 5}), ("ema_cross", {"fast": 37, "slow": 400}),
    ("bollinger_reversion", {}), ("bollinger_reversion", {"length": 10, "std": 1.5}),
    ("bollinger_reversion", {"length": 63, "std": 2.75}),
    ("supertrend", {}), ("supertrend", {"atr_length": 5, "factor": 1.0}), ("supertrend", {"atr_length": 30, "factor": 5.0}),
    ("turtle", {}), ("turtle", {"stop_atr": None}), ("turtle", {"skip_after_winner": True}),
    ("turtle", {"skip_after_winner": True, "stop_atr": None, "entry": 55, "exit": 20}),
    ("turtle", {"entry": 10, "exit": 10, "atr": 5, "stop_atr": 0.5}),
    ("turtle", {"entry": 15, "exit": 5, "atr": 60, "stop_atr": 0.5, "skip_after_winner": True}),
    *BREAKOUT_CASES,
    *REVERSAL_CASES,
    *COMPLEX_CASES,
    *TREND_CASES,
]  # fmt: skip


@pytest.mark.parametrize("bars", [sp500(), random_walk(), random_walk(600, 8, 0.03)], ids=["sp500", "walk", "wild"])
@pytest.mark.parametrize(("name", "params"), CASES, ids=str)
def test_that_a_rule_equals_its_twin(name, params, bars):
    strategy = load(name)
    checked = strategy.parse(params)
    expected = getattr(twins, name)(bars, **checked.model_dump())
    np.testing.assert_array_equal(targets_of(strategy, bars, checked), np.array(expected))


def test_that_every_built_in_rule_has_a_twin():
    rules = {name for name in registry.names() if load(name).decide is not None and not registry.is_user_plugin(name)}
    assert rules == {name for name, _ in CASES + NEWS_CASES}  # news needs a time of day: `test_twins_news`
