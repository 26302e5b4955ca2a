"""The price that a grid is built around."""

from __future__ import annotations

from engine.indicators import Argument, Indicator, indicator
from engine.kernels.rolling import window_mean


@indicator(warmup=lambda args: int(args[1]) - 1 if args[0] > 0.0 else 0)
def _grid_anchor(prices, source, args, out):
    if args[0] > 0.0:
        window_mean(source, int(args[1]), out[0])
    elif source.shape[0] > 0:
        out[0, :] = source[0]


def grid_anchor(is_rolling: Argument, length: Argument) -> Indicator:
    """Declare the anchor of a grid.

    Parameters
    ----------
    is_rolling : bool
        False: the first close of the data, for all bars. True: the mean close of the last `length` bars.
    length : int
        Bars, the bar itself among them; valid from bar length-1. Not read for the first close.
    """
    return Indicator("grid_anchor", "close", (is_rolling, length))
