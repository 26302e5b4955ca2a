"""Buy and hold: the baseline that every other strategy is judged against."""

from __future__ import annotations

from typing import Any

from engine.strategies import Strategy, rule


class BuyAndHold(Strategy):
    """Long from the first bar to the last."""

    title, family = "Buy and hold", "baseline"

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Hold one target throughout."""
        target[:] = 1.0
