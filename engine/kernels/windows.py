"""Statistics of moving windows over whole arrays, for code that is not compiled itself."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import int64, void

from engine.kernels.compile import compile_loop
from engine.kernels.rolling import window_moments
from engine.kernels.types import SERIES, VECTOR

Series = npt.NDArray[np.float64]


def moments(values: Series, length: int) -> tuple[Series, Series]:
    """Return mean and population standard deviation (ddof 0) of the last ``length`` values.

    Parameters
    ----------
    values : float64[n]
    length : int

    Returns
    -------
    mean, deviation : float64[n]
        NaN where the window is not full.
    """
    mean, deviation = np.empty(values.size), np.empty(values.size)
    _driver()(np.ascontiguousarray(values), length, mean, deviation)
    return mean, deviation


def return_deviation(close: Series, length: int) -> Series:
    """Return the standard deviation (ddof 1) of the last ``length`` close-to-close returns.

    Parameters
    ----------
    close : float64[n]
    length : int
        Two or more.

    Returns
    -------
    float64[n]
        Per bar, as a fraction; NaN until there are as many returns.
    """
    found = np.full(close.size, np.nan)
    found[1:] = moments(close[1:] / close[:-1] - 1.0, length)[1] * np.sqrt(length / (length - 1.0))
    return found


@functools.cache
def _driver() -> Any:
    return compile_loop(window_moments, void(SERIES, int64, VECTOR, VECTOR))
