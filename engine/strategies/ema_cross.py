"""EMA cross: the textbook trend follower."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.moving_average import ema
from engine.strategies import Strategy, StrategyParams, param, rule


class EmaCross(Strategy):
    """Long while the fast EMA is above the slow EMA, short while it is below.

    Both averages start with the first price; there is no target until the slower one has seen its span.

    Works in long trends, up or down: it joins each of them late and leaves it late. Fails in sideways
    markets, where the averages cross at the end of each swing and every turn loses. Costs matter little on
    daily bars, where it turns a few times a year, and decide on short spans and intraday bars.

    References
    ----------
    W. Brock, J. Lakonishok, B. LeBaron, Simple Technical Trading Rules and the Stochastic Properties of Stock
    Returns, Journal of Finance 47 (1992), for the simple average.
    """

    title, family = "EMA cross", "trend"

    class Params(StrategyParams):
        """Spans of the two averages."""

        fast: int = param(10, low=2, high=100, step=1, unit="bars", help="Span of the fast average")
        slow: int = param(50, low=5, high=400, step=5, unit="bars", help="Span of the slow average")
        constraint = "fast < slow"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return both averages of the close."""
        return {"fast": ema("close", p.fast), "slow": ema("close", p.slow)}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Compare the averages at each close; flat while either is warming up."""
        fast, slow = bank[rows[0]], bank[rows[1]]
        for t in range(bars.close.shape[0]):
            target[t] = 1.0 if fast[t] > slow[t] else (-1.0 if fast[t] < slow[t] else 0.0)
