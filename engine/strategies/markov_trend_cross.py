"""Markov trend cross: enter when the majority of recent states changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.indicators import Indicator
from engine.indicators.markov import markov_share
from engine.strategies import Strategy, StrategyParams, param, rule


class MarkovTrendCross(Strategy):
    """Wait until the majority of recent bars changes sides, then join the new one.

    A bar is in the up state when (close - close `lookback` bars ago) / ATR is above `atr_threshold`, in the
    down state when it is below minus `atr_threshold`, else in the state of the bar before. p_up and p_down
    are the shares of both states in the last `history` bars. When p_up crosses above p_down a long is
    opened if `take_longs` allows it, when p_down crosses above p_up a short if `take_shorts` does; a
    position of the other direction ends either way. So with one direction allowed the opposite cross goes
    flat, and only the next cross enters again.

    Shares that are equal at the bar before and not now are a cross. A majority that stands when the shares
    become known is none: the first entry waits for the first change. One direction at least must be
    allowed.

    Works in trends that last several times `history`, and with shorts forbidden as a filter that leaves
    a falling market. Fails in swings about as long as `history`: each cross comes when the swing ends.
    Costs matter little with daily bars, since crosses are weeks apart; a short `history` with a small
    threshold multiplies them.

    References
    ----------
    The states are those of a two-state Markov chain; J. D. Hamilton, "A New Approach to the Economic
    Analysis of Nonstationary Time Series and the Business Cycle", Econometrica 57 (1989), estimates such
    states, which are counted here.
    """

    title, family = "Markov trend cross", "trend"

    class Params(StrategyParams):
        """What makes a state, how many are counted, and the directions."""

        lookback: int = param(14, low=2, high=60, step=2, unit="bars", help="Bars of the move that is judged")
        atr_threshold: float = param(
            0.5, low=0.0, high=3.0, step=0.25, unit="ATR", help="Move that changes the state"
        )
        history: int = param(33, low=5, high=99, step=2, unit="bars", help="Bars whose states are counted")
        atr_length: int = param(14, low=2, high=50, step=2, unit="bars", help="Wilder's average true range")
        take_longs: bool = param(True, help="Open longs; otherwise a cross upward only closes shorts")
        take_shorts: bool = param(True, help="Open shorts; otherwise a cross downward only closes longs")
        constraint = "take_longs or take_shorts"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the share of up states."""
        return {"p_up": markov_share("close", p.lookback, p.atr_threshold, p.history, p.atr_length)}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Find the crosses first; then take what each allows. An unknown share crosses nothing."""
        p_up, size = bank[rows[0]], bars.close.shape[0]
        above = 1.0 if params[4] > 0.0 else 0.0
        below = -1.0 if params[5] > 0.0 else 0.0
        crosses = np.zeros(size, np.int8)
        for t in range(1, size):
            rises = (p_up[t] > 1.0 - p_up[t]) & (p_up[t - 1] <= 1.0 - p_up[t - 1])
            falls = (p_up[t] < 1.0 - p_up[t]) & (p_up[t - 1] >= 1.0 - p_up[t - 1])
            crosses[t] = 1 if rises else (-1 if falls else 0)
        side = 0.0
        for t in range(size):
            if crosses[t] != 0:
                side = above if crosses[t] > 0 else below
            target[t] = side
