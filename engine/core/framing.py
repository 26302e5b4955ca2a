"""From a pandas frame to `Bars`: the part of `Bars.from_frame` that needs pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.core.errors import DataError, InputError
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe

if TYPE_CHECKING:
    import pandas as pd

    from engine.core.bars import Bars

PRICES = ("open", "high", "low", "close")

# Rounding of an export: a range may miss its open or close by this share of the price.
DUST = 1e-6


def bars_from_frame[B: Bars](
    kind: type[B],
    frame: pd.DataFrame,
    *,
    symbol: str,
    timeframe: str | Timeframe | None,
    stamp: Literal["open", "close"],
    instrument: Instrument | None,
) -> B:
    """Build ``kind`` from ``frame``; see `Bars.from_frame`."""
    if stamp not in ("open", "close"):
        raise InputError(
            f"unknown stamp '{stamp}'", field="stamp", value=stamp, hint="Use 'open' or 'close'"
        )
    missing = [name for name in PRICES if name not in frame.columns]
    if missing:
        raise DataError(
            f"no column {', '.join(missing)}", where=symbol or "frame",
            hint=f"Columns there: {', '.join(map(str, frame.columns))}",
        )  # fmt: skip
    if not frame.columns.is_unique:
        twice = ", ".join(map(str, frame.columns[frame.columns.duplicated()].unique()))
        raise DataError(f"column {twice} stands there twice", where=symbol or "frame", hint="Keep one")
    index = _times(frame, symbol or "frame")
    stamps = _utc_nanoseconds(index)
    length = Timeframe.parse(timeframe) if timeframe else Timeframe.infer(stamps)
    if stamp == "open" and not length.is_intraday and index.tz is not None:
        stamps = _utc_nanoseconds(index.tz_localize(None))  # in UTC, midnight in Tokyo is the day before
    time, session = close_instants(stamps, length, stamp)
    what = instrument or Instrument.guess(symbol, trades_on_weekends=_has_weekends(session))
    numbers = {name: _number(frame, name, what.symbol) for name in PRICES}
    _check_ranges(numbers, what.symbol)
    volume = _number(frame, "volume", what.symbol) if "volume" in frame.columns else np.zeros(len(frame))
    extra = {
        str(name): _number(frame, name, what.symbol)
        for name in frame.columns
        if name not in (*PRICES, "volume") and frame[name].dtype.kind in "iufb"
    }
    return kind(
        instrument=what, timeframe=length, time=time, volume=np.nan_to_num(volume),
        session=session, columns=extra, **numbers,
    )  # fmt: skip


def close_instants(
    stamps: np.ndarray[Any, np.dtype[np.int64]], length: Timeframe, stamp: Literal["open", "close"]
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.int64]]]:
    """Return close instants and session days of bars stamped as told.

    An opening stamp of a bar of a day or longer is its date; it closes at the end of that date, UTC.
    """
    if stamp == "close":
        # A bar that closes at midnight belongs to the day it traded in.
        return stamps, (stamps - 1) // NS_PER_DAY
    if length.is_intraday:
        time = stamps + length.nanoseconds
        return time, (time - 1) // NS_PER_DAY
    session = stamps // NS_PER_DAY
    return (session + 1) * NS_PER_DAY, session


def _times(frame: pd.DataFrame, where: str) -> pd.DatetimeIndex:
    """Return the index as times; plain numbers are refused, because nobody can tell their unit."""
    import pandas as pd

    index = frame.index
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    hint = "Set the index to the times of the bars, such as frame.set_index('time')"
    if index.dtype.kind in "iufb" and len(index):
        raise DataError("the index holds numbers and no times", where=where, hint=hint)
    try:
        times = pd.DatetimeIndex(index)
    except (TypeError, ValueError) as error:
        text = str(error).splitlines()[0]
        raise DataError(f"the index holds no times ({text})", where=where, hint=hint) from error
    if times.hasnans:
        bar = int(np.argmax(times.isna()))
        raise DataError(f"the index holds no time at row {bar}", where=where, hint="Drop the row")
    return times


def _check_ranges(prices: dict[str, np.ndarray[Any, np.dtype[np.float64]]], where: str) -> None:
    low, high = prices["low"], prices["high"]
    top = np.maximum(prices["open"], prices["close"])
    bottom = np.minimum(prices["open"], prices["close"])
    room = DUST * np.abs(top)
    # False for NaN: what is not a number is refused under its own name.
    wrong = (high < top - room) | (low > bottom + room) | (high < low - room)
    if wrong.any():
        bar = int(np.argmax(wrong))
        raise DataError(
            f"{int(wrong.sum()):,} bars have an open or close outside low to high, the first at row {bar}",
            where=where, hint="Drop or repair the rows",
        )  # fmt: skip


def _utc_nanoseconds(index: pd.DatetimeIndex) -> np.ndarray[Any, np.dtype[np.int64]]:
    index = index.tz_localize("UTC") if index.tz is None else index.tz_convert("UTC")
    return index.as_unit("ns").asi8


def _number(frame: pd.DataFrame, name: str, where: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        return np.asarray(frame[name], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"column {name} holds text ({error})", where=where) from error


def _has_weekends(session: np.ndarray[Any, np.dtype[np.int64]]) -> bool:
    # 1970-01-01 was a Thursday: day 2 and 3 of the week that starts there are Saturday and Sunday.
    weekday = (session + 3) % 7
    return bool(np.count_nonzero(weekday == 5) > 0.05 * weekday.size)
