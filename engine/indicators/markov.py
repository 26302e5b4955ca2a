"""Markov trend lines: share of up states, and the expected move per bar."""

from __future__ import annotations

import numpy as np

from engine.indicators import Argument, Indicator, indicator
from engine.kernels.markov import expected_moves, state_shares
from engine.kernels.rolling import true_range


@indicator(warmup=lambda args: int(max(args[0], args[3])) + int(args[2]) - 1, pane="own")
def _markov_share(prices, source, args, out):
    ranges = np.empty(source.shape[0])
    true_range(prices.high, prices.low, prices.close, ranges)
    state_shares(source, ranges, int(args[3]), int(args[0]), args[1], int(args[2]), out[0])


@indicator(warmup=lambda args: int(args[0]) + int(args[1]) - 1, pane="own")
def _expected_move(prices, source, args, out):
    expected_moves(source, int(args[0]), int(args[1]), out[0])


def markov_share(
    source: str, lookback: Argument, threshold: Argument, history: Argument, atr_length: Argument
) -> Indicator:
    """Declare the share of bars in the up state, from 0 to 1; the others are in the down state.

    A bar is up when the source rose over `lookback` bars by more than `threshold` x ATR, down when it fell
    by more, else it keeps the state of the bar before.

    Parameters
    ----------
    source : str
        Input series of the moves.
    lookback : int
        Bars of each move.
    threshold : float
        In average true ranges (Wilder's).
    history : int
        Bars that are counted, the bar itself among them. The share is not known before bar max(lookback,
        atr_length) + history - 1, and while one of these bars has no state: its move is unknown, or no bar
        so far went beyond the threshold.
    atr_length : int
        Length of the average true range in bars.
    """
    return Indicator("markov_share", source, (lookback, threshold, history, atr_length))


def expected_move(source: str, lookback: Argument, window: Argument) -> Indicator:
    """Declare the smoothed expected move per bar.

    Parameters
    ----------
    source : str
        Input series.
    lookback : int
        Changes from bar to bar that make an expectation: p_up x mean rise - p_down x mean fall, p_up and
        p_down in proportion to count x sum of the rises and of the falls. 0 when nothing moved.
    window : int
        Expectations that the line is the mean of; valid from bar lookback + window - 1, in units of the
        source.
    """
    return Indicator("expected_move", source, (lookback, window))
