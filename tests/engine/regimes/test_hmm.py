"""The hidden Markov gate against a slow forward recursion and statsmodels."""

import math

import numpy as np
import pytest

from engine.core.errors import DataError
from engine.regimes import parse_gate
from engine.regimes.fitted import log_returns
from engine.regimes.hmm import FLOOR, filtered, fit_model
from tests.conformance.series import bars_of, random_walk, sp500


def forward_twin(model, returns):
    """Filtered probabilities and log-likelihood by Bayes' rule, bar by bar, in plain Python."""
    k, rows, total = model.mean.size, [], 0.0
    for x in returns:
        expected = list(model.start)
        if rows:
            expected = [math.fsum(rows[-1][i] * model.transition[i, j] for i in range(k)) for j in range(k)]
        joint = []
        for j in range(k):
            width = 2.0 * math.pi * model.variance[j]
            joint.append(expected[j] * math.exp(-((x - model.mean[j]) ** 2) / (2.0 * model.variance[j])) / math.sqrt(width))
        norm = math.fsum(joint)
        total += math.log(norm)
        rows.append([value / norm for value in joint])
    return np.array(rows), total


def switching(n=2000, seed=1, calm=0.005, wild=0.02):
    """Bars that change between two volatilities, and which was true at each."""
    rng, state, states = np.random.default_rng(seed), 0, np.zeros(n, dtype=int)
    for t in range(n):
        state = 1 - state if rng.random() < 0.01 else state
        states[t] = state
    returns = rng.normal(0.0, np.where(states == 0, calm, wild))
    return bars_of(100.0 * np.exp(np.cumsum(returns))), states


def market():
    return log_returns(sp500())[1:1201].copy()


@pytest.mark.parametrize("states", [2, 3, 4])
def test_that_probabilities_are_those_of_a_slow_forward_recursion(states):
    returns = market()
    model = fit_model(returns, states)
    expected, likelihood = forward_twin(model, returns)
    np.testing.assert_allclose(filtered(model, returns), expected, rtol=1e-8, atol=1e-12)
    assert model.log_likelihood == pytest.approx(likelihood, rel=1e-10)
    np.testing.assert_allclose(model.transition.sum(axis=1), 1.0, rtol=1e-12)


def test_that_the_estimate_is_as_likely_as_that_of_statsmodels_and_gives_its_probabilities():
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    returns = 100.0 * market()
    model = fit_model(returns, 2)
    peer = MarkovRegression(returns, k_regimes=2, switching_variance=True)
    theirs = peer.fit()
    parameters = [model.transition[0, 0], model.transition[1, 0], *model.mean, *model.variance]
    ours = peer.filter(parameters)
    assert ours.llf > theirs.llf - 0.02
    np.testing.assert_allclose(
        filtered(model, returns)[100:], ours.filtered_marginal_probabilities[100:], rtol=1e-6, atol=1e-10
    )
    order = np.argsort(theirs.params[4:])
    np.testing.assert_allclose(model.variance, theirs.params[4:][order], rtol=0.02)


def test_that_a_known_truth_is_found():
    bars, truth = switching()
    model = fit_model(log_returns(bars)[1:], 2)
    np.testing.assert_allclose(np.sqrt(model.variance), [0.005, 0.02], rtol=0.05)
    np.testing.assert_allclose(np.diag(model.transition), 0.99, atol=0.006)
    said = parse_gate({"name": "hmm"}).compute(bars)
    assert (said.open == (truth == 0))[499:].mean() > 0.95


def test_that_a_state_keeps_its_number_from_fit_to_fit():
    bars, truth = switching(1200, 3)
    said = parse_gate({"name": "hmm", "window": 250, "min_history": 250, "refit_every": 20}).compute(bars)
    returns, mixed = log_returns(bars), 0
    for bar in said.refits:
        model = fit_model(returns[bar - 248 : bar + 1], 2)
        assert model.variance[0] < model.variance[1]
        mixed += 0.2 < truth[bar - 248 : bar + 1].mean() < 0.8
    assert mixed > 5
    assert (said.open == (truth == 0))[249:].mean() > 0.85


def test_that_the_same_market_upside_down_opens_the_same_bars():
    bars, _ = switching(900, 5)
    upside_down = bars_of(1e4 / bars.close)
    gate = parse_gate({"name": "hmm"})
    np.testing.assert_allclose(
        gate.compute(bars).lines["state_1"], gate.compute(upside_down).lines["state_1"], atol=1e-6
    )


def test_that_the_gate_reads_the_filter_of_its_last_fit():
    bars = sp500().slice(0, 700)
    gate = parse_gate({"name": "hmm", "states": 3, "from_state": 2, "to_state": 3, "threshold": 0.6,
                       "window": 400, "min_history": 500, "refit_every": 80})  # fmt: skip
    said, returns = gate.compute(bars), log_returns(bars)
    np.testing.assert_array_equal(said.refits, [499, 579, 659])
    for bar in said.refits:
        start = bar - 399
        model = fit_model(returns[start + 1 : bar + 1], 3)
        stop = min(bar + 80, 700)
        expected, _ = forward_twin(model, returns[start + 1 : stop])
        seen = np.column_stack([said.lines[f"state_{j}"][bar:stop] for j in (1, 2, 3)])
        np.testing.assert_allclose(seen, expected[bar - stop :], rtol=1e-8, atol=1e-12)
    probability = said.lines["state_2"] + said.lines["state_3"]
    np.testing.assert_allclose(said.lines["probability"], probability, rtol=1e-12)
    np.testing.assert_array_equal(said.open, said.lines["probability"] > 0.6)
    assert (said.lines["threshold"][499:] == 0.6).all()


def test_that_smoothed_probabilities_would_differ():
    """Smoothing looks ahead; the test fails when the gate uses it."""
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    returns = 100.0 * market()
    model = fit_model(returns, 2)
    peer = MarkovRegression(returns, k_regimes=2, switching_variance=True)
    smooth = peer.smooth([model.transition[0, 0], model.transition[1, 0], *model.mean, *model.variance])
    assert np.abs(filtered(model, returns) - smooth.smoothed_marginal_probabilities).max() > 0.1


def test_that_unchanged_prices_do_not_make_a_state_without_width():
    rng = np.random.default_rng(0)
    returns = np.where(rng.random(1000) < 0.6, 0.0, rng.normal(0.0, 0.01, 1000))
    model = fit_model(returns, 2)
    assert model.variance[0] == pytest.approx(FLOOR * returns.var())
    assert np.isfinite(filtered(model, returns)).all()


def test_that_a_crash_of_many_deviations_leaves_probabilities_whole():
    returns = random_walk(900, 2).close
    returns = np.diff(np.log(returns))
    returns[700] = -3.0
    model = fit_model(returns[:600], 2)
    seen = filtered(model, returns)
    np.testing.assert_allclose(seen.sum(axis=1), 1.0, rtol=1e-12)
    assert seen[700, 1] > 0.999


def test_that_no_solution_at_first_is_an_error_and_later_is_counted():
    close = sp500().close[:900].copy()
    fields = {"name": "hmm", "min_history": 200, "window": 150, "refit_every": 50}
    close[400:620] = close[400]
    said = parse_gate(fields).compute(bars_of(close))
    assert said.failed_fits >= 1
    assert {549, 599} & (set(range(199, 900, 50)) - set(said.refits))
    assert np.isfinite(said.lines["probability"][199:]).all()
    close[:400] = close[0]
    with pytest.raises(DataError, match="TEST: a hidden Markov model of 2 states finds no solution for the first 200 bars"):
        parse_gate(fields).compute(bars_of(close))
