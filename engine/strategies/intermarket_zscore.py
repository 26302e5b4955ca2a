"""Intermarket z-score: against a close, or a ratio to another market, that is far from its mean."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.oscillator import ratio_zscore, zscore
from engine.strategies import Strategy, StrategyParams, param, rule


class IntermarketZscore(Strategy):
    """Buy a market that is cheap beside its own past or beside another market, sell it when it is dear.

    The z-score is that of the close, or of the close divided by the column `reference`, against its mean of
    the last `length` bars (population deviation). Long below -`threshold`, short above `threshold`, flat
    when the z-score crosses zero; the position then stays closed until the score is beyond the threshold
    again. The reference is a column of the data file, known at the close of its bar; bars of which the
    z-score is not known, because the reference has no value in its window, change nothing.

    Works for two markets that one cause moves, such as a metal and its miners. Fails when they part for
    good, or, without a reference, in every long trend; there is no stop. Costs: a trade every few weeks
    with daily bars. The position is in the traded market only: the reference is not hedged.

    References
    ----------
    J. J. Murphy, Intermarket Analysis (2004), for the relations; STRATEGIES.md of this project for the
    rule.
    """

    title, family = "Intermarket z-score", "reversal"

    class Params(StrategyParams):
        """Window, threshold and the other market."""

        length: int = param(20, low=5, high=200, step=5, unit="bars", help="Window of mean and deviation")
        threshold: float = param(
            2.0, low=0.5, high=3.5, step=0.25, unit="deviations",
            help="Distance from the mean that is traded against",
        )
        reference: str = param(
            "", help="Column of the data file to divide the close by; empty for the close alone"
        )

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the z-score of the close or of the ratio."""
        if p.reference:  # text, the same in all cells of a sweep that share a bank
            return {"zscore": ratio_zscore(p.reference, p.length)}
        return {"zscore": zscore("close", p.length)}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Enter beyond the threshold, leave on the other side of the mean; a NaN changes nothing."""
        scores, threshold = bank[rows[0]], params[1]
        side = 0.0
        for t in range(bars.close.shape[0]):
            score = scores[t]
            if score < -threshold:
                side = 1.0
            elif score > threshold:
                side = -1.0
            elif side * score > 0.0:
                side = 0.0
            target[t] = side
