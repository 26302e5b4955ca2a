"""The whole library is proven, and one bar of look-ahead in any of it is seen."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest

from engine.backtest import signals
from engine.backtest.leak import check_leaks
from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError
from engine.strategies import PortfolioStrategy, registry
from tests.conformance.series import intraday, random_walk

NAMES = registry.names()
PROBES = 12
# Parameters with which a strategy trades on made-up prices.
PARAMS = {
    "external_signals": {"column": "target"},
    "bouncy_ball": {"rsi_threshold": 60.0, "zone": 0.05, "ema_long": 50},
    "market_regime_follower": {"reference": "A"},
    "news_breakout": {"time": "15:00", "use_color": False},
}


@functools.cache
def prices():
    """Return four instruments of 1,000 daily bars, among them two that move together."""
    found = [random_walk(1000, seed, 0.015) for seed in range(4)]
    found[1] = dataclasses.replace(found[1], **{
        name: getattr(found[0], name) * (1.0 + 0.02 * np.sin(np.arange(1000) / 7.0))
        for name in ("open", "high", "low", "close")
    })  # fmt: skip
    return tuple(
        dataclasses.replace(bars, instrument=dataclasses.replace(bars.instrument, symbol=symbol))
        for bars, symbol in zip(found, "ABCD", strict=True)
    )


def bars_for(name):
    """Return prices on which a strategy makes sense."""
    strategy = registry.get(name)()
    if isinstance(strategy, PortfolioStrategy):
        return prices()
    try:
        strategy.check(prices()[0], strategy.parse(PARAMS.get(name, {})))
    except InputError:
        return intraday().slice(0, 2000)
    return prices()[0]


def checked(name):
    spec = BacktestSpec(strategy=name, params=PARAMS.get(name, {}))
    return check_leaks(bars_for(name), spec, probes=PROBES)


def one_bar_early(compute, name):
    """Return a function whose result for a bar is that for the next one.

    The last bar keeps its own, which is harder to see; but what never changes has to be told it is out.
    """

    @functools.wraps(compute)
    def early(*args, **options):
        values = compute(*args, **options)
        return np.concatenate((values[1:], values[-1:] * (name != "buy_and_hold")))

    return early


@pytest.mark.parametrize("name", NAMES)
def test_that_a_strategy_of_the_library_is_past_only_until_a_leak_is_added(name, monkeypatch):
    report = checked(name)
    assert (report.leak, report.findings, report.problem) == (False, (), "")
    for function in ("targets_of", "weights_of"):
        monkeypatch.setattr(signals, function, one_bar_early(getattr(signals, function), name))
    spoilt = checked(name)
    assert spoilt.leak
    assert [(one.output, one.horizon) for one in spoilt.findings] == [("signals", 1)]
