"""Volatility: true range, Wilder's average true range, standard deviation."""

from __future__ import annotations

import numpy as np

from engine.indicators import Argument, Indicator, full_window, indicator
from engine.kernels.rolling import average_true_range, window_moments
from engine.kernels.rolling import true_range as write_true_range


@indicator(warmup=lambda _args: 1, pane="own")
def _true_range(prices, source, args, out):
    write_true_range(prices.high, prices.low, prices.close, out[0])


@indicator(warmup=lambda args: int(args[0]), pane="own")
def _atr(prices, source, args, out):
    average_true_range(prices.high, prices.low, prices.close, int(args[0]), out[0])


@indicator(warmup=full_window, pane="own")
def _stdev(prices, source, args, out):
    mean = np.empty(source.shape[0])
    window_moments(source, int(args[0]), mean, out[0])


def true_range() -> Indicator:
    """Declare the true range: the bar's range extended to the previous close, valid from bar 1."""
    return Indicator("true_range", "close", ())


def atr(length: Argument) -> Indicator:
    """Declare the average true range.

    Parameters
    ----------
    length : int
        Wilder's average in bars: the mean of the first true ranges, then alpha = 1 / length; valid
        from bar `length`, because bar 0 has no previous close.

    References
    ----------
    J. Welles Wilder, New Concepts in Technical Trading Systems (1978); equal to TA-Lib's ATR.
    """
    return Indicator("atr", "close", (length,))


def stdev(source: str, length: Argument) -> Indicator:
    """Declare a moving population standard deviation (ddof 0).

    Parameters
    ----------
    source : str
        Input series.
    length : int
        Window in bars; valid from bar length-1.
    """
    return Indicator("stdev", source, (length,))
