"""Squeeze: closes outside the Bollinger bands while those lie inside the Keltner channels."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from engine.core.bars import Bars
from engine.core.errors import InputError
from engine.core.timeframe import Timeframe
from engine.indicators import Indicator
from engine.indicators.channel import bollinger, moments
from engine.indicators.higher import higher_trend
from engine.indicators.keltner import keltner
from engine.strategies import Strategy, StrategyParams, param, rule


class BbKcSqueeze(Strategy):
    """In a squeeze, trade a close outside the Bollinger bands, until it crosses their basis.

    The market is squeezed while both Bollinger bands lie inside the Keltner channels. A close outside the
    bands of a squeezed bar is traded against by default, since a quiet market tends to return to its
    mean, or with it as a breakout. The position ends when the close crosses the bands' middle line,
    squeezed or not; a signal on the other side turns it.

    With a trend filter only positions on the side of the longer bars' trend are begun: long while the last
    completed day (or week) closed above the exponential average of `length` such closes, short while below.
    A longer bar counts as completed at the first bar of the next one. The filter ends no position.

    Works against the move in quiet, range-bound markets; with it when the squeeze resolves into a trend.

    Fails when the first close outside is the start of the opposite.

    Costs matter: signals are rare, but the distance from a narrow band to its middle is small, so spread
    and slippage take a large share of each gain.

    References
    ----------
    J. Carter, Mastering the Trade (2005); J. Bollinger, Bollinger on Bollinger Bands (2001).
    """

    title, family = "Bollinger-Keltner squeeze", "breakout"

    class Params(StrategyParams):
        """Length of all lines, both widths and the direction."""

        length: int = param(20, low=5, high=100, step=5, unit="bars", help="Window of bands and channels")
        bb_mult: float = param(
            2.0, low=0.5, high=4.0, step=0.25, unit="deviations", title="Bollinger width",
            help="Distance of the Bollinger bands from their middle",
        )  # fmt: skip
        k_mult: float = param(
            1.5, low=0.5, high=4.0, step=0.25, unit="true ranges", title="Keltner width",
            help="Distance of the Keltner channels from their middle",
        )  # fmt: skip
        with_breakout: bool = param(False, help="Trade with the break instead of against it")
        trend_filter: Literal["none", "1d", "1wk"] = param(
            "none", help="Longer bars whose trend a position must follow"
        )

    checked = ("trend_filter",)

    def check(self, bars: Bars, p: Any) -> None:
        """Refuse a filter that is not longer than the bars.

        Raises
        ------
        InputError
            Names the filters that are.
        """
        if p.trend_filter == "none" or _is_longer(p.trend_filter, bars.timeframe):
            return
        others = [f"'{name}'" for name in ("1wk",) if _is_longer(name, bars.timeframe)]
        raise InputError(
            f"a trend filter of {p.trend_filter} is not longer than the bars, which are {bars.timeframe}",
            field="strategy.params.trend_filter", value=p.trend_filter,
            hint=f"Choose {' or '.join([*others, repr('none')])}",
        )  # fmt: skip

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return mean and deviation, the outer Keltner lines and the longer bars' close and average."""
        middle, deviation = moments("close", p.length)
        ceiling, _, floor = keltner("close", p.length, p.k_mult)
        days = (p.trend_filter == "1d") * 1 + (p.trend_filter == "1wk") * 7
        higher_close, higher_mean = higher_trend(days, p.length)
        return {
            "middle": middle, "deviation": deviation, "ceiling": ceiling, "floor": floor,
            "higher_close": higher_close, "higher_mean": higher_mean,
        }  # fmt: skip

    def drawn(self, p: Any) -> dict[str, Indicator]:
        """Return the Bollinger bands."""
        upper, _, lower = bollinger("close", p.length, p.bb_mult)
        return {"upper": upper, "lower": lower}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Remember on which side the close left the bands: the way back is the same either way."""
        middle, deviation, width = bank[rows[0]], bank[rows[1]], params[1]
        ceiling, floor, higher, mean = bank[rows[2]], bank[rows[3]], bank[rows[4]], bank[rows[5]]
        sign, filters = 1.0 if params[3] > 0.0 else -1.0, params[4] > 0.0
        left = 0.0
        for t in range(bars.close.shape[0]):
            close, reach = bars.close[t], width * deviation[t]
            upper, lower = middle[t] + reach, middle[t] - reach
            if np.isnan(ceiling[t] + upper):
                target[t] = 0.0
                continue
            squeezed = upper < ceiling[t] and lower > floor[t]
            broke = 1.0 if close > upper else (-1.0 if close < lower else 0.0)
            # A NaN, before enough longer bars are complete, allows nothing.
            if squeezed and broke != 0.0 and not (filters and not sign * broke * (higher[t] - mean[t]) > 0.0):
                left = broke
            elif (left > 0.0 and close < middle[t]) or (left < 0.0 and close > middle[t]):
                left = 0.0
            target[t] = sign * left


def _is_longer(name: str, timeframe: Timeframe) -> bool:
    return Timeframe.parse(name).seconds > timeframe.seconds
