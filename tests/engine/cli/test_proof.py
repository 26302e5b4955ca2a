"""The look-ahead proof of a run on the command line: from the store of the data home, by the source's key."""

from __future__ import annotations

import pytest

from engine.backtest.leak import Finding, LeakReport, proof_key
from engine.backtest.spec import BacktestSpec
from engine.storage.proofs import Proof, ProofStore
from tests.engine.cli.conftest import daily_rows, write_prices
from tests.fakes.plugins import BODIES, write_plugin

KEY = proof_key(BacktestSpec(strategy="ema_cross"))
LEAK = LeakReport(
    leak=True, findings=(Finding("signals", 12, 1, "negative shift", "x.py:3"),), warmup=3, bars=300, probes=80,
    seconds=0.4, key=KEY,
)  # fmt: skip
CLEAN = LeakReport(leak=False, findings=(), warmup=49, bars=300, probes=80, seconds=0.4, key=KEY)
AHEAD = "return np.where(np.append(bars.close[1:], 0.0) > bars.close, 1.0, -1.0)"


@pytest.fixture
def prices(tmp_path):
    return write_prices(tmp_path / "prices.csv", daily_rows(300))


@pytest.fixture
def proofs(home):
    return ProofStore(home / "proofs")


def test_that_a_run_nobody_has_checked_is_unproven_and_told_how_to_prove_it(ivybt, prices):
    run = ivybt("backtest", "--data", prices, "--strategy", "ema_cross", "--json")
    assert run.document["proof"] == {"status": "unproven", "key": KEY}
    text = ivybt("backtest", "--data", prices, "--strategy", "ema_cross").out
    assert "Look-ahead: unproven; 'ivybt leak-check' proves it." in text


def test_that_a_proven_run_says_so_and_keeps_its_receipt(ivybt, prices, proofs):
    before = ivybt("backtest", "--data", prices, "--strategy", "ema_cross", "--json").document
    proofs.put(CLEAN)
    after = ivybt("backtest", "--data", prices, "--strategy", "ema_cross", "--json").document
    assert after["receipt"] == before["receipt"]
    assert after["proof"]["status"] == "past only"
    assert (after["proof"]["warmup"], after["proof"]["probes"], after["proof"]["findings"]) == (49, 80, [])
    text = ivybt("backtest", "--data", prices, "--strategy", "ema_cross").out
    assert "Look-ahead: past only, 80 probes on 300 bars in 0.4 s; it needs 49 bars of warm-up." in text


def test_that_a_leak_is_a_warning_with_its_finding(ivybt, prices, proofs):
    proofs.keep(Proof(LEAK, "2024-05-01T10:00:00Z", "TEST 1d", (7,), ("2015-01-21",)))
    found = ivybt("backtest", "--data", prices, "--strategy", "ema_cross", "--json").document["proof"]
    assert found["status"] == "looks ahead"
    assert found["findings"] == [
        {"output": "signals", "first_bar": 12, "horizon": 1, "likely_cause": "negative shift", "where": "x.py:3",
         "first_time": "2015-01-21"},
    ]  # fmt: skip
    text = ivybt("backtest", "--data", prices, "--strategy", "ema_cross").out
    assert "Warning: looks ahead, so nobody can trade these results." in text
    assert "Signals read 1 bar ahead; likely cause: negative shift." in text


def test_that_a_kept_run_has_the_proof_of_its_source_also_after_an_edit(ivybt, prices, home, proofs):
    write_plugin(home / "plugins", "Edited", AHEAD)
    command = ("backtest", "--data", prices, "--strategy", "edited", "--save", "--json")
    leaky = ivybt(*command).document
    proofs.put(LeakReport(True, LEAK.findings, 0, 300, 80, 0.4, leaky["proof"]["key"]))
    write_plugin(home / "plugins", "Edited", BODIES["Steady"])
    clean = ivybt(*command).document
    assert clean["proof"]["status"] == "unproven"
    assert ivybt("runs", "show", leaky["run_id"], "--json").document["proof"]["status"] == "looks ahead"
    assert "looks ahead" in ivybt("runs", "show", leaky["run_id"]).out
    assert ivybt("runs", "show", clean["run_id"], "--json").document["proof"]["status"] == "unproven"


def test_that_a_check_on_the_command_line_is_kept_for_the_runs_after_it(ivybt, prices, home):
    write_plugin(home / "plugins", "Peeking", AHEAD)
    checked = ivybt("leak-check", "peeking", "--data", prices, "--json").document
    assert checked["leak"]
    run = ivybt("backtest", "--data", prices, "--strategy", "peeking", "--json").document
    assert run["proof"]["status"] == "looks ahead"
    assert run["proof"]["key"] == checked["key"]
    assert run["proof"]["findings"][0]["first_time"] == checked["findings"][0]["first_time"]


def test_that_fewer_probes_than_usual_prove_nothing_for_the_runs_after_them(ivybt, prices):
    assert ivybt("leak-check", "ema_cross", "--data", prices, "--probes", 12).code == 0
    run = ivybt("backtest", "--data", prices, "--strategy", "ema_cross", "--json").document
    assert run["proof"]["status"] == "unproven"


def test_that_a_data_home_that_cannot_be_written_does_not_stop_a_check(ivybt, prices, home):
    home.mkdir()
    (home / "proofs").write_text("a file where the folder should be")
    done = ivybt("leak-check", "ema_cross", "--data", prices, "--json")
    assert done.code == 0
    assert not done.document["leak"]
    assert "ivybt: the proof was not kept: " in done.err
