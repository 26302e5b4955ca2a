"""Price tables for the tests: random walks with a common factor, and holes, late starts and early ends."""

import numpy as np


def returns_of(seed, window=120, assets=6, spread=3.0):
    """float64[window, assets]: correlated, volatilities up to ``spread`` apart."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0.0003, 0.01, (window, 2))
    own = rng.normal(0.0002, 0.008, (window, assets))
    return (common @ rng.normal(0.6, 0.5, (2, assets)) + own) * rng.uniform(1 / spread, 1, assets)


def walk(seed, assets=4, bars=260):
    """Closes float64[assets, bars] without holes, and business days as session dates."""
    closes = 100 * np.cumprod(1 + returns_of(seed, bars, assets), axis=0).T
    return np.ascontiguousarray(closes), business_days(bars)


def business_days(bars):
    """int64[bars]: session dates from Monday 2018-01-01, weekends left out."""
    count = np.arange(bars)
    return (17_532 + count // 5 * 7 + count % 5).astype(np.int64)


def ragged(seed, assets=6, bars=260):
    """Closes with holes: one asset starts late, one ends early, one has no bar every fifth day, one pauses."""
    close, days = walk(seed, assets, bars)
    rng = np.random.default_rng(seed + 1)
    close[1, : bars // 3] = np.nan
    close[2, 2 * bars // 3 :] = np.nan
    close[3, ::5] = np.nan
    close[4, bars // 2 : bars // 2 + 14] = np.nan
    close[5, rng.random(bars) < 0.1] = np.nan
    return close, days
