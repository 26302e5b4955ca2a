"""Bars and specs for tests: random, seeded, small."""

import numpy as np

from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe

FREE = {"slippage_bps": 0.0}


def make_bars(close, open_=None, high=None, low=None, *, symbol="TEST", spread=0.0, columns=None):
    """Daily bars from closes; opens default to the close before, ranges just cover both."""
    close = np.asarray(close, dtype=float)
    open_ = np.concatenate(([close[0]], close[:-1])) if open_ is None else np.asarray(open_, dtype=float)
    top, bottom = np.maximum(open_, close), np.minimum(open_, close)
    high = top * (1 + spread) if high is None else np.asarray(high, dtype=float)
    low = bottom * (1 - spread) if low is None else np.asarray(low, dtype=float)
    session = np.arange(close.size, dtype=np.int64) + 10_957
    return Bars(
        Instrument(symbol), Timeframe(1, "d"), (session + 1) * NS_PER_DAY, open_, high, low, close,
        np.full(close.size, 1000.0), session, columns or {},
    )  # fmt: skip


def random_bars(seed, size=250, volatility=0.02):
    """A random walk with gaps between close and next open, and ranges beyond both."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, volatility, size)
    close = 100 * np.exp(np.cumsum(steps))
    open_ = np.concatenate(([100.0], close[:-1])) * np.exp(rng.normal(0, volatility / 3, size))
    reach = np.abs(rng.normal(0, volatility / 2, (2, size)))
    high, low = np.maximum(open_, close) * np.exp(reach[0]), np.minimum(open_, close) * np.exp(-reach[1])
    return make_bars(close, open_, high, low, symbol=f"RND{seed}")


def random_targets(seed, size, *, whole, stay=0.9):
    """Targets in {-1, 0, 1} or in [-1, 1] that change now and then."""
    rng = np.random.default_rng(seed + 10_000)
    fresh = rng.integers(-1, 2, size).astype(float) if whole else rng.uniform(-1, 1, size).round(3)
    keeps = rng.random(size) < stay
    targets = np.empty(size)
    held = 0.0
    for t in range(size):
        held = held if keeps[t] else fresh[t]
        targets[t] = held
    return targets


def spec_of(costs=None, capital=10_000.0, sizing=None, **execution):
    return BacktestSpec(
        strategy="external_signals", costs=FREE | (costs or {}), capital=capital, sizing=sizing or {},
        execution=execution, periods_per_year=252,
    )  # fmt: skip
