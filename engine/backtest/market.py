"""From a spec and bars to what the simulator takes: `Market`, `Extra` and `Terms`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtest.axis import Axis
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars, FloatArray, IntArray
from engine.core.errors import InputError
from engine.core.timeframe import NS_PER_DAY
from engine.execution.costs import CostModel
from engine.execution.fills import Entry, ExecutionModel, Fill, Rebalance, Reentry, StopUnit, Unfilled
from engine.indicators.bank import compute
from engine.indicators.volatility import atr
from engine.kernels import terms as codes
from engine.kernels.terms import Extra, Market, Terms
from engine.sizing import FixedCash, FixedFraction, FixedUnits, Kelly, RiskPerTrade, Sizer

DAYS_PER_YEAR = 365.0
NO_LIMIT = 2**31

_FILLS = {
    Fill.NEXT_OPEN: codes.NEXT_OPEN,
    Fill.NEXT_CLOSE: codes.NEXT_CLOSE,
    Fill.THIS_CLOSE: codes.THIS_CLOSE,
}
_REBALANCES = {Rebalance.ON_CHANGE: codes.ON_CHANGE, Rebalance.BAND: codes.BAND}
_UNITS = {StopUnit.FRACTION: codes.FRACTION, StopUnit.AMOUNT: codes.AMOUNT, StopUnit.ATR: codes.ATR}
_ENTRIES = {
    Entry.MARKET: codes.AT_MARKET, Entry.LIMIT: codes.AT_LIMIT, Entry.STOP: codes.AT_STOP,
    Entry.BRACKET: codes.AT_BRACKET,
}  # fmt: skip


def _frozen[T: np.generic](array: npt.NDArray[T]) -> npt.NDArray[T]:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


_NO_DAYS = _frozen(np.zeros(1))
_NONE = _frozen(np.zeros((1, 1)))
_NO_FLAGS = _frozen(np.zeros((1, 1), np.uint8))
_NO_INDEX = _frozen(np.zeros((1, 1), np.int64))
NO_EXTRA = Extra(_NONE, _frozen(np.zeros((2, 1))), _NONE, _NO_FLAGS, _NO_INDEX, _NONE, _NO_INDEX)


def terms_of(
    spec: BacktestSpec, *, plain: bool = True, gear: bool = False, gaps: bool = False, fine: bool = False
) -> Terms:
    """Return account, sizing and execution as numbers.

    Parameters
    ----------
    spec : BacktestSpec
    plain : bool
        One instrument on its own bars without gearing; `Terms.is_plain` asks for more than that.
    gear, gaps, fine : bool
        Legs have a gearing; some assets miss bars; finer bars are given.
    """
    execution = spec.execution
    sizing = _sizing(spec.sizing)
    return Terms(
        capital=spec.capital,
        margin_per_day=spec.costs.margin_rate / DAYS_PER_YEAR,
        band=execution.band,
        lot=execution.lot,
        min_quantity=execution.min_quantity,
        min_notional=execution.min_notional,
        max_leverage=execution.max_leverage,
        stop_loss=_or_off(execution.stop_loss),
        take_profit=_or_off(execution.take_profit),
        trailing_stop=_or_off(execution.trailing_stop),
        break_even=_or_off(execution.break_even),
        participation=_or_off(execution.max_participation),
        maintenance=execution.maintenance,
        time_stop=execution.time_stop or 0,
        stop_unit=_UNITS[execution.stop_unit],
        fill=_FILLS[execution.fill],
        rebalance=_REBALANCES.get(execution.rebalance, codes.CALENDAR),
        entry=_ENTRIES[execution.entry],
        entry_bars=execution.entry_bars,
        max_positions=spec.portfolio.max_positions or NO_LIMIT,
        resolve=codes.BASE,
        reentry_allowed=execution.reentry is Reentry.ALLOWED,
        has_stops=execution.has_stops,
        accrues=accrues(spec),
        close_at_end=execution.close_at_end,
        carries=execution.unfilled is Unfilled.CARRY,
        has_gear=gear or spec.sizing.is_geared,
        has_gaps=gaps,
        has_fine=fine,
        is_plain=plain and not fine and is_plain(spec),
        **sizing,
    )


def is_plain(spec: BacktestSpec) -> bool:
    """Return whether orders are market orders for a fixed share of equity, without a cap or impact."""
    execution = spec.execution
    impact = spec.costs.impact_bps or any(one.impact_bps for one in spec.symbol_costs.values())
    return (
        isinstance(spec.sizing, FixedFraction)
        and execution.entry is Entry.MARKET
        and execution.max_participation is None
        and not impact
    )


def accrues(spec: BacktestSpec) -> bool:
    """Return whether holding can cost borrow or interest."""
    models = (spec.costs, *spec.symbol_costs.values())
    return any(model.borrow_rate or model.margin_rate for model in models)


def market_of(bars: Bars, spec: BacktestSpec) -> Market:
    """Return the prices of one instrument as a one-row market, with the clocks the spec needs."""
    point = bars.instrument.multiplier
    rows = [getattr(bars, name).reshape(1, -1) for name in ("open", "high", "low", "close")]
    open_, high, low, close = rows if point == 1.0 else [_frozen(row * point) for row in rows]
    return Market(
        open=open_, high=high, low=low, close=close,
        days=_days_between(bars.time) if accrues(spec) else _NO_DAYS,
        decides=_calendar([bars.session], spec.execution),
        atr=_atr(bars, spec.execution),
        fees=fees_of([bars], spec),
    )  # fmt: skip


def known_from(bars: Bars, spec: BacktestSpec) -> npt.NDArray[np.bool_] | None:
    """Return where the sizing rule can size an order, bool[n]; None when it always can.

    A signal counts as 0 before that, so that becoming known is a changed target.
    """
    gear = spec.sizing.gearing(bars, spec.periods_per_year)
    if gear is not None:
        return np.asarray(gear > 0.0)
    if isinstance(spec.sizing, RiskPerTrade) and spec.execution.stop_unit is StopUnit.ATR:
        return np.asarray(~np.isnan(_atr(bars, spec.execution)[0]))
    return None


def extra_of(
    bars: Bars, spec: BacktestSpec, levels: tuple[FloatArray, FloatArray] | None = None
) -> Extra:
    """Return what one instrument needs beside its prices: gearing, entry prices, volume.

    Parameters
    ----------
    bars : Bars
    spec : BacktestSpec
    levels : (float64[n], float64[n]), optional
        Prices of a bracket to buy and to sell, as quoted.

    Raises
    ------
    InputError
        A bracket without levels; a volume is needed and the data has none.
    """
    extra = NO_EXTRA
    gear = spec.sizing.gearing(bars, spec.periods_per_year)
    if gear is not None:
        extra = extra._replace(gear=_frozen(gear.reshape(1, -1)))
    if spec.execution.entry is not Entry.MARKET:
        extra = extra._replace(level=_frozen(_entry_prices(bars, spec.execution, levels)))
    if _needs_volume(spec):
        extra = extra._replace(volume=_volume(bars, spec).reshape(1, -1))
    return extra


def market_of_axis(axis: Axis, spec: BacktestSpec) -> Market:
    """Return the prices of all legs on one time axis; an absent leg keeps its last close."""
    points = np.array([leg.instrument.multiplier for leg in axis.legs]).reshape(-1, 1)
    last = axis.carried("close")
    rows = [*(axis.spread(name, last) for name in ("open", "high", "low")), last]
    if (points != 1.0).any():
        rows = [row * points for row in rows]
    open_, high, low, close = (_frozen(row) for row in rows)
    widths = [_atr(leg, spec.execution) for leg in axis.legs] if _needs_atr(spec.execution) else []
    return Market(
        open=open_, high=high, low=low, close=close,
        days=_days_between(axis.time) if accrues(spec) else _NO_DAYS,
        decides=_calendar([leg.session for leg in axis.legs], spec.execution, axis),
        atr=_frozen(axis.place([width[0] for width in widths], np.nan)) if widths else _NONE,
        fees=fees_of(axis.legs, spec),
    )  # fmt: skip


def extra_of_axis(
    axis: Axis, gear: FloatArray | None, rank: IntArray | None, spec: BacktestSpec,
    levels: Sequence[tuple[FloatArray, FloatArray]] = (),
) -> Extra:  # fmt: skip
    """Return what a portfolio needs beside its prices; ``levels`` are those of its legs, if they have any."""
    extra = NO_EXTRA if axis.is_even else NO_EXTRA._replace(alive=_frozen(axis.alive))
    if gear is not None:
        extra = extra._replace(gear=_frozen(gear))
    if rank is not None:
        extra = extra._replace(rank=_frozen(rank))
    if spec.execution.entry is not Entry.MARKET:
        own: Sequence[tuple[FloatArray, FloatArray] | None] = levels or [None] * len(axis.legs)
        pairs = [_entry_prices(leg, spec.execution, one) for leg, one in zip(axis.legs, own, strict=True)]
        placed = np.stack([axis.place([pair[k] for pair in pairs], np.nan) for k in range(2)], axis=1)
        extra = extra._replace(level=_frozen(placed.reshape(2 * len(pairs), -1)))
    if _needs_volume(spec):
        extra = extra._replace(volume=_frozen(axis.place([_volume(leg, spec) for leg in axis.legs], 0.0)))
    return extra


def fees_of(legs: Sequence[Bars], spec: BacktestSpec) -> FloatArray:
    """Return float64[n_assets, FEE_COLUMNS]; money amounts per price unit become money per contract."""
    rows: list[list[float]] = []
    made: dict[tuple[str, float, float], list[float]] = {}
    for leg in legs:
        own = leg.symbol if leg.symbol in spec.symbol_costs else ""
        key = (own, leg.instrument.multiplier, leg.instrument.tick_size)
        if key in made:
            rows.append(made[key])
            continue
        costs = spec.symbol_costs.get(leg.symbol, spec.costs) if spec.symbol_costs else spec.costs
        point, tick = leg.instrument.multiplier, leg.instrument.tick_size
        if costs.slippage_ticks and not tick:
            raise InputError(
                f"slippage in ticks needs the tick size of {leg.symbol or 'the instrument'}",
                field="costs.slippage_ticks", value=costs.slippage_ticks,
                hint="Set data.instrument.tick_size",
            )  # fmt: skip
        made[key] = _fee_row(costs, point, tick)
        rows.append(made[key])
    return _frozen(np.array(rows))


def _fee_row(costs: CostModel, point: float, tick: float) -> list[float]:
    return [
        costs.commission_fixed, costs.commission_per_unit, costs.commission_bps / 10_000,
        costs.commission_min, costs.commission_max, costs.commission_max_bps / 10_000,
        costs.sell_fee_bps / 10_000, costs.sell_fee_per_unit, costs.slip,
        (costs.slippage_ticks * tick + costs.spread_amount / 2) * point, costs.slippage_range,
        costs.impact_bps / 10_000, costs.borrow_rate / DAYS_PER_YEAR, point,
    ]  # fmt: skip


def _sizing(rule: Sizer) -> dict[str, Any]:
    cap, kelly = 0.0, (0.0, 0.0, 0.0)
    match rule:
        case FixedCash():
            kind, amount = codes.CASH_AMOUNT, rule.amount
        case FixedUnits():
            kind, amount = codes.UNITS, rule.units
        case Kelly():
            kind, amount, cap = codes.KELLY, rule.share, rule.cap
            kelly = (rule.z, float(rule.min_trades), rule.start)
        case RiskPerTrade():
            kind, amount, cap = codes.RISK, rule.risk, rule.cap
        case FixedFraction():
            kind, amount = codes.SHARE, rule.fraction
        case _:
            kind, amount = codes.SHARE, 1.0
    return {
        "sizing": kind, "fraction": amount, "cap": cap, "kelly_z": kelly[0], "kelly_trades": kelly[1],
        "kelly_start": kelly[2],
    }  # fmt: skip


# One object: terms that are equal but for what is switched off are found equal.
_OFF = float("nan")


def _or_off(value: float | None) -> float:
    return _OFF if value is None else value


def _days_between(time: IntArray) -> FloatArray:
    return _frozen(np.diff(time, prepend=time[:1]) / NS_PER_DAY)


def _calendar(
    sessions: Sequence[IntArray], execution: ExecutionModel, axis: Axis | None = None
) -> npt.NDArray[np.uint8]:
    """Return 1 at the first bar of each day, week or month: known at that bar, without the next one."""
    if execution.rebalance in _REBALANCES:
        return _NO_FLAGS
    rows = [decision_bars(session, execution.rebalance) for session in sessions]
    return _frozen(np.array(rows) if axis is None else axis.place(rows, 0).astype(np.uint8))


def decision_bars(session: IntArray, rebalance: Rebalance) -> npt.NDArray[np.uint8]:
    """Return 1 at the bars whose close may decide under a calendar, uint8[n]."""
    if rebalance is Rebalance.WEEKLY:
        period = (session + 3) // 7  # weeks begin on Monday; 1970-01-01 was a Thursday
    elif rebalance is Rebalance.MONTHLY:
        period = session.view("M8[D]").astype("M8[M]").astype(np.int64)
    else:
        period = session
    flags = np.ones(session.size, np.uint8)
    flags[1:] = period[1:] != period[:-1]
    return flags


def _needs_atr(execution: ExecutionModel) -> bool:
    return execution.stop_unit is StopUnit.ATR and (
        execution.has_stops or execution.entry is not Entry.MARKET
    )


def _atr(bars: Bars, execution: ExecutionModel) -> FloatArray:
    if not _needs_atr(execution):
        return _NONE
    return _frozen(compute(bars, [atr(execution.atr_length)]) * bars.instrument.multiplier)


def _entry_prices(
    bars: Bars, execution: ExecutionModel, levels: tuple[FloatArray, FloatArray] | None
) -> FloatArray:
    """Return where a decision of each close buys and where it sells, in money per unit, float64[2, n]."""
    point = bars.instrument.multiplier
    if execution.entry is Entry.BRACKET:
        if levels is None:
            raise InputError(
                "a bracket is placed at the entry prices of a strategy, and this one gives none",
                field="execution.entry", value="bracket", hint="Use market, limit or stop",
            )  # fmt: skip
        return np.stack(levels) * point
    close, away = bars.close * point, _entry_distance(bars, execution)
    # A limit waits at the better side of the close, a stop at the worse one.
    below, above = close - away, close + away
    return np.stack((below, above) if execution.entry is Entry.LIMIT else (above, below))


def _entry_distance(bars: Bars, execution: ExecutionModel) -> FloatArray:
    point = bars.instrument.multiplier
    if execution.stop_unit is StopUnit.ATR:
        return np.asarray(execution.entry_distance * _atr(bars, execution)[0])
    if execution.stop_unit is StopUnit.AMOUNT:
        return np.full(len(bars), execution.entry_distance * point)
    return np.asarray(execution.entry_distance * bars.close * point)


def _needs_volume(spec: BacktestSpec) -> bool:
    models = (spec.costs, *spec.symbol_costs.values())
    return spec.execution.max_participation is not None or any(one.impact_bps for one in models)


def _reads_volume(spec: BacktestSpec) -> str:
    return "costs.impact_bps" if spec.execution.max_participation is None else "execution.max_participation"


def _volume(bars: Bars, spec: BacktestSpec) -> FloatArray:
    volume = bars.volume
    if not (volume > 0.0).any():
        raise InputError(
            f"{bars.symbol or 'the data'} has no volume", field=_reads_volume(spec),
            hint="Remove the volume cap and costs.impact_bps, or use data with volume",
        )  # fmt: skip
    return _frozen(np.where(volume > 0.0, volume, 0.0))
