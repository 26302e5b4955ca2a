"""Ichimoku lines: middles of ranges, the cloud drawn for now and the cloud drawn ahead.

No line here looks forward. The lagging span of the chart, today's close drawn `displacement` bars back, is
the comparison of the close with the close that many bars ago.
"""

from __future__ import annotations

import numpy as np

from engine.indicators import Argument, Indicator, full_window, indicator
from engine.kernels.compile import kernel
from engine.kernels.rolling import window_maximum, window_minimum


@kernel
def range_middle(high, low, n, scratch, out):
    """Write (highest high + lowest low) / 2 of the last ``n`` bars; ``scratch`` has the same size."""
    window_maximum(high, n, scratch)
    window_minimum(low, n, out)
    for t in range(out.shape[0]):
        out[t] = 0.5 * (scratch[t] + out[t])


@kernel
def leading_spans(high, low, tenkan, kijun, senkou_b, span_a, span_b):
    """Write both spans at the bar that makes them, NaN until both are known."""
    size = high.shape[0]
    scratch, base = np.empty(size), np.empty(size)
    range_middle(high, low, tenkan, scratch, span_a)
    range_middle(high, low, kijun, scratch, base)
    range_middle(high, low, senkou_b, scratch, span_b)
    for t in range(size):
        span_a[t] = 0.5 * (span_a[t] + base[t])
        if np.isnan(span_a[t] + span_b[t]):
            span_a[t], span_b[t] = np.nan, np.nan


@indicator(warmup=full_window)
def _middle_of_range(prices, source, args, out):
    range_middle(prices.high, prices.low, int(args[0]), np.empty(source.shape[0]), out[0])


@indicator(outputs=("span_a", "span_b"), warmup=lambda args: int(max(args[:3])) - 1)
def _ichimoku_ahead(prices, source, args, out):
    leading_spans(prices.high, prices.low, int(args[0]), int(args[1]), int(args[2]), out[0], out[1])


@indicator(outputs=("span_a", "span_b"), warmup=lambda args: int(max(args[:3])) - 1 + int(args[3]))
def _ichimoku_cloud(prices, source, args, out):
    span_a, span_b, shift = out[0], out[1], int(args[3])
    leading_spans(prices.high, prices.low, int(args[0]), int(args[1]), int(args[2]), span_a, span_b)
    # From the end: what is read has not been written yet.
    for t in range(source.shape[0] - 1, -1, -1):
        span_a[t] = span_a[t - shift] if t >= shift else np.nan
        span_b[t] = span_b[t - shift] if t >= shift else np.nan


def middle_of_range(length: Argument) -> Indicator:
    """Declare the middle of the range of the last bars: Tenkan (9) and Kijun (26) are such lines.

    Parameters
    ----------
    length : int
        Bars, the bar itself among them; valid from bar length-1.
    """
    return Indicator("middle_of_range", "close", (length,))


def ichimoku_ahead(tenkan: Argument, kijun: Argument, senkou_b: Argument) -> tuple[Indicator, Indicator]:
    """Declare the spans at the bar that makes them; a chart draws them ahead of it.

    Parameters
    ----------
    tenkan, kijun, senkou_b : int
        Bars of the three ranges; valid from the longest - 1.

    Returns
    -------
    tuple of Indicator
        Span A, the mean of Tenkan and Kijun, and span B, the middle of the range of `senkou_b` bars.
    """
    args = (tenkan, kijun, senkou_b)
    return Indicator("ichimoku_ahead", "close", args, 0), Indicator("ichimoku_ahead", "close", args, 1)


def ichimoku_cloud(
    tenkan: Argument, kijun: Argument, senkou_b: Argument, displacement: Argument
) -> tuple[Indicator, Indicator]:
    """Declare the cloud at its bar: the spans that were made `displacement` bars earlier.

    Parameters
    ----------
    tenkan, kijun, senkou_b : int
        As in `ichimoku_ahead`.
    displacement : int
        Bars; span[t] here is the span made at bar t - displacement. Programs that count the bar itself
        (pandas_ta, TradingView) draw the same line with a displacement one larger.

    Returns
    -------
    tuple of Indicator
        Span A and span B, valid from the longest range - 1 + displacement.
    """
    args = (tenkan, kijun, senkou_b, displacement)
    return Indicator("ichimoku_cloud", "close", args, 0), Indicator("ichimoku_cloud", "close", args, 1)
