"""Template of a strategy in plain pandas: copy it into your strategy folder, rename class and title, edit.

In the window "New strategy: pandas" in the Strategy menu does that. How to write one:
docs/strategies_authoring.md.
"""

from __future__ import annotations

from typing import Any

from engine.core.bars import Bars
from engine.indicators import Indicator
from engine.indicators.moving_average import sma
from engine.strategies import Strategy, StrategyParams, param


class PandasTemplate(Strategy):
    """Long after the average has risen over the last bars, flat after it has fallen.

    The average of the last closes is compared with the same average some bars before.

    Works in long rises. Fails in sideways markets. Costs matter with a short average.

    References
    ----------
    Your own notes, or where the idea comes from.
    """

    title, family = "Pandas template", "trend"

    class Params(StrategyParams):
        """What a form or a sweep may change; low, high and step make the slider and the default grid."""

        smooth: int = param(10, low=2, high=50, step=4, unit="bars", help="Length of the average")
        lookback: int = param(20, low=5, high=250, step=5, unit="bars", help="Bars between the two averages")
        # Cells of a grid that break it are left out, rows of the form that break it say so.
        constraint = "smooth < lookback"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Name the lines that the chart draws; without any, leave this method out."""
        return {"average": sma("close", p.smooth)}

    def warmup(self, p: Any) -> int:
        """Return how many bars pass before the first decision; the target is 0 there."""
        return int(p.smooth + p.lookback - 1)

    def signals(self, bars: Bars, p: Any) -> Any:
        """Return one target per bar, known at its close: 1 long, 0 flat, -1 short, or anything between.

        The frame has the columns open, high, low, close and volume, and every further column of the data
        file. Use the bar itself and earlier ones only: no shift(-1), no statistics of the whole series.
        """
        frame = bars.to_frame()
        average = frame["close"].rolling(p.smooth).mean()
        move = average - average.shift(p.lookback)
        return (move > 0).astype(float)
