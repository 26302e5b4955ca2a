"""Template of a compiled strategy: copy it into your strategy folder, rename class and title, edit.

In the window "New strategy: compiled rule" in the Strategy menu does that. How to write one:
docs/strategies_authoring.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.indicators import Indicator
from engine.indicators.moving_average import sma
from engine.indicators.volatility import atr
from engine.strategies import Strategy, StrategyParams, param, rule


class RuleTemplate(Strategy):
    """Long while the close is well above its average, until it falls back towards it.

    The distance between close and average is measured in ATR. A position is opened above the entry distance
    and closed below the exit distance; in between what was decided before holds.

    Works in long rises. Fails in sideways markets, where each start is the end of a swing. Costs matter when
    the two distances are close together.

    References
    ----------
    Your own notes, or where the idea comes from.
    """

    title, family = "Rule template", "trend"

    class Params(StrategyParams):
        """What a form or a sweep may change; low, high and step make the slider and the default grid."""

        length: int = param(50, low=10, high=200, step=10, unit="bars", help="Length of average and ATR")
        entry: float = param(1.0, low=0.5, high=5.0, step=0.5, unit="ATR", help="Buy this far above")
        leave: float = param(0.0, low=-2.0, high=4.5, step=0.5, unit="ATR", help="Sell below this distance")
        # Cells of a grid that break it are left out, rows of the form that break it say so.
        constraint = "leave < entry"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Name the lines that the rule reads: their order is that of `rows`, and the chart draws them.

        Arithmetic on parameters is fine, a branch on one makes sweeps slower.
        """
        return {"average": sma("close", p.length), "range": atr(p.length)}

    @rule
    def decide(bars: Any, bank: Any, rows: Any, params: Any, target: Any) -> None:
        """Fill target[t] for every bar from what is known at its close: 1 long, 0 flat, -1 short.

        Compiled by numba: numbers, arrays and loops, no pandas and no objects. bars.open, high, low, close,
        volume, time (ns UTC) and session (days) are arrays; bank[rows[k]] is the k-th line above, NaN while
        it warms up; params holds the parameters in declared order.
        """
        average, reach = bank[rows[0]], bank[rows[1]]
        entry, leave = params[1], params[2]
        held = False
        for t in range(bars.close.shape[0]):
            if np.isnan(average[t] + reach[t]):
                target[t] = 0.0
                continue
            distance = bars.close[t] - average[t]
            held = distance > (leave if held else entry) * reach[t]
            target[t] = 1.0 if held else 0.0
