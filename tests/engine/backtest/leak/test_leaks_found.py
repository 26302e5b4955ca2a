"""Every kind of look-ahead is found, with its output, its distance and its cause."""

from __future__ import annotations

import dataclasses

import pytest

from engine.backtest import leak_cause
from engine.backtest.leak import check_part
from engine.indicators import Indicator
from tests.engine.backtest.leak.fixtures import (
    CENTRED,
    FITTED,
    LEAKY,
    OWN,
    SCALING,
    SHIFT,
    FittedGate,
    PeekingGate,
    PeekingSizer,
    series,
)


def told(report):
    assert report.leak
    assert report.problem == ""
    return [(one.output, one.horizon, one.likely_cause) for one in report.findings]


@pytest.mark.parametrize("name", LEAKY)
def test_that_a_leaky_strategy_is_caught_with_output_distance_and_cause(check, name):
    wanted = LEAKY[name]
    report = check(name, series(wanted.bars))
    assert told(report) == [("signals", wanted.horizon, wanted.cause)]
    if wanted.first is not None:
        assert report.findings[0].first_bar == wanted.first
    assert report.findings[0].where.startswith("fixtures.py:")


# A fit and a scaling behave alike: only the source tells them apart.
@pytest.mark.parametrize(
    "name", ["PeekOne", "FutureMax", "Centred", "ZScore", "BackFilled", "BackFilledColumn", "LeftWeek", "OwnHigh"]
)
def test_that_the_behaviour_alone_tells_the_cause(check, name, monkeypatch):
    monkeypatch.setattr(leak_cause, "hint_for", lambda *_: None)
    wanted = LEAKY[name]
    report = check(name, series(wanted.bars))
    assert told(report) == [("signals", wanted.horizon, wanted.cause)]
    assert report.findings[0].where == ""


@pytest.mark.parametrize("seed", [1, 2])
def test_that_a_leak_is_found_whatever_the_random_bars(check, seed):
    for name in ("PeekOne", "Correlated", "BackFilled", "OwnHigh"):
        assert check(name, series(seed=seed + 10), probes=20).leak


def test_that_a_compiled_rule_that_reads_the_next_close_is_caught(check):
    report = check("RuleAhead")
    assert told(report) == [("signals", 1, SHIFT)]
    assert report.findings[0].first_bar == 0


def test_that_a_declared_line_is_named_beside_the_signals_that_it_spoils(check):
    assert told(check("LineAhead")) == [("signals", 3, SHIFT), ("line: glance", 3, SHIFT)]


def test_that_a_line_is_named_although_no_signal_reads_it(check):
    assert told(check("UnusedLineAhead")) == [("line: glance", 3, SHIFT)]


def test_that_an_indicator_alone_is_caught_by_its_name():
    report = check_part(series(), Indicator("glance", "close", ()), name="look")
    assert told(report) == [("line: look", 3, SHIFT)]
    clean = check_part(series(), Indicator("sma", "close", (20,)))
    assert (clean.leak, clean.problem, clean.warmup) == (False, "", 19)


@pytest.mark.parametrize(("gate", "cause"), [(PeekingGate(), SCALING), (FittedGate(), FITTED)])
def test_that_a_gate_is_named_and_the_strategy_under_it_is_not(check, gate, cause):
    report = check("Lagged", gates=(gate,))
    assert told(report) == [(f"gate: {gate.name}", None, cause)]
    assert told(check_part(series(), gate)) == [(f"gate: {gate.name}", None, cause)]


def test_that_a_size_that_knows_the_next_move_is_caught(check):
    assert told(check("Lagged", sizing=PeekingSizer())) == [("size", 1, SHIFT)]
    assert told(check_part(series(), PeekingSizer())) == [("size", 1, SHIFT)]


def test_that_entry_levels_and_their_distances_are_checked(check):
    assert told(check("LevelsAhead")) == [("levels", 1, OWN)]
    assert told(check("DistanceAhead")) == [("levels", None, SCALING)]
    assert not check("LevelsInTime").leak


def test_that_each_of_several_strategies_is_checked_by_its_name(check):
    report = check("Lagged", sleeves=[{"name": "centred"}])
    assert told(report) == [("signals of centred", 5, CENTRED)]


@pytest.mark.parametrize("bar", [0, 1, 57, 300, 597, 598])
def test_that_a_single_leaking_bar_among_six_hundred_is_seen(check, bar):
    report = check("Blink", params={"at": bar})
    assert told(report) == [("signals", 1, SHIFT)]
    assert report.findings[0].first_bar == bar


def test_that_a_leak_on_heikin_ashi_bricks_or_longer_bars_is_caught(check):
    for candles in ({"kind": "heikin_ashi"}, {"kind": "renko", "brick_size": 1.0}):
        report = check("PeekOne", data={"candles": candles})
        assert [one.output for one in report.findings] == ["signals"]
    report = check("PeekOne", data={"candles": {"timeframe": "1wk"}})
    # One week ahead: the decision of a week is in force when the next one has seven bars left.
    assert told(report) == [("signals", 7, SHIFT)]


def test_that_a_leak_in_a_formula_is_caught_on_its_synthetic_bars(check):
    legs = (series(), dataclasses.replace(series(seed=4), instrument=dataclasses.replace(series().instrument, symbol="B")))
    assert told(check("PeekOne", legs, data={"formula": "TEST - 0.5*B"})) == [("signals", 1, SHIFT)]
    assert not check("Lagged", legs, data={"formula": "TEST - 0.5*B"}).leak
