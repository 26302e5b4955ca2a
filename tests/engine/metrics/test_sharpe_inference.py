"""Inference on Sharpe ratios against the numbers that the papers print."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from engine.metrics.sharpe_inference import (
    Moments,
    deflated_sharpe,
    expected_maximum,
    luck_sharpe,
    minimum_backtest_years,
    minimum_track_record,
    per_bar_moments,
    probabilistic_sharpe,
    sharpe_error,
    sharpe_interval,
    smallest_sharpe,
)

FIRST = Moments(0.7079, 134, -0.2250, 2.9570)
SECOND = Moments(0.8183, 134, -1.4455, 7.0497)
HEDGE_FUND = Moments(0.458, 24, -2.448, 10.164)
FOLDER = os.environ.get("IVYBT_REFERENCE_DATA")


def test_that_standard_errors_are_those_of_the_paper():
    assert sharpe_error(FIRST) == pytest.approx(0.1028, abs=5e-5)
    assert sharpe_error(SECOND) == pytest.approx(0.1550, abs=5e-5)


def test_that_probabilistic_ratios_are_those_of_the_paper():
    assert probabilistic_sharpe(Moments(0.458, 24)) == pytest.approx(0.982, abs=5e-4)
    assert probabilistic_sharpe(HEDGE_FUND) == pytest.approx(0.913, abs=5e-4)


def test_that_minimum_track_records_are_those_of_the_paper():
    assert minimum_track_record(FIRST) / 12 == pytest.approx(0.7152, abs=5e-5)
    assert minimum_track_record(SECOND) / 12 == pytest.approx(1.1593, abs=5e-5)
    assert minimum_track_record(Moments(0.1, 100), benchmark=0.1) == math.inf


def test_that_the_deflated_ratio_is_the_papers_example():
    found = Moments(2.5 / math.sqrt(250), 1250, -3.0, 10.0)
    variance = 0.5 / 250
    assert luck_sharpe(100, variance) == pytest.approx(0.11317200186513214, rel=1e-9)
    assert deflated_sharpe(found, 100, variance) == pytest.approx(0.9003968344493903, rel=1e-9)


def test_that_the_expected_maximum_and_the_backtest_length_are_the_papers():
    assert expected_maximum(10) == pytest.approx(1.5745983, abs=5e-8)
    assert expected_maximum(45) == pytest.approx(2.2356402, abs=5e-8)
    assert minimum_backtest_years(45) == pytest.approx(4.998, abs=5e-4)
    assert expected_maximum(1) == 0.0


def test_that_the_expected_maximum_is_what_random_numbers_give():
    rng = np.random.default_rng(1)
    for trials in (20, 100, 1_000):
        assert expected_maximum(trials) == pytest.approx(rng.normal(size=(5_000, trials)).max(axis=1).mean(), rel=0.02)


@pytest.mark.golden
@pytest.mark.skipif(not FOLDER, reason="IVYBT_REFERENCE_DATA is not set")
def test_that_a_published_series_has_its_published_numbers():
    found = per_bar_moments(np.loadtxt(Path(FOLDER) / "references" / "data" / "PSR_returns_for_tests.csv"))
    assert found.sharpe == pytest.approx(0.24171729852769172, rel=1e-9)
    assert sharpe_error(found) == pytest.approx(0.16466174867277414, rel=1e-9)
    assert probabilistic_sharpe(found, 0.05) == pytest.approx(0.877850770122146, rel=1e-9)
    assert minimum_track_record(found, 0.05, 0.9) == pytest.approx(60.365085269027084, rel=1e-9)


def test_that_moments_are_scipys():
    returns = np.random.default_rng(2).standard_t(5, 4000) * 0.01 + 0.0004
    found = per_bar_moments(returns)
    assert found.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1))
    assert found.skew == pytest.approx(stats.skew(returns))
    assert found.kurtosis == pytest.approx(stats.kurtosis(returns, fisher=False))
    assert found.n == 4000


def test_that_returns_that_do_not_move_have_no_ratio():
    for returns in (np.full(50, 0.001), np.zeros(10), np.array([0.1]), np.empty(0)):
        found = per_bar_moments(returns)
        assert math.isnan(found.sharpe)
        assert math.isnan(probabilistic_sharpe(found))
        assert math.isnan(minimum_track_record(found))


def test_that_the_interval_covers_the_true_ratio_as_often_as_it_says():
    rng, true, inside = np.random.default_rng(3), 0.05, 0
    for _ in range(2_000):
        low, high = sharpe_interval(per_bar_moments(rng.normal(true * 0.01, 0.01, 500)), 0.9)
        inside += low <= true <= high
    assert 0.88 < inside / 2_000 < 0.92


def test_that_the_smallest_telling_ratio_has_just_the_asked_probability():
    for n in (30, 252, 2520):
        assert probabilistic_sharpe(Moments(smallest_sharpe(n), n)) == pytest.approx(0.95, abs=1e-12)
    assert smallest_sharpe(2) == math.inf


def test_that_more_trials_deflate_more():
    found = Moments(0.1, 1000)
    values = [deflated_sharpe(found, trials, 0.001) for trials in (1, 10, 100, 1000)]
    assert values == sorted(values, reverse=True)
    assert values[0] == probabilistic_sharpe(found)


def test_that_a_ratio_without_an_error_has_no_probability():
    """Returns of two values: kurtosis is 1 + skew^2, and at a ratio of 2 / skew the error is 0."""
    found = Moments(2 / 1.5, 100, 1.5, 3.25)
    assert sharpe_error(found) == 0.0
    assert math.isnan(probabilistic_sharpe(found))
    assert math.isnan(deflated_sharpe(found, 10, 0.001))
