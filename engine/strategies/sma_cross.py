"""SMA cross: the same idea as the EMA cross with simple averages."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.moving_average import sma
from engine.strategies import Strategy, StrategyParams, param, rule


class SmaCross(Strategy):
    """Long while the fast SMA is above the slow SMA, short while it is below.

    There is no target until both averages are known; equal averages are flat.

    Works in long trends, up or down, which it joins and leaves late. Fails in sideways markets, where the
    averages cross at the end of each swing. Costs matter little on daily bars, where it turns a few times a
    year, and decide on short lengths and intraday bars.

    References
    ----------
    W. Brock, J. Lakonishok, B. LeBaron, Simple Technical Trading Rules and the Stochastic Properties of Stock
    Returns, Journal of Finance 47 (1992).
    """

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
