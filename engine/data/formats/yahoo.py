"""Yahoo Finance: its web download and the two layouts of the yfinance package."""

from __future__ import annotations

from engine.data.formats import Format
from engine.data.head import Head

_OHLC = {"open", "high", "low", "close"}


def _is_download(head: Head) -> bool:
    return set(head.keys) == {"date", *_OHLC, "adj_close", "volume"}


def _is_frame(head: Head) -> bool:
    return set(head.keys) >= _OHLC and {"dividends", "stock_splits"} <= set(head.keys)


def _is_multi_header(head: Head) -> bool:
    first = {row[0].strip().lower() for row in head.others}
    return set(head.keys) >= _OHLC and bool(first & {"ticker", "date", "datetime"})


FORMATS = (
    Format("yahoo", "Yahoo Finance download", _is_download),
    Format("yfinance", "yfinance frame with dividends and splits", _is_frame),
    Format("yfinance_multi", "yfinance frame with several header rows", _is_multi_header, rank=20),
)
