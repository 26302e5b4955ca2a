"""Bollinger reversion: against moves that leave the bands, until the middle."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.channel import bollinger, moments
from engine.strategies import Strategy, StrategyParams, param, rule


class BollingerReversion(Strategy):
    """Long after a close below the lower band, short after one above the upper; flat past the middle.

    The position is held until the close crosses the middle line, and stays closed until the close leaves
    the bands again.

    Works in ranges and in markets that overreact, where a stretched price returns to its mean. Fails when a
    close outside the bands is the start of a trend: the position is then held against the whole move.
    Costs take a noticeable share, since each trade earns at most the distance from a band to the middle.

    References
    ----------
    J. Bollinger, Bollinger on Bollinger Bands (2001).
    """

    title, family = "Bollinger reversion", "reversal"

    class Params(StrategyParams):
        """Window and width of the bands."""

        length: int = param(20, low=10, high=100, step=5, unit="bars", help="Window of mean and deviation")
        std: float = param(
            2.0, low=1.5, high=3.5, step=0.25, unit="deviations", help="Distance of the bands from the middle"
        )

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return mean and deviation of the close, which bands of any width share."""
        middle, deviation = moments("close", p.length)
        return {"middle": middle, "deviation": deviation}

    def drawn(self, p: Any) -> dict[str, Indicator]:
        """Return both bands."""
        upper, _, lower = bollinger("close", p.length, p.std)
        return {"upper": upper, "lower": lower}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Enter outside the bands, leave beyond the middle; comparisons with NaN keep it flat."""
        middle, deviation, width = bank[rows[0]], bank[rows[1]], params[1]
        side = 0.0
        for t in range(bars.close.shape[0]):
            close, reach = bars.close[t], width * deviation[t]
            if close < middle[t] - reach:
                side = 1.0
            elif close > middle[t] + reach:
                side = -1.0
            elif (side > 0.0 and close > middle[t]) or (side < 0.0 and close < middle[t]):
                side = 0.0
            target[t] = side
