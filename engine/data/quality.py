"""What looks wrong in bars that can be used: gaps, idle volume, jumps, stuck prices, impossible ranges."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core.bars import Bars
from engine.data.gaps import find_gaps, steps_seconds
from engine.data.report import duration
from engine.data.rows import DUST

IntArray = npt.NDArray[np.int64]

# A close 65 % above or 39 % below the last one.
SPIKE_LOG_RETURN = 0.5
STALE_BARS = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of thing that looks wrong.

    Parameters
    ----------
    name : str
        Id: gaps, zero_volume, spikes, stale, outside, inverted, not_positive.
    title : str
        Words for people.
    count : int
        How often, at least 1.
    first_bar : int
        Position of the first case.
    first : str
        Label of that bar.
    detail : str
        The worst case in words.
    """

    name: str
    title: str
    count: int
    first_bar: int
    first: str
    detail: str


@dataclass(frozen=True, slots=True)
class QualityReport:
    """What `audit` found.

    Parameters
    ----------
    symbol, timeframe, start, end : str
        What was looked at.
    bars : int
        Number of bars.
    findings : tuple of Finding
        Empty when nothing looks wrong.
    """

    symbol: str
    timeframe: str
    bars: int
    start: str
    end: str
    findings: tuple[Finding, ...] = ()

    @property
    def is_clean(self) -> bool:
        """True when nothing looks wrong."""
        return not self.findings

    def lines(self) -> tuple[str, ...]:
        """Return one sentence for each finding."""
        if self.is_clean:
            return ("Nothing looks wrong",)
        return tuple(f"{f.count:,} {f.title}, first at {f.first}: {f.detail}" for f in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values: JSON ready."""
        values = asdict(self)
        values["findings"] = [asdict(item) for item in self.findings]
        return values


def audit(bars: Bars) -> QualityReport:
    """Look for what a trader would want to know before trusting a backtest on these bars.

    Notes
    -----
    Gaps as in `engine.data.gaps`. Spikes: a close-to-close log return above 0.5 in size. Stale: at
    least five bars in a row with one and the same close and no range. Zero volume is told only
    where some bars have volume. Nothing is changed.
    """
    checks = (_gaps, _spikes, _stale, _zero_volume, _inverted, _outside, _not_positive)
    found = [finding for check in checks if (finding := check(bars)) is not None]
    ends = (bars.label(0), bars.label(len(bars) - 1)) if len(bars) else ("", "")
    return QualityReport(bars.symbol, str(bars.timeframe), len(bars), *ends, tuple(found))


def _finding(name: str, title: str, bars: Bars, at: IntArray, detail: str) -> Finding | None:
    """Return the finding, None without a case; `title` starts with the word that gets a plural s."""
    if not at.size:
        return None
    noun, _, rest = title.partition(" ")
    words = f"{noun}{'s' * (at.size > 1)} {rest}".strip()
    return Finding(name, words, int(at.size), int(at[0]), bars.label(int(at[0])), detail)


def _gaps(bars: Bars) -> Finding | None:
    at = find_gaps(bars)
    seconds = steps_seconds(bars, at)
    if not at.size:
        return None
    worst = int(np.argmax(seconds))
    longest = f"the longest lasts {duration(seconds[worst])} after {bars.label(int(at[worst]))}"
    return _finding("gaps", "gap", bars, at, longest)


def _spikes(bars: Bars) -> Finding | None:
    before, after = bars.close[:-1], bars.close[1:]
    positive = (before > 0) & (after > 0)
    moves = np.zeros(len(before))
    moves[positive] = np.abs(np.log(after[positive] / before[positive]))
    at = np.flatnonzero(moves > SPIKE_LOG_RETURN) + 1
    if not at.size:
        return None
    worst = int(at[np.argmax(moves[at - 1])])
    change = bars.close[worst] / bars.close[worst - 1] - 1
    detail = f"the largest is {change:+.1%} at {bars.label(worst)}; splits look like this"
    return _finding("spikes", "bar with a jump of the close", bars, at, detail)


def _stale(bars: Bars) -> Finding | None:
    moved = np.ones(len(bars), bool)
    flat = (bars.high == bars.low) & (bars.open == bars.close)
    moved[1:] = (np.diff(bars.close) != 0) | ~flat[1:] | ~flat[:-1]
    starts = np.flatnonzero(moved)
    lengths = np.diff(np.append(starts, len(bars)))
    at, lengths = starts[lengths >= STALE_BARS], lengths[lengths >= STALE_BARS]
    if not at.size:
        return None
    worst = int(np.argmax(lengths))
    longest = f"the longest has {int(lengths[worst]):,} bars from {bars.label(int(at[worst]))}"
    return _finding("stale", "run of bars with one price", bars, at, longest)


def _zero_volume(bars: Bars) -> Finding | None:
    at = np.flatnonzero(bars.volume == 0)
    if at.size == len(bars):
        return None
    return _finding("zero_volume", "bar without volume", bars, at, f"{at.size / len(bars):.2%} of all bars")


def _inverted(bars: Bars) -> Finding | None:
    at = np.flatnonzero(bars.high < bars.low)
    return _finding("inverted", "bar with the high below the low", bars, at, "prices cannot be right")


def _outside(bars: Bars) -> Finding | None:
    top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
    excess = np.maximum(top - bars.high, bars.low - bottom)
    at = np.flatnonzero((excess > 0) & (bars.high >= bars.low))
    if not at.size:
        return None
    share = excess[at] / np.maximum(np.abs(top[at]), np.abs(bottom[at]))
    words = "all within rounding" if (share <= DUST).all() else f"by up to {share.max():.4%} of the price"
    return _finding("outside", "bar with open or close outside low to high", bars, at, words)


def _not_positive(bars: Bars) -> Finding | None:
    lowest = np.minimum.reduce([bars.open, bars.high, bars.low, bars.close])
    at = np.flatnonzero(lowest <= 0)
    detail = f"the lowest is {lowest.min():g}" if at.size else ""
    return _finding("not_positive", "bar with a price of zero or below", bars, at, detail)
