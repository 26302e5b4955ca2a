"""What every gate promises, checked over the registry: above all that it sees the past only.

A new gate is tested by being in the registry; it needs one variation in `VARIATIONS`.
"""

import dataclasses
import functools
import pickle

import numpy as np
import pytest
import yaml

from engine.core.errors import InputError
from engine.fields import describe
from engine.regimes import Gate, GateSeries, allowed, gate_names, load_gate, parse_gate
from tests.conformance.series import random_walk, sp500

VARIATIONS = {
    "ar1": {"direction": "reversion", "window": None, "min_history": 60, "refit_every": 5, "min_t": 0.5},
    "ar_garch": {"direction": "reversion", "volatility": "any", "lookback": 60, "window": 200, "min_history": 150,
                 "refit_every": 40},
    "garch": {"volatility": "high", "quantile": 0.6, "lookback": 60, "window": 200, "min_history": 150,
              "refit_every": 40},
    "hmm": {"states": 3, "from_state": 2, "to_state": 3, "threshold": 0.4, "window": 200, "min_history": 150,
            "refit_every": 13},
    "moving_average": {"side": "below", "average": "ema", "length": 50},
    "volatility_percentile": {"side": "between", "length": 10, "lookback": 60, "low": 20.0, "high": 80.0},
}  # fmt: skip
CASES = [(name, changed) for name in VARIATIONS for changed in ({}, VARIATIONS[name])]
BARS = 640


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{'varied' if case[1] else 'default'}")
def gate(request):
    name, changed = request.param
    return parse_gate({"name": name} | changed)


@functools.cache
def series():
    """S&P 500 of 1999 to 2001: models of volatility need volatility that clusters."""
    return sp500().slice(0, BARS)


@functools.cache
def said_by(gate):
    """What the gate says about `series`, asked once."""
    return gate.compute(series())


def assert_same_past(found, whole, bars):
    """Assert that what was said about the first ``bars`` bars is the same to the last bit."""
    np.testing.assert_array_equal(found.open[:bars], whole.open[:bars])
    assert found.lines.keys() == whole.lines.keys()
    for name, line in found.lines.items():
        np.testing.assert_array_equal(line[:bars], whole.lines[name][:bars], err_msg=name)
    np.testing.assert_array_equal(found.refits[found.refits < bars], whole.refits[whole.refits < bars])


def test_that_every_registered_gate_is_tested_here():
    assert gate_names() == sorted(VARIATIONS)


def test_that_a_gate_says_one_thing_about_each_bar(gate):
    said = said_by(gate)
    assert isinstance(said, GateSeries)
    assert said.open.shape == (BARS,)
    assert said.open.dtype == np.bool_
    assert said.refits.dtype == np.int64
    assert said.lines
    for line in said.lines.values():
        assert line.shape == (BARS,)
        assert line.dtype == np.float64
        assert not line.flags.writeable
    assert said.legend.startswith("open while ")
    assert said.failed_fits == 0


def test_that_a_gate_opens_and_closes_on_four_years_of_prices(gate):
    said = gate.compute(sp500().slice(0, 1100))
    assert said.open.any()
    assert not said.open.all()


def test_that_shorter_series_give_the_same_past(gate):
    bars, whole = series(), said_by(gate)
    first = gate.history() - 1
    rng = np.random.default_rng(3)
    edges = [0, 1, 2, first - 1, first, first + 1, *whole.refits[1:3], *(whole.refits[1:3] + 1), BARS - 1]
    for cut in {int(bar) + 1 for bar in (*edges, *rng.integers(first, BARS, 4)) if 0 <= bar < BARS}:
        assert_same_past(gate.compute(bars.slice(0, cut)), whole, cut)


def test_that_the_past_stays_as_it_was_whatever_the_last_bar():
    bars = random_walk(170, 5)
    for name, changed in VARIATIONS.items():
        short = {"min_history": 90, "window": 80, "refit_every": 35} if "min_history" in changed else {}
        if "lookback" in changed:
            short["lookback"] = 40
        gate = parse_gate({"name": name} | changed | short)
        whole = gate.compute(bars)
        for cut in range(gate.history(), 170, 1 if "quantile" not in changed else 3):
            assert_same_past(gate.compute(bars.slice(0, cut)), whole, cut)


def test_that_a_scrambled_future_leaves_the_past_alone(gate):
    bars, rng = series(), np.random.default_rng(9)
    whole = said_by(gate)
    for cut in (gate.history() + 1, 555):
        order = rng.permutation(np.arange(cut, BARS))
        mixed = {name: getattr(bars, name).copy() for name in ("open", "high", "low", "close", "volume")}
        for values in mixed.values():
            values[cut:] = values[order] * 3.0
        found = gate.compute(dataclasses.replace(bars, **mixed))
        assert_same_past(found, whole, cut)
        assert any(not np.array_equal(line[cut:], whole.lines[name][cut:]) for name, line in found.lines.items())


def test_that_a_gate_is_the_same_every_time(gate):
    assert_same_past(type(gate)(**gate.model_dump()).compute(series()), said_by(gate), BARS)


def test_that_a_gate_is_closed_until_it_has_its_history(gate):
    said, first = said_by(gate), gate.history() - 1
    assert not said.open[:first].any()
    for name, line in said.lines.items():
        assert np.isnan(line[:first]).all(), name
        assert np.isfinite(line[first:]).all(), name
    if said.refits.size:
        assert said.refits[0] == first


def test_that_the_history_is_enough_and_not_more_than_needed(gate):
    needed = gate.history()
    said = gate.compute(series().slice(0, needed))
    assert all(np.isfinite(line[-1]) for line in said.lines.values())
    allowed(series().slice(0, needed), [gate])
    with pytest.raises(InputError, match=f"needs {needed} bars of history, there are {needed - 1}") as caught:
        allowed(series().slice(0, needed - 1), [gate])
    assert caught.value.field == f"gates.{gate.name}"


def test_that_bars_without_movement_never_crash_a_rule_without_a_fit():
    still = random_walk(700, 5)
    prices = dict.fromkeys(("open", "high", "low", "close"), np.full(700, 100.0))
    still = dataclasses.replace(still, **prices)
    for name in ("moving_average", "ar1"):
        assert not parse_gate({"name": name}).compute(still).open.any()
    assert (parse_gate({"name": "volatility_percentile"}).compute(still).lines["percentile"][300:] == 50.0).all()


def test_that_a_gate_survives_a_yaml_file_and_a_process_border(gate):
    text = yaml.safe_dump(gate.model_dump(mode="json"))
    assert parse_gate(yaml.safe_load(text)) == gate
    assert parse_gate(gate) is gate
    assert pickle.loads(pickle.dumps(gate)) == gate  # noqa: S301
    said = said_by(gate)
    assert_same_past(pickle.loads(pickle.dumps(said)), said, BARS)  # noqa: S301


def test_that_a_gate_says_what_it_is(gate):
    kind = type(gate)
    assert issubclass(kind, Gate)
    assert kind.id == gate.name == kind().name
    assert load_gate(gate.name) is kind
    assert kind.title
    assert kind.__doc__
    for info in describe(kind):
        if info.name == "name":
            continue
        assert info.help, info.name
        assert not info.help.endswith(".")
        if info.type in ("int", "float"):
            assert None not in (info.low, info.high, info.step), info.name


def test_that_fields_are_checked_by_name_and_range(gate):
    with pytest.raises(InputError, match="unknown field 'lenght'"):
        parse_gate({"name": gate.name, "lenght": 3})
    for info in describe(type(gate)):
        for value in (None if info.low is None else info.low - 1, None if info.high is None else info.high + 1):
            if value is not None:
                with pytest.raises(InputError) as caught:
                    parse_gate({"name": gate.name, info.name: value})
                assert caught.value.field == f"gates.{gate.name}.{info.name}"
