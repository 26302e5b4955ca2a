"""NinjaTrader: ``yyyyMMdd HHmmss;open;high;low;close;volume``, stamped at the close of a bar."""

from __future__ import annotations

import re

from engine.data.formats import Format
from engine.data.head import Head

_STAMP = re.compile(r"\d{8}( \d{6})?")


def _matches(head: Head) -> bool:
    if head.names or head.delimiter != ";" or head.width != 6:
        return False
    return all(_STAMP.fullmatch(row[0]) for row in head.rows[:5])


FORMATS = (
    Format("ninjatrader", "NinjaTrader export", _matches, stamp="close", rank=10,
           names=("Time", "Open", "High", "Low", "Close", "Volume")),
)  # fmt: skip
