"""Moving averages: simple, exponential, Wilder's."""

from __future__ import annotations

from engine.indicators import Argument, Indicator, full_window, indicator
from engine.kernels.rolling import exponential_mean, wilder_mean, window_mean


@indicator(warmup=full_window)
def _sma(prices, source, args, out):
    window_mean(source, int(args[0]), out[0])


@indicator(warmup=full_window)
def _ema(prices, source, args, out):
    exponential_mean(source, int(args[0]), out[0])


@indicator(warmup=full_window)
def _wilder(prices, source, args, out):
    wilder_mean(source, int(args[0]), out[0])


def sma(source: str, length: Argument) -> Indicator:
    """Declare a simple moving average.

    Parameters
    ----------
    source : str
        Input series.
    length : int
        Window in bars; valid from bar length-1. A fraction is rounded down.
    """
    return Indicator("sma", source, (length,))


def ema(source: str, length: Argument) -> Indicator:
    """Declare an exponential moving average.

    Parameters
    ----------
    source : str
        Input series.
    length : int
        Span in bars; alpha = 2 / (length + 1), seeded with the first value, valid from bar length-1.
    """
    return Indicator("ema", source, (length,))


def wilder(source: str, length: Argument) -> Indicator:
    """Declare Wilder's average, also called RMA or SMMA.

    Parameters
    ----------
    source : str
        Input series.
    length : int
        Length in bars; alpha = 1 / length, seeded with the mean of the first values, valid from bar
        length-1.

    References
    ----------
    J. Welles Wilder, New Concepts in Technical Trading Systems (1978).
    """
    return Indicator("wilder", source, (length,))
