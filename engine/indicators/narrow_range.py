"""Levels of the last narrow bar: the high and low of the bar with the smallest range of its window."""

from __future__ import annotations

import numpy as np

from engine.indicators import Argument, Indicator, full_window, indicator
from engine.kernels.rolling import window_minimum


@indicator(outputs=("upper", "lower"), warmup=full_window)
def _narrow_range(prices, source, args, out):
    upper, lower, size = out[0], out[1], source.shape[0]
    span = np.empty(size)
    for t in range(size):
        span[t] = prices.high[t] - prices.low[t]
    window_minimum(span, int(args[0]), lower)
    high, low = np.nan, np.nan
    for t in range(size):
        # NaN while the window is not full: then no bar is the narrowest.
        if span[t] <= lower[t]:
            high, low = prices.high[t], prices.low[t]
        upper[t], lower[t] = high, low


def narrow_range(window: Argument) -> tuple[Indicator, Indicator]:
    """Declare the high and low of the last bar whose range was the narrowest of `window` bars.

    Parameters
    ----------
    window : int
        Bars that are compared, the bar itself among them; of equal ranges each counts as the narrowest.

    Returns
    -------
    tuple of Indicator
        Upper and lower level; NaN until the first narrow bar, which is not before bar window-1.
    """
    return Indicator("narrow_range", "close", (window,), 0), Indicator("narrow_range", "close", (window,), 1)
