"""Cost sensitivity: the slippage that leaves nothing, up to the most that is looked at."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe
from engine.studies.cost_sensitivity import cost_sensitivity

SPEC = BacktestSpec(strategy="buy_and_hold", execution={"close_at_end": True})


def risen_by(factor):
    """Ten bars at 100, ten at ``factor`` times that: one round trip."""
    price = np.where(np.arange(20) < 10, 100.0, 100.0 * factor)
    session = np.arange(18_000, 18_020)
    return Bars(
        Instrument("A"), Timeframe.parse("1d"), (session + 1) * NS_PER_DAY, price, price, price, price,
        np.ones(20), session, {},
    )  # fmt: skip


@pytest.mark.parametrize("bps", [3, 300, 700, 990])
def test_that_the_break_even_of_one_round_trip_is_found_up_to_the_most(bps):
    share = bps / 10_000
    bars = risen_by((1 + share) / (1 - share))
    found = cost_sensitivity(bars, SPEC).break_even_bps
    assert found == pytest.approx(bps, abs=0.01)
    assert abs(run_backtest(bars, SPEC.replace(costs={"slippage_bps": found})).metrics["total_return"]) < 1e-5


def test_that_more_than_the_most_is_infinite():
    assert cost_sensitivity(risen_by(1.3), SPEC).break_even_bps == math.inf
