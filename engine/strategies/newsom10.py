"""Newsom 10: a pullback of one bar inside a chandelier trend, while volatility grows."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.indicators import Indicator
from engine.indicators.chandelier import chandelier
from engine.indicators.channel import bollinger
from engine.indicators.extreme import extremes
from engine.indicators.moving_average import ema
from engine.indicators.spread import range_share, variance_step
from engine.indicators.volatility import atr
from engine.kernels.chandelier import chandelier_step
from engine.strategies import Strategy, StrategyParams, param, rule


class Newsom10(Strategy):
    """Join a trend after a bar against it, if volatility grows; stay until the chandelier stop is broken.

    Direction: two stops on closes trail the price, highest close of `atr_length` bars - `atr_mult` x ATR
    upward, lowest close + `atr_mult` x ATR downward. A close above the upper stop of the bar before turns
    the direction up, else one below the lower stop turns it down; before the first such close there is
    none.

    Long when the direction is up, the close and (open + high + low + close) / 4 are above the EMA of
    `ema_length`, the previous bar fell (closed below its open), the Bollinger bands of `bb_length` are
    wider than at the bar before, and ATR / close is above its EMA of `vol_ema_length`. Short mirrored: the
    direction is down, both prices are below the EMA, the previous bar rose; bands and ATR as for a long.

    A position ends when the direction flips; if all conditions of the other side hold at that bar, it
    turns. `bb_mult` scales the bands that are drawn: whether they widen does not depend on it.

    Works when a trend goes on after a short pause with growing ranges. Fails in nervous sideways markets,
    where ranges grow too, and with a near stop (small `atr_mult`), which the pause itself reaches; in long
    quiet trends it finds no entry. Costs matter little with daily bars: entries are rare, and positions
    last until the stop.

    References
    ----------
    C. Le Beau's chandelier exit in A. Elder, Come Into My Trading Room (2002); J. Bollinger, Bollinger on
    Bollinger Bands (2001).
    """

    title, family = "Newsom 10", "trend"

    class Params(StrategyParams):
        """Chandelier stops, bands and averages."""

        atr_length: int = param(
            22, low=2, high=50, step=2, unit="bars", help="Average true range, highest and lowest close"
        )
        atr_mult: float = param(
            3.0, low=1.0, high=6.0, step=0.5, unit="ATR", help="Distance of the chandelier stops"
        )
        bb_length: int = param(
            20, low=5, high=100, step=5, unit="bars", help="Window of the Bollinger bands, which must widen"
        )
        bb_mult: float = param(
            2.0, low=0.5, high=4.0, step=0.25, unit="deviations", title="Bollinger width",
            help="Distance of the drawn Bollinger bands; without influence on the signals",
        )  # fmt: skip
        ema_length: int = param(10, low=2, high=50, step=2, unit="bars", help="Average of the close")
        vol_ema_length: int = param(
            20, low=5, high=100, step=5, unit="bars", title="Volatility EMA",
            help="Average of ATR / close, which ATR / close must exceed",
        )  # fmt: skip

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return what the stops are made of, the averages, and whether the bands widen."""
        highest, lowest = extremes("close", p.atr_length)
        share, average = range_share("close", p.atr_length, p.vol_ema_length)
        return {
            "highest_close": highest, "lowest_close": lowest, "atr": atr(p.atr_length),
            "ema": ema("close", p.ema_length), "widening": variance_step("close", p.bb_length),
            "atr_share": share, "atr_share_ema": average,
        }  # fmt: skip

    def drawn(self, p: Any) -> dict[str, Indicator]:
        """Return the stop in force, its direction and the bands; the rule takes the stops on by itself."""
        stop, direction = chandelier(p.atr_length, p.atr_mult)
        upper, _, lower = bollinger("close", p.bb_length, p.bb_mult)
        return {"stop": stop, "direction": direction, "upper": upper, "lower": lower}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Find the bars that suit either side first, each by itself; then follow stops and position."""
        highest, lowest, reach, average = bank[rows[0]], bank[rows[1]], bank[rows[2]], bank[rows[3]]
        widening, share, usual = bank[rows[4]], bank[rows[5]], bank[rows[6]]
        opened, high, low, close, size = bars.open, bars.high, bars.low, bars.close, bars.close.shape[0]
        signals = np.zeros(size)
        for t in range(1, size):
            middle = 0.25 * (opened[t] + high[t] + low[t] + close[t])
            above = (close[t] > average[t]) & (middle > average[t]) & (close[t - 1] < opened[t - 1])
            below = (close[t] < average[t]) & (middle < average[t]) & (close[t - 1] > opened[t - 1])
            growing = (widening[t] > 0.0) & (share[t] > usual[t])
            signals[t] = 1.0 if growing & above else (-1.0 if growing & below else 0.0)
        lower, upper, direction, before, side = np.nan, np.nan, 0.0, np.nan, 0.0
        for t in range(size):
            price, distance = close[t], params[1] * reach[t]
            hung, stood = highest[t] - distance, lowest[t] + distance
            lower, upper, direction = chandelier_step(price, before, hung, stood, lower, upper, direction)
            before = price
            # A signal against the direction is none; a position against it has ended.
            joins = signals[t] * direction > 0.0
            side = direction if joins else (0.0 if side * direction < 0.0 else side)
            target[t] = side
