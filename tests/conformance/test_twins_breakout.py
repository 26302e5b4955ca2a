"""Breakout and cloud rules on intraday bars, where a session has many bars, equal their slow twins."""

import numpy as np
import pytest

from engine.backtest.targets import targets_of
from engine.strategies import load
from tests.conformance import twins_breakout
from tests.conformance.series import intraday


@pytest.mark.parametrize(("name", "params"), twins_breakout.INTRADAY_CASES, ids=str)
def test_that_a_rule_equals_its_twin_on_intraday_bars(name, params):
    strategy, bars = load(name), intraday()
    checked = strategy.parse(params)
    expected = getattr(twins_breakout, name)(bars, **checked.model_dump())
    np.testing.assert_array_equal(targets_of(strategy, bars, checked), np.array(expected))
