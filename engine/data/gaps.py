"""Steps between bars that are longer than one bar and that no weekend, night or holiday explains."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.core.bars import Bars
from engine.core.instrument import AssetClass
from engine.core.timeframe import NS_PER_DAY, NS_PER_SECOND
from engine.data.report import Gaps

# Thursday to Tuesday, the longest step that a weekend with one holiday makes, has 5 days less some hours.
_LONGEST_WEEKEND_DAYS = 4.5


def find_gaps(bars: Bars) -> npt.NDArray[np.int64]:
    """Return the positions of the bars after which a gap follows.

    Notes
    -----
    Bars of a day: a step above 4.5 days; for crypto, which never closes, above one day. Weeks and
    months: above one and a half bars. Intraday: a step above one bar inside one session day; for
    crypto any such step.
    """
    if len(bars) < 2:
        return np.empty(0, np.int64)
    length, always_open = bars.timeframe, bars.instrument.asset_class is AssetClass.CRYPTO
    if not length.is_intraday:
        days = np.diff(bars.session)
        if length.unit == "d" and length.count == 1:
            return np.flatnonzero(days > (1 if always_open else _LONGEST_WEEKEND_DAYS))
        return np.flatnonzero(days * 86_400 > 1.5 * length.seconds)
    long_steps = np.diff(bars.time) > length.nanoseconds
    if not always_open:
        long_steps &= np.diff(bars.session) == 0
    return np.flatnonzero(long_steps)


def steps_seconds(bars: Bars, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the seconds from the bars at `positions` to the bars that follow them."""
    if not bars.timeframe.is_intraday:
        days = bars.session[positions + 1] - bars.session[positions]
        return days.astype(np.float64) * (NS_PER_DAY // NS_PER_SECOND)
    nanoseconds = bars.time[positions + 1] - bars.time[positions]
    return nanoseconds.astype(np.float64) / NS_PER_SECOND


def summarise(bars: Bars) -> Gaps:
    """Return count and longest of the gaps."""
    positions = find_gaps(bars)
    if not positions.size:
        return Gaps()
    seconds = steps_seconds(bars, positions)
    longest = int(np.argmax(seconds))
    return Gaps(int(positions.size), float(seconds[longest]), bars.label(int(positions[longest])))
