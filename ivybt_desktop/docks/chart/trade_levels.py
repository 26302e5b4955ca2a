"""Where the orders of one trade stood, bar by bar: its entry order, its stop and its target.

The stop is the simulator's own (`BacktestResult.stops`); the target and the entry order do not move, so they
follow from the fill and the deciding close. Plain Python over the arrays of a run; tests hold them against
the fills of the simulator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from engine.core.trade import Reason
from engine.execution.fills import Entry, ExecutionModel, Fill, StopUnit
from ivybt_desktop.plots.level_path import LevelPath

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult

FloatArray = npt.NDArray[np.float64]

# Exits at the open of a bar: the stop of that bar is no longer this trade's.
_AT_OPEN = (Reason.SIGNAL, Reason.REBALANCE, Reason.TIME_STOP)


def needs_atr(execution: ExecutionModel) -> bool:
    """Return whether a target or an entry order lies at multiples of ATR."""
    in_atr = execution.stop_unit is StopUnit.ATR
    return in_atr and (execution.take_profit is not None or execution.entry is not Entry.MARKET)


def trade_levels(result: BacktestResult, row: int, atr: FloatArray | None = None) -> list[LevelPath]:
    """Return the levels of a round trip; none when it had neither stop, target nor waiting entry.

    Parameters
    ----------
    result : BacktestResult
        Run of one instrument, or a portfolio seen on one leg.
    row : int
        Row in ``result.trades``.
    atr : float64[n], optional
        Needed when `needs_atr`.
    """
    found = [_entry_order(result, row, atr), _stop(result, row), _target(result, row, atr)]
    return [path for path in found if path is not None and np.isfinite(path.values).any()]


def _stop(result: BacktestResult, row: int) -> LevelPath | None:
    if result.stops is None:
        return None
    trade = result.trades[row]
    first, last = _held(result.spec.execution, trade)
    last = min(last, result.stops.shape[1] - 1)
    if last < first:
        return None
    return LevelPath("stop", first, result.stops[0, first : last + 1], "stop")


def _target(result: BacktestResult, row: int, atr: FloatArray | None) -> LevelPath | None:
    execution, trade = result.spec.execution, result.trades[row]
    if execution.take_profit is None:
        return None
    opening = _opening_order(result, int(trade["entry_bar"]))
    first, last = _held(execution, trade)
    if opening is None or last < first:
        return None
    price, side = float(opening["price"]), float(np.sign(opening["position"]))
    unit = _unit(execution, price, int(opening["decision_bar"]), atr)
    level = price + side * execution.take_profit * unit
    return LevelPath("target", first, np.full(last - first + 1, level), "target")


def _entry_order(result: BacktestResult, row: int, atr: FloatArray | None) -> LevelPath | None:
    execution, trade = result.spec.execution, result.trades[row]
    if execution.entry is Entry.MARKET:
        return None
    decided, filled = int(trade["entry_decision"]), int(trade["entry_bar"])
    if not 0 <= decided < filled:
        return None
    if execution.entry is Entry.BRACKET:
        return _bracket_side(result, decided, filled)
    close = float(result.bars.close[decided])
    away = execution.entry_distance * _unit(execution, close, decided, atr)
    # A limit waits at a better price, a stop at a worse one.
    better = -1.0 if execution.entry is Entry.LIMIT else 1.0
    level = close + better * float(trade["side"]) * away
    return LevelPath(f"{execution.entry.value} entry", decided + 1, np.full(filled - decided, level), "entry")


def _bracket_side(result: BacktestResult, decided: int, filled: int) -> LevelPath | None:
    """Return the order that was filled; its price is not known from a fill at an open beyond it."""
    opening = _opening_order(result, filled)
    if opening is None or opening["raw_price"] == result.bars.open[filled]:
        return None
    level = float(opening["raw_price"])
    return LevelPath("stop entry", decided + 1, np.full(filled - decided, level), "entry")


def _held(execution: ExecutionModel, trade: Any) -> tuple[int, int]:
    """Return the bars in whose range the orders of a trade were in the market."""
    at_open = execution.fill is Fill.NEXT_OPEN
    # A position filled at a close meets its first range one bar later.
    first = int(trade["entry_bar"]) + (not at_open)
    last = int(trade["exit_bar"])
    if at_open and not trade["open"] and Reason(int(trade["exit_reason"])) in _AT_OPEN:
        last -= 1
    return first, last


def _opening_order(result: BacktestResult, entry_bar: int) -> Any:
    """Return the order that opened the position a trade is part of: targets belong to that fill."""
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
