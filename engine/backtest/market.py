"""From a spec and bars to what the simulator takes: `Market` and `Terms`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars, FloatArray, IntArray
from engine.core.timeframe import NS_PER_DAY
from engine.execution.fills import ExecutionModel, Fill, Rebalance, Reentry, StopUnit
from engine.indicators.bank import compute
from engine.indicators.volatility import atr
from engine.kernels import terms as codes
from engine.kernels.terms import Market, Terms

DAYS_PER_YEAR = 365.0

_FILLS = {
    Fill.NEXT_OPEN: codes.NEXT_OPEN,
    Fill.NEXT_CLOSE: codes.NEXT_CLOSE,
    Fill.THIS_CLOSE: codes.THIS_CLOSE,
}
_REBALANCES = {Rebalance.ON_CHANGE: codes.ON_CHANGE, Rebalance.BAND: codes.BAND}
_UNITS = {StopUnit.FRACTION: codes.FRACTION, StopUnit.AMOUNT: codes.AMOUNT, StopUnit.ATR: codes.ATR}

_NO_DAYS = np.zeros(1)
_NO_CALENDAR = np.zeros(1, np.uint8)
_NO_ATR = np.zeros((1, 1))
for _array in (_NO_DAYS, _NO_CALENDAR, _NO_ATR):
    _array.flags.writeable = False


def terms_of(spec: BacktestSpec) -> Terms:
    """Return costs, sizing and execution as numbers."""
    costs, execution = spec.costs, spec.execution
    return Terms(
        capital=spec.capital,
        fraction=spec.sizing.fraction,
        slip=costs.slip,
        commission_fixed=costs.commission_fixed,
        commission_per_unit=costs.commission_per_unit,
        commission_rate=costs.commission_bps / 10_000,
        commission_min=costs.commission_min,
        commission_max=costs.commission_max,
        borrow_per_day=costs.borrow_rate / DAYS_PER_YEAR,
        margin_per_day=costs.margin_rate / DAYS_PER_YEAR,
        band=execution.band,
        lot=execution.lot,
        min_quantity=execution.min_quantity,
        min_notional=execution.min_notional,
        max_leverage=execution.max_leverage,
        stop_loss=_or_off(execution.stop_loss),
        take_profit=_or_off(execution.take_profit),
        trailing_stop=_or_off(execution.trailing_stop),
        time_stop=execution.time_stop or 0,
        stop_unit=_UNITS[execution.stop_unit],
        fill=_FILLS[execution.fill],
        rebalance=_REBALANCES.get(execution.rebalance, codes.CALENDAR),
        reentry_allowed=execution.reentry is Reentry.ALLOWED,
        has_stops=execution.has_stops,
        accrues=bool(costs.borrow_rate or costs.margin_rate),
        close_at_end=execution.close_at_end,
    )


def market_of(bars: Bars, spec: BacktestSpec) -> Market:
    """Return the prices of one instrument as a one-row market, with the clocks the spec needs."""
    return Market(
        open=bars.open.reshape(1, -1),
        high=bars.high.reshape(1, -1),
        low=bars.low.reshape(1, -1),
        close=bars.close.reshape(1, -1),
        days=_days_between(bars.time) if spec.costs.borrow_rate or spec.costs.margin_rate else _NO_DAYS,
        decides=_decision_bars(bars.session, spec.execution),
        atr=_atr(bars, spec.execution),
    )


def _or_off(value: float | None) -> float:
    return float("nan") if value is None else value


def _days_between(time: IntArray) -> FloatArray:
    return _frozen(np.diff(time, prepend=time[:1]) / NS_PER_DAY)


def _decision_bars(session: IntArray, execution: ExecutionModel) -> npt.NDArray[np.uint8]:
    """Return 1 at the first bar of each day, week or month: known at that bar, without the next one."""
    match execution.rebalance:
        case Rebalance.DAILY:
            period = session
        case Rebalance.WEEKLY:
            period = (session + 3) // 7  # weeks begin on Monday; 1970-01-01 was a Thursday
        case Rebalance.MONTHLY:
            period = session.view("M8[D]").astype("M8[M]").astype(np.int64)
        case _:
            return _NO_CALENDAR
    flags = np.empty(session.size, np.uint8)
    flags[0] = 1
    flags[1:] = period[1:] != period[:-1]
    return _frozen(flags)


def _atr(bars: Bars, execution: ExecutionModel) -> FloatArray:
    if execution.stop_unit is not StopUnit.ATR or not execution.has_stops:
        return _NO_ATR
    return _frozen(compute(bars, [atr(execution.atr_length)]))


def _frozen[T: np.generic](array: npt.NDArray[T]) -> npt.NDArray[T]:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array
