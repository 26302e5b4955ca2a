"""Stooq: the daily download, and the bulk archive with tickers and periods."""

from __future__ import annotations

from engine.data.formats import Format
from engine.data.head import Head

_DAILY = ("date", "open", "high", "low", "close", "volume")


def _is_archive(head: Head) -> bool:
    return {"ticker", "per", "date", "openint"} <= set(head.keys)


def _is_daily(head: Head) -> bool:
    further = head.keys[6:] in ((), ("openint",), ("stock_id",))
    return head.keys[:6] == _DAILY and further and head.delimiter == ","


FORMATS = (
    Format("stooq_archive", "Stooq archive", _is_archive, rank=30),
    Format("stooq", "Daily table as Stooq writes it", _is_daily, rank=60),
)
