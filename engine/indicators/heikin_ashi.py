"""Heikin Ashi candles as lines of a strategy that also reads the real prices."""

from __future__ import annotations

from engine.indicators import Indicator, indicator
from engine.kernels.candles import heikin_ashi_opens


@indicator(outputs=("open", "high", "low", "close"), warmup=lambda _args: 0)
def _heikin_ashi(prices, source, args, out):
    opened, close = out[0], out[3]
    for t in range(source.shape[0]):
        close[t] = (prices.open[t] + prices.high[t] + prices.low[t] + prices.close[t]) / 4
    heikin_ashi_opens(prices.open, prices.close, close, opened)
    for t in range(source.shape[0]):
        out[1, t] = max(prices.high[t], opened[t], close[t])
        out[2, t] = min(prices.low[t], opened[t], close[t])


def heikin_ashi() -> tuple[Indicator, Indicator, Indicator, Indicator]:
    """Declare the Heikin Ashi candle of each bar: averages, valid from the first bar on.

    Returns
    -------
    tuple of Indicator
        Open, half of the open and close of the candle before; high and low; close, the mean of the bar's
        four prices. The first open is half of its own bar's open and close.

    References
    ----------
    Valcu, Using the Heikin-Ashi Technique, Stocks & Commodities 22:2 (2004).
    """
    first, second, third, fourth = (Indicator("heikin_ashi", "close", (), output) for output in range(4))
    return first, second, third, fourth
