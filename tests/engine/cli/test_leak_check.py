"""``ivybt leak-check``: a name, a file or a spec in; one report out."""

from __future__ import annotations

import pytest

KEYS = ["leak", "findings", "warmup", "bars", "probes", "seconds", "key", "problem", "proof"]
FINDING = ["output", "first_bar", "horizon", "likely_cause", "where", "first_time"]
PEEKING = '''
import numpy as np
from engine.strategies import Strategy


class Peeking(Strategy):
    """Reads the next close."""

    title = "Peeking"

    def signals(self, bars, p):
        close = bars.to_frame()["close"]
        return np.sign(close.shift(-1) - close).fillna(0.0)
'''


@pytest.fixture
def peeking(tmp_path):
    path = tmp_path / "my ideas" / "peeking.py"
    path.parent.mkdir()
    path.write_text(PEEKING)
    (path.parent / "neighbour.py").write_text("raise SystemExit('a neighbour was run')")
    return path


def test_that_a_strategy_of_the_library_is_past_only(ivybt, prices):
    outcome = ivybt("leak-check", "ema_cross", "--data", prices, "--probes", "12", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    document = outcome.document
    assert list(document) == KEYS
    assert (document["leak"], document["findings"], document["proof"]) == (False, [], "past only")
    assert document["warmup"] > 0
    assert document["key"].startswith("sha256:")


def test_that_a_file_that_peeks_is_caught_and_its_neighbours_are_not_run(ivybt, prices, peeking):
    outcome = ivybt("leak-check", peeking, "--data", prices, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    [finding] = outcome.document["findings"]
    assert list(finding) == FINDING
    assert finding | {"first_time": ""} == {
        "output": "signals", "first_bar": 0, "horizon": 1, "likely_cause": "negative shift",
        "where": "peeking.py:13", "first_time": "",
    }  # fmt: skip
    assert finding["first_time"]
    assert outcome.document["proof"] == "looks ahead"


def test_that_strict_makes_a_leak_an_exit_code(ivybt, prices, peeking):
    assert ivybt("leak-check", peeking, "--data", prices, "--strict").code == 1
    assert ivybt("leak-check", "ema_cross", "--data", prices, "--probes", "12", "--strict").code == 0


def test_that_people_read_what_where_and_what_to_do(ivybt, prices, peeking):
    out = ivybt("leak-check", peeking, "--data", prices).out
    for words in ("looks ahead", "signals", "1 bar ahead", "negative shift", "peeking.py:13", "shift(n) with n >= 0"):
        assert words in out
    clean = ivybt("leak-check", "turtle", "--data", prices, "--probes", "12").out
    assert "past only" in clean
    assert "bars of warm-up" in clean


def test_that_the_gates_and_parameters_of_a_spec_file_are_checked(ivybt, prices, tmp_path):
    spec = tmp_path / "run.yaml"
    spec.write_text(
        f"data: {{file: '{prices}'}}\nstrategy: {{name: sma_cross, params: {{fast: 3, slow: 7}}}}\n"
        "gates: [{name: moving_average, length: 20}]\n"
    )
    outcome = ivybt("leak-check", spec, "--probes", "12", "--json")
    assert (outcome.code, outcome.document["leak"]) == (0, False)
    assert outcome.document["warmup"] >= 19
    assert outcome.document["probes"] > 12 * 2 * 4  # the strategy's and the gate's


def test_that_what_cannot_be_checked_is_told_with_exit_code_1(ivybt, prices, peeking):
    peeking.write_text(PEEKING.replace("close = bars", "close = missing"))
    outcome = ivybt("leak-check", peeking, "--data", prices, "--json")
    assert outcome.code == 1
    assert "peeking.py:12: NameError" in outcome.document["problem"]
    assert (outcome.document["leak"], outcome.document["proof"]) == (False, "unproven")


def test_that_wrong_input_is_one_line_and_exit_code_2(ivybt, prices, peeking, tmp_path):
    assert ivybt("leak-check", "emacross", "--data", prices).is_refusal("emacross", "Did you mean 'ema_cross'")
    assert ivybt("leak-check", tmp_path / "none.py", "--data", prices).is_refusal("none.py", "no such file")
    assert ivybt("leak-check", "ema_cross", "--data", tmp_path / "none.csv").is_refusal("none.csv")
    assert ivybt("leak-check", "ema_cross").is_refusal("--data")
    assert ivybt("leak-check", "--data", prices).is_refusal("no strategy")
    assert ivybt("leak-check", "ema_cross", "--data", prices, "--param", "fast=-1").is_refusal("fast")
    assert ivybt("leak-check", "ema_cross", "--data", prices, "--probes", "1").is_refusal("--probes")
    assert ivybt("leak-check", "ema_cross", "--data", prices, "--strategy", "turtle").is_refusal("two strategies")
    peeking.write_text("import numpy as np\n\ndef (\n")
    assert ivybt("leak-check", peeking, "--data", prices).is_refusal("peeking.py:3", "SyntaxError")
    peeking.write_text("x = 1\n")
    assert ivybt("leak-check", peeking, "--data", prices).is_refusal("no strategy class")
    peeking.write_text(PEEKING.replace("class Peeking", "class EmaCross"))
    assert ivybt("leak-check", peeking, "--data", prices).is_refusal("built-in")
    peeking.write_text(PEEKING + PEEKING.replace("class Peeking", "class Other"))
    assert ivybt("leak-check", peeking, "--data", prices).is_refusal("holds 2 strategies: peeking, other")
    assert ivybt("leak-check", peeking, "--data", prices, "--strategy", "other").code == 0
