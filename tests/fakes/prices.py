"""Made-up prices."""

from __future__ import annotations

import numpy as np

from engine.core.bars import Bars
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe


def random_bars(n: int = 400, seed: int = 7, symbol: str = "TEST", **columns) -> Bars:
    """Daily bars of a random walk."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    opened = np.concatenate(([100.0], close[:-1]))
    day = np.arange(10_000, 10_000 + n)
    return Bars(
        Instrument(symbol), Timeframe(1, "d"), (day + 1) * NS_PER_DAY, opened, np.maximum(opened, close) * 1.003,
        np.minimum(opened, close) * 0.997, close, rng.integers(1, 1_000, n).astype(float), day, columns,
    )  # fmt: skip
