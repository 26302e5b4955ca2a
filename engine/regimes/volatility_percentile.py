"""Open by where the latest realised volatility stands among its own past values."""

from __future__ import annotations

import functools
import math
from typing import Any, ClassVar, Literal

import numpy as np

from engine.core.bars import Bars
from engine.fields import field
from engine.regimes import Gate, GateSeries
from engine.regimes.fitted import MOTIONLESS, log_returns


class VolatilityPercentile(Gate):
    """Open while realised volatility is low, high or in between, measured by its own trailing percentile.

    Volatility is the standard deviation (ddof 1) of the last log returns; its percentile is the percent of
    the last values, the current one included, that lie below it (0 lowest, 100 highest, equal ones half).
    """

    title: ClassVar[str] = "Volatility percentile"

    name: Literal["volatility_percentile"] = "volatility_percentile"
    side: Literal["low", "high", "between"] = field(
        "low", help="Open at or below the low mark, at or above the high mark, or strictly between them"
    )
    length: int = field(20, low=2, high=5000, step=5, unit="bars", help="Returns in each volatility")
    lookback: int = field(
        252, low=10, high=20_000, step=21, unit="bars", help="Past volatilities to compare with"
    )
    low: float = field(30.0, low=0.0, high=100.0, step=5.0, unit="%", title="Low mark",
                       help="Percentile at or below which volatility is low")  # fmt: skip
    high: float = field(70.0, low=0.0, high=100.0, step=5.0, unit="%", title="High mark",
                        help="Percentile at or above which volatility is high")  # fmt: skip

    def model_post_init(self, _context: Any) -> None:
        """Refuse marks in the wrong order."""
        if self.low >= self.high:
            raise self.refuse(
                f"low mark {self.low:g}% must be below high mark {self.high:g}%", "low", "Swap the marks"
            )

    def history(self) -> int:
        """Return the bars of the first full comparison: one more than the returns it needs."""
        return self.length + self.lookback

    def compute(self, bars: Bars) -> GateSeries:
        """Rank each bar's volatility among the last ones."""
        n = len(bars)
        returns = np.ascontiguousarray(log_returns(bars)[1:])
        volatility, percentile = np.full(n, np.nan), np.full(n, np.nan)
        if n > 1:
            mean, deviation, rank = np.empty(n - 1), np.empty(n - 1), np.empty(n - 1)
            moments, ranks = _drivers()
            moments(returns, self.length, mean, deviation)
            deviation[deviation < MOTIONLESS] = 0.0  # else the rounding of equal steps would be ranked
            ranks(deviation, self.lookback, rank)
            yearly = math.sqrt(bars.periods_per_year * self.length / (self.length - 1))
            volatility[1:], percentile[1:] = deviation * yearly, rank
            volatility[: self.history() - 1] = np.nan
        is_open = {
            "low": percentile <= self.low,
            "high": percentile >= self.high,
            "between": (percentile > self.low) & (percentile < self.high),
        }[self.side]
        lines = {"volatility": volatility, "percentile": percentile}
        return GateSeries(is_open, lines, legend=self._legend())

    def _legend(self) -> str:
        where = {
            "low": f"at or below the {self.low:g}% mark",
            "high": f"at or above the {self.high:g}% mark",
            "between": f"between the {self.low:g}% and {self.high:g}% marks",
        }[self.side]
        return f"open while {self.length}-bar volatility is {where} of its last {self.lookback} values"


@functools.cache
def _drivers() -> tuple[Any, Any]:
    from numba import int64, void  # noqa: PLC0415  (numba only when used)

    from engine.kernels.compile import compile_loop  # noqa: PLC0415
    from engine.kernels.ranking import percentile_rank_driver  # noqa: PLC0415
    from engine.kernels.rolling import window_moments  # noqa: PLC0415
    from engine.kernels.types import SERIES, VECTOR  # noqa: PLC0415

    return compile_loop(window_moments, void(SERIES, int64, VECTOR, VECTOR)), percentile_rank_driver()
