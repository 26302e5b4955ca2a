"""Loops of volatility that grows or shrinks: change of a moving variance, range as a share of the price.

As in `engine.kernels.rolling`: NaN before the first full window, any series length, ``x`` is only read.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.compile import kernel
from engine.kernels.rolling import window_mean

# Values this close to cancelling, as a share of themselves, cancel: what is left of them is rounding.
CANCELS = 1e-12


@kernel
def variance_steps(x, n, out):
    """Write how much the population variance of the last ``n`` values grew since the bar before.

    Parameters
    ----------
    x : float64[size]
    n : int
        Window in bars; valid from bar ``n`` on.
    out : float64[size]
        In squared units of ``x``; NaN where one of both windows is not full or holds a NaN. Exactly 0 when
        the variance stays as it is, as it often does where prices are multiples of a tick: the difference
        of two computed deviations would be rounding, of either sign.
    """
    window_mean(x, n, out)
    before = np.nan
    for t in range(x.shape[0]):
        mean = out[t]
        if t < n:
            out[t] = np.nan
        else:
            # The value that enters and the one that leaves, each from the mean of its window.
            apart = (x[t] - mean) + (x[t - n] - before)
            still = abs(apart) <= CANCELS * abs(x[t])
            out[t] = 0.0 if still else (x[t] - x[t - n]) * apart / n
        before = mean
