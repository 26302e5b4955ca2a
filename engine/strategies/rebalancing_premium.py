"""Rebalancing premium: against moves out of the bands, or on the side of the middle."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.channel import bollinger, moments
from engine.strategies import Strategy, StrategyParams, param, rule


class RebalancingPremium(Strategy):
    """Sell what has risen and buy what has fallen, as one who rebalances does; or, to compare, the reverse.

    Long after a close below the lower band, short after one above the upper, flat when the close crosses
    the middle; the position then stays closed until the close leaves the bands again. With `trend_trade`
    the bands are not used: long while the close is above the middle, short while it is below.

    Works when volatility is high and the price ends where it began: that is the premium of rebalancing.
    Fails in a trend, which pays the reverse side; `trend_trade` shows how much. Costs: moderate with the
    bands; with `trend_trade` the close crosses the middle often, and costs decide.

    References
    ----------
    E. R. Fernholz, Stochastic Portfolio Theory (2002), for the premium; J. Bollinger, Bollinger on
    Bollinger Bands (2001), for the bands.
    """

    title, family = "Rebalancing premium", "reversal"

    class Params(StrategyParams):
        """Bands and side."""

        bb_length: int = param(20, low=10, high=100, step=5, unit="bars", help="Window of mean and deviation")
        bb_std: float = param(
            2.0, low=1.0, high=3.5, step=0.25, unit="deviations", help="Distance of the bands from the middle"
        )
        trend_trade: bool = param(False, help="Trade on the side of the middle instead of against the bands")

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return mean and deviation of the close, which bands of any width share."""
        middle, deviation = moments("close", p.bb_length)
        return {"middle": middle, "deviation": deviation}

    def drawn(self, p: Any) -> dict[str, Indicator]:
        """Return both bands."""
        upper, _, lower = bollinger("close", p.bb_length, p.bb_std)
        return {"upper": upper, "lower": lower}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Fade the bands until the middle, or follow the middle; comparisons with NaN keep it flat."""
        middle, deviation = bank[rows[0]], bank[rows[1]]
        width, follows = params[1], params[2] > 0.0
        side = 0.0
        for t in range(bars.close.shape[0]):
            close, reach = bars.close[t], width * deviation[t]
            beyond = 1.0 if close > middle[t] else (-1.0 if close < middle[t] else 0.0)
            if follows:
                side = beyond
            elif close < middle[t] - reach:
                side = 1.0
            elif close > middle[t] + reach:
                side = -1.0
            elif side == beyond:
                side = 0.0
            target[t] = side
