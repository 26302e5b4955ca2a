"""What a strategy saw before the first bar of a run's test part, for its lines on the chart. Plain Python."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.data.split import RunMode
from ivybt_desktop.docks.chart.signal_candles import Blocks

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.core.bars import Bars


class History(NamedTuple):
    """The bars that a strategy saw, and the one among them at which the run's own begin."""

    bars: Bars
    first: int


def history_of(run: BacktestResult, loaded: Iterable[Bars]) -> History:
    """Return what the strategy of a run saw; the run's own bars where no more is loaded.

    A run of the test part keeps only that part, while its strategy had warmed up on the training part.
    """
    data, own = run.spec.data, run.bars
    if data.run_mode is not RunMode.TEST:
        return History(own, 0)
    for bars in loaded:
        first = int(np.searchsorted(bars.time, own.time[0]))
        if same_bars(bars.slice(first, min(first + len(own), len(bars))), own):
            before = int(np.searchsorted(bars.session, _day(data.start))) if data.start else 0
            return History(bars.slice(before, first + len(own)), first - before)
    return History(own, 0)


def cut_blocks(blocks: Blocks | None, first: int, count: int) -> Blocks | None:
    """Return the derived candles of ``count`` bars from ``first`` on, counted from there."""
    if blocks is None or first == 0:
        return blocks
    seen = (blocks.right > first - 0.5) & (blocks.left < first + count - 0.5)
    left, right = (np.clip(edge[seen] - first, -0.5, count - 0.5) for edge in (blocks.left, blocks.right))
    return Blocks(left, right, blocks.open[seen], blocks.close[seen])


def same_bars(one: Bars, other: Bars) -> bool:
    """Return whether two series hold the same prices: a run carries its own slice of what was loaded."""
    if one is other:
        return True
    if (one.symbol, one.timeframe, len(one)) != (other.symbol, other.timeframe, len(other)):
        return False
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("time", "close", "open"))


def _day(day: object) -> np.int64:
    return np.datetime64(str(day), "D").astype(np.int64)
