"""Oscillators against TA-Lib and exact windows on the S&P 500, and on series that stand still or have holes."""

import dataclasses

import numpy as np
import pytest
import talib

from engine.indicators import KINDS
from engine.indicators.bank import compute
from engine.indicators.oscillator import macd, ratio_zscore, return_zscore, rsi, zscore
from tests.conformance.series import bars_of, sp500

LENGTHS = [2, 3, 14, 21, 50, 200]


def line(bars, indicator):
    return compute(bars, [indicator])[0]


def scores(values, n):
    """The z-score of the last value of every window, two passes over each."""
    windows = np.lib.stride_tricks.sliding_window_view(values, n)
    return (values[n - 1 :] - windows.mean(axis=1)) / windows.std(axis=1)


@pytest.mark.parametrize("spans", [(12, 26, 9), (5, 20, 5), (30, 100, 20), (3, 4, 1)])
def test_that_macd_is_ta_libs_macd_once_its_seed_is_forgotten(spans):
    # TA-Lib seeds each average with a mean; after 14 slow spans exp(-28) of the seed is left.
    fast, slow, signal = spans
    lines = compute(sp500(), macd("close", fast, slow, signal))
    start = 14 * (slow + signal)
    for found, expected in zip(lines, talib.MACD(sp500().close, fast, slow, signal), strict=True):
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
        np.testing.assert_allclose(found[start:], expected[start:], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("n", LENGTHS)
def test_that_rsi_is_ta_libs_rsi_from_its_first_value_on(n):
    found, expected = line(sp500(), rsi("close", n)), talib.RSI(sp500().close, n)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8)


def test_that_an_rsi_of_a_price_that_stands_still_is_in_the_middle():
    found = line(bars_of(np.full(30, 0.1)), rsi("close", 5))
    assert np.isnan(found[:5]).all()
    assert (found[5:] == 50.0).all()


def test_that_an_rsi_of_rises_only_is_100_and_of_falls_only_0():
    rising = np.linspace(10.0, 20.0, 30)
    assert (line(bars_of(rising), rsi("close", 5))[5:] == 100.0).all()
    assert (line(bars_of(rising[::-1]), rsi("close", 5))[5:] == 0.0).all()


@pytest.mark.parametrize("n", LENGTHS[1:])
def test_that_a_zscore_counts_deviations_from_the_moving_mean(n):
    close = sp500().close
    found = line(sp500(), zscore("close", n))
    assert np.isnan(found[: n - 1]).all()
    np.testing.assert_allclose(found[n - 1 :], scores(close, n), rtol=1e-8, atol=1e-8)
    # Differences of squares leave TA-Lib few digits of a small deviation.
    judge = (close - talib.SMA(close, n)) / talib.STDDEV(close, n)
    wide = talib.STDDEV(close, n) > 1.0
    np.testing.assert_allclose(found[wide], judge[wide], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("price", [100.0, 0.1, 1 / 3])
def test_that_the_zscore_of_a_price_that_stands_still_is_zero(price):
    bars = bars_of(np.full(40, price))
    assert (line(bars, zscore("close", 7))[6:] == 0.0).all()
    assert (line(bars, return_zscore("close", 3, 7))[9:] == 0.0).all()


@pytest.mark.parametrize(("lookback", "window"), [(4, 24), (1, 2), (20, 100)])
def test_that_a_return_zscore_is_the_zscore_of_ta_libs_rate_of_change(lookback, window):
    found = line(sp500(), return_zscore("close", lookback, window))
    start = lookback + window - 1
    assert np.isnan(found[:start]).all()
    expected = scores(talib.ROCP(sp500().close, lookback)[lookback:], window)
    np.testing.assert_allclose(found[start:], expected, rtol=1e-8, atol=1e-8)


def test_that_a_ratio_zscore_is_the_zscore_of_the_close_over_the_column():
    bars = sp500().slice(0, 400)
    other = 50.0 + np.sin(np.arange(400) / 7.0)
    bars = dataclasses.replace(bars, columns={"other": other})
    found = line(bars, ratio_zscore("other", 20))
    np.testing.assert_allclose(found[19:], scores(bars.close / other, 20), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("hole", [np.nan, 0.0])
def test_that_a_reference_without_a_value_makes_only_its_own_windows_unknown(hole):
    other = np.linspace(50.0, 60.0, 60)
    other[[0, 30]] = hole
    bars = bars_of(100.0 + np.cos(np.arange(60.0)), other=other)
    unknown = np.isnan(line(bars, ratio_zscore("other", 5)))
    assert np.flatnonzero(unknown).tolist() == [0, 1, 2, 3, 4, 30, 31, 32, 33, 34]


def test_that_series_shorter_than_a_window_are_all_unknown():
    for size in (0, 1, 4):
        bars = bars_of(np.linspace(1.0, 2.0, size), other=np.ones(size))
        for indicator in (macd("close", 3, 5, 2)[1], rsi("close", 5), zscore("close", 5),
                          ratio_zscore("other", 5), return_zscore("close", 2, 5)):  # fmt: skip
            assert np.isnan(line(bars, indicator)).all()


def test_that_the_declared_warm_up_is_the_first_number():
    for indicator in (macd("close", 12, 26, 9)[0], macd("close", 30, 20, 5)[2], rsi("close", 14), zscore("close", 20),
                      ratio_zscore("open", 20), return_zscore("close", 4, 24)):  # fmt: skip
        found = line(sp500().slice(0, 200), indicator)
        assert int(np.argmin(np.isnan(found))) == KINDS[indicator.kind].warmup(indicator.args)
