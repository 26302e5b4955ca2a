"""Synthetic instruments: spreads, ratios and baskets from a formula over the prices of others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
import numpy.typing as npt

from engine.core.bars import Bars
from engine.core.errors import DataError, InputError
from engine.core.instrument import Instrument
from engine.data.formula_text import read_steps
from engine.data.formula_value import Formula

__all__ = ["Formula", "parse_formula", "synthetic_bars"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def parse_formula(text: str) -> Formula:
    """Read a formula such as ``SPY - 0.8*QQQ``, ``SPY/QQQ`` or ``(GLD + SLV)/2 - `BRK-B```.

    Parameters
    ----------
    text : str
        Numbers, symbols, ``+ - * /`` and brackets. A symbol is made of letters, digits and ``. _ ^ =``;
        with other characters it stands in backticks.

    Raises
    ------
    InputError
        The text is no formula (the message names the position) or names no symbol.
    """
    formula = Formula(text.strip(), read_steps(text.strip()))
    if not formula.symbols:
        raise InputError(
            f"'{formula.text}' names no symbol", field="formula", value=text,
            hint="Write such as SPY - 0.8*QQQ",
        )  # fmt: skip
    return formula


def synthetic_bars(
    formula: Formula, series: Sequence[Bars], symbol: str | None = None
) -> tuple[Bars, tuple[Bars, ...]]:
    """Return the bars of a formula and those of its legs, on one axis.

    Parameters
    ----------
    formula : Formula
    series : sequence of Bars
        One per symbol; others are not read. All of one bar length.
    symbol : str, optional
        Name of the synthetic instrument. The default (`None`) is the formula.

    Returns
    -------
    bars : Bars
        Where all legs have a bar: of one session date for daily and longer bars, of one closing instant
        for shorter ones. The bar closes when the last leg has closed. Open and close are the formula of
        the legs' opens and closes; volume is 0. Values at or below zero are lawful: a spread makes
        signals, and orders are for its legs.
    legs : tuple of Bars
        The legs' own bars on that axis, in the order of `Formula.symbols`.

    Raises
    ------
    InputError
        A symbol is missing or stands twice in the series, bar lengths or currencies differ, no bar is
        common to all, or the formula has no value at a bar.
    DataError
        A leg has two bars of one session date.

    Notes
    -----
    High and low hold what is certain: the larger and the smaller of open and close. The legs need not
    have had their highs and lows at one moment, so that the formula of highs and lows is a range that
    the spread may never have had, and a stop inside it might never have been touched.

    Exchanges that open at different hours make an open that never stood at one moment; each leg
    is filled at its own.
    """
    legs = _on_one_axis(_pick(formula, series))
    first = legs[0]
    opens = formula.evaluate({leg.symbol: leg.open for leg in legs}, label=first.label)
    closes = formula.evaluate({leg.symbol: leg.close for leg in legs}, label=first.label)
    bars = Bars(
        _instrument(symbol or formula.text, legs), first.timeframe, time=first.time, session=first.session,
        open=opens, high=np.maximum(opens, closes), low=np.minimum(opens, closes), close=closes,
        volume=np.zeros(len(first)),
    )  # fmt: skip
    return bars, legs


def _pick(formula: Formula, series: Sequence[Bars]) -> tuple[Bars, ...]:
    by_symbol: dict[str, Bars] = {}
    for bars in series:
        if bars.symbol in by_symbol:
            raise InputError(
                f"{bars.symbol} stands twice in the data", field="data", value=bars.symbol,
                hint="Give each symbol once",
            )  # fmt: skip
        by_symbol[bars.symbol] = bars
    formula.require(by_symbol)
    legs = tuple(by_symbol[name] for name in formula.symbols)
    for what in ("timeframe", "currency"):
        told = {str(_trait(leg, what)): leg.symbol for leg in legs}
        if len(told) > 1:
            each = ", ".join(f"{leg.symbol} {_trait(leg, what)}" for leg in legs)
            hint = "Resample to the longest" if what == "timeframe" else "Convert the prices first"
            raise InputError(
                f"the legs differ in {what}: {each}", field="formula", value=formula.text, hint=hint
            )
    return legs


def _trait(leg: Bars, what: str) -> object:
    return leg.timeframe if what == "timeframe" else leg.instrument.currency


def _on_one_axis(legs: Sequence[Bars]) -> tuple[Bars, ...]:
    intraday = legs[0].timeframe.is_intraday
    keys = [leg.time if intraday else leg.session for leg in legs]
    for leg, key in zip(legs, keys, strict=True):
        if (np.diff(key) <= 0).any():  # instants always rise
            at = int(np.argmax(np.diff(key) <= 0)) + 1
            raise DataError(
                f"session {leg.label(at)} does not follow the one before it", where=leg.symbol,
                hint="Drop or repair the row",
            )  # fmt: skip
    common = reduce(lambda a, b: np.intersect1d(a, b, assume_unique=True), keys)
    if common.size == 0:
        ranges = "; ".join(_range(leg) for leg in legs)
        raise InputError(
            f"the legs have no bar in common: {ranges}", field="formula",
            hint="Load the same dates for every leg",
        )  # fmt: skip
    places = [np.searchsorted(key, common) for key in keys]
    closes = np.max([leg.time[at] for leg, at in zip(legs, places, strict=True)], axis=0)
    session = legs[0].session[places[0]]
    return tuple(_cut(leg, at, closes, session) for leg, at in zip(legs, places, strict=True))


def _cut(leg: Bars, at: IntArray, time: IntArray, session: IntArray) -> Bars:
    return Bars(
        leg.instrument, leg.timeframe, time=time, session=session, open=leg.open[at], high=leg.high[at],
        low=leg.low[at], close=leg.close[at], volume=leg.volume[at],
        columns={name: value[at] for name, value in leg.columns.items()},
    )  # fmt: skip


def _range(leg: Bars) -> str:
    if len(leg) == 0:
        return f"{leg.symbol} is empty"
    return f"{leg.symbol} {leg.label(0)} to {leg.label(len(leg) - 1)}"


def _instrument(symbol: str, legs: Sequence[Bars]) -> Instrument:
    """Return what the legs share; the fewest sessions a year, since all legs must trade."""
    parts = [leg.instrument for leg in legs]
    kind = min((part.asset_class for part in parts), key=lambda c: Instrument("", c).hours.sessions_per_year)
    calendars, zones = {part.calendar for part in parts}, {part.time_zone for part in parts}
    return Instrument(
        symbol, kind, currency=parts[0].currency,
        calendar=calendars.pop() if len(calendars) == 1 else "",
        time_zone=zones.pop() if len(zones) == 1 else "UTC",
    )  # fmt: skip
