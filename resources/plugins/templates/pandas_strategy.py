"""Template of a strategy in plain pandas: copy it into your plug-in folder, rename class and title, edit."""

from __future__ import annotations

from typing import Any

from engine.core.bars import Bars
from engine.strategies import Strategy, StrategyParams, param


class PandasTemplate(Strategy):
    """Long after a rise over the last bars, flat after a fall."""

    title, family = "Pandas template", "trend"

    class Params(StrategyParams):
        """Everything a form or a sweep may change; low, high and step make the default grid."""

        lookback: int = param(20, low=2, high=250, step=5, unit="bars", help="Bars of the move")

    def warmup(self, p: Any) -> int:
        """Return how many bars pass before the first decision; the target is 0 there."""
        return int(p.lookback)

    def signals(self, bars: Bars, p: Any) -> Any:
        """Return one target per bar: 1 long, 0 flat, -1 short, or anything between.

        The frame has the columns open, high, low, close and volume, and every further column of the data
        file. Use the bar itself and earlier ones only: no shift(-1), no statistics of the whole series.
        """
        frame = bars.to_frame()
        move = frame["close"] - frame["close"].shift(p.lookback)
        return (move > 0).astype(float)
