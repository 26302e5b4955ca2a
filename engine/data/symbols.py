"""Which instrument a file is of: by its name, by its rows, or as stated."""

from __future__ import annotations

import re
from pathlib import PurePath

import numpy as np
import numpy.typing as npt

from engine.core.instrument import AssetClass, Instrument
from engine.core.timeframe import Timeframe

_ENDINGS = re.compile(r"\.(csv|txt|tsv|dat|prn|gz|parquet|pq|feather|arrow|ipc)$", re.IGNORECASE)
_KLINE = re.compile(r"^([A-Z0-9]{5,})-\d{1,2}(?:s|m|h|d|w|mo|M)-\d{4}-\d{2}(?:-\d{2})?$")
_COLLECTOR = re.compile(r"^[A-Za-z0-9]+_([A-Z0-9]{5,})_(?:d|1h|minute|\d{4}_minute|1d|2?\d?h)$")
_PERIOD = r"(?:[Mm](?:1|5|15|30)|[Hh][14]|[Dd]1|W1|MN1?|1|5|15|30|60|240|1440)"
_PAIR_WITH_PERIOD = re.compile(rf"(?:^|[_-])([A-Z]{{6}})[_-]?{_PERIOD}(?:_\d{{4}})?$")


def symbol_of(file_name: str) -> str:
    """Return the symbol that a file's name holds: its stem without what is surely not part of it.

    ``aapl.us.txt.gz`` gives AAPL, ``BTCUSDT-1m-2021-07.csv`` gives BTCUSDT, ``EURUSD60.csv``
    gives EURUSD; any other name is kept as it is.
    """
    stem = PurePath(file_name).name
    while _ENDINGS.search(stem):
        stem = _ENDINGS.sub("", stem)
    if stem.lower().endswith(".us"):
        return stem[:-3].upper()
    match = _KLINE.match(stem) or _COLLECTOR.match(stem)
    if match:
        return match[1]
    match = _PAIR_WITH_PERIOD.search(stem)
    return match[1] if match and _is_pair(match[1]) else stem


def _is_pair(symbol: str) -> bool:
    return Instrument.guess(symbol).asset_class is AssetClass.FX


def instrument_of(symbol: str, session: npt.NDArray[np.int64], timeframe: Timeframe) -> Instrument:
    """Return the instrument by the form of its symbol and by whether it trades on weekends.

    Parameters
    ----------
    symbol : str
        ``CL=F`` is a future, ``EURUSD`` and ``XAUUSD`` are traded like currencies; weekend bars
        make it crypto.
    session : int64[n]
        Days of the bars since 1970-01-01.
    timeframe : Timeframe
        Bars of a week or more say nothing about weekends.
    """
    weekends = timeframe.unit not in ("wk", "mo") and trades_on_weekends(session)
    return Instrument.guess(symbol, trades_on_weekends=weekends)


def trades_on_weekends(session: npt.NDArray[np.int64]) -> bool:
    """Return whether more than one bar in twenty lies on a Saturday."""
    # 1970-01-01 was a Thursday: two days later began the first Saturday.
    return bool(session.size) and bool(np.mean(session % 7 == 2) > 0.05)
