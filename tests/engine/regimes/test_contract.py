"""Gates from specs, their errors, and several gates together."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from engine.core.errors import DataError, InputError
from engine.regimes import GateSeries, allowed, gate_names, load_gate, parse_gate
from engine.regimes.fitted import Cadence, log_returns
from tests.architecture.sources import ROOT
from tests.conformance.series import bars_of, random_walk, sp500


def test_that_there_are_the_six_gates():
    assert gate_names() == ["ar1", "ar_garch", "garch", "hmm", "moving_average", "volatility_percentile"]


def test_that_a_misspelt_gate_is_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"unknown gate 'moving_avrage'. Did you mean 'moving_average'") as caught:
        parse_gate({"name": "moving_avrage"})
    assert caught.value.field == "gates"
    with pytest.raises(InputError, match="Did you mean 'garch'"):
        load_gate("gach")


@pytest.mark.parametrize("values", [{}, {"name": None}, {"name": ""}, {"name": 3}, {"length": 200}])
def test_that_a_gate_without_a_name_is_refused(values):
    with pytest.raises(InputError, match=r"a gate needs a name. Known: ar1, ar_garch"):
        parse_gate(values)


@pytest.mark.parametrize("values", ["garch", None, ["garch"], 3])
def test_that_a_gate_that_is_no_group_of_fields_is_refused(values):
    with pytest.raises(InputError, match="must be a group of fields"):
        parse_gate(values)


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"name": "garch", "lookback": 500}, "lookback", "lookback 500 must be below the 500 bars of a fit"),
        ({"name": "garch", "window": 200}, "lookback", "lookback 252 must be below the 200 bars"),
        ({"name": "ar_garch", "min_history": 100}, "lookback", "below the 99 returns of a fit"),
        ({"name": "ar_garch", "volatility": "any"}, "direction", "would never close"),
        ({"name": "hmm", "from_state": 2, "to_state": 1}, "to_state", "states 2 to 1, there are states 1 to 2"),
        ({"name": "hmm", "to_state": 3}, "to_state", "there are states 1 to 2"),
        ({"name": "hmm", "to_state": 2}, "to_state", "every state is chosen"),
        ({"name": "volatility_percentile", "low": 80}, "low", "low mark 80% must be below high mark 70%"),
        ({"name": "moving_average", "side": "over"}, "side", "must be 'above' or 'below'"),
        ({"name": "moving_average", "length": "long"}, "length", "must be a whole number"),
    ],
)
def test_that_fields_that_contradict_are_refused(values, field, words):
    with pytest.raises(InputError, match=words) as caught:
        parse_gate(values)
    assert caught.value.field == f"gates.{values['name']}.{field}"
    assert caught.value.hint or field in {"side", "length"}


def test_that_a_run_is_allowed_where_every_gate_is_open():
    bars = random_walk(900, 4)
    gates = [parse_gate({"name": "moving_average", "length": 50}), parse_gate({"name": "volatility_percentile"}),
             parse_gate({"name": "moving_average", "length": 20, "side": "below"})]  # fmt: skip
    is_open, said = allowed(bars, gates)
    np.testing.assert_array_equal(is_open, said[0].open & said[1].open & said[2].open)
    assert [each.legend for each in said] == [gate.compute(bars).legend for gate in gates]
    assert 0 < is_open.sum() < min(each.open.sum() for each in said)


def test_that_without_a_gate_everything_is_allowed():
    is_open, said = allowed(random_walk(20), [])
    assert is_open.all()
    assert is_open.shape == (20,)
    assert said == ()


def test_that_a_gate_with_more_history_than_bars_is_refused():
    with pytest.raises(InputError) as caught:
        allowed(random_walk(300), [parse_gate({"name": "moving_average"}), parse_gate({"name": "garch"})])
    assert str(caught.value) == (
        "gates.garch: the gate needs 500 bars of history, there are 300. "
        "Load more bars or choose a shorter history"
    )
    assert caught.value.field == "gates.garch"


@pytest.mark.parametrize("name", ["ar1", "ar_garch", "garch", "hmm", "volatility_percentile"])
def test_that_prices_without_a_return_are_refused_and_named(name):
    close = np.full(600, 100.0)
    close[17] = -37.63
    with pytest.raises(DataError, match=r"bar 17 closes at -37.63, and returns need prices above zero"):
        parse_gate({"name": name}).compute(bars_of(close))


def test_that_an_average_takes_negative_prices():
    close = np.linspace(-50.0, 20.0, 300)
    assert parse_gate({"name": "moving_average"}).compute(bars_of(close)).open[199:].all()


def test_that_the_return_of_the_first_bar_is_unknown():
    np.testing.assert_allclose(log_returns(bars_of([100.0, 110.0, 99.0])), [np.nan, np.log(1.1), np.log(0.9)])
    assert log_returns(bars_of([])).size == 0


def test_that_fits_follow_one_another_without_a_hole():
    fits = list(Cadence(30, 50, 21).fits(120))
    assert [(fit.start, fit.bar, fit.stop) for fit in fits] == [
        (20, 49, 70), (41, 70, 91), (62, 91, 112), (83, 112, 120),
    ]  # fmt: skip
    assert [fit.start for fit in Cadence(None, 50, 21).fits(120)] == [0, 0, 0, 0]
    assert not list(Cadence(None, 50, 21).fits(49))


def test_that_what_a_gate_said_cannot_be_written_to():
    said = GateSeries(np.ones(3, dtype=bool), {"average": np.ones(3)})
    with pytest.raises(ValueError, match="read-only"):
        said.open[0] = False
    with pytest.raises(ValueError, match="read-only"):
        said.lines["average"][0] = 2.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        said.failed_fits = 3


def test_that_declaring_gates_loads_no_heavy_package():
    program = (
        "import sys; from engine.regimes import parse_gate, gate_names; "
        "[parse_gate({'name': name}).history() for name in gate_names()]; print(*sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in told.stdout.split()}
    assert not loaded & {"numba", "pandas", "scipy", "arch", "statsmodels", "sklearn"}


def test_that_the_number_of_threads_changes_no_bit():
    from threadpoolctl import threadpool_limits

    bars, said = sp500().slice(0, 600), []
    gate = parse_gate({"name": "ar_garch", "refit_every": 40})
    for threads in (1, 2):
        with threadpool_limits(limits=threads, user_api="blas"):
            said.append(gate.compute(bars))
    for name, line in said[0].lines.items():
        np.testing.assert_array_equal(line, said[1].lines[name])
