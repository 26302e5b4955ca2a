"""Chandelier exit: stops that hang from the highest close and stand on the lowest one."""

from __future__ import annotations

import numpy as np

from engine.indicators import Argument, Indicator, indicator
from engine.kernels.chandelier import chandelier_lines
from engine.kernels.rolling import average_true_range, window_maximum, window_minimum


@indicator(outputs=("line", "direction"), warmup=lambda args: int(args[0]), panes=("price", "own"))
def _chandelier(prices, source, args, out):
    close, line, direction, length = prices.close, out[0], out[1], int(args[0])
    reach = np.empty(close.shape[0])
    average_true_range(prices.high, prices.low, close, length, reach)
    window_maximum(close, length, line)
    window_minimum(close, length, direction)
    chandelier_lines(close, line, direction, reach, args[1], line, direction)


def chandelier(length: Argument, multiple: Argument) -> tuple[Indicator, Indicator]:
    """Declare the chandelier exit on closes: highest close - multiple x ATR, lowest close + multiple x ATR.

    The lower stop only rises while the close of the bar before is above it, the upper one only falls while
    that close is below it. A close above the upper stop of the bar before turns the direction up, else one
    below the lower stop of the bar before turns it down.

    Parameters
    ----------
    length : int
        Bars of the highest and lowest close and of Wilder's average true range; valid from bar `length`.
    multiple : float
        Distance of the stops in average true ranges.

    Returns
    -------
    tuple of Indicator
        The stop in force (the lower one while up, the upper one while down) and the direction: 1 up, -1
        down, 0 until a close has gone through a stop, since nothing is known before.

    References
    ----------
    C. Le Beau's exit in A. Elder, Come Into My Trading Room (2002); with both stops and a direction, on
    closes, as charting programs draw it.
    """
    args = (length, multiple)
    return Indicator("chandelier", "close", args, 0), Indicator("chandelier", "close", args, 1)
