"""The solvers of portfolio weights against twins that try everything, in plain Python."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.allocation.risk import best_weights, compiled, equal_risk


def matrix_of(seed, n, terms):
    rng = np.random.default_rng(seed)
    loads = rng.normal(0, 1, (terms, n)) * rng.uniform(0.2, 1.5, n)
    return loads.T @ loads / terms + np.diag(rng.uniform(0.001, 0.1, n))


def best_by_trying(matrix, gain, cap):
    """Try each choice of zero, free or at the cap for every asset; keep the best point that is allowed."""
    n = gain.size
    best, value = None, -np.inf
    for state in map(np.array, itertools.product((-1, 0, 1), repeat=n)):
        free, point = state == 0, np.where(state == 1, cap, 0.0)
        if free.any():
            rows = np.flatnonzero(free)
            system = np.zeros((rows.size + 1, rows.size + 1))
            system[:-1, :-1] = matrix[np.ix_(rows, rows)]
            system[-1, :-1] = system[:-1, -1] = 1
            right = np.append((gain - matrix @ point)[rows], 1 - point.sum())
            point[rows] = np.linalg.solve(system, right)[:-1]
        if abs(point.sum() - 1) > 1e-9 or point.min() < -1e-12 or point.max() > cap + 1e-12:
            continue
        found = gain @ point - point @ matrix @ point / 2
        if found > value:
            best, value = point, found
    return best


@given(
    seed=st.integers(0, 100_000), n=st.integers(2, 5), cap=st.sampled_from([1.0, 0.7, 0.51, 0.34, 0.25]),
    strength=st.sampled_from([0.0, 0.1, 1.0, 30.0]),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_that_the_programme_finds_what_trying_everything_finds(seed, n, cap, strength):
    if n * cap <= 1 + 1e-9:
        cap = 1.0
    matrix = matrix_of(seed, n, 3)
    gain = np.random.default_rng(seed + 1).normal(0, strength, n) if strength else np.zeros(n)
    np.testing.assert_allclose(best_weights(matrix, gain, cap), best_by_trying(matrix, gain, cap), rtol=0, atol=1e-9)


@pytest.mark.parametrize("scale", [1.0, 1e-5])
def test_that_ties_and_equal_assets_end_at_equal_weights(scale):
    matrix = scale * (np.eye(8) + 0.5)
    np.testing.assert_allclose(best_weights(matrix, np.zeros(8), 1.0), np.full(8, 0.125), atol=1e-12)
    np.testing.assert_allclose(best_weights(matrix, np.zeros(8), 0.125000001), np.full(8, 0.125), atol=1e-8)
    np.testing.assert_allclose(best_weights(matrix, np.zeros(8), 0.25).sum(), 1)


def test_that_two_hundred_uncorrelated_assets_are_weighted_by_their_variance():
    variances = np.random.default_rng(2).uniform(0.5, 2, 200)
    found = best_weights(np.diag(variances), np.zeros(200), 1.0)
    np.testing.assert_allclose(found, 1 / variances / (1 / variances).sum(), rtol=1e-12)


@given(seed=st.integers(0, 100_000), n=st.integers(2, 20))
@settings(max_examples=60, deadline=None)
def test_that_equal_risk_equals_the_fixed_point_of_coordinate_steps(seed, n):
    matrix = matrix_of(seed, n, n + 2)
    x = 1 / np.sqrt(np.diag(matrix))
    for _ in range(20_000):
        before = x.copy()
        for i in range(n):
            rest = matrix[i] @ x - matrix[i, i] * x[i]
            x[i] = (-rest + np.sqrt(rest**2 + 4 * matrix[i, i] / n)) / (2 * matrix[i, i])
        if np.abs(x / before - 1).max() < 1e-14:
            break
    np.testing.assert_allclose(equal_risk(matrix), x / x.sum(), rtol=1e-7)


def test_that_the_factor_is_cholesky_in_the_given_order_and_grows_by_rows():
    matrix, order = matrix_of(7, 6, 8), np.array([4, 1, 5, 0])
    expected = np.linalg.cholesky(matrix[np.ix_(order, order)])
    factor, extend = np.zeros((6, 6)), compiled("extend_factor")
    assert extend(matrix, order, 0, 2, factor) > 0
    assert extend(matrix, order, 2, 4, factor) > 0
    np.testing.assert_allclose(np.tril(factor[:4, :4]), expected, atol=1e-14)
    twice = matrix[np.ix_([0, 1, 0], [0, 1, 0])].copy()
    assert extend(twice, np.arange(3), 0, 3, factor) < 1e-12
