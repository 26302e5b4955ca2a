"""Grid, swing and TDI rules equal their slow twins on intraday bars and on the real series of three markets."""

import numpy as np
import pytest

from engine.backtest.targets import targets_of
from engine.strategies import load
from tests.conformance import twins_complex
from tests.conformance.series import REFERENCE, daily_stock, hourly_fx, intraday, minute_crypto

MADE = {"intraday": intraday, "daily_stock": daily_stock, "hourly_fx": hourly_fx, "minute_crypto": minute_crypto}
marks = [pytest.mark.golden, pytest.mark.skipif(not REFERENCE.is_dir(), reason="IVYBT_REFERENCE_DATA is not set")]


@pytest.mark.parametrize("made", [pytest.param(name, marks=[] if name == "intraday" else marks) for name in MADE])
@pytest.mark.parametrize(("name", "params"), twins_complex.COMPLEX_CASES, ids=str)
def test_that_a_rule_equals_its_twin_on_real_prices(name, params, made):
    strategy, bars = load(name), MADE[made]()
    checked = strategy.parse(params)
    expected = getattr(twins_complex, name)(bars, **checked.model_dump())
    np.testing.assert_array_equal(targets_of(strategy, bars, checked), np.array(expected))
