"""Price series for tests of indicators and strategies: real, random, and small ones made by hand."""

import dataclasses
import functools
import importlib.util
import os
from pathlib import Path

import numpy as np
import pandas as pd

from engine.core.bars import Bars
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe
from engine.data.sample import sample_bars

REFERENCE = Path(os.environ.get("IVYBT_REFERENCE_DATA", "unset"))


@functools.cache
def sp500():
    """Return S&P 500 daily bars 1999-2018 (package arch) with a column ``target``."""
    # The file and not the package: importing arch takes seconds.
    [folder] = importlib.util.find_spec("arch").submodule_search_locations
    path = Path(folder) / "data" / "sp500" / "sp500.csv.gz"
    frame = pd.read_csv(path, index_col=0, parse_dates=True).rename(columns=str.lower)
    frame = frame[["open", "high", "low", "close", "volume"]]
    frame["target"] = np.sign(np.sin(np.arange(len(frame)) / 9.0)) * 0.5
    frame.loc[frame.index[:7], "target"] = np.nan
    return Bars.from_frame(frame, symbol="SPX", timeframe="1d")


@functools.cache
def intraday():
    """Return 3,000 bars of the sample project's synthetic five-minute series with a column ``target``."""
    bars = sample_bars("synthetic_5m").slice(0, 3000)
    instrument = dataclasses.replace(bars.instrument, tick_size=0.01)
    return dataclasses.replace(bars, instrument=instrument, columns={"target": np.cos(np.arange(len(bars)) / 50.0)})


@functools.cache
def random_walk(n=1500, seed=7, volatility=0.01):
    """Return bars of a random walk with gaps, flat stretches and a column ``target``."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0.0, volatility, n)
    steps[rng.random(n) < 0.05] = 0.0
    steps[n // 2 : n // 2 + 30] = 0.0  # a halt: prices that do not move at all
    close = 100.0 * np.exp(np.cumsum(steps))
    opened = np.concatenate(([100.0], close[:-1])) * (1.0 + rng.normal(0.0, volatility / 3.0, n))
    opened[n // 2 : n // 2 + 30] = close[n // 2 : n // 2 + 30]
    spread = np.abs(rng.normal(0.0, volatility / 2.0, (2, n)))
    spread[:, n // 2 : n // 2 + 30] = 0.0
    high = np.maximum(opened, close) * (1.0 + spread[0])
    low = np.minimum(opened, close) * (1.0 - spread[1])
    return bars_of(open=opened, high=high, low=low, close=close, target=rng.uniform(-1.0, 1.0, n))


def _of_reference(file, first, symbol, timeframe, filters=None, count=2500):
    """Return some bars of a file of the reference data, stamped at the open, with a column ``target``."""
    frame = pd.read_parquet(REFERENCE / file, filters=filters)
    frame = frame[["open", "high", "low", "close", "volume"]].iloc[first : first + count].copy()
    frame["target"] = np.sign(np.sin(np.arange(count) / 23.0)) * 0.75
    return Bars.from_frame(frame, symbol=symbol, timeframe=timeframe, stamp="open")


@functools.cache
def daily_stock():
    """Return 2,500 daily bars of Apple, 2007 to 2016: a split-adjusted share with a crash and a rise."""
    file = "equities_daily/us_stocks_600_2007_2017.parquet"
    return _of_reference(file, 0, "AAPL", "1d", [("symbol", "==", "AAPL")])


@functools.cache
def hourly_fx():
    """Return 2,500 hourly bars of pound against dollar around the vote of June 2016, weekends among them."""
    return _of_reference("fx_hourly/GBPUSD_h1.parquet", 21_000, "GBPUSD", "1h")


@functools.cache
def minute_crypto():
    """Return 2,500 one-minute bars of bitcoin in December 2017, with minutes without a trade."""
    bars = _of_reference("crypto_1m/BTCUSD_bitfinex_1m_2016_2018.parquet", 784_000, "BTCUSD", "1m")
    return dataclasses.replace(bars, instrument=dataclasses.replace(bars.instrument, tick_size=0.1))


def bars_of(close, *, open=None, high=None, low=None, volume=None, **columns):  # noqa: A002
    """Return daily bars from closes; missing prices equal the close."""
    close = np.asarray(close, dtype=float)
    day = 10_000 + np.arange(close.size)
    prices = {name: close if value is None else value for name, value in
              (("open", open), ("high", high), ("low", low))}  # fmt: skip
    return Bars(
        instrument=Instrument("TEST"), timeframe=Timeframe(1, "d"), time=(day + 1) * NS_PER_DAY, session=day,
        close=close, volume=np.ones(close.size) if volume is None else volume, columns=columns, **prices,
    )  # fmt: skip
