"""The compiled driver of indicators: one call fills the lines of many argument sets."""

from __future__ import annotations

from numba import int64, njit, types, void

from engine.kernels.types import INDICATOR, MATRIX, PRICES, SERIES

FILL = void(types.FunctionType(INDICATOR), PRICES, SERIES, MATRIX, int64, MATRIX)


@njit(FILL, cache=True, nogil=True)
def fill_lines(indicator, prices, source, args, outputs, out):
    """Compute one kind for several argument sets.

    Parameters
    ----------
    indicator : compiled indicator
    prices : Prices
    source : float64[n]
    args : float64[m, n_args]
        One set of arguments per row.
    outputs : int
        Rows that one set fills.
    out : float64[m * outputs, n]
        Output.
    """
    for i in range(args.shape[0]):
        indicator(prices, source, args[i], out[i * outputs : (i + 1) * outputs])
