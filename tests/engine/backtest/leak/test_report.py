"""What a report says besides findings: problems, warm-up, key, and that it is the same every time."""

from __future__ import annotations

import dataclasses

import pytest

from engine.backtest import leak_lab
from engine.backtest.leak import LEAST_BARS, check_leaks, proof_key
from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError
from engine.strategies import registry
from tests.engine.backtest.leak.fixtures import PeekingGate, series


def same(report):
    return dataclasses.replace(report, seconds=0.0)


def test_that_a_report_is_the_same_every_time(check):
    for name in ("Centred", "ema_cross"):
        assert same(check(name, probes=12)) == same(check(name, probes=12))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Raising", "KeyError: 'vix'"),
        ("RaisingLater", "no other length"),
        ("Unseeded", "not deterministic: signals differs between two runs on the same bars"),
        ("Idle", "no position in 600 bars"),
        ("RuleBeyond", "out of bounds"),
    ],
)
def test_that_what_cannot_be_proven_is_a_problem_and_no_exception(check, name, words):
    report = check(name)
    assert words in report.problem
    assert (report.leak, report.findings) == (False, ())


def test_that_a_strategy_without_an_end_is_a_problem(check, monkeypatch):
    monkeypatch.setattr(leak_lab, "MOST_SECONDS_A_RUN", 0.3)
    assert "took longer than 0.3 s" in check("Endless").problem


def test_that_too_few_bars_are_a_problem(check):
    report = check("PeekOne", series().slice(0, LEAST_BARS - 1))
    assert (report.leak, report.warmup, report.probes) == (False, -1, 0)
    assert "29 bars are too few" in report.problem


def test_that_an_instrument_that_begins_late_hides_no_leak_of_the_others(check):
    late = series(seed=5).slice(400, 600)
    late = dataclasses.replace(late, instrument=dataclasses.replace(late.instrument, symbol="LATE"))
    report = check("PeekFive", (late, series()))
    assert [(one.output, one.first_bar, one.horizon) for one in report.findings] == [("signals", 0, 5)]


def test_that_weights_of_instruments_that_hardly_overlap_are_unproven(check):
    late = series(seed=5).slice(580, 600)
    late = dataclasses.replace(late, instrument=dataclasses.replace(late.instrument, symbol="LATE"))
    report = check("Lagged", (series(), late), portfolio={"allocation": {"name": "equal_weight"}})
    assert "the instruments have 20 bars in common" in report.problem


def test_that_a_gate_that_never_opens_is_a_problem(check):
    report = check("Lagged", gates=[{"name": "moving_average", "length": 400}])
    assert report.problem == ""
    never = check("Lagged", series().slice(0, 300), gates=[{"name": "moving_average", "length": 400}])
    assert "gate: moving_average is 0 throughout" in never.problem


def test_that_wrong_input_is_refused_as_by_a_run(check):
    with pytest.raises(InputError, match="unknown strategy"):
        check("no_such_strategy")
    with pytest.raises(InputError, match="fast"):
        check("ema_cross", params={"fast": -1})


def test_that_only_the_last_bars_are_checked():
    report = check_leaks(series(), BacktestSpec(strategy="peek_five"), most_bars=200)
    assert report.bars == 200
    assert report.findings[0].first_bar < 20


def test_that_the_spec_dates_are_applied(check):
    bars = series()
    report = check("PeekOne", data={"start": bars.label(100)})
    assert report.bars == 500


def test_that_what_takes_long_is_checked_on_its_last_bars(check, monkeypatch):
    monkeypatch.setattr(leak_lab, "_SLOW_SECONDS", 1e-9)
    monkeypatch.setattr(leak_lab, "_SHORT", 250)
    report = check("PeekFive")
    assert (report.bars, report.findings[0].horizon) == (600, 5)
    assert report.findings[0].first_bar >= 350


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("buy_and_hold", 0, 0), ("Lagged", 1, 1), ("CentredAndLate", 10, 10), ("RollingCorrelation", 60, 61),
        ("external_signals", 0, 0), ("random_entry", -1, -1), ("SeededChance", -1, -1), ("sma_cross", 25, 29),
    ],
)  # fmt: skip
def test_that_the_warm_up_is_what_the_decisions_need(check, name, least, most):
    bars = dataclasses.replace(series(), columns={"target": series().close / 1000.0})
    params = {"external_signals": {"column": "target"}, "sma_cross": {"fast": 10, "slow": 30}}.get(name, {})
    assert least <= check(name, bars, params=params).warmup <= most


def test_that_the_warm_up_of_a_gate_counts(check):
    alone = check("Lagged").warmup
    gated = check("Lagged", gates=[{"name": "moving_average", "length": 50}]).warmup
    assert alone == 1
    assert 49 <= gated <= 51


def test_that_the_key_is_of_sources_and_not_of_values_dates_and_paths():
    base = proof_key(BacktestSpec(strategy="ema_cross"))
    assert base.startswith("sha256:")
    for same_proof in (
        {"params": {"fast": 7}}, {"data": {"file": "x.csv", "start": "2001-01-01"}}, {"capital": 5.0},
        {"costs": {"slippage_bps": 3}},
    ):  # fmt: skip
        assert proof_key(BacktestSpec(strategy="ema_cross", **same_proof)) == base
    for other in (
        {"gates": [{"name": "hmm"}]}, {"gates": (PeekingGate(),)}, {"sizing": {"name": "volatility_target"}},
        {"data": {"candles": {"kind": "heikin_ashi"}}}, {"data": {"candles": {"timeframe": "1wk"}}},
        {"sleeves": [{"name": "turtle"}]}, {"portfolio": {"allocation": {"name": "risk_parity"}}},
    ):  # fmt: skip
        assert proof_key(BacktestSpec(strategy="ema_cross", **other)) != base
    assert proof_key(BacktestSpec(strategy="turtle")) != base


def test_that_an_edited_file_has_another_key(tmp_path, check):
    text = "from engine.strategies import Strategy\n\n\nclass Edited(Strategy):\n    def signals(self, bars, p):\n"
    path = tmp_path / "edited.py"
    path.write_text(text + "        return bars.close * 0.0 + 1.0\n")
    registry.scan(tmp_path)
    before = check("Edited")
    path.write_text(text + "        return (bars.close > 100.0) * 1.0\n")
    registry.scan(tmp_path)
    assert proof_key(BacktestSpec(strategy="edited")) != before.key
