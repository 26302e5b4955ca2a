"""Price series for tests of indicators and strategies: real, random, and small ones made by hand."""

import dataclasses
import functools
import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd

from engine.core.bars import Bars
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe
from engine.data.sample import sample_bars


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
    return dataclasses.replace(bars, columns={"target": np.cos(np.arange(len(bars)) / 50.0)})


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
