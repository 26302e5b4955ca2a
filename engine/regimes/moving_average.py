"""Open while the close is on the chosen side of its moving average."""

from __future__ import annotations

import functools
from typing import Any, ClassVar, Literal

import numpy as np

from engine.core.bars import Bars
from engine.fields import field
from engine.regimes import Gate, GateSeries


class MovingAverage(Gate):
    """Open while the close is above (or below) its moving average; closed when it equals it."""

    title: ClassVar[str] = "Moving average"

    name: Literal["moving_average"] = "moving_average"
    side: Literal["above", "below"] = field("above", help="Side of the average on which the gate is open")
    average: Literal["sma", "ema"] = field("sma", help="Simple or exponential average of the closes")
    length: int = field(200, low=2, high=5000, step=10, unit="bars", help="Bars of the average")

    def history(self) -> int:
        """Return the bars of one average."""
        return self.length

    def compute(self, bars: Bars) -> GateSeries:
        """Compare each close with the average that includes it."""
        average = np.empty(len(bars))
        _driver(self.average)(bars.close, self.length, average)
        is_open = bars.close > average if self.side == "above" else bars.close < average
        kind = "average" if self.average == "sma" else "exponential average"
        legend = f"open while close is {self.side} its {self.length}-bar {kind}"
        return GateSeries(is_open, {"average": average}, legend=legend)


@functools.cache
def _driver(average: str) -> Any:
    from numba import int64, void  # noqa: PLC0415  (numba only when used)

    from engine.kernels.compile import compile_loop  # noqa: PLC0415
    from engine.kernels.rolling import exponential_mean, window_mean  # noqa: PLC0415
    from engine.kernels.types import SERIES, VECTOR  # noqa: PLC0415

    function = window_mean if average == "sma" else exponential_mean
    return compile_loop(function, void(SERIES, int64, VECTOR))
