"""Crypto exchanges and collectors: Binance klines, Bitfinex candles, CryptoDataDownload."""

from __future__ import annotations

from engine.data.formats import Format
from engine.data.head import Head
from engine.data.headerless import price_order

_KLINE = (
    "Open time", "Open", "High", "Low", "Close", "Volume", "Close time", "Quote volume", "Trades",
    "Taker buy volume", "Taker buy quote volume", "Ignore",
)  # fmt: skip


def _epoch(cell: str) -> bool:
    return cell.isdigit() and len(cell) in (13, 16)


def _is_kline(head: Head) -> bool:
    if head.names:
        return {"open_time", "close_time"} <= set(head.keys)
    return head.width == len(_KLINE) and all(_epoch(row[0]) and _epoch(row[6]) for row in head.rows[:5])


def _is_bitfinex(head: Head) -> bool:
    if head.names or head.width != 6 or not all(_epoch(row[0]) for row in head.rows[:5]):
        return False
    return price_order(head, (1, 2, 3, 4)) == "ochl"


def _is_collector(head: Head) -> bool:
    return any("cryptodatadownload" in line.lower() for line in head.junk)


FORMATS = (
    Format("binance", "Binance klines", _is_kline, names=_KLINE, rank=10),
    Format("bitfinex", "Bitfinex candles", _is_bitfinex, rank=10,
           names=("Time", "Open", "Close", "High", "Low", "Volume")),
    Format("cryptodatadownload", "CryptoDataDownload", _is_collector, rank=10),
)  # fmt: skip
