"""Keltner channels: an exponential average with a distance in true ranges."""

from __future__ import annotations

import numpy as np

from engine.indicators import Argument, Indicator, indicator, three_lines
from engine.kernels.rolling import exponential_mean, true_range


@indicator(outputs=("upper", "middle", "lower"), warmup=lambda args: int(args[0]))
def _keltner(prices, source, args, out):
    upper, middle, lower = out[0], out[1], out[2]
    length, size = int(args[0]), source.shape[0]
    true_range(prices.high, prices.low, prices.close, lower)
    exponential_mean(lower, length, upper)
    exponential_mean(source, length, middle)
    for t in range(size):
        # The average is known one bar before the range is, which needs a previous close.
        if np.isnan(upper[t]):
            middle[t] = np.nan
        reach = args[1] * upper[t]
        upper[t] = middle[t] + reach
        lower[t] = middle[t] - reach


def keltner(source: str, length: Argument, multiple: Argument) -> tuple[Indicator, Indicator, Indicator]:
    """Declare Keltner channels: EMA of the source +- `multiple` x EMA of the true range.

    Parameters
    ----------
    source : str
        Input series of the middle line.
    length : int
        Span of both averages in bars, each seeded with its first value; valid from bar `length`, because
        bar 0 has no true range.
    multiple : float
        Distance in average true ranges.

    Returns
    -------
    tuple of Indicator
        Upper, middle and lower line.

    References
    ----------
    C. W. Keltner, How to Make Money in Commodities (1960), in Linda Raschke's form with true ranges.
    """
    return three_lines("keltner", source, (length, multiple))
