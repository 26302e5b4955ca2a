"""Signatures shared by all compiled code: prices, rules and indicator kernels.

Rules and indicator kernels each have one fixed signature, so one compiled driver calls any of them
through a function pointer and numba finds everything in its disk cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import float64, int64, types, void

if TYPE_CHECKING:
    from engine.core.bars import Bars


class Prices(NamedTuple):
    """One instrument as a compiled loop sees it; all arrays read-only, length n."""

    open: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    close: npt.NDArray[np.float64]
    volume: npt.NDArray[np.float64]
    time: npt.NDArray[np.int64]  # close instant, nanoseconds UTC
    session: npt.NDArray[np.int64]  # session date, days since 1970-01-01


VECTOR = types.Array(float64, 1, "C")
MATRIX = types.Array(float64, 2, "C")
INTEGERS = types.Array(int64, 1, "C")
INTEGER_MATRIX = types.Array(int64, 2, "C")
SERIES = types.Array(float64, 1, "C", readonly=True)
STAMPS = types.Array(int64, 1, "C", readonly=True)
PRICES = types.NamedTuple((SERIES,) * 5 + (STAMPS,) * 2, Prices)

# rule(bars, bank, rows, params, target): fills target[t] in [-1, 1] for every bar.
# bank[rows[k]] is the k-th declared indicator; params are the declared parameters in order.
RULE = void(PRICES, MATRIX, INTEGERS, VECTOR, VECTOR)

# indicator(prices, source, args, out): fills out[k, t]; NaN during warm-up. `source` is the series
# that the declaration names ("close", "hl2", a column of the file).
INDICATOR = void(PRICES, SERIES, VECTOR, MATRIX)


def prices_of(bars: Bars) -> Prices:
    """Return the arrays of ``bars`` as compiled code takes them; nothing is copied."""
    return Prices(
        bars.open, bars.high, bars.low, bars.close, bars.volume, bars.time, bars.session
    )
