"""External signals: the target is a column of the data file, written by any other program."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.indicators import Indicator
from engine.indicators.column import column
from engine.strategies import Strategy, StrategyParams, param, rule


class ExternalSignals(Strategy):
    """Take the target of each bar from a column of the data file, known at that bar's close.

    Rows before the column's first value are flat. A missing value after it is refused, because nobody
    can tell whether it means "flat" or "keep the position".

    Works as well as the program that made the signals; what is added here is exact accounting. Fails when
    that program knew a bar before its close: the Leak Lab cannot see into another program. Costs are those
    of the signals: count the turns.

    References
    ----------
    docs/method.md, rule 2: a column is known at the close of its bar.
    """

    title, family = "External signals", "baseline"

    class Params(StrategyParams):
        """Where the signals are."""

        column: str = param("target", help="Column of the data file that holds the target, from -1 to 1")

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the column as it is."""
        return {"target": column(p.column)}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Copy the column; what is missing later stays NaN, which the engine refuses."""
        given, started = bank[rows[0]], False
        for t in range(bars.close.shape[0]):
            started = started or not np.isnan(given[t])
            target[t] = given[t] if started else 0.0
