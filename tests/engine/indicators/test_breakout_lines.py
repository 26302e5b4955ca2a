"""Keltner, Ichimoku, narrow bars and session lines against pandas_ta, TA-Lib and pandas on real prices."""

import warnings

import numpy as np
import pandas as pd
import pytest
import talib

from engine.indicators.bank import compute
from engine.indicators.ichimoku import ichimoku_ahead, ichimoku_cloud, middle_of_range
from engine.indicators.keltner import keltner
from engine.indicators.narrow_range import narrow_range
from engine.indicators.session import previous_session
from tests.conformance.series import intraday, sp500


@pytest.fixture(scope="module")
def pandas_ta():
    """The judge; it uses names that newer versions of pandas warn about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandas_ta

    return pandas_ta


def same(found, expected, rtol=1e-12):
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=0)


@pytest.mark.parametrize(("n", "multiple"), [(5, 1.0), (20, 1.5), (100, 4.0)])
def test_that_keltner_channels_are_averages_that_start_with_their_first_value(n, multiple):
    bars = sp500()
    ranges = pd.Series(talib.TRANGE(bars.high, bars.low, bars.close))
    middle = pd.Series(bars.close).ewm(span=n, adjust=False).mean().to_numpy()
    reach = multiple * ranges.ewm(span=n, adjust=False, min_periods=n).mean().to_numpy()
    upper, basis, lower = compute(bars, keltner("close", n, multiple))
    same(upper, middle + reach)
    same(basis, np.where(np.isnan(reach), np.nan, middle))
    same(lower, middle - reach)
    assert int(np.flatnonzero(~np.isnan(upper))[0]) == n


@pytest.mark.parametrize(("n", "multiple"), [(5, 1.0), (20, 1.5), (100, 4.0)])
def test_that_keltner_channels_are_those_of_pandas_ta_once_the_seed_is_forgotten(pandas_ta, n, multiple):
    # pandas_ta seeds with the mean of the first n values; after 16 n bars exp(-32) of the seed is left.
    bars = sp500()
    high, low, close = (pd.Series(getattr(bars, name)) for name in ("high", "low", "close"))
    expected = pandas_ta.kc(high, low, close, length=n, scalar=multiple, mamode="ema").to_numpy().T
    for found, wanted in zip(compute(bars, keltner("close", n, multiple))[::-1], expected, strict=True):
        np.testing.assert_allclose(found[16 * n :], wanted[16 * n :], rtol=1e-10)


@pytest.mark.parametrize("n", [2, 9, 26, 52, 200])
def test_that_the_middle_of_the_range_is_ta_libs_midprice(n):
    bars = sp500()
    same(compute(bars, [middle_of_range(n)])[0], talib.MIDPRICE(bars.high, bars.low, n))


@pytest.mark.parametrize("lengths", [(9, 26, 52), (5, 10, 20)])
def test_that_the_cloud_is_that_of_pandas_ta_which_counts_the_bar_itself(pandas_ta, lengths):
    bars = sp500()
    tenkan, kijun, senkou = lengths
    high, low, close = (pd.Series(getattr(bars, name)) for name in ("high", "low", "close"))
    table, _ = pandas_ta.ichimoku(high, low, close, tenkan=tenkan, kijun=kijun, senkou=senkou)
    span_a, span_b = compute(bars, ichimoku_cloud(tenkan, kijun, senkou, kijun - 1))
    same(span_b, table[f"ISB_{kijun}"].to_numpy())
    first = senkou - 1 + kijun - 1  # pandas_ta gives span A alone before that
    same(span_a[first:], table[f"ISA_{tenkan}"].to_numpy()[first:])
    assert np.isnan(span_a[:first]).all()


def test_that_the_cloud_for_now_is_the_cloud_ahead_of_earlier_bars():
    ahead = compute(sp500(), ichimoku_ahead(9, 26, 52))
    now = compute(sp500(), ichimoku_cloud(9, 26, 52, 26))
    np.testing.assert_array_equal(now[:, 26:], ahead[:, :-26])
    assert np.isnan(now[:, : 51 + 26]).all()
    assert np.isfinite(now[:, 51 + 26 :]).all()


@pytest.mark.parametrize("n", [3, 7, 20])
def test_that_narrow_levels_are_those_of_the_last_bar_with_the_rolling_minimum(n):
    bars = sp500()
    span = pd.Series(bars.high - bars.low)
    narrow = span <= span.rolling(n).min()
    upper, lower = compute(bars, narrow_range(n))
    same(upper, pd.Series(bars.high).where(narrow).ffill().to_numpy())
    same(lower, pd.Series(bars.low).where(narrow).ffill().to_numpy())


@pytest.mark.parametrize("series", [sp500, intraday])
def test_that_the_previous_session_is_the_grouped_one_before(series):
    bars = series()
    frame = pd.DataFrame({"high": bars.high, "low": bars.low, "session": bars.session})
    days = frame.groupby("session").agg(high=("high", "max"), low=("low", "min")).shift(1)
    upper, lower = compute(bars, previous_session())
    same(upper, days["high"].reindex(bars.session).to_numpy())
    same(lower, days["low"].reindex(bars.session).to_numpy())
