"""When the first affected bar of a finding closed: reports count the checked bars, people know dates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.backtest.leak import LeakReport
from engine.backtest.leak_parts import axis_of
from engine.backtest.run import instruments_of
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars


def first_bars(
    report: LeakReport, bars: Bars | Sequence[Bars], spec: BacktestSpec
) -> tuple[tuple[int, str], ...]:
    """Return the closing instant (ns UTC) and the label of the first affected bar of each finding.

    Parameters
    ----------
    report : LeakReport
        Of these bars and this spec.
    bars, spec
        As they were given to `engine.backtest.leak.check_leaks`.

    Raises
    ------
    InputError, DataError
        The bars do not fit the spec.
    """
    if not report.findings:
        return ()
    series = instruments_of(bars, spec)
    # Of long series only the end counts: the window waits for this.
    ends = [one.slice(max(len(one) - report.bars, 0), len(one)) for one in series]
    axis = axis_of(ends)[-report.bars :]
    times = [int(axis[min(finding.first_bar, axis.size - 1)]) for finding in report.findings]
    return tuple((time, _label(series, time)) for time in times)


def _label(series: Sequence[Bars], time: int) -> str:
    for bars in series:
        at = int(np.searchsorted(bars.time, time))
        if at < len(bars) and bars.time[at] == time:
            return bars.label(at)
    return ""
