"""Washer mean reversion: against a return that is unusual beside the last ones."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.oscillator import return_zscore
from engine.strategies import Strategy, StrategyParams, param, rule


class WasherMeanReversion(Strategy):
    """Fade a return over a few bars that lies far from the mean of the last such returns.

    The z-score is that of the return over `ret_lookback` bars against the last `window` of these
    overlapping returns (population deviation). Long below -`entry_z`, short above `entry_z`, flat when its
    size is below `exit_z`; the position then stays closed until the z-score is beyond an entry limit again.

    Works when jumps are washed out within days. Fails when news moves the price for good: the z-score
    normalises because the window learns the new returns, not because the price comes back. Costs: trades last
    days and each gain is small, so that costs weigh heavily; some nine trades a year with daily bars of an
    index.

    References
    ----------
    STRATEGIES.md of this project; B. Lehmann, Fads, Martingales, and Market Efficiency (1990), for the
    effect.
    """

    title, family = "Washer mean reversion", "reversal"

    class Params(StrategyParams):
        """Return, window and limits."""

        ret_lookback: int = param(
            4, low=1, high=30, step=1, unit="bars", title="Return over", help="Bars of each return"
        )
        window: int = param(
            24, low=10, high=200, step=2, unit="bars", help="Returns that mean and deviation are taken of"
        )
        entry_z: float = param(
            2.0, low=1.0, high=4.0, step=0.25, unit="deviations", title="Entry",
            help="Distance from the mean that is traded against",
        )
        exit_z: float = param(
            0.5, low=0.25, high=1.5, step=0.25, unit="deviations", title="Exit",
            help="Distance within which the position is closed",
        )
        constraint = "exit_z < entry_z"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the z-score of the return."""
        return {"zscore": return_zscore("close", p.ret_lookback, p.window)}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Enter beyond the limits, leave near the mean; comparisons with NaN keep it flat."""
        scores, entry, leave = bank[rows[0]], params[2], params[3]
        side = 0.0
        for t in range(bars.close.shape[0]):
            score = scores[t]
            side = 0.0 if abs(score) < leave else side
            side = 1.0 if score < -entry else (-1.0 if score > entry else side)
            target[t] = side
