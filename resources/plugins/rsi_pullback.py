"""A sample strategy of your own, written with pandas_ta.

Copy this file into your plug-in folder, rename the class and change what you like: the form, the sweep
and the command line take its parameters from `Params`. It must not look ahead: the target of a bar may use
that bar and earlier ones only.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from engine.core.bars import Bars, FloatArray
from engine.strategies import Strategy, StrategyParams, param


class RsiPullback(Strategy):
    """Buy a dip in an uptrend: RSI oversold, the close above its long average. Out when RSI recovers."""

    title, family = "RSI pullback (sample)", "reversal"

    class Params(StrategyParams):
        """Oscillator, its two levels and the trend filter."""

        rsi_length: int = param(14, low=2, high=50, step=1, unit="bars", help="Length of the RSI")
        oversold: float = param(35.0, low=5.0, high=50.0, step=5.0, help="Buy below this RSI")
        recovered: float = param(55.0, low=30.0, high=95.0, step=5.0, help="Sell above this RSI")
        trend: int = param(200, low=20, high=400, step=20, unit="bars", help="Trend average in bars")
        constraint = "oversold < recovered"

    def warmup(self, p: Any) -> int:
        """Return the bars without a decision: both indicators need their length."""
        return max(int(p.rsi_length), int(p.trend))

    def signals(self, bars: Bars, p: Any) -> FloatArray:
        """Return 1 while a dip is held and 0 otherwise."""
        target = np.zeros(len(bars))
        if len(bars) <= self.warmup(p):
            return target
        ta, close = _pandas_ta(), bars.to_frame()["close"]
        # talib=False: the same numbers whether or not TA-Lib is installed.
        rsi = ta.rsi(close, length=p.rsi_length, talib=False).to_numpy()
        average = ta.sma(close, length=p.trend, talib=False).to_numpy()
        held = False
        for t in range(self.warmup(p), len(bars)):
            if held:
                held = not rsi[t] > p.recovered
            else:
                held = rsi[t] < p.oversold and bars.close[t] > average[t]
            target[t] = 1.0 if held else 0.0
        return target


def _pandas_ta() -> Any:
    # pandas_ta takes seconds to import, so only when it runs; pandas 3 makes its import warn.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pandas_ta")
        import pandas_ta  # noqa: PLC0415
    return pandas_ta
