"""Volatility that grows or shrinks: change of a moving variance, true range as a share of the price."""

from __future__ import annotations

import numpy as np

from engine.indicators import Argument, Indicator, indicator
from engine.kernels.rolling import average_true_range, exponential_mean
from engine.kernels.spread import variance_steps


@indicator(warmup=lambda args: int(args[0]), pane="own")
def _variance_step(prices, source, args, out):
    variance_steps(source, int(args[0]), out[0])


@indicator(
    outputs=("share", "average"), pane="own", warmup=lambda args: int(args[0]) + int(args[1]) - 1
)
def _range_share(prices, source, args, out):
    share, average = out[0], out[1]
    average_true_range(prices.high, prices.low, prices.close, int(args[0]), share)
    for t in range(source.shape[0]):
        share[t] = np.nan if source[t] == 0.0 else share[t] / source[t]
    exponential_mean(share, int(args[1]), average)
    for t in range(source.shape[0]):
        if np.isnan(average[t]):
            share[t] = np.nan


def variance_step(source: str, length: Argument) -> Indicator:
    """Declare the growth of the moving population variance since the bar before.

    Its sign tells whether Bollinger bands of that length widen, whatever their multiple.

    Parameters
    ----------
    source : str
        Input series.
    length : int
        Window in bars; valid from bar `length`. Exactly 0 when the variance stays as it is.
    """
    return Indicator("variance_step", source, (length,))


def range_share(source: str, atr_length: Argument, ema_length: Argument) -> tuple[Indicator, Indicator]:
    """Declare the average true range as a share of a price, and its exponential average.

    Parameters
    ----------
    source : str
        Price that is divided by. A hole or a 0 makes both lines unknown from there on.
    atr_length : int
        Wilder's average true range in bars.
    ema_length : int
        Span of the average in bars, seeded with the first share.

    Returns
    -------
    tuple of Indicator
        Share (0.02 is 2 % of the price) and its average, valid from bar atr_length + ema_length - 1.
    """
    args = (atr_length, ema_length)
    return Indicator("range_share", source, args, 0), Indicator("range_share", source, args, 1)
