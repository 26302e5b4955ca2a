"""Channel breakout: enter where a bar touches the Donchian channel, with own lengths for each side."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.indicators import Indicator
from engine.indicators.channel import donchian
from engine.strategies import Strategy, StrategyParams, param, rule


class ChannelBreakout(Strategy):
    """Buy a bar that reaches the previous bars' highest high, sell one that reaches their lowest low.

    A bar whose high touches the highest high of the previous `long_entry` bars goes long; the long ends
    on a bar whose low touches the lowest low of the previous `long_exit` bars. Shorts are mirrored with
    lengths of their own. A bar says nothing of the order of its high and low: one that touches the entry
    and the exit of a side does not enter it, and one that could enter both sides enters neither.

    Works in markets with long, one-sided moves, such as commodities and currencies in years of crisis.
    Fails in ranges, where extremes are touched and given back; most trades then lose a little. Costs
    matter moderately: with 20 and 10 bars a trade lasts weeks on daily bars, but short channels multiply
    trades and slippage.

    References
    ----------
    R. Donchian's four-week rule (1960s), after C. Faith, Way of the Turtle (2007).
    """

    title, family = "Channel breakout", "breakout"

    class Params(StrategyParams):
        """Entry and exit channel of each side."""

        long_entry: int = param(
            20, low=10, high=100, step=5, unit="bars", help="Previous bars whose high a long must touch"
        )
        long_exit: int = param(
            10, low=5, high=50, step=5, unit="bars", help="Previous bars whose low ends a long"
        )
        short_entry: int = param(
            20, low=10, high=100, step=5, unit="bars", help="Previous bars whose low a short must touch"
        )
        short_exit: int = param(
            10, low=5, high=50, step=5, unit="bars", help="Previous bars whose high ends a short"
        )
        constraint = "long_exit <= long_entry and short_exit <= short_entry"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the entry and exit line of each side."""
        return {
            "long_entry": donchian(p.long_entry)[0], "long_exit": donchian(p.long_exit)[1],
            "short_entry": donchian(p.short_entry)[1], "short_exit": donchian(p.short_exit)[0],
        }  # fmt: skip

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Judge exits first; a bar that touches its own exit enters nothing."""
        long_entry, long_exit = bank[rows[0]], bank[rows[1]]
        short_entry, short_exit = bank[rows[2]], bank[rows[3]]
        side = 0.0
        for t in range(bars.close.shape[0]):
            high, low = bars.high[t], bars.low[t]
            if np.isnan(long_entry[t] + long_exit[t] + short_entry[t] + short_exit[t]):
                target[t] = 0.0
                continue
            ends_long, ends_short = low <= long_exit[t], high >= short_exit[t]
            if (side > 0.0 and ends_long) or (side < 0.0 and ends_short):
                side = 0.0
            buys = high >= long_entry[t] and not ends_long
            sells = low <= short_entry[t] and not ends_short
            if buys and not sells:
                side = 1.0
            elif sells and not buys:
                side = -1.0
            target[t] = side
