"""Window loops against plain formulas, and their promises at the edges."""

import functools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels import compile as compile_module
from engine.kernels import rolling

PRICES = st.floats(min_value=0.01, max_value=1e6)
SERIES = st.lists(PRICES, max_size=60).map(lambda values: np.array(values, dtype=float))
LENGTHS = st.integers(min_value=1, max_value=25)


# What other compiled code calls cannot be called from Python: here each gets a way in of its own.
compiled = functools.cache(compile_module._dispatcher)


def windows(x, n):
    return [x[t - n + 1 : t + 1] if t >= n - 1 else None for t in range(x.size)]


def slow(x, n, formula):
    return np.array([math.nan if w is None else formula(w) for w in windows(x, n)])


def run(name, x, n, rows=1):
    outs = [np.full(x.size, -7.0) for _ in range(rows)]
    compiled(getattr(rolling, name))(x, n, *outs)
    return outs if rows > 1 else outs[0]


@given(SERIES, LENGTHS)
@settings(deadline=None)
def test_that_the_window_mean_is_the_exact_mean_of_the_window(x, n):
    expected = slow(x, n, lambda w: math.fsum(w) / n)
    # Relative to the largest price around: a mean of small prices next to large ones keeps that precision.
    scale = x.max(initial=1.0)
    np.testing.assert_allclose(run("window_mean", x, n), expected, rtol=1e-13, atol=scale * 1e-14)


@given(SERIES, LENGTHS)
@settings(deadline=None)
def test_that_the_window_deviation_is_the_population_deviation(x, n):
    mean, deviation = run("window_moments", x, n, rows=2)
    scale = x.max(initial=1.0)
    np.testing.assert_allclose(mean, slow(x, n, lambda w: math.fsum(w) / n), rtol=1e-13, atol=scale * 1e-14)
    np.testing.assert_allclose(deviation, slow(x, n, np.std), rtol=1e-7, atol=scale * 1e-7)


@given(SERIES, LENGTHS)
@settings(deadline=None)
def test_that_window_extremes_are_the_extremes_to_the_bit(x, n):
    np.testing.assert_array_equal(run("window_maximum", x, n), slow(x, n, np.max))
    np.testing.assert_array_equal(run("window_minimum", x, n), slow(x, n, np.min))


@given(SERIES, LENGTHS)
@settings(deadline=None)
def test_that_recursive_means_follow_their_definitions(x, n):
    ema, wilder = np.full(x.size, math.nan), np.full(x.size, math.nan)
    value = 0.0
    for t in range(x.size):
        value = x[t] if t == 0 else 2 / (n + 1) * x[t] + (1 - 2 / (n + 1)) * value
        if t >= n - 1:
            ema[t] = value
    for t in range(n - 1, x.size):
        wilder[t] = np.mean(x[:n]) if t == n - 1 else (wilder[t - 1] * (n - 1) + x[t]) / n
    scale = x.max(initial=1.0)
    np.testing.assert_allclose(run("exponential_mean", x, n), ema, rtol=1e-12, atol=scale * 1e-14)
    np.testing.assert_allclose(run("wilder_mean", x, n), wilder, rtol=1e-12, atol=scale * 1e-14)


@pytest.mark.parametrize("name", ["window_mean", "exponential_mean", "wilder_mean"])
@pytest.mark.parametrize("level", [0.1, 1 / 3, 1e-9, 98765.4321])
@pytest.mark.parametrize("n", [1, 2, 3, 7, 10, 30])
def test_that_the_mean_of_a_constant_is_that_constant_to_the_bit(name, level, n):
    found = run(name, np.full(100, level), n)
    assert np.isnan(found[: n - 1]).all()
    assert (found[n - 1 :] == level).all()


def test_that_the_deviation_of_a_constant_is_zero():
    _, deviation = run("window_moments", np.full(50, 1 / 3), 20, rows=2)
    assert (deviation[19:] == 0.0).all()


def test_that_a_spike_leaves_nothing_behind_once_it_is_out_of_the_window():
    x = np.full(400, 0.1)
    x[100] = 1e15
    mean, deviation = run("window_moments", x, 20, rows=2)
    assert (mean[120:] == 0.1).all()
    assert (deviation[120:] == 0.0).all()


def test_that_a_small_deviation_on_a_high_price_is_kept():
    x = 1e8 + np.tile([0.0, 1e-3], 500)
    _, deviation = run("window_moments", x, 20, rows=2)
    np.testing.assert_allclose(deviation[19:], np.std(x[:20]), rtol=1e-9)


@pytest.mark.parametrize("name", ["window_mean", "window_moments"])
def test_that_a_missing_value_blanks_exactly_the_windows_that_hold_it(name):
    rng = np.random.default_rng(3)
    for n in (1, 2, 5, 8):
        for at in range(30):
            x = rng.random(30)
            x[at] = math.nan
            found = run(name, x, n, rows=2 if name == "window_moments" else 1)
            for row in np.atleast_2d(found):
                expected = [t < n - 1 or t - n < at <= t for t in range(30)]
                assert np.isnan(row).tolist() == expected


@pytest.mark.parametrize("name", ["exponential_mean", "wilder_mean"])
def test_that_recursive_means_start_at_the_first_number(name):
    x = np.array([math.nan, math.nan, 4.0, 6.0, 5.0, 7.0])
    found = run(name, x, 2)
    np.testing.assert_array_equal(found[2:], run(name, x[2:], 2))
    assert np.isnan(found[:3]).all()


@pytest.mark.parametrize("name", ["window_mean", "window_maximum", "window_minimum", "exponential_mean", "wilder_mean"])
@pytest.mark.parametrize(("size", "n"), [(0, 1), (0, 5), (1, 2), (4, 5), (3, 0), (3, -2)])
def test_that_a_series_shorter_than_the_window_gives_nan(name, size, n):
    assert np.isnan(run(name, np.arange(float(size)), n)).all()


def test_that_a_single_bar_is_enough_for_a_window_of_one():
    x = np.array([42.0])
    for name in ("window_mean", "window_maximum", "window_minimum", "exponential_mean", "wilder_mean"):
        assert run(name, x, 1).tolist() == [42.0]


@pytest.mark.parametrize("name", ["window_mean", "window_maximum", "exponential_mean", "wilder_mean"])
def test_that_compiled_and_plain_loops_agree_to_the_bit(name):
    x = np.random.default_rng(1).normal(100, 5, 777)
    for n in (1, 2, 13, 50):
        plain = np.empty(x.size)
        getattr(rolling, name)(x, n, plain)
        np.testing.assert_array_equal(plain, run(name, x, n))


@pytest.mark.parametrize("name", ["window_mean", "exponential_mean", "wilder_mean"])
def test_that_a_mean_of_one_bar_is_the_series_to_the_bit(name):
    x = np.array([262146.0, 1.1, 0.3, 1e-9])
    assert run(name, x, 1).tolist() == x.tolist()


def test_that_the_true_range_reaches_to_the_previous_close():
    high, low, close = np.array([[5.0, 6.0, 9.0], [4.0, 5.5, 8.0], [4.5, 6.0, 8.5]])
    out = np.empty(3)
    compiled(rolling.true_range)(high, low, close, out)
    assert math.isnan(out[0])
    assert out[1:].tolist() == [1.5, 3.0]
