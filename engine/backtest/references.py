"""Instruments that a strategy reads and does not trade: their closes as columns of the traded ones.

A reference is joined as of each bar's close: the last close of the reference at or before that instant, never
a later one, whatever the two calendars and bar lengths are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from engine.backtest.spec import BacktestSpec, StrategySpec
from engine.backtest.targets import blaming
from engine.core.bars import Bars, FloatArray
from engine.core.errors import InputError
from engine.core.timeframe import NS_PER_DAY
from engine.indicators.bank import SOURCES
from engine.strategies import Strategy, load

# A close that is older than so many bars of its own, and than 10 days, is no longer the price.
_OLDEST_BARS = 2


def references_of(sleeve: StrategySpec) -> tuple[str, ...]:
    """Return what a strategy reads beside the instrument that it trades, prices of that instrument left out.

    Raises
    ------
    InputError, StrategyError
        Unknown strategy, wrong parameters, or the strategy raised.
    """
    strategy = load(sleeve.name)
    if type(strategy).references is Strategy.references:
        return ()
    params = strategy.parse(sleeve.params)
    with blaming(strategy):
        return tuple(name for name in dict.fromkeys(strategy.references(params)) if name not in SOURCES)


def all_references(spec: BacktestSpec) -> tuple[str, ...]:
    """Return the references of every strategy of a spec, each once; raises as `references_of`."""
    found = [name for sleeve in (spec.strategy, *spec.sleeves) for name in references_of(sleeve)]
    return tuple(dict.fromkeys(found))


def traded_by(series: Sequence[Bars], sleeve: StrategySpec) -> list[Bars]:
    """Return the instruments that a strategy trades: those it names, or all but its references.

    Raises
    ------
    InputError, StrategyError
        As `references_of`.
    """
    if sleeve.symbols:
        return [bars for bars in series if bars.symbol in sleeve.symbols]
    references = references_of(sleeve)
    return [bars for bars in series if bars.symbol not in references]


def with_references(series: Sequence[Bars], spec: BacktestSpec) -> tuple[Bars, ...]:
    """Return the instruments that the spec trades, with the closes of those that it only reads as columns.

    Parameters
    ----------
    series : sequence of Bars
        All loaded instruments, within the date range.
    spec : BacktestSpec

    Returns
    -------
    tuple of Bars

    Raises
    ------
    InputError
        Every instrument is a reference, and none is left to trade; or the strategy trades a formula.
    StrategyError
        A strategy raised when it was asked for its references.
    """
    given = tuple(series)
    references = all_references(spec)
    if spec.data.formula and references:
        raise InputError(
            f"a strategy on a formula reads nothing beside it, was to read '{references[0]}'",
            field="data.formula", value=spec.data.formula,
            hint=f"Write {references[0]} into the formula, or remove the formula",
        )  # fmt: skip
    if not any(bars.symbol in references for bars in given):
        return given
    traded = {bars.symbol for sleeve in (spec.strategy, *spec.sleeves) for bars in traded_by(given, sleeve)}
    if not traded:
        only, named = given[0].symbol, ", ".join(spec.strategy.symbols)
        raise InputError(
            f"'{only}' is only read as a reference, and nothing is left to trade", field="strategy.symbols",
            value=named or None,
            hint=f"Load {named or 'the instrument to trade'} too, or name '{only}' in strategy.symbols",
        )  # fmt: skip
    return tuple(joined(bars, references, given) for bars in given if bars.symbol in traded)


def joined(bars: Bars, references: Collection[str], series: Sequence[Bars]) -> Bars:
    """Return the bars with the close of each loaded reference as a column of its name.

    A column of the data file that has the name stays. A name that is no loaded instrument is left to whoever
    reads the column: the error there names the columns.
    """
    by_symbol = {other.symbol: other for other in series}
    wanted = [name for name in references if name in by_symbol and name not in bars.columns]
    if not wanted:
        return bars
    closes = {name: as_of(bars, by_symbol[name]) for name in wanted}
    return replace(bars, columns=dict(bars.columns) | closes)


def as_of(bars: Bars, reference: Bars) -> FloatArray:
    """Return the close of another instrument as it is known at the close of each bar.

    Parameters
    ----------
    bars, reference : Bars
        Of any calendars and bar lengths.

    Returns
    -------
    float64[n]
        Last close at or before that instant. NaN before the first one, and where the last one is older than
        10 days (two of its own bars, where those are longer): what has ended has no price.
    """
    from engine.backtest.axis import ENDED_AFTER_DAYS  # noqa: PLC0415  (loads numba)

    last = np.searchsorted(reference.time, bars.time, side="right") - 1
    at = np.maximum(last, 0)
    oldest = max(ENDED_AFTER_DAYS * NS_PER_DAY, _OLDEST_BARS * reference.timeframe.nanoseconds)
    is_known = (last >= 0) & (bars.time - reference.time[at] <= oldest)
    return np.where(is_known, reference.close[at], np.nan)
