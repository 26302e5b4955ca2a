"""Bouncy ball: a price that falls on its long average and turns up there."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.moving_average import ema
from engine.indicators.oscillator import rsi
from engine.strategies import Strategy, StrategyParams, param, rule


class BouncyBall(Strategy):
    """Buy the bounce off the long average, long only: near above it, oversold, and in an up bar.

    Long when the close lies from 0 to `zone` (a fraction) above the long EMA, the RSI is below its
    threshold and the bar closes above its open. Flat when the close is at or above the fast EMA; where that
    holds already there is no entry. The position stays closed until all conditions of an entry hold again.
    There is no stop: a price that falls through the long EMA is held until it is back at the fast one.

    Works in a long rise whose setbacks end at an average that many watch. Fails when the rise is over: the
    setback goes through. The defaults are strict: no entry in the S&P 500 of 1999 to 2018, one in the
    NASDAQ Composite; with a threshold of 40 there are five and four. Costs: entries are rare, so that costs
    weigh little beside the move of each trade.

    References
    ----------
    STRATEGIES.md of this project; the use of a long average as support is common practice without one
    source.
    """

    title, family = "Bouncy ball", "reversal"

    class Params(StrategyParams):
        """Averages, RSI and the zone above the long average."""

        ema_long: int = param(
            200, low=50, high=400, step=10, unit="bars", title="Long EMA",
            help="Average that the price bounces off",
        )
        ema_fast: int = param(
            20, low=5, high=50, step=5, unit="bars", title="Fast EMA",
            help="Average at which the position is closed",
        )
        rsi: int = param(14, low=2, high=30, step=1, unit="bars", help="Length of the RSI")
        rsi_threshold: float = param(30.0, low=5.0, high=60.0, step=5.0, help="Buy below this RSI")
        zone: float = param(
            0.005, low=0.001, high=0.05, step=0.001,
            help="Largest distance above the long EMA, as a fraction of it",
        )
        constraint = "ema_fast < ema_long"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return both averages and the RSI of the close."""
        return {
            "ema_long": ema("close", p.ema_long), "ema_fast": ema("close", p.ema_fast),
            "rsi": rsi("close", p.rsi),
        }  # fmt: skip

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Leave at the fast average, else enter at the long one; comparisons with NaN keep it flat."""
        floor, fast, strength = bank[rows[0]], bank[rows[1]], bank[rows[2]]
        threshold, zone = params[3], params[4]
        held = 0.0
        for t in range(bars.close.shape[0]):
            close = bars.close[t]
            if close >= fast[t]:
                held = 0.0
            elif (
                close >= floor[t] and close <= floor[t] * (1.0 + zone)
                and strength[t] < threshold and close > bars.open[t]
            ):  # fmt: skip
                held = 1.0
            target[t] = held
