"""Trend followers that are indicators: Supertrend."""

from __future__ import annotations

import numpy as np

from engine.indicators import Argument, Indicator, indicator
from engine.kernels.rolling import average_true_range


@indicator(outputs=("line", "direction"), warmup=lambda args: int(args[0]), panes=("price", "own"))
def _supertrend(prices, source, args, out):
    high, low, close = prices.high, prices.low, prices.close
    line, direction = out[0], out[1]
    average_true_range(high, low, close, int(args[0]), line)
    upper, lower, side = np.nan, np.nan, 0.0
    for t in range(close.shape[0]):
        if np.isnan(line[t]):
            direction[t] = np.nan
            continue
        middle, reach = 0.5 * (high[t] + low[t]), args[1] * line[t]
        # A band moves toward the price only, until the price has closed beyond it.
        if np.isnan(upper) or middle + reach < upper or close[t - 1] > upper:
            upper = middle + reach
        if np.isnan(lower) or middle - reach > lower or close[t - 1] < lower:
            lower = middle - reach
        if side <= 0.0 and close[t] > upper:
            side = 1.0
        elif side >= 0.0 and close[t] < lower:
            side = -1.0
        direction[t] = side
        line[t] = lower if side > 0.0 else (upper if side < 0.0 else np.nan)


def supertrend(atr_length: Argument, factor: Argument) -> tuple[Indicator, Indicator]:
    """Declare Supertrend: bands at (high + low) / 2 +- factor x ATR that only tighten.

    Parameters
    ----------
    atr_length : int
        Wilder's average true range in bars; valid from bar `atr_length`.
    factor : float
        Distance of the bands in ATR.

    Returns
    -------
    tuple of Indicator
        The line (lower band while up, upper band while down) and the direction: 1 up, -1 down, 0 until a
        close has left the first bands, since nothing is known before.
    """
    args = (atr_length, factor)
    return Indicator("supertrend", "close", args, 0), Indicator("supertrend", "close", args, 1)
