"""What the weights of each method satisfy, checked by its own definition and not by another solver."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.allocation import allocation_names, load_allocation, parse_allocation
from engine.allocation.risk import capped, correlation, covariance
from engine.core.errors import DataError, InputError
from tests.engine.allocation.panels import returns_of

ESTIMATED = sorted(set(allocation_names()) - {"none", "equal_weight"})
LARGEST = 1e-9

windows = st.builds(
    returns_of, st.integers(0, 10_000), st.integers(40, 200), st.integers(2, 12), st.floats(1.0, 30.0)
)
caps = st.sampled_from([1.0, 0.6, 0.35, 0.2])
estimates = st.sampled_from(["ledoit_wolf", "sample"])


@pytest.mark.parametrize("name", ESTIMATED)
@given(returns=windows, cap=caps, estimate=estimates)
@settings(max_examples=15, deadline=None)
def test_that_weights_are_long_only_capped_and_sum_to_one(name, returns, cap, estimate):
    weights = parse_allocation({"name": name, "max_weight": cap, "covariance": estimate}).weights(returns)
    assert weights.min() >= 0
    assert weights.max() <= cap + 1e-12
    assert weights.sum() == pytest.approx(min(1.0, cap * returns.shape[1]), abs=1e-12)


# HRP depends on the order of its columns: scipy numbers the clusters by it.
@pytest.mark.parametrize("name", sorted(set(ESTIMATED) - {"hierarchical_risk_parity"}))
@given(returns=windows, cap=caps, seed=st.integers(0, 100))
@settings(max_examples=15, deadline=None)
def test_that_a_permutation_of_assets_permutes_the_weights(name, returns, cap, seed):
    method = parse_allocation({"name": name, "max_weight": cap})
    order = np.random.default_rng(seed).permutation(returns.shape[1])
    np.testing.assert_allclose(method.weights(returns[:, order]), method.weights(returns)[order], rtol=0, atol=LARGEST)


@pytest.mark.parametrize("name", sorted(set(ESTIMATED) - {"mean_variance"}))
@given(returns=windows, factor=st.sampled_from([1e-3, 0.37, 3.0, 40.0]), estimate=estimates)
@settings(max_examples=15, deadline=None)
def test_that_scaling_all_returns_leaves_the_weights(name, returns, factor, estimate):
    method = parse_allocation({"name": name, "covariance": estimate})
    np.testing.assert_allclose(method.weights(returns * factor), method.weights(returns), rtol=0, atol=LARGEST)


@given(returns=windows, estimate=estimates)
@settings(max_examples=40, deadline=None)
def test_that_risk_parity_gives_equal_contributions(returns, estimate):
    weights = parse_allocation({"name": "risk_parity", "covariance": estimate}).weights(returns)
    contributions = weights * (covariance(returns, estimate) @ weights)
    shares = contributions / contributions.sum()
    np.testing.assert_allclose(shares, 1 / shares.size, rtol=0, atol=1e-8)


def kkt_violation(weights, slope, cap):
    """How far the slopes are from one price inside the bounds, below it at zero and above it at the cap."""
    floor, ceiling = weights <= 0, weights >= cap
    inside = ~floor & ~ceiling
    low = slope[inside | ceiling].min()
    high = slope[inside | floor].max() if (inside | floor).any() else low
    return max(high - low, 0.0)


@given(returns=windows, cap=caps, estimate=estimates)
@settings(max_examples=40, deadline=None)
def test_that_minimum_variance_satisfies_the_kkt_conditions(returns, cap, estimate):
    method = parse_allocation({"name": "min_variance", "max_weight": cap, "covariance": estimate})
    matrix, weights = covariance(returns, estimate), method.weights(returns)
    if cap * weights.size > 1:
        assert kkt_violation(weights, -matrix @ weights, cap) <= 1e-11 * np.diag(matrix).mean()


@given(returns=windows, cap=caps, estimate=estimates, aversion=st.sampled_from([0.5, 5.0, 80.0, 2000.0]))
@settings(max_examples=40, deadline=None)
def test_that_mean_variance_satisfies_the_kkt_conditions(returns, cap, estimate, aversion):
    method = parse_allocation(
        {"name": "mean_variance", "max_weight": cap, "covariance": estimate, "risk_aversion": aversion}
    )
    matrix, weights = covariance(returns, estimate), method.weights(returns)
    slope = returns.mean(axis=0) - aversion * matrix @ weights
    if cap * weights.size > 1:
        scale = max(np.abs(returns.mean(axis=0)).max(), aversion * np.diag(matrix).mean())
        assert kkt_violation(weights, slope, cap) <= 1e-11 * scale


def test_that_a_large_risk_aversion_is_minimum_variance():
    returns = returns_of(3)
    cautious = parse_allocation({"name": "mean_variance", "risk_aversion": 100_000})
    np.testing.assert_allclose(cautious.weights(returns), load_allocation("min_variance").weights(returns), atol=1e-3)


def test_that_uncorrelated_assets_follow_the_textbook():
    rng = np.random.default_rng(0)
    base = np.linalg.qr(rng.normal(size=(200, 4)) - 0)[0]
    base = np.linalg.qr(base - base.mean(axis=0))[0]
    deviations = np.array([0.01, 0.02, 0.03, 0.05])
    returns = (base - base.mean(axis=0)) * deviations
    by_variance = deviations**-2 / (deviations**-2).sum()
    by_deviation = 1 / deviations / (1 / deviations).sum()
    expected = {
        "min_variance": by_variance, "inverse_volatility": by_deviation, "risk_parity": by_deviation,
        "hierarchical_risk_parity": by_variance,
    }  # fmt: skip
    for name, weights in expected.items():
        found = parse_allocation({"name": name, "covariance": "sample"}).weights(returns)
        np.testing.assert_allclose(found, weights, atol=1e-9, err_msg=name)


def test_that_ledoit_wolf_is_the_formula_of_the_paper():
    returns = returns_of(8, window=50, assets=5)
    centred = returns - returns.mean(axis=0)
    sample = centred.T @ centred / 50
    mean = np.trace(sample) / 5
    distance = ((sample - mean * np.eye(5)) ** 2).sum()
    noise = sum(((np.outer(row, row) - sample) ** 2).sum() for row in centred) / 50**2
    shrinkage = min(noise / distance, 1)
    assert 0.01 < shrinkage < 0.99
    expected = (1 - shrinkage) * sample + shrinkage * mean * np.eye(5)
    np.testing.assert_allclose(covariance(returns, "ledoit_wolf"), expected, rtol=1e-10)


def test_that_the_cap_shares_the_rest_in_proportion():
    np.testing.assert_allclose(capped(np.array([6.0, 2.0, 1.0, 1.0]), 0.4), [0.4, 0.3, 0.15, 0.15])
    np.testing.assert_allclose(capped(np.array([6.0, 2.5, 1.0, 0.5]), 0.4), [0.4, 0.375, 0.15, 0.075])
    np.testing.assert_allclose(capped(np.array([6.0, 3.0, 0.5, 0.5]), 0.4), [0.4, 0.4, 0.1, 0.1])


@pytest.mark.parametrize("name", ESTIMATED)
def test_that_a_cap_too_small_for_the_assets_leaves_cash(name):
    weights = parse_allocation({"name": name, "max_weight": 0.2}).weights(returns_of(1, assets=3))
    np.testing.assert_array_equal(weights, [0.2, 0.2, 0.2])


@pytest.mark.parametrize("name", ESTIMATED)
def test_that_one_asset_gets_everything(name):
    np.testing.assert_array_equal(load_allocation(name).weights(returns_of(1, assets=1)), [1.0])


@pytest.mark.parametrize("name", ["min_variance", "mean_variance"])
@pytest.mark.parametrize("returns", [returns_of(1, window=20, assets=30), returns_of(1)[:, [0, 1, 0]]], ids=["short", "twice"])
def test_that_a_covariance_without_an_inverse_is_refused_and_shrinkage_mends_it(name, returns):
    with pytest.raises(DataError, match=r"has no inverse.*ledoit_wolf"):
        parse_allocation({"name": name, "covariance": "sample"}).weights(returns)
    assert load_allocation(name).weights(returns).sum() == pytest.approx(1)


def test_that_assets_that_cancel_each_other_have_no_risk_parity():
    returns = returns_of(1, assets=2)
    returns[:, 1] = -2 * returns[:, 0]
    with pytest.raises(DataError, match=r"no equal risk contributions of 2 assets.*inverse"):
        parse_allocation({"name": "risk_parity", "covariance": "sample"}).weights(returns)


@pytest.mark.parametrize(
    ("returns", "words"),
    [
        (np.full((5, 2), np.nan), "asset 0 are not all finite"),
        (np.column_stack([returns_of(1, 20, 1), np.zeros(20)]), "asset 1 did not move in 20 bars"),
        (np.zeros((1, 3)), r"shape \(1, 3\)"),
        (np.zeros(3), r"shape \(3,\)"),
    ],
)
def test_that_returns_that_cannot_be_used_are_refused(returns, words):
    with pytest.raises(DataError, match=words):
        load_allocation("risk_parity").weights(returns)


def test_that_none_asks_for_the_whole_and_equal_weight_divides_it():
    returns = returns_of(1, assets=4)
    np.testing.assert_array_equal(load_allocation("none").weights(returns), np.ones(4))
    np.testing.assert_array_equal(load_allocation("equal_weight").weights(returns), np.full(4, 0.25))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ("risk_party", "unknown allocation 'risk_party'.*Did you mean 'risk_parity'"),
        ({"name": "hrp"}, "unknown allocation 'hrp'"),
        ({"name": "min_variance", "look_back": 100}, "allocation.look_back: unknown field.*Did you mean 'lookback'"),
        ({"name": "min_variance", "max_weight": 1.5}, "allocation.max_weight.*at most 1"),
        ({"name": "min_variance", "lookback": 30}, r"min_history \(60\) is longer than lookback \(30\)"),
        ({"name": "risk_parity", "covariance": "lw"}, "allocation.covariance"),
        ({"name": "equal_weight", "lookback": 30}, "unknown field 'lookback'"),
        ({"lookback": 30}, "allocation.name: has no name.*equal_weight"),
    ],
)
def test_that_bad_input_is_refused_with_what_to_do(values, words):
    with pytest.raises(InputError, match=words):
        parse_allocation(values)


def test_that_a_method_is_parsed_from_its_name_a_mapping_or_itself():
    method = parse_allocation({"name": "risk_parity", "lookback": 126})
    assert parse_allocation(method) is method
    assert parse_allocation(method.model_dump()) == method
    assert parse_allocation("risk_parity") == load_allocation("risk_parity") != method


def test_that_correlations_have_ones_on_the_diagonal():
    matrix = covariance(returns_of(5), "sample")
    np.testing.assert_allclose(correlation(matrix), np.corrcoef(returns_of(5).T), atol=1e-12)


def test_that_the_sample_covariance_divides_by_one_less_than_the_returns():
    returns = returns_of(5)
    np.testing.assert_allclose(covariance(returns, "sample"), np.cov(returns.T), rtol=1e-12)
