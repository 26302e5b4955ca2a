"""Buy and hold: the baseline that every other strategy is judged against."""

from __future__ import annotations

from typing import Any

from engine.strategies import Strategy, rule


class BuyAndHold(Strategy):
    """Long from the first bar to the last.

    One order at the start; the position is marked at the last close.

    Works when the market rises. Fails when it does not, with the whole of every drawdown. Costs are paid once
    and count for nothing.

    References
    ----------
    W. Sharpe, The Arithmetic of Active Management, Financial Analysts Journal 47 (1991): the average of all
    active traders, before costs.
    """

    title, family = "Buy and hold", "baseline"

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Hold one target throughout."""
        target[:] = 1.0
