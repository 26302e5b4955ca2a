"""The candles that a strategy decided on, and its lines on the real bars. Plain Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from engine.backtest.spec import CandleSpec
    from engine.core.bars import Bars

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Blocks(NamedTuple):
    """Derived candles over the real bars, float64[m] each: edges in bar positions, then in price."""

    left: FloatArray
    right: FloatArray
    open: FloatArray
    close: FloatArray


@dataclass(frozen=True, eq=False)
class SignalBars:
    """What a strategy saw.

    Parameters
    ----------
    bars : Bars
        The derived candles.
    known : int64[m]
        Real bar at whose close each is known, not decreasing.
    """

    bars: Bars
    known: IntArray

    def spread(self, values: FloatArray, count: int) -> FloatArray:
        """Return values of the derived candles on ``count`` real bars, each from the bar that knows it."""
        last = np.searchsorted(self.known, np.arange(count), side="right") - 1
        out = np.full(count, np.nan)
        if values.size:
            out[last >= 0] = values[last[last >= 0]]
        return out

    def blocks(self) -> Blocks:
        """Return where the candles stand; several of one bar share the room since the one before."""
        known = self.known
        group, first, counts = np.unique(known, return_index=True, return_counts=True)
        begin = np.concatenate(([-0.5], group[:-1] + 0.5))
        width = np.repeat((group + 0.5 - begin) / counts, counts)
        place = np.arange(known.size) - np.repeat(first, counts)
        left = np.repeat(begin, counts) + place * width
        return Blocks(left, left + width, self.bars.open, self.bars.close)


def is_standard(candles: CandleSpec) -> bool:
    """Return whether the strategy decides on the bars themselves."""
    return candles.kind.value == "standard" and not candles.timeframe


def signal_bars(bars: Bars, candles: CandleSpec) -> SignalBars:
    """Return the candles that a strategy decides on.

    Raises
    ------
    InputError
        The bars cannot make them: no brick forms, or the longer bars are no multiple.
    """
    from engine.data.heikin_ashi import heikin_ashi  # noqa: PLC0415  (compiled when used)
    from engine.data.renko import renko  # noqa: PLC0415
    from engine.data.resample import resample  # noqa: PLC0415

    series = bars
    known: IntArray = np.arange(len(bars), dtype=np.int64)
    if candles.timeframe:
        series = resample(bars, candles.timeframe)
        known = np.asarray(np.searchsorted(bars.time, series.time, side="left"), np.int64)
        inside = known < len(bars)
        series, known = series.slice(0, int(inside.sum())), np.asarray(known[inside], np.int64)
    if candles.kind.value == "heikin_ashi":
        series = heikin_ashi(series)
    elif candles.kind.value == "renko":
        bricks = renko(series, size=candles.brick_size, atr_length=candles.brick_atr)
        series, known = bricks.bars, np.asarray(known[bricks.known], np.int64)
    return SignalBars(series, known)


def on_real_bars(
    bars: Bars, candles: CandleSpec, lines_of: Callable[[Bars], dict[str, tuple[FloatArray, str]]]
) -> tuple[dict[str, tuple[FloatArray, str]], Blocks | None]:
    """Return a strategy's lines on the real bars, and the candles it saw when they are others.

    Parameters
    ----------
    bars : Bars
    candles : CandleSpec
    lines_of : callable
        Lines over some bars: name to (values, "price" or "own").
    """
    if is_standard(candles):
        return lines_of(bars), None
    seen = signal_bars(bars, candles)
    lines = {
        name: (seen.spread(values, len(bars)), where) for name, (values, where) in lines_of(seen.bars).items()
    }
    return lines, seen.blocks()
