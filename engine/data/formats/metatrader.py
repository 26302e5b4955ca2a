"""MetaTrader 4 and 5: History Center, the terminal's bar export, and its Python package."""

from __future__ import annotations

import re

from engine.data.formats import Format
from engine.data.head import Head

_NOTE = "Times are the broker's server time and were taken for UTC; give its time zone to convert them"
_DATE, _CLOCK = re.compile(r"\d{4}\.\d{2}\.\d{2}"), re.compile(r"\d{2}:\d{2}")


def _is_mt4(head: Head) -> bool:
    if head.names or head.width != 7 or not head.rows:
        return False
    return all(_DATE.fullmatch(row[0]) and _CLOCK.fullmatch(row[1]) for row in head.rows[:5])


def _is_mt5(head: Head) -> bool:
    return "<DATE>" in head.names and "<TICKVOL>" in head.names


def _is_rates(head: Head) -> bool:
    return {"tick_volume", "open", "high", "low", "close"} <= set(head.keys)


def _is_quoted_export(head: Head) -> bool:
    columns = ("time", "open", "high", "low", "close")
    return head.quoted_lines and head.delimiter == "\t" and head.keys[:5] == columns


FORMATS = (
    Format("metatrader4", "MetaTrader 4 export", _is_mt4, note=_NOTE, rank=10,
           names=("Date", "Time", "Open", "High", "Low", "Close", "Volume")),
    Format("metatrader5", "MetaTrader 5 export", _is_mt5, note=_NOTE, rank=10),
    Format("metatrader_rates", "MetaTrader rates", _is_rates, note=_NOTE),
    Format("metatrader_quoted", "MetaTrader export in quoted lines", _is_quoted_export, note=_NOTE),
)  # fmt: skip
