"""Lines of Dean Malone's Traders Dynamic Index, and an average that is read some bars late."""

from __future__ import annotations

import numpy as np

from engine.indicators import Argument, Indicator, indicator
from engine.kernels.oscillators import relative_strength
from engine.kernels.rolling import exponential_mean, first_number, window_mean


@indicator(warmup=lambda args: int(args[0]) + int(args[1]) - 1, pane="own")
def _rsi_mean(prices, source, args, out):
    strength = np.empty(source.shape[0])
    relative_strength(source, int(args[0]), strength)
    for t in range(first_number(strength) + 1, source.shape[0]):
        # Without a change rises and falls shrink alike: what would move the RSI is rounding.
        if source[t] == source[t - 1]:
            strength[t] = strength[t - 1]
    window_mean(strength, int(args[1]), out[0])


@indicator(warmup=lambda args: int(args[0]) + int(args[1]) - 1)
def _late_ema(prices, source, args, out):
    average, offset = out[0], int(args[1])
    exponential_mean(source, int(args[0]), average)
    # From the end: what is read has not been written yet.
    for t in range(source.shape[0] - 1, -1, -1):
        average[t] = average[t - offset] if t >= offset else np.nan


def rsi_mean(source: str, rsi: Argument, length: Argument) -> Indicator:
    """Declare the simple average of Wilder's RSI: with 2 and 7 bars, the index's green and red line.

    Parameters
    ----------
    source : str
        Input series.
    rsi : int
        Length of the RSI in bars.
    length : int
        Window of the average in bars; valid from bar rsi + length - 1. 0 to 100.

    References
    ----------
    D. Malone, Traders Dynamic Index (2006).
    """
    return Indicator("rsi_mean", source, (rsi, length))


def late_ema(source: str, length: Argument, offset: Argument) -> Indicator:
    """Declare the exponential average as it was some bars earlier, drawn shifted to the right.

    Parameters
    ----------
    source : str
        Input series.
    length : int
        Span in bars, as in `engine.indicators.moving_average.ema`.
    offset : int
        Bars, 0 or more; valid from bar length + offset - 1.
    """
    return Indicator("late_ema", source, (length, offset))
