"""Kernels of portfolio strategies: hedge ratios, cointegration and correlations against numpy and statsmodels."""

import numpy as np
import pytest

from engine.kernels.clusters import correlations_driver, group_positions_driver
from engine.kernels.hedge import (
    engle_granger_driver,
    kalman_hedge_driver,
    pair_sides_driver,
    rolling_hedge_driver,
)

NAN = np.nan


@pytest.fixture
def pair():
    rng = np.random.default_rng(1)
    x = 4.0 + np.cumsum(rng.normal(0.0, 0.01, 400))
    noise = np.zeros(400)
    for t in range(1, 400):
        noise[t] = 0.8 * noise[t - 1] + rng.normal(0.0, 0.004)
    return 0.5 + 0.7 * x + noise, x


def test_that_the_rolling_hedge_is_least_squares_over_the_window_up_to_its_bar(pair):
    y, x = pair
    slope, score = np.empty((2, 400))
    rolling_hedge_driver()(y, x, 50, slope, score)
    assert np.isnan(slope[:49]).all()
    for t in range(49, 400):
        part = slice(t - 49, t + 1)
        beta, alpha = np.polyfit(x[part], y[part], 1)
        rest = y[part] - alpha - beta * x[part]
        np.testing.assert_allclose([slope[t], score[t]], [beta, rest[-1] / rest.std()], rtol=1e-7, atol=1e-9)


def test_that_a_hedge_on_prices_that_stand_still_is_not_known(pair):
    y, _ = pair
    slope, score = np.empty((2, 400))
    for driver in (rolling_hedge_driver(), kalman_hedge_driver()):
        driver(y, np.full(400, 3.0), 50, slope, score)
        if driver is rolling_hedge_driver():
            assert np.isnan(slope).all()
            assert np.isnan(score).all()
    rolling_hedge_driver()(y, y, 50, slope, score)
    np.testing.assert_allclose(slope[49:], 1.0, rtol=1e-12)
    assert np.isnan(score).all()  # nothing is left


def test_that_the_kalman_hedge_is_the_filter_of_its_description(pair):
    y, x = pair
    n = 40
    slope, score = np.empty((2, 400))
    kalman_hedge_driver()(y, x, n, slope, score)
    state, doubt = np.polyfit(x[:n], y[:n], 1), np.zeros((2, 2))
    noise = np.eye(2) / (n**2 * (1.0 + (x[:n] ** 2).mean()))
    errors = []
    for t in range(n, 400):
        seen = np.array([x[t], 1.0])
        doubt = doubt + noise
        errors.append(y[t] - seen @ state)
        gain = doubt @ seen / (seen @ doubt @ seen + 1.0)
        state, doubt = state + gain * errors[-1], doubt - np.outer(gain, seen @ doubt)
        np.testing.assert_allclose(slope[t], state[0], rtol=1e-8)
        if len(errors) >= n:
            last = np.array(errors[-n:])
            np.testing.assert_allclose(score[t], (last[-1] - last.mean()) / last.std(), rtol=1e-7, atol=1e-9)
    assert np.isnan(score[: 2 * n - 1]).all()
    assert not np.isnan(score[2 * n - 1 :]).any()


def test_that_the_statistic_is_that_of_statsmodels(pair):
    from statsmodels.tsa.stattools import coint

    y, x = pair
    found = np.empty(400)
    engle_granger_driver()(y, x, 120, 7, found)
    asked = np.arange(119, 400, 7)
    assert np.flatnonzero(~np.isnan(found)).tolist() == asked.tolist()
    for t in asked:
        part = slice(t - 119, t + 1)
        expected = coint(y[part], x[part], trend="c", maxlag=1, autolag=None)[0]
        np.testing.assert_allclose(found[t], expected, rtol=1e-8)


def test_that_correlations_are_those_of_the_returns_up_to_the_bar_before_stop():
    rng = np.random.default_rng(2)
    logs = np.cumsum(rng.normal(0.0, 0.01, (5, 90)), axis=1)
    logs[3] = 1.0  # stands still
    rows, found = np.array([0, 2, 3, 4]), np.empty((4, 4))
    for stop in (61, 75, 90):
        correlations_driver()(logs, rows, stop, 60, found)
        moves = np.diff(logs[[0, 2, 4], stop - 61 : stop])
        np.testing.assert_allclose(found[np.ix_([0, 1, 3], [0, 1, 3])], np.corrcoef(moves), rtol=1e-9)
        assert np.isnan(found[2]).all()
        assert np.isnan(found[:, 2]).all()


def sides(score, *, slope=1.0, sound=None, cut=None, rules=(2.0, 0.0, 4.0)):
    score = np.array(score, float)
    side, hedge = np.empty((2, score.size))
    flags = [np.full(score.size, base) if given is None else np.array(given, float) for given, base in ((sound, 1.0), (cut, 0.0))]
    slopes = np.full(score.size, slope) if np.isscalar(slope) else np.array(slope, float)
    pair_sides_driver()(score, slopes, *flags, np.array(rules, float), side, hedge)
    return side.tolist(), hedge.tolist()


def test_that_a_pair_is_entered_against_the_spread_and_left_at_the_mean():
    assert sides([0, 2.1, 1, -0.1, 0, -2.5, -1, 0, 0])[0] == [0, -1, -1, 0, 0, 1, 1, 0, 0]


def test_that_a_pair_may_turn_at_the_close_that_ends_it():
    assert sides([2.5, -2.5, -1])[0] == [-1, 1, 1]


def test_that_after_a_stop_the_score_must_come_back_within_the_entry_first():
    assert sides([2.5, 4.1, 3, 2.5, 1.9, 2.2, 1])[0] == [-1, 0, 0, 0, 0, -1, -1]


def test_that_a_score_beyond_the_stop_is_no_entry():
    assert sides([1, 4.5, 3, 1])[0] == [0, 0, -1, -1]


def test_that_an_unknown_score_changes_nothing():
    assert sides([2.5, NAN, NAN, -0.5, NAN])[0] == [-1, -1, -1, 0, 0]


def test_that_a_pair_is_left_when_the_test_fails_and_not_entered_before_one_passes():
    assert sides([2.5, 2.6, 2.7, 2.5, 1, 2.5], sound=[0, 1, 0, 1, 1, 1])[0] == [0, -1, 0, 0, 0, -1]


def test_that_a_pause_in_trading_ends_a_pair():
    assert sides([2.5, 2.4, 2.3, 1, 2.5], cut=[0, 1, 0, 0, 0])[0] == [-1, 0, 0, 0, -1]


def test_that_the_hedge_ratio_is_that_of_the_entry_and_must_be_above_zero():
    side, hedge = sides([2.5, 1, 2.6, 1, -1, 2.5, 2.5], slope=[-1, 0.5, 0.8, 0.9, 1.0, 0.0, 1.2])
    assert side == [0, 0, -1, -1, 0, 0, -1]
    assert hedge[2:4] == [0.8, 0.8]
    assert hedge[6] == 1.2


def test_that_members_of_a_group_are_followed_and_others_are_flat():
    rng = np.random.default_rng(6)
    logs = rng.normal(0.0, 0.01, (4, 80)).cumsum(axis=1)
    own, out = np.ones((4, 80)), np.empty((4, 80))
    own[1, 60:] = -1.0
    members = np.array([[1.0, 1.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0]])
    group_positions_driver()(logs, own, np.array([30, 50]), members, 20, np.array([1.0, 0.25]), out)
    assert not out[:, :30].any()
    assert not out[3].any()
    assert not out[1, 50:].any()
    assert set(np.abs(out[:, 30:50]).ravel().round(12)) <= {0.0, round(1 / 3, 12)}
    assert set(np.abs(out[:, 50:]).ravel()) <= {0.0, 0.5}
    side = np.zeros(4)
    for t in range(30, 80):
        group = [0, 1, 2] if t < 50 else [0, 2]
        for i in range(4):
            if i not in group:
                side[i] = 0
                continue
            away = logs[i, t - 19 : t + 1] - logs[group, t - 19 : t + 1].mean(axis=0)
            z = (away[-1] - away.mean()) / away.std()
            side[i] = 0 if side[i] * z >= -0.25 else side[i]
            side[i] = -np.sign(z) if side[i] == 0 and abs(z) > 1.0 else side[i]
        np.testing.assert_array_equal(np.sign(out[:, t]), side)
