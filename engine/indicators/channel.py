"""Channels around the price: Bollinger bands, Donchian channels."""

from __future__ import annotations

import numpy as np

from engine.indicators import Argument, Indicator, full_window, indicator, three_lines
from engine.kernels.rolling import window_maximum, window_minimum, window_moments


@indicator(outputs=("upper", "middle", "lower"), warmup=full_window)
def _bollinger(prices, source, args, out):
    upper, middle, lower = out[0], out[1], out[2]
    window_moments(source, int(args[0]), middle, upper)
    for t in range(source.shape[0]):
        reach = args[1] * upper[t]
        upper[t] = middle[t] + reach
        lower[t] = middle[t] - reach


@indicator(outputs=("mean", "deviation"), warmup=full_window, panes=("price", "none"))
def _moments(prices, source, args, out):
    window_moments(source, int(args[0]), out[0], out[1])


@indicator(outputs=("upper", "lower"), warmup=lambda args: int(args[0]))
def _donchian(prices, source, args, out):
    # One bar later: the channel that a close is compared with holds earlier bars only.
    upper, lower, size = out[0], out[1], source.shape[0]
    if size > 0:
        upper[0], lower[0] = np.nan, np.nan
        window_maximum(prices.high[: size - 1], int(args[0]), upper[1:])
        window_minimum(prices.low[: size - 1], int(args[0]), lower[1:])


def bollinger(source: str, length: Argument, std: Argument) -> tuple[Indicator, Indicator, Indicator]:
    """Declare Bollinger bands.

    Parameters
    ----------
    source : str
        Input series.
    length : int
        Window in bars; valid from bar length-1.
    std : float
        Width in population standard deviations (ddof 0), as TA-Lib has it.

    Returns
    -------
    tuple of Indicator
        Upper, middle (the simple average) and lower line.
    """
    return three_lines("bollinger", source, (length, std))


def moments(source: str, length: Argument) -> tuple[Indicator, Indicator]:
    """Declare what Bollinger bands are made of: one pair of lines for all widths of a sweep.

    Parameters
    ----------
    source : str
        Input series.
    length : int
        Window in bars; valid from bar length-1.

    Returns
    -------
    tuple of Indicator
        The simple average and the population standard deviation (ddof 0). The bands are the average plus and
        minus width x deviation, to the bit.
    """
    return Indicator("moments", source, (length,), 0), Indicator("moments", source, (length,), 1)


def donchian(length: Argument) -> tuple[Indicator, Indicator]:
    """Declare the channel of the *previous* bars' highs and lows; the bar itself is not in it.

    Parameters
    ----------
    length : int
        Number of previous bars; valid from bar `length`.

    Returns
    -------
    tuple of Indicator
        Upper line (highest high) and lower line (lowest low).
    """
    return Indicator("donchian", "close", (length,), 0), Indicator("donchian", "close", (length,), 1)
