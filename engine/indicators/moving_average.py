"""Moving averages."""

from __future__ import annotations

import numpy as np
from numba import njit

from engine.indicators import Argument, Indicator, indicator


@njit(cache=True, nogil=True)
def ema_into(x, n, out):  # type: ignore[no-untyped-def]
    """Write the EMA of ``x`` with alpha = 2/(n+1), seeded with the first value, valid from n-1."""
    alpha, value = 2.0 / (n + 1.0), x[0]
    for t in range(x.shape[0]):
        if t > 0:
            value = alpha * x[t] + (1.0 - alpha) * value
        out[t] = value if t >= n - 1 else np.nan


@indicator(warmup=lambda args: int(args[0]) - 1)
def _ema(prices, source, args, out):  # type: ignore[no-untyped-def]
    ema_into(source, args[0], out[0])


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
