"""TDI with Heikin Ashi: smoothed candles and smoothed RSI turn together and with force."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.indicators import Indicator
from engine.indicators.heikin_ashi import heikin_ashi
from engine.indicators.traders_index import late_ema, rsi_mean
from engine.strategies import Strategy, StrategyParams, param, rule

# Bars by which the turn of the candles and the cross of the lines may be apart.
WITHIN = 2
# Points. While a price stands still, rounding alone moves its RSI.
DUST = 1e-9


class TdiHeikinAshi(Strategy):
    """Enter when Heikin Ashi candles turn as the green TDI line crosses the red one with a strong slope.

    Green and red are the simple averages over `green` and `red` bars of the RSI over `rsi` bars. Candles are
    recursive Heikin Ashi candles of the bars; one whose open equals its close has the colour of the one
    before. A long begins when the candles have turned rising and green has crossed above red, the two at most
    two bars apart, at the bar of the later one, if then green rises by at least `slope_strong` points from
    the bar before and the candle's close is above the EMA of `ema` closes `ema_offset` bars ago. It ends when
    green rises by no more than `slope_flat` points, which is a flat or an opposing slope, or crosses below
    red. Shorts are mirrored. A new position needs a new turn or a new cross. Differences of the lines below
    a billionth of a point count as none.

    Works when a market leaves a pause with momentum: the smoothed candle and the oscillator agree on the
    first bars of a swing.

    Fails in ranges, where both turn every few bars, and gives up long moves early, because a steady trend
    has a flat green line.

    Costs weigh heavily: positions last a few bars, so spread and slippage are a large share of each gain.

    References
    ----------
    D. Malone, Traders Dynamic Index (2006); D. Valcu, Using the Heikin-Ashi Technique, Stocks & Commodities
    22:2 (2004).
    """

    title, family = "TDI with Heikin Ashi", "complex"

    class Params(StrategyParams):
        """Average beside the candles, lines of the index and their slopes."""

        ema: int = param(5, low=2, high=50, step=1, unit="bars", help="Span of the average of closes")
        ema_offset: int = param(
            2, low=0, high=10, step=1, unit="bars", title="EMA shift",
            help="Bars by which the average is read late",
        )
        rsi: int = param(13, low=5, high=50, step=1, unit="bars", help="Length of the RSI")
        green: int = param(2, low=1, high=10, step=1, unit="bars", help="Average of the RSI, fast line")
        red: int = param(7, low=3, high=30, step=1, unit="bars", help="Average of the RSI, slow line")
        slope_strong: float = param(
            1.0, low=0.25, high=10.0, step=0.25, unit="points per bar", title="Strong slope",
            help="Least change of the fast line at an entry",
        )
        slope_flat: float = param(
            0.2, low=0.0, high=5.0, step=0.1, unit="points per bar", title="Flat slope",
            help="A change of the fast line up to this ends the position",
        )
        constraint = "green < red and slope_flat < slope_strong"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return open and close of the candles, the late average and both lines of the index."""
        opened, _, _, close = heikin_ashi()
        return {
            "ha_open": opened, "ha_close": close, "late_ema": late_ema("close", p.ema, p.ema_offset),
            "green": rsi_mean("close", p.rsi, p.green), "red": rsi_mean("close", p.rsi, p.red),
        }  # fmt: skip

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Count the bars since the last turn and since the last cross; enter at the later of the two."""
        ha_open, ha_close, average = bank[rows[0]], bank[rows[1]], bank[rows[2]]
        green, red = bank[rows[3]], bank[rows[4]]
        strong, flat = params[5] - DUST, params[6] + DUST
        side, colour, cross, turned, crossed = 0.0, 0.0, 0.0, 1_000, 1_000
        for t in range(bars.close.shape[0]):
            before = colour
            if ha_close[t] != ha_open[t]:
                colour = 1.0 if ha_close[t] > ha_open[t] else -1.0
            turned = 0 if before * colour < 0.0 else turned + 1
            if t == 0 or np.isnan(green[t - 1] + red[t - 1] + average[t]):
                target[t] = 0.0
                continue
            crossed += 1
            gap, gap_before = green[t] - red[t], green[t - 1] - red[t - 1]
            if gap_before <= DUST and gap > DUST:
                cross, crossed = 1.0, 0
            elif gap_before >= -DUST and gap < -DUST:
                cross, crossed = -1.0, 0
            slope = green[t] - green[t - 1]
            if side != 0.0 and (side * slope <= flat or cross == -side):
                side = 0.0
            # The rarest first: on most bars neither has just happened.
            if (
                min(turned, crossed) == 0 and max(turned, crossed) <= WITHIN and colour == cross
                and cross * slope >= strong and cross * ha_close[t] > cross * average[t]
            ):  # fmt: skip
                side = cross
            target[t] = side
