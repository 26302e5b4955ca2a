"""MACD trend: with a cross of the signal line on the MACD's own side of zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.indicators import Indicator
from engine.indicators.oscillator import macd
from engine.strategies import Strategy, StrategyParams, param, rule


class MacdTrend(Strategy):
    """Join a trend when its momentum picks up again: a cross of MACD and signal on the trend's side of zero.

    Long when the MACD crosses above its signal while it is above zero, short when it crosses below its
    signal while it is below zero. A position is held through crosses back and closed when the MACD crosses
    zero; it then stays closed until the next entry. A cross through both lines at one bar turns the
    position.

    Works in long, smooth moves with short pauses. Fails in sideways markets, where the MACD swings around
    zero and each entry comes after the swing. Costs: few trades with daily bars, so that they weigh little;
    short spans multiply the trades.

    References
    ----------
    G. Appel, The Moving Average Convergence-Divergence Trading Method (1979).
    """

    title, family = "MACD trend", "trend"

    class Params(StrategyParams):
        """Spans of the averages."""

        fast: int = param(12, low=5, high=30, step=1, unit="bars", help="Span of the fast average")
        slow: int = param(26, low=20, high=100, step=2, unit="bars", help="Span of the slow average")
        signal: int = param(9, low=5, high=20, step=1, unit="bars", help="Span of the MACD's own average")
        constraint = "fast < slow"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the MACD and its signal."""
        line, signal, _ = macd("close", p.fast, p.slow, p.signal)
        return {"macd": line, "signal": signal}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Enter at a cross on the right side of zero, leave beyond zero; NaN is no cross."""
        line, signal = bank[rows[0]], bank[rows[1]]
        side, before = 0.0, np.nan
        for t in range(bars.close.shape[0]):
            value, lead = line[t], line[t] - signal[t]
            if value > 0.0 and lead > 0.0 and before <= 0.0:
                side = 1.0
            elif value < 0.0 and lead < 0.0 and before >= 0.0:
                side = -1.0
            elif side * value < 0.0:
                side = 0.0
            before = lead
            target[t] = side
