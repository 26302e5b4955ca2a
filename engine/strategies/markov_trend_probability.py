"""Markov trend probability: on the side on which most recent bars were."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.markov import markov_share
from engine.strategies import Strategy, StrategyParams, param, rule


class MarkovTrendProbability(Strategy):
    """Be on the side on which more than half of the recent bars were, each bar judged against volatility.

    A bar is in the up state when (close - close `lookback` bars ago) / ATR is above `atr_threshold`, in the
    down state when it is below minus `atr_threshold`, else in the state of the bar before. p_up is the
    share of up states in the last `history` bars, the bar itself among them. Long while p_up is above 0.5,
    short while it is below; flat at exactly 0.5, which an odd `history` never has.

    The first move beyond the threshold gives the first state. Flat until each of the `history` bars has
    one.

    Works in trends that last several times `history`: a pause inside the threshold costs no state, and a
    few bars against the trend cost no position. Fails in swings about as long as `history`, where the
    majority forms when the swing ends; it is never out of the market to sit that out. Costs matter little
    with daily bars, since positions last for weeks; a short `history` with a small threshold multiplies
    the reversals.

    References
    ----------
    The states are those of a two-state Markov chain; J. D. Hamilton, "A New Approach to the Economic
    Analysis of Nonstationary Time Series and the Business Cycle", Econometrica 57 (1989), estimates such
    states, which are counted here.
    """

    title, family = "Markov trend probability", "trend"

    class Params(StrategyParams):
        """What makes a state, and how many of them are counted."""

        lookback: int = param(14, low=2, high=60, step=2, unit="bars", help="Bars of the move that is judged")
        atr_threshold: float = param(
            0.5, low=0.0, high=3.0, step=0.25, unit="ATR", help="Move that changes the state"
        )
        history: int = param(33, low=5, high=99, step=2, unit="bars", help="Bars whose states are counted")
        atr_length: int = param(14, low=2, high=50, step=2, unit="bars", help="Wilder's average true range")

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the share of up states."""
        return {"p_up": markov_share("close", p.lookback, p.atr_threshold, p.history, p.atr_length)}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Compare the share with a half at each close; NaN is on neither side."""
        p_up = bank[rows[0]]
        for t in range(bars.close.shape[0]):
            target[t] = 1.0 if p_up[t] > 0.5 else (-1.0 if p_up[t] < 0.5 else 0.0)
