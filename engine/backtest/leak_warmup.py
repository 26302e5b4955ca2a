"""Warm-up: after how many bars the decisions no longer depend on where the data began."""

from __future__ import annotations

import numpy as np

from engine.backtest.leak_lab import Lab
from engine.backtest.leak_probes import differing, since

STARTS = 8
# A series that still differs this close to its end has not settled.
_SETTLED_SHARE = 0.1


def least_warmup(lab: Lab) -> int:
    """Return the least bars after which decisions equal those of the whole history, whatever the start.

    Decisions are targets, open flags, sizes and levels; lines beneath them do not count. Equal is to a
    relative 1e-9, because an exponential average forgets its start only by and by.

    Parameters
    ----------
    lab : Lab

    Returns
    -------
    int
        0 when the start never matters; -1 when it still matters at the end of every bar that there is, or
        nothing can be computed on later starts.
    """
    latest = int(min(np.searchsorted(lab.axis, bars.time[-1]) for bars in lab.part.series))
    stop = min(lab.size // 2, latest)
    if stop <= 1:
        return -1
    found = [_settled_after(lab, int(start)) for start in np.unique(np.linspace(1, stop, STARTS).astype(int))]
    known = [bars for bars in found if bars is not None]
    if not known or min(known) < 0:
        return -1
    return max(known)


def _settled_after(lab: Lab, start: int) -> int | None:
    """Return the bars from a start until all decisions agree for good; None when it cannot be told."""
    outputs = lab.suffix(since(lab.part.series, int(lab.axis[start])))
    if outputs is None:
        return None
    last = -1
    for name, rows in outputs.items():
        if not rows.decisions:
            continue
        count, whole = rows.decisions, lab.full[name].values[:, start:]
        if rows.values.shape != whole.shape:
            return None  # an instrument that has ended by then
        bars = np.flatnonzero(differing(whole[:count], rows.values[:count]))
        last = max(last, int(bars[-1]) if bars.size else -1)
    left = lab.size - start
    return -1 if last + 1 > left * (1.0 - _SETTLED_SHARE) else last + 1
