"""What only looks as if it read the future is not flagged."""

from __future__ import annotations

import dataclasses

import pytest

from engine.backtest.leak import check_leaks, check_part
from engine.backtest.spec import BacktestSpec
from engine.regimes import gate_names, load_gate
from engine.sizing import SIZERS
from tests.conformance.series import intraday
from tests.engine.backtest.leak.fixtures import CLEAN, series


def is_proven(report):
    assert report.findings == ()
    assert report.problem == ""
    assert not report.leak
    return True


@pytest.mark.parametrize("name", CLEAN)
def test_that_a_clean_strategy_is_not_flagged(check, name):
    assert is_proven(check(name, series("hourly" if name == "HighOfTheDaySoFar" else "moody", n=400)))


@pytest.mark.parametrize("name", gate_names())
def test_that_no_gate_of_the_library_is_flagged(name):
    fields = {"min_history": 120, "lookback": 60, "refit_every": 100} if "garch" in name else {}
    fields |= {"min_history": 120} if name == "hmm" else {}
    fields |= {"length": 50} if name == "moving_average" else {}
    fields |= {"lookback": 60} if name == "volatility_percentile" else {}
    assert is_proven(check_part(series(n=170), load_gate(name)(**fields), probes=12))


@pytest.mark.parametrize("name", SIZERS)
def test_that_no_sizing_rule_is_flagged(name):
    assert not check_part(series(), SIZERS[name]()).leak


@pytest.mark.parametrize(
    "candles",
    [{"kind": "heikin_ashi"}, {"kind": "renko", "brick_size": 1.0}, {"kind": "renko", "brick_atr": 14},
     {"timeframe": "1wk"}, {"timeframe": "1wk", "kind": "heikin_ashi"}],
    ids=str,
)  # fmt: skip
def test_that_candles_that_are_derived_are_known_in_time(check, candles):
    assert is_proven(check("sma_cross", params={"fast": 3, "slow": 8}, data={"candles": candles}))


def test_that_hours_and_days_from_minutes_are_known_in_time(check):
    for timeframe in ("15m", "1d"):
        spec = {"params": {"fast": 2, "slow": 5}, "data": {"candles": {"timeframe": timeframe}}}
        assert is_proven(check("sma_cross", intraday().slice(0, 1500), probes=12, **spec))


def named(bars, symbol):
    return dataclasses.replace(bars, instrument=dataclasses.replace(bars.instrument, symbol=symbol))


@pytest.mark.parametrize("allocation", ["none", "inverse_volatility"])
def test_that_several_instruments_with_an_allocation_are_not_flagged(check, allocation):
    legs = tuple(named(series(n=300, seed=seed), f"S{seed}") for seed in range(3))
    portfolio = {"allocation": {"name": allocation}}
    report = check("ema_cross", legs, portfolio=portfolio, sizing={"name": "volatility_target"}, probes=12)
    assert is_proven(report)


def test_that_instruments_of_different_calendars_are_compared_at_their_own_bars():
    rare = series(seed=9)
    rare = dataclasses.replace(
        rare.slice(0, 0), **{name: getattr(rare, name)[40::2] for name in
                             ("time", "open", "high", "low", "close", "volume", "session")},
    )  # fmt: skip
    spec = BacktestSpec(strategy="ema_cross", portfolio={"allocation": {"name": "inverse_volatility"}})
    assert is_proven(check_leaks((series(), named(rare, "RARE")), spec, probes=12))
