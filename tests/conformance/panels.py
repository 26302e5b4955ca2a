"""Panels for tests of portfolio strategies: ragged and random ones, and funds of the reference data."""

import dataclasses
import functools
import os
from pathlib import Path

import numpy as np
import pytest

from engine.core.bars import Bars, Panel
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe

HOUR = NS_PER_DAY // 24
# Not in alphabetical order: what goes by the name must not go by the place.
NAMES = ("XLE", "SPY", "DIA", "OIH", "AGG", "IWM", "XOP", "MDY")
FUNDS = (
    "SPY", "XLE", "OIH", "XOP", "DIA", "IWM", "MDY", "GLD", "TLT", "AGG", "EEM", "EWZ", "FXI", "EMB", "VXX",
    "TVIX", "GDXJ", "XLF", "XLK", "XLU",
)  # fmt: skip


def leg(symbol, close, session, *, hour=24):
    """Return daily bars from closes that are not NaN; they close at an hour of their session's day."""
    close, session = np.asarray(close, float), np.asarray(session, np.int64)
    kept = ~np.isnan(close)
    close, session = close[kept], session[kept]
    opened = np.concatenate((close[:1], close[:-1]))
    return Bars(
        Instrument(symbol), Timeframe(1, "d"), session * NS_PER_DAY + hour * HOUR, opened, np.maximum(opened, close),
        np.minimum(opened, close), close, np.ones(close.size), session,
    )  # fmt: skip


@functools.cache
def walks(n=700, seed=5):
    """Return closes float64[8, n] that move in two groups, with their own small and returning noise."""
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0003, 0.011, (2, n))
    out = np.empty((len(NAMES), n))
    for i in range(len(NAMES)):
        noise = np.zeros(n)
        for t in range(1, n):
            noise[t] = 0.9 * noise[t - 1] + rng.normal(0.0, 0.003)
        out[i] = (20.0 + 15.0 * i) * np.exp(np.cumsum(market[int(i % 4 == 3)]) + noise)
    return out


@functools.cache
def ragged():
    """Return one leg that begins late, one that ends, one with holidays, one that halts, one with a long hole."""
    close = walks().copy()
    n = close.shape[1]
    rng = np.random.default_rng(3)
    close[2, :260] = np.nan
    close[3, 520:] = np.nan
    close[4, rng.random(n) < 0.06] = np.nan
    close[5, 300:340] = close[5, 300]
    close[6, 400:430] = np.nan
    day = np.arange(n)
    session = 15_000 + 7 * (day // 5) + day % 5  # weekdays
    return tuple(leg(name, close[i], session) for i, name in enumerate(NAMES))


@functools.cache
def calendars():
    """Return funds on weekdays, coins on all days, a fund abroad that closes earlier and has own holidays."""
    close = walks(800, 11)[:6].copy()
    day = np.arange(800)
    session = 15_000 + day
    weekday = (session + 3) % 7 < 5
    rng = np.random.default_rng(8)
    legs = []
    for i, name in enumerate(NAMES[:6]):
        is_coin, abroad = i in (3, 5), i == 2
        price = np.where(weekday | is_coin, close[i], np.nan)
        if abroad:
            price[rng.random(800) < 0.05] = np.nan
        legs.append(leg(name, price, session, hour=24 if is_coin else 16 if abroad else 21))
    return tuple(legs)


@functools.cache
def _funds():
    import engine

    folder = os.environ.get("IVYBT_REFERENCE_DATA", "")
    series = engine.read_series(Path(folder) / "equities_daily" / "us_etfs_daily.parquet")
    by_symbol = {bars.symbol: bars for bars in series}
    first, last = (np.datetime64(day, "D").astype(int) for day in ("2007-06-01", "2013-06-01"))
    chosen = [by_symbol[name] for name in FUNDS]
    cut = [bars.slice(*np.searchsorted(bars.session, (first, last))) for bars in chosen]
    return tuple(dataclasses.replace(bars) for bars in cut)


def funds():
    """Return twenty funds 2007-2013, some of which begin later."""
    folder = os.environ.get("IVYBT_REFERENCE_DATA", "")
    if not (Path(folder) / "equities_daily" / "us_etfs_daily.parquet").is_file():
        pytest.skip("IVYBT_REFERENCE_DATA names no folder with us_etfs_daily.parquet")
    return _funds()


SERIES = [
    pytest.param(ragged, id="ragged"), pytest.param(calendars, id="calendars"),
    pytest.param(funds, id="funds", marks=pytest.mark.golden),
]  # fmt: skip

_MATRICES = ("open", "high", "low", "close", "volume")


def cut(panel, stop):
    """Return the first bars of a panel."""
    parts = {name: getattr(panel, name)[:stop] for name in (*_MATRICES, "time", "session")}
    return dataclasses.replace(panel, **parts)


def permuted(panel, order):
    """Return a panel with its assets in another order."""
    parts = {name: getattr(panel, name)[:, order] for name in _MATRICES}
    return dataclasses.replace(panel, symbols=[panel.symbols[i] for i in order], **parts)


def with_unpriced(panel, symbol="AAA"):
    """Return a panel with one more asset, the last one, that never has a price."""
    nothing = np.full((len(panel), 1), np.nan)
    parts = {name: np.hstack((getattr(panel, name), nothing)) for name in _MATRICES}
    return dataclasses.replace(panel, symbols=[*panel.symbols, symbol], **parts)


def scrambled(panel, bar, seed=2):
    """Return a panel whose prices from a bar on are another walk, with other holes."""
    rng = np.random.default_rng(seed)
    factor = np.exp(np.cumsum(rng.normal(0.0, 0.05, panel.close[bar:].shape), axis=0))
    factor[rng.random(factor.shape) < 0.1] = np.nan
    parts = {name: np.vstack((getattr(panel, name)[:bar], getattr(panel, name)[bar:] * factor)) for name in _MATRICES}
    return dataclasses.replace(panel, **parts)


def panel_of(series):
    """Return the panel of some bars."""
    return Panel.align(series)
