"""Tables that other backtesting programs read: pandas frames, backtrader, TradeStation, Dukascopy."""

from __future__ import annotations

from engine.data.formats import Format
from engine.data.head import Head

_OHLC = {"open", "high", "low", "close"}
_INTEREST = {"openinterest", "open_interest", "oi"}


def _is_pandas(head: Head) -> bool:
    return bool(head.names) and not head.keys[0] and set(head.keys) >= _OHLC and "date" not in head.keys


def _is_backtrader(head: Head) -> bool:
    return set(head.keys) >= _OHLC and bool(_INTEREST & set(head.keys))


def _is_dukascopy(head: Head) -> bool:
    return bool({"gmt_time", "local_time"} & set(head.keys)) and set(head.keys) >= _OHLC


FORMATS = (
    Format("pandas", "pandas frame with its index", _is_pandas),
    Format("backtrader", "Table with open interest, as backtrader and TradeStation write it",
           _is_backtrader, stamp="close",
           note="Times are taken for the close of a bar, as this export writes them"),
    Format("dukascopy", "Dukascopy export", _is_dukascopy, date_order="dmy"),
)  # fmt: skip
