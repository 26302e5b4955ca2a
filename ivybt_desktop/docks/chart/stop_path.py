"""Where the stop and the target of a trade stood, bar by bar: rules 10 to 13 told again for the eye.

Plain Python over the arrays of a run; a test holds it against the exits of the simulator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from engine.execution.fills import ExecutionModel, Fill, StopUnit

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.core.bars import Bars

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StopPath:
    """Levels while a position was held.

    Parameters
    ----------
    first : int
        Bar of the first level.
    stop, target : float64[k]
        Levels of bars ``first`` to ``first + k - 1``; NaN where there is none.
    """

    first: int
    stop: FloatArray
    target: FloatArray


def needs_atr(execution: ExecutionModel) -> bool:
    """Return whether the distances of a run's stops are multiples of ATR."""
    return execution.stop_unit is StopUnit.ATR and execution.has_stops


def stop_path(result: BacktestResult, row: int, atr: FloatArray | None = None) -> StopPath | None:
    """Return the levels of a round trip; `None` when the run has neither stop nor target.

    Parameters
    ----------
    result : BacktestResult
    row : int
        Row in ``result.trades``.
    atr : float64[n], optional
        Needed when `needs_atr`.
    """
    execution, trade = result.spec.execution, result.trades[row]
    kinds = (execution.stop_loss, execution.take_profit, execution.trailing_stop)
    opening = _opening_order(result, int(trade["entry_bar"]))
    if opening is None or not any(kind is not None for kind in kinds):
        return None
    price, side = float(opening["price"]), float(np.sign(opening["position"]))
    unit = _unit(execution, price, int(opening["decision_bar"]), atr)
    stop, target, trail = (np.nan if kind is None else kind * unit for kind in kinds)
    # A position filled at a close meets its first range one bar later.
    first = int(opening["fill_bar"]) + (execution.fill is not Fill.NEXT_OPEN)
    last = int(trade["exit_bar"])
    if last < first:
        return None
    fixed = np.full(last - first + 1, price - side * stop)
    trailing = side * (_extremes(result.bars, first, last, price, side) - trail)
    level = side * np.fmax(side * fixed, side * trailing)
    return StopPath(first, level, np.full(last - first + 1, price + side * target))


def _opening_order(result: BacktestResult, entry_bar: int) -> Any:
    """Return the order that opened the position a trade is part of: stops belong to that fill."""
    orders = result.orders
    before = np.concatenate((np.zeros(1), orders["position"][:-1]))[: orders.size]
    opens = np.flatnonzero((orders["position"] != 0) & (before * orders["position"] <= 0))
    opens = opens[orders["fill_bar"][opens] <= entry_bar]
    return orders[opens[-1]] if opens.size else None


def _unit(execution: ExecutionModel, price: float, decision: int, atr: FloatArray | None) -> float:
    if execution.stop_unit is StopUnit.FRACTION:
        return price
    if execution.stop_unit is StopUnit.AMOUNT:
        return 1.0
    return float(atr[decision]) if atr is not None and 0 <= decision < atr.size else np.nan


def _extremes(bars: Bars, first: int, last: int, price: float, side: float) -> FloatArray:
    """Return the best price known at each bar's open, mirrored for shorts: never the bar's own range."""
    best = (bars.high if side > 0 else -bars.low)[first:last]
    known = np.maximum.accumulate(np.concatenate((np.array([side * price]), best)))
    return np.asarray(np.maximum(known, side * bars.open[first : last + 1]), dtype=np.float64)
