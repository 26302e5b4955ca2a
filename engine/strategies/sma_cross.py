"""SMA cross: the same idea as the EMA cross with simple averages."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.moving_average import sma
from engine.strategies import Strategy, StrategyParams, param, rule


class SmaCross(Strategy):
    """Long while the fast SMA is above the slow SMA, short while it is below."""

    title, family = "SMA cross", "trend"

    class Params(StrategyParams):
        """Lengths of the two averages."""

        fast: int = param(10, low=2, high=100, step=1, unit="bars", help="Length of the fast average")
        slow: int = param(30, low=5, high=300, step=5, unit="bars", help="Length of the slow average")
        constraint = "fast < slow"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return both averages of the close."""
        return {"fast": sma("close", p.fast), "slow": sma("close", p.slow)}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Compare the averages at each close; flat while either is warming up."""
        fast, slow = bank[rows[0]], bank[rows[1]]
        for t in range(bars.close.shape[0]):
            target[t] = 1.0 if fast[t] > slow[t] else (-1.0 if fast[t] < slow[t] else 0.0)
