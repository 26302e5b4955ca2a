"""Oscillators: MACD, Wilder's RSI, z-scores of a value, a ratio and a return."""

from __future__ import annotations

import numpy as np

from engine.indicators import Argument, Indicator, full_window, indicator, three_lines
from engine.kernels.oscillators import convergence, ratio, relative_strength, simple_return, standard_score


@indicator(
    outputs=("macd", "signal", "histogram"), pane="own",
    warmup=lambda args: int(max(args[0], args[1])) + int(args[2]) - 2,
)  # fmt: skip
def _macd(prices, source, args, out):
    macd, signal, histogram = out[0], out[1], out[2]
    convergence(source, int(args[0]), int(args[1]), int(args[2]), macd, signal)
    for t in range(source.shape[0]):
        histogram[t] = macd[t] - signal[t]


@indicator(warmup=lambda args: int(args[0]), pane="own")
def _rsi(prices, source, args, out):
    relative_strength(source, int(args[0]), out[0])


@indicator(warmup=full_window, pane="own")
def _zscore(prices, source, args, out):
    standard_score(source, int(args[0]), out[0])


@indicator(warmup=full_window, pane="own")
def _ratio_zscore(prices, source, args, out):
    share = np.empty(source.shape[0])
    ratio(prices.close, source, share)
    standard_score(share, int(args[0]), out[0])


@indicator(warmup=lambda args: int(args[0]) + int(args[1]) - 1, pane="own")
def _return_zscore(prices, source, args, out):
    lookback, window, scores = int(args[0]), int(args[1]), out[0]
    moves = np.empty(source.shape[0])
    simple_return(source, lookback, moves)
    standard_score(moves, window, scores)


def macd(
    source: str, fast: Argument, slow: Argument, signal: Argument
) -> tuple[Indicator, Indicator, Indicator]:
    """Declare the MACD: fast EMA minus slow EMA, and its own EMA.

    Parameters
    ----------
    source : str
        Input series.
    fast, slow : int
        Spans of both averages in bars.
    signal : int
        Span of the signal line in bars. All lines are valid from bar slow + signal - 2.

    Returns
    -------
    tuple of Indicator
        MACD, signal and histogram (MACD - signal), in units of the source.

    Notes
    -----
    The averages are seeded with their first value (`ema`). TA-Lib seeds them with a mean: its lines are the
    same once the seed is forgotten.

    References
    ----------
    G. Appel, The Moving Average Convergence-Divergence Trading Method (1979).
    """
    return three_lines("macd", source, (fast, slow, signal))


def rsi(source: str, length: Argument) -> Indicator:
    """Declare Wilder's relative strength index, 0 to 100.

    Parameters
    ----------
    source : str
        Input series.
    length : int
        Wilder's average of rises and falls in bars; valid from bar `length`. 50 while the series has not
        moved at all, where TA-Lib has 0: a price that stands still is not oversold.

    References
    ----------
    J. Welles Wilder, New Concepts in Technical Trading Systems (1978).
    """
    return Indicator("rsi", source, (length,))


def zscore(source: str, length: Argument) -> Indicator:
    """Declare the distance from the moving mean in population deviations (ddof 0).

    Parameters
    ----------
    source : str
        Input series.
    length : int
        Window in bars, with the bar itself; valid from bar length-1. 0 where nothing moves.
    """
    return Indicator("zscore", source, (length,))


def ratio_zscore(reference: str, length: Argument) -> Indicator:
    """Declare the z-score of the close divided by another series.

    Parameters
    ----------
    reference : str
        Series to divide by: a column of the data file, or a price. NaN where the window holds a bar
        without a value, or with a 0.
    length : int
        Window in bars; valid from bar length-1 where the reference starts with the data.
    """
    return Indicator("ratio_zscore", reference, (length,))


def return_zscore(source: str, lookback: Argument, window: Argument) -> Indicator:
    """Declare the z-score of the return over some bars against the last such returns.

    Parameters
    ----------
    source : str
        Input series.
    lookback : int
        Bars of each return; the returns overlap.
    window : int
        Returns that mean and population deviation are taken of; valid from bar lookback + window - 1.
    """
    return Indicator("return_zscore", source, (lookback, window))
