"""A result on its way between processes: without the prices that the other side has.

Bars of a result are the bars that were given, or a part of them (a date range), perhaps under another
instrument (a stated multiplier). Only bars that were made by the run, such as the axis of a portfolio,
travel whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.backtest.result import BacktestResult
from engine.core.bars import OHLCV, Bars
from engine.core.instrument import Instrument
from engine.core.timeframe import Timeframe


@dataclass(frozen=True, slots=True)
class Part:
    """Bars ``first : first + count`` of a series that both sides have.

    Parameters
    ----------
    source : int
        Position among the given series.
    first, count : int
    instrument : Instrument
    timeframe : Timeframe
    """

    source: int
    first: int
    count: int
    instrument: Instrument
    timeframe: Timeframe


@dataclass(frozen=True, slots=True, eq=False)
class Stripped:
    """A result with empty bars and no legs, and where its bars and legs are.

    Parameters
    ----------
    result : BacktestResult
    prices : tuple of Part or Bars
        Those of the result, then those of each leg.
    """

    result: BacktestResult
    prices: tuple[Part | Bars, ...]


def strip(result: BacktestResult, given: Sequence[Bars]) -> Stripped:
    """Return the result without the prices that ``given`` holds."""
    prices = tuple(_part(bars, given) for bars in (result.bars, *result.legs))
    return Stripped(replace(result, bars=result.bars.slice(0, 0), legs=()), prices)


def restore(stripped: Stripped, given: Sequence[Bars]) -> BacktestResult:
    """Return the result on the prices of this side; equal series are one object."""
    made: dict[Part, Bars] = {}

    def bars_of(price: Part | Bars) -> Bars:
        if isinstance(price, Bars):
            return price
        if price not in made:
            made[price] = _cut(given[price.source], price)
        return made[price]

    bars, *legs = map(bars_of, stripped.prices)
    return replace(stripped.result, bars=bars, legs=tuple(legs))


def _part(bars: Bars, given: Sequence[Bars]) -> Part | Bars:
    if not len(bars):
        return bars
    for source, series in enumerate(given):
        if _is_view(bars, series):
            first = int(np.searchsorted(series.time, bars.time[0]))
            return Part(source, first, len(bars), bars.instrument, bars.timeframe)
    return bars


def _is_view(bars: Bars, series: Bars) -> bool:
    """Return whether every array of ``bars`` lies in the memory of the same array of ``series``."""
    pairs = [(getattr(bars, name), getattr(series, name)) for name in ("time", "session", *OHLCV)]
    if bars.columns.keys() != series.columns.keys():
        return False
    pairs += [(bars.columns[name], series.columns[name]) for name in bars.columns]
    return all(np.may_share_memory(one, other) for one, other in pairs)


def _cut(series: Bars, part: Part) -> Bars:
    if part.count < len(series):
        series = series.slice(part.first, part.first + part.count)
    if (series.instrument, series.timeframe) != (part.instrument, part.timeframe):
        series = replace(series, instrument=part.instrument, timeframe=part.timeframe)
    return series
