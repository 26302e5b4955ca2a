"""Squeeze: closes outside the Bollinger bands while those lie inside the Keltner channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.indicators import Indicator
from engine.indicators.channel import bollinger
from engine.indicators.keltner import keltner
from engine.strategies import Strategy, StrategyParams, param, rule


class BbKcSqueeze(Strategy):
    """In a squeeze, trade a close outside the Bollinger bands, until it crosses their basis.

    The market is squeezed while both Bollinger bands lie inside the Keltner channels. A close outside the
    bands of a squeezed bar is traded against by default, since a quiet market tends to return to its
    mean, or with it as a breakout. The position ends when the close crosses the bands' middle line,
    squeezed or not; a signal on the other side turns it.

    Works against the move in quiet, range-bound markets; with it when the squeeze resolves into a trend.
    Fails when the first close outside is the start of the opposite. Costs matter: signals are rare, but
    the distance from a narrow band to its middle is small, so spread and slippage take a large share of
    each gain.

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

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the Bollinger bands and the outer Keltner lines."""
        upper, middle, lower = bollinger("close", p.length, p.bb_mult)
        ceiling, _, floor = keltner("close", p.length, p.k_mult)
        return {"upper": upper, "middle": middle, "lower": lower, "ceiling": ceiling, "floor": floor}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Remember on which side the close left the bands: the way back is the same either way."""
        upper, middle, lower = bank[rows[0]], bank[rows[1]], bank[rows[2]]
        ceiling, floor = bank[rows[3]], bank[rows[4]]
        sign = 1.0 if params[3] > 0.0 else -1.0
        left = 0.0
        for t in range(bars.close.shape[0]):
            close = bars.close[t]
            if np.isnan(ceiling[t] + upper[t]):
                target[t] = 0.0
                continue
            squeezed = upper[t] < ceiling[t] and lower[t] > floor[t]
            if squeezed and close > upper[t]:
                left = 1.0
            elif squeezed and close < lower[t]:
                left = -1.0
            elif (left > 0.0 and close < middle[t]) or (left < 0.0 and close > middle[t]):
                left = 0.0
            target[t] = sign * left
