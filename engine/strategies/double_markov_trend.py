"""Double Markov trend: the majority of states and the expected move must agree."""

from __future__ import annotations

from typing import Any

from engine.indicators import Indicator
from engine.indicators.markov import expected_move, markov_share
from engine.strategies import Strategy, StrategyParams, param, rule


class DoubleMarkovTrend(Strategy):
    """Trade only while the majority of recent states and the expected move per bar point the same way.

    p_up: a bar is in the up state when (close - close `trend_lookback` bars ago) / ATR is above
    `atr_threshold`, in the down state when it is below minus `atr_threshold`, else in the state of the bar
    before; p_up is the share of up states in the last `history` bars.

    Expected move: over the last `lookback_ev` changes of the close, q_up x mean rise - q_down x mean fall,
    with q_up and q_down in proportion to count x sum of the rises and of the falls; 0 when nothing moved.
    Its mean over `regression_window` bars counts.

    Long while p_up is above 0.5 and the mean expected move above 0, short while both are below, flat while
    they disagree or one of them is at its middle. Neither is known before its windows are full.

    Works in trends that show on two horizons: the slower expected move keeps it out of bounces that turn
    the majority. Fails at turning points, where the slow line still points to the old trend, and in
    markets without one. Costs: some trades more than with p_up alone, since each disagreement closes a
    position and its end opens one; with daily bars they weigh little.

    References
    ----------
    The states are those of a two-state Markov chain; J. D. Hamilton, "A New Approach to the Economic
    Analysis of Nonstationary Time Series and the Business Cycle", Econometrica 57 (1989), estimates such
    states, which are counted here.
    """

    title, family = "Double Markov trend", "trend"

    class Params(StrategyParams):
        """Windows of the expected move, what makes a state, and how many are counted."""

        lookback_ev: int = param(
            90, low=10, high=250, step=10, unit="bars", title="Lookback of the expected move",
            help="Changes of the close that make an expected move",
        )  # fmt: skip
        trend_lookback: int = param(
            14, low=2, high=60, step=2, unit="bars", help="Bars of the move that makes a state"
        )
        atr_threshold: float = param(
            0.5, low=0.0, high=3.0, step=0.25, unit="ATR", help="Move that changes the state"
        )
        history: int = param(33, low=5, high=99, step=2, unit="bars", help="Bars whose states are counted")
        atr_length: int = param(14, low=2, high=50, step=2, unit="bars", help="Wilder's average true range")
        regression_window: int = param(
            20, low=5, high=100, step=5, unit="bars", help="Expected moves whose mean must agree"
        )

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the share of up states and the mean expected move."""
        p_up = markov_share("close", p.trend_lookback, p.atr_threshold, p.history, p.atr_length)
        return {"p_up": p_up, "expected_move": expected_move("close", p.lookback_ev, p.regression_window)}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Require both; NaN is on neither side."""
        p_up, move = bank[rows[0]], bank[rows[1]]
        for t in range(bars.close.shape[0]):
            up, down = (p_up[t] > 0.5) & (move[t] > 0.0), (p_up[t] < 0.5) & (move[t] < 0.0)
            target[t] = 1.0 if up else (-1.0 if down else 0.0)
