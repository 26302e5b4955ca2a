"""Bollinger reversion: against moves that leave the bands, until the middle."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.channel import bollinger
from engine.strategies import Strategy, StrategyParams, param, rule


class BollingerReversion(Strategy):
    """Long after a close below the lower band, short after one above the upper; flat past the middle.

    The position is held until the close crosses the middle line, and stays closed until the close leaves
    the bands again.
    """

    title, family = "Bollinger reversion", "reversal"

    class Params(StrategyParams):
        """Window and width of the bands."""

        length: int = param(20, low=10, high=100, step=5, unit="bars", help="Window of mean and deviation")
        std: float = param(
            2.0, low=1.5, high=3.5, step=0.25, unit="deviations", help="Distance of the bands from the middle"
        )

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the three bands of the close."""
        upper, middle, lower = bollinger("close", p.length, p.std)
        return {"upper": upper, "middle": middle, "lower": lower}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Enter outside the bands, leave beyond the middle; comparisons with NaN keep it flat."""
        upper, middle, lower = bank[rows[0]], bank[rows[1]], bank[rows[2]]
        side = 0.0
        for t in range(bars.close.shape[0]):
            close = bars.close[t]
            if close < lower[t]:
                side = 1.0
            elif close > upper[t]:
                side = -1.0
            elif (side > 0.0 and close > middle[t]) or (side < 0.0 and close < middle[t]):
                side = 0.0
            target[t] = side
