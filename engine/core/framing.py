"""From a pandas frame to `Bars`: the part of `Bars.from_frame` that needs pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.core.errors import DataError
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe

if TYPE_CHECKING:
    import pandas as pd

    from engine.core.bars import Bars

PRICES = ("open", "high", "low", "close")


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
    missing = [name for name in PRICES if name not in frame.columns]
    if missing:
        raise DataError(
            f"no column {', '.join(missing)}", where=symbol or "frame",
            hint=f"Columns there: {', '.join(map(str, frame.columns))}",
        )  # fmt: skip
    stamps = _utc_nanoseconds(frame)
    length = Timeframe.parse(timeframe) if timeframe else Timeframe.infer(stamps)
    time, session = close_instants(stamps, length, stamp)
    what = instrument or Instrument.guess(symbol, trades_on_weekends=_has_weekends(session))
    numbers = {name: _number(frame, name, what.symbol) for name in PRICES}
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


def _utc_nanoseconds(frame: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    import pandas as pd

    index = pd.DatetimeIndex(frame.index)
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
    return bool(np.mean(weekday == 5) > 0.05)
