"""Supertrend: on the side of a volatility band that only tightens."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.trend import supertrend
from engine.strategies import Strategy, StrategyParams, param, rule


class Supertrend(Strategy):
    """Long while the Supertrend direction is up, short while it is down.

    Flat until a close has left the first bands: before that the direction is not known.

    Works in trends that outlast a few average ranges, since a band that only tightens keeps the position
    through small setbacks. Fails in ranges as wide as the bands, where every turn is a loss on both sides.
    Costs are moderate: it is always in the market and turns a few times a year on daily bars; on intraday
    bars the same settings turn several times a day.

    References
    ----------
    O. Seban, Tout le monde mérite d'être riche (2009), who published the indicator.
    """

    title, family = "Supertrend", "trend"

    class Params(StrategyParams):
        """Average true range and its multiple."""

        atr_length: int = param(10, low=5, high=30, step=1, unit="bars", help="Wilder's average true range")
        factor: float = param(
            3.0, low=1.0, high=5.0, step=0.25, unit="ATR", help="Distance of the bands from the bar's middle"
        )

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the line for the chart and the direction for the rule."""
        line, direction = supertrend(p.atr_length, p.factor)
        return {"line": line, "direction": direction}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Follow the direction."""
        direction = bank[rows[1]]
        for t in range(bars.close.shape[0]):
            target[t] = 1.0 if direction[t] > 0.0 else (-1.0 if direction[t] < 0.0 else 0.0)
