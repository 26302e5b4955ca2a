"""Template of a compiled strategy: copy it into your plug-in folder, rename class and title, edit.

A rule runs as fast as the built-in strategies, so it can be swept over thousands of cells. It is compiled by
numba: numbers, arrays and loops, no pandas and no objects.

Indicators to declare: sma, ema, wilder (engine.indicators.moving_average), atr, stdev, true_range
(volatility), bollinger, donchian (channel), supertrend (trend), and column (column) for a column of the file.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.indicators import Indicator
from engine.indicators.moving_average import sma
from engine.indicators.volatility import atr
from engine.strategies import Strategy, StrategyParams, param, rule


class RuleTemplate(Strategy):
    """Long when the close is well above its average, flat when it falls back to it."""

    title, family = "Rule template", "trend"

    class Params(StrategyParams):
        """Everything a form or a sweep may change; low, high and step make the default grid."""

        length: int = param(50, low=10, high=200, step=10, unit="bars", help="Length of the average")
        distance: float = param(1.0, low=0.0, high=5.0, step=0.5, unit="ATR", help="How far above")

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Name the lines that the rule reads; their order is the order of `rows`. No branches on `p`."""
        return {"average": sma("close", p.length), "range": atr(p.length)}

    @rule
    def decide(bars: Any, bank: Any, rows: Any, params: Any, target: Any) -> None:
        """Fill target[t] for every bar, from what is known at its close.

        bars.open, high, low, close, volume, time (ns UTC) and session (days) are arrays. bank[rows[k]] is the
        k-th line above, NaN while it warms up. params holds the parameters in declared order.
        """
        average, reach = bank[rows[0]], bank[rows[1]]
        distance = params[1]
        held = False
        for t in range(bars.close.shape[0]):
            if np.isnan(average[t] + reach[t]):
                target[t] = 0.0
                continue
            if held:
                held = bars.close[t] > average[t]
            else:
                held = bars.close[t] > average[t] + distance * reach[t]
            target[t] = 1.0 if held else 0.0
