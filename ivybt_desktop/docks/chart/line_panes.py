"""Which lines share a pane below the prices: those of about one scale. Plain Python."""

from __future__ import annotations

import numpy as np

from ivybt_desktop.docks.chart.ports import Lines

# Spans further apart than this flatten the smaller line.
_MOST = 5.0


def group_lines(lines: Lines) -> list[list[str]]:
    """Return the names of the lines that are not drawn over prices, one list per pane.

    Lines of one place ("own", or "own" and a number) share a pane when their ranges overlap and are of
    similar size: MACD and its signal do, RSI and ATR do not.
    """
    groups: list[tuple[str, float, float, list[str]]] = []
    for name, (values, where) in lines.items():
        if where == "price":
            continue
        low = float(np.fmin.reduce(values, initial=np.inf))
        high = float(np.fmax.reduce(values, initial=-np.inf))
        for at, (place, least, most, names) in enumerate(groups):
            if place == where and _alike(low, high, least, most):
                groups[at] = (place, min(low, least), max(high, most), [*names, name])
                break
        else:
            groups.append((where, low, high, [name]))
    return [names for _, _, _, names in groups]


def _alike(low: float, high: float, least: float, most: float) -> bool:
    one, other = high - low, most - least
    if not (np.isfinite(one) and np.isfinite(other)) or min(one, other) <= 0:
        return False
    return max(one, other) <= _MOST * min(one, other) and low < most and least < high
