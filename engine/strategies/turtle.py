"""Turtle: channel breakouts with a shorter exit channel, an ATR stop and the skip rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.indicators import Indicator
from engine.indicators.channel import donchian
from engine.indicators.volatility import atr
from engine.strategies import Strategy, StrategyParams, param, rule


class Turtle(Strategy):
    """Follow closes beyond the previous bars' high or low; leave through the opposite, shorter channel.

    A close above the highest high of the previous `entry` bars goes long, below their lowest low short. A
    long is closed by a close below the lowest low of the previous `exit` bars, or at or below the close of
    the entry decision minus `stop_atr` x ATR of that bar; a short mirrored. Stops are judged on closes.

    With `skip_after_winner` a breakout is passed over when the breakout before it, taken or passed over,
    ended with a gain from close to close.

    Works in markets with rare, very long trends: few large gains pay for many small losses. Fails in ranges,
    where breakouts are false; most trades lose, and runs of ten losses are normal. Costs matter little on
    daily bars, since gains are many times the spread, and a lot where the channel is short.

    References
    ----------
    C. Faith, Way of the Turtle (2007), System 1.
    """

    title, family = "Turtle", "breakout"

    class Params(StrategyParams):
        """Channels, stop and skip rule."""

        entry: int = param(
            20, low=10, high=100, step=5, unit="bars", help="Previous bars whose high or low must be broken"
        )
        exit: int = param(
            10, low=5, high=50, step=5, unit="bars", help="Previous bars whose opposite extreme is the exit"
        )
        skip_after_winner: bool = param(
            False, title="Skip winners", help="Pass over a breakout that follows a winning one"
        )
        atr: int = param(20, low=5, high=100, step=5, unit="bars", help="Average true range of the stop")
        stop_atr: float | None = param(
            2.0, low=0.5, high=10.0, step=0.5, unit="ATR", help="Stop distance from the entry; empty for none"
        )
        constraint = "exit <= entry"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return both channels of previous bars and the average true range."""
        entry_high, entry_low = donchian(p.entry)
        exit_high, exit_low = donchian(p.exit)
        return {
            "entry_high": entry_high, "entry_low": entry_low,
            "exit_high": exit_high, "exit_low": exit_low, "atr": atr(p.atr),
        }  # fmt: skip

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Follow every breakout as if taken; show the ones that the skip rule lets through."""
        entry_high, entry_low = bank[rows[0]], bank[rows[1]]
        exit_high, exit_low, reach = bank[rows[2]], bank[rows[3]], bank[rows[4]]
        skips, stop_atr = params[2] > 0.0, params[4]
        side, taken, won = 0.0, True, False
        start, stop = 0.0, 0.0
        for t in range(bars.close.shape[0]):
            close = bars.close[t]
            if np.isnan(entry_high[t] + exit_high[t] + reach[t]):
                target[t] = 0.0
                continue
            if (side > 0.0 and (close < exit_low[t] or close <= stop)) or (
                side < 0.0 and (close > exit_high[t] or close >= stop)
            ):
                won = side * (close - start) > 0.0
                side = 0.0
            # A close that ends a long is below earlier closes: it cannot be a new high. Only a turn is left.
            broke = 1.0 if close > entry_high[t] else (-1.0 if close < entry_low[t] else 0.0)
            if side == 0.0 and broke != 0.0:
                side, start = broke, close
                # Without a stop `stop_atr` is NaN, and no close is beyond a NaN.
                stop = close - side * stop_atr * reach[t]
                taken = not (skips and won)
            target[t] = side if taken else 0.0
