"""Indicators against TA-Lib and pandas on the S&P 500."""

import numpy as np
import pandas as pd
import pytest
import talib

from engine.indicators.bank import compute, source_series
from engine.indicators.channel import bollinger, donchian
from engine.indicators.moving_average import ema, sma, wilder
from engine.indicators.volatility import atr, stdev, true_range
from tests.conformance.series import sp500

LENGTHS = [2, 5, 10, 14, 20, 50, 200, 390]


@pytest.fixture(scope="module")
def bars():
    return sp500()


def line(bars, indicator):
    return compute(bars, [indicator])[0]


def close(found, expected, rtol=1e-8):
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-9)


@pytest.mark.parametrize("n", LENGTHS)
def test_that_sma_is_pandas_rolling_mean_to_1e_12(bars, n):
    expected = pd.Series(bars.close).rolling(n).mean().to_numpy()
    np.testing.assert_allclose(line(bars, sma("close", n)), expected, rtol=1e-12)
    close(line(bars, sma("close", n)), talib.SMA(bars.close, n))


@pytest.mark.parametrize("n", LENGTHS)
def test_that_ema_is_the_pandas_ewm_mean_that_starts_with_the_first_value(bars, n):
    expected = pd.Series(bars.close).ewm(span=n, adjust=False, min_periods=n).mean().to_numpy()
    close(line(bars, ema("close", n)), expected, rtol=1e-12)


@pytest.mark.parametrize("n", LENGTHS)
def test_that_ema_is_ta_libs_ema_once_its_seed_is_forgotten(bars, n):
    # TA-Lib seeds with the mean of the first n values; after 12 n bars exp(-24) of the seed is left.
    close(line(bars, ema("close", n))[12 * n :], talib.EMA(bars.close, n)[12 * n :])


@pytest.mark.parametrize("n", LENGTHS)
def test_that_atr_is_ta_libs_atr_from_its_first_value_on(bars, n):
    close(line(bars, atr(n)), talib.ATR(bars.high, bars.low, bars.close, n))


def test_that_wilders_average_of_the_true_range_is_the_atr(bars):
    ranges = talib.TRANGE(bars.high, bars.low, bars.close)
    close(line(bars, true_range()), ranges)
    smoothed = pd.Series(bars.close).ewm(alpha=1 / 14, adjust=False).mean().to_numpy()
    # Other seed (the first value), same recursion: equal once the seed is forgotten.
    np.testing.assert_allclose(line(bars, wilder("close", 14))[600:], smoothed[600:], rtol=1e-12)


@pytest.mark.parametrize("n", LENGTHS)
def test_that_stdev_is_ta_libs_population_deviation(bars, n):
    found = line(bars, stdev("close", n))
    # Differences of squares leave TA-Lib 4 digits of a deviation far below the price.
    np.testing.assert_allclose(found, talib.STDDEV(bars.close, n), rtol=1e-6, atol=1e-4)
    exact = np.lib.stride_tricks.sliding_window_view(bars.close, n).std(axis=1)
    close(found[n - 1 :], exact)


@pytest.mark.parametrize(("n", "std"), [(10, 1.5), (20, 2.0), (100, 3.5)])
def test_that_bollinger_bands_are_ta_libs(bars, n, std):
    found = compute(bars, bollinger("close", n, std))
    for row, expected in zip(found, talib.BBANDS(bars.close, n, std, std), strict=True):
        close(row, expected)


@pytest.mark.parametrize("n", [1, *LENGTHS])
def test_that_the_donchian_channel_holds_previous_bars_only(bars, n):
    upper, lower = compute(bars, donchian(n))
    high, low = pd.Series(bars.high), pd.Series(bars.low)
    close(upper, high.rolling(n).max().shift(1).to_numpy(), rtol=0)
    close(lower, low.rolling(n).min().shift(1).to_numpy(), rtol=0)


def test_that_blended_sources_are_averages_of_the_prices(bars):
    np.testing.assert_allclose(source_series(bars, "hl2"), talib.MEDPRICE(bars.high, bars.low), rtol=1e-14)
    np.testing.assert_allclose(source_series(bars, "hlc3"), talib.TYPPRICE(bars.high, bars.low, bars.close), rtol=1e-14)
    expected = talib.AVGPRICE(bars.open, bars.high, bars.low, bars.close)
    np.testing.assert_allclose(source_series(bars, "ohlc4"), expected, rtol=1e-14)
