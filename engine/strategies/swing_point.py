"""Swing point: buy the close that takes out the bar of a swing low, after lower and lower lows."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.indicators import Indicator
from engine.indicators.channel import donchian
from engine.indicators.swing import swing_triggers
from engine.strategies import Strategy, StrategyParams, param, rule


class SwingPoint(Strategy):
    """Buy when a close takes out the high of a swing low's bar after falling lows; sell short mirrored.

    A swing low is a bar whose low is below the lows of the two bars before and the two bars after it, so it
    is known two bars later. It counts when each of the last `trend_lookback` bars up to it had a lower low
    than the bar before. Its trigger is that bar's high: the first close above it, from the bar on that makes
    the swing known, goes long. A close below the swing's low, or a newer swing low, ends the trigger; a
    trigger acts once. The long is closed by a close below the lowest low of the previous `trend_lookback`
    bars: the trigger of the current bar is lost. Shorts are mirrored, and a short entry turns a long. When
    both sides are triggered by one close, neither acts.

    Works where sell-offs end in sharp turns, as in indices and in currencies within a range.

    Fails in a steady fall, whose pauses look like turns: small losses in a row, each as large as the range of
    the last bars.

    Costs matter: on daily bars there is a trade every few weeks, held for some days, and the gain of one is
    a few bars' range. Intraday, spread and slippage take most of that.

    References
    ----------
    B. Williams, Trading Chaos (1995), for the five-bar swing; L. Williams, Long-Term Secrets to Short-Term
    Trading (1999), for entries beyond the bar of a swing.
    """

    title, family = "Swing point", "reversal"

    class Params(StrategyParams):
        """Length of the trend before the swing, and of the exit."""

        trend_lookback: int = param(
            3, low=2, high=10, step=1, unit="bars",
            help="Lower lows before a swing low, and bars whose low is the exit",
        )

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the triggers in force and the channel of previous bars."""
        buy, sell = swing_triggers(p.trend_lookback)
        ceiling, floor = donchian(p.trend_lookback)
        return {"buy_above": buy, "sell_below": sell, "short_exit": ceiling, "long_exit": floor}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Leave beyond the previous bars, enter where one trigger is taken out; NaN is no trigger."""
        buy_above, sell_below = bank[rows[0]], bank[rows[1]]
        ceiling, floor = bank[rows[2]], bank[rows[3]]
        side = 0.0
        for t in range(bars.close.shape[0]):
            close = bars.close[t]
            if np.isnan(ceiling[t]):
                target[t] = 0.0
                continue
            if (side > 0.0 and close < floor[t]) or (side < 0.0 and close > ceiling[t]):
                side = 0.0
            if close > buy_above[t] and not close < sell_below[t]:
                side = 1.0
            elif close < sell_below[t] and not close > buy_above[t]:
                side = -1.0
            target[t] = side
