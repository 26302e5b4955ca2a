"""The quotes on which Stock.Indicators publishes its series (two years of SPY)."""

import csv
import io

import numpy as np

from engine.core.bars import OHLCV, Bars
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe


def quotes(archive):
    """Return the bars of `quotes/default.csv` in an opened archive."""
    rows = list(csv.DictReader(io.TextIOWrapper(archive.open("quotes/default.csv"), "utf-8-sig")))
    session = np.array([row["date"] for row in rows], "M8[D]").astype(np.int64)
    values = [np.array([float(row[name]) for row in rows]) for name in OHLCV]
    return Bars(Instrument("SPY"), Timeframe(1, "d"), (session + 1) * NS_PER_DAY, *values, session)
