"""Bars for the tests of derived candles: walks on a grid of times, with holes."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from engine.core.bars import OHLCV, Bars
from engine.core.instrument import AssetClass, Instrument
from engine.core.timeframe import NS_PER_DAY, NS_PER_SECOND, Timeframe

MINUTE = 60 * NS_PER_SECOND
LISTED = Instrument("SPY", calendar="XNYS")
PLAIN = Instrument("ABC")
COIN = Instrument("BTCUSDT", AssetClass.CRYPTO)
PAIR = Instrument("EURUSD", AssetClass.FX)
ARRAYS = ("time", "session", *OHLCV)


def instant(text):
    """Return nanoseconds UTC of ISO text."""
    return int(np.datetime64(text, "ns").astype(np.int64))


def walk(size, seed=0, volatility=0.01, ticks=2):
    """Return open, high, low, close and volume of a random walk, on ticks."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, volatility, size)))
    open_ = np.concatenate(([100.0], close[:-1])) * np.exp(rng.normal(0, volatility / 3, size))
    reach = np.abs(rng.normal(0, volatility / 2, (2, size)))
    high, low = np.maximum(open_, close) * np.exp(reach[0]), np.minimum(open_, close) * np.exp(-reach[1])
    prices = [np.round(x, ticks) for x in (open_, high, low, close)]
    return (*prices, rng.integers(1, 1000, size).astype(float))


def bars_at(closes, timeframe, instrument=PLAIN, seed=0, columns=None):
    """Return intraday bars that close at the given instants; sessions are dates in UTC."""
    time = np.asarray(closes, np.int64)
    session = (time - 1) // NS_PER_DAY
    return Bars(instrument, Timeframe.parse(timeframe), time, *walk(time.size, seed), session, columns or {})


def every(start, timeframe, count, instrument=PLAIN, seed=0):
    """Return `count` bars in a row, the first opening at `start`."""
    step = Timeframe.parse(timeframe).nanoseconds
    return bars_at(instant(start) + step * np.arange(1, count + 1), timeframe, instrument, seed)


def days(labels, instrument=PLAIN, seed=0, closes=None):
    """Return daily bars of the given dates, closing at midnight UTC or as told."""
    session = np.array(labels, "M8[D]").astype(np.int64)
    time = (session + 1) * NS_PER_DAY if closes is None else np.array([instant(c) for c in closes])
    return Bars(instrument, Timeframe(1, "d"), time, *walk(session.size, seed), session)


def same(left, right):
    """Assert that two series are equal to the last bit."""
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name), err_msg=name)
    for name in left.columns:
        np.testing.assert_array_equal(left.columns[name], right.columns[name], err_msg=name)


def reference(name):
    """Return a file of the reference data, or skip."""
    folder = os.environ.get("IVYBT_REFERENCE_DATA")
    if not folder:
        pytest.skip("IVYBT_REFERENCE_DATA is not set")
    return Path(folder) / name


@st.composite
def holed(draw, timeframe, instruments):
    """Bars over some days of which any may be missing, at any hour of the day."""
    step = Timeframe.parse(timeframe).nanoseconds
    start = instant(draw(st.sampled_from(["2024-03-07", "2024-03-27T13:00", "2023-12-29", "2024-07-03T09:30"])))
    size = draw(st.integers(1, 60))
    holes = draw(st.lists(st.integers(1, draw(st.sampled_from([1, 2, 40]))), min_size=size, max_size=size))
    closes = start + step * np.cumsum(holes)
    return bars_at(closes, timeframe, draw(st.sampled_from(instruments)), seed=draw(st.integers(0, 99)))
