"""Percentile rank and quantile of a moving window."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels.ranking import percentile_rank_driver, rolling_quantile_driver

VALUES = st.lists(st.integers(-5, 5).map(lambda n: n / 3.0), min_size=0, max_size=40)


def rank_twin(x, n):
    """Percent below the last value, equal ones half, the value itself left out."""
    out = [np.nan] * len(x)
    for t in range(n - 1, len(x)):
        others, value = list(x[t - n + 1 : t]), x[t]
        out[t] = 100.0 * sum(1.0 if o < value else 0.5 if o == value else 0.0 for o in others) / (n - 1)
    return out


@given(VALUES, st.integers(2, 12))
@settings(max_examples=80, deadline=None)
def test_that_a_percentile_counts_the_values_below(values, n):
    x, out = np.array(values, dtype=float), np.full(len(values), 7.0)
    percentile_rank_driver()(x, n, out)
    np.testing.assert_allclose(out, np.array(rank_twin(x, n), dtype=float), rtol=1e-14)


@given(VALUES, st.integers(1, 12), st.floats(0.0, 1.0))
@settings(max_examples=120, deadline=None)
def test_that_a_rolling_quantile_is_the_quantile_of_each_window(values, n, q):
    x, out = np.array(values, dtype=float), np.full(len(values), 7.0)
    rolling_quantile_driver()(x, n, q, out)
    assert np.isnan(out[: n - 1]).all()
    for t in range(n - 1, x.size):
        assert out[t] == pytest.approx(np.quantile(x[t - n + 1 : t + 1], q), abs=1e-12)


def test_that_long_random_windows_stay_in_order():
    x, out = np.random.default_rng(1).normal(size=3000), np.empty(3000)
    rolling_quantile_driver()(x, 252, 0.8, out)
    windows = np.lib.stride_tricks.sliding_window_view(x, 252)
    np.testing.assert_allclose(out[251:], np.quantile(windows, 0.8, axis=1), rtol=1e-12)


def test_that_a_window_with_a_gap_has_no_percentile():
    out = np.empty(5)
    percentile_rank_driver()(np.array([1.0, np.nan, 2.0, 3.0, 1.0]), 3, out)
    np.testing.assert_array_equal(out, [np.nan, np.nan, np.nan, np.nan, 0.0])
