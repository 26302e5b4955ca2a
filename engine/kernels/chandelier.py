"""One step of the chandelier exit: two trailing stops and the direction they give."""

from __future__ import annotations

import numpy as np

from engine.kernels.compile import kernel


@kernel
def chandelier_step(close, before, hung, stood, lower, upper, side):
    """Return both stops and the direction after a bar.

    Parameters
    ----------
    close, before : float
        Close of the bar and of the bar before.
    hung, stood : float
        Highest close - distance and lowest close + distance at the bar; NaN while not known.
    lower, upper, side : float
        What the step of the bar before returned; NaN, NaN and 0 at the first.

    Returns
    -------
    tuple of float
        Lower stop, upper stop; direction: 1 up, -1 down, 0 while no close has gone through a stop.
    """
    # Judged by the stops of the bar before, which the bar itself did not move.
    side = 1.0 if close > upper else (-1.0 if close < lower else side)
    # A stop moves toward the price only, until a close has gone through it; NaN is no stop.
    lower = lower if (before > lower) & (lower > hung) else hung
    upper = upper if (before < upper) & (upper < stood) else stood
    return lower, upper, side


@kernel
def chandelier_lines(close, highest, lowest, reach, multiple, line, direction):
    """Write the stop in force and the direction of every bar.

    Parameters
    ----------
    close, highest, lowest, reach : float64[size]
        Closes, their extremes, and the average true range; NaN at first.
    multiple : float
        Distance of the stops in average true ranges.
    line, direction : float64[size]
        The lower stop while up, the upper one while down, NaN while neither. May be ``highest`` and
        ``lowest``.
    """
    lower, upper, side, before = np.nan, np.nan, 0.0, np.nan
    for t in range(close.shape[0]):
        distance = multiple * reach[t]
        hung, stood = highest[t] - distance, lowest[t] + distance
        lower, upper, side = chandelier_step(close[t], before, hung, stood, lower, upper, side)
        before = close[t]
        line[t] = lower if side > 0.0 else (upper if side < 0.0 else np.nan)
        direction[t] = np.nan if np.isnan(distance) else side
