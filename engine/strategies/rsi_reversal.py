"""RSI reversal: against an oversold or overbought RSI, until its midline."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.oscillator import rsi
from engine.strategies import Strategy, StrategyParams, param, rule


class RsiReversal(Strategy):
    """Buy after falls that are large beside the rises, sell after the opposite; out when both are in balance.

    Long at an RSI below `lower`, short at one above `upper`. A long is closed when the RSI crosses above
    the midline, a short when it crosses below; the position stays closed until the RSI is beyond a limit
    again.

    Works in sideways markets and in share indices, which often recover from sharp falls. Fails in long
    trends, where the RSI stays beyond a limit and the loss runs: there is no stop. Costs: few trades at 14
    bars and limits of 30 and 70; with short lengths the trades are many and each gain small.

    References
    ----------
    J. Welles Wilder, New Concepts in Technical Trading Systems (1978).
    """

    title, family = "RSI reversal", "reversal"

    class Params(StrategyParams):
        """Length and limits of the RSI."""

        length: int = param(
            14, low=2, high=50, step=1, unit="bars", help="Wilder's average of rises and falls"
        )
        lower: float = param(30.0, low=5.0, high=45.0, step=5.0, help="Buy below this RSI")
        upper: float = param(70.0, low=55.0, high=95.0, step=5.0, help="Sell short above this RSI")
        midline: float = param(50.0, low=20.0, high=80.0, step=5.0, help="RSI at which a position is closed")
        constraint = "lower < midline and midline < upper"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the RSI of the close."""
        return {"rsi": rsi("close", p.length)}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Enter beyond the limits, leave beyond the midline; comparisons with NaN keep it flat."""
        values, lower, upper, midline = bank[rows[0]], params[1], params[2], params[3]
        side = 0.0
        for t in range(bars.close.shape[0]):
            value = values[t]
            if value < lower:
                side = 1.0
            elif value > upper:
                side = -1.0
            elif side * (value - midline) > 0.0:
                side = 0.0
            target[t] = side
