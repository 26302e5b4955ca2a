"""Heikin Ashi candles: averaged bars that show the direction and hide the noise."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import numpy as np

from engine.core.bars import Bars


def heikin_ashi(bars: Bars) -> Bars:
    """Return the Heikin Ashi candles of some bars.

    Close = (open + high + low + close) / 4 of the bar. Open = half of the open and close of the candle
    before; the first is half of its own bar's open and close. High and low are the bar's, widened to hold
    the candle's open and close.

    Parameters
    ----------
    bars : Bars

    Returns
    -------
    Bars
        Time, session, volume and columns are those of `bars`. A candle uses its own bar and earlier ones.

    Notes
    -----
    These are averages: nobody traded at a Heikin Ashi open or close. Signals may use them; orders are
    filled on the real bars.

    References
    ----------
    Valcu, Using the Heikin-Ashi Technique, Stocks & Commodities 22:2 (2004).
    """
    close = (bars.open + bars.high + bars.low + bars.close) / 4
    open_ = np.empty(len(bars))
    _loop()(bars.open, bars.close, close, open_)
    high = np.maximum(bars.high, np.maximum(open_, close))
    low = np.minimum(bars.low, np.minimum(open_, close))
    return replace(bars, open=open_, high=high, low=low, close=close)


@functools.cache
def _loop() -> Any:
    from numba import void  # noqa: PLC0415  (numba only when used)

    from engine.kernels.candles import heikin_ashi_opens  # noqa: PLC0415
    from engine.kernels.compile import compile_loop  # noqa: PLC0415
    from engine.kernels.types import SERIES, VECTOR  # noqa: PLC0415

    return compile_loop(heikin_ashi_opens, void(SERIES, SERIES, VECTOR, VECTOR))
