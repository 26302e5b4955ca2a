"""Highest and lowest value of a moving window."""

from __future__ import annotations

import numpy as np

from engine.indicators import Argument, Indicator, full_window, indicator
from engine.kernels.rolling import window_maximum, window_minimum


@indicator(outputs=("highest", "lowest"), warmup=full_window)
def _extremes(prices, source, args, out):
    highest, lowest, length = out[0], out[1], int(args[0])
    window_maximum(source, length, highest)
    window_minimum(source, length, lowest)
    hole = -length
    for t in range(source.shape[0]):
        hole = t if np.isnan(source[t]) else hole
        # The loops above are made for series without holes.
        if t - hole < length:
            highest[t], lowest[t] = np.nan, np.nan


def extremes(source: str, length: Argument) -> tuple[Indicator, Indicator]:
    """Declare the highest and the lowest of the last values, the bar itself among them.

    Parameters
    ----------
    source : str
        Input series.
    length : int
        Window in bars; valid from bar length-1, unknown where the window holds a hole.

    Returns
    -------
    tuple of Indicator
        Highest and lowest value.
    """
    return Indicator("extremes", source, (length,), 0), Indicator("extremes", source, (length,), 1)
