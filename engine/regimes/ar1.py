"""Open while returns follow (momentum) or undo (reversion) the return before."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.core.bars import Bars
from engine.fields import field
from engine.regimes import Gate, GateSeries
from engine.regimes.fitted import history_field, log_returns, refit_field, window_field


class Ar1(Gate):
    """Open while the AR(1) coefficient of log returns says momentum, or reversion.

    The coefficient is the least-squares slope of a return on the one before, with a constant. The gate is
    closed while prices do not move at all.
    """

    title: ClassVar[str] = "AR(1) of returns"

    name: Literal["ar1"] = "ar1"
    direction: Literal["momentum", "reversion"] = field(
        "momentum", help="Momentum: coefficient above the threshold; reversion: below minus the threshold"
    )
    threshold: float = field(
        0.05, low=0.0, high=1.0, step=0.01, help="How far from 0 the coefficient must be"
    )
    min_t: float = field(
        0.0, low=0.0, high=10.0, step=0.5, title="Least t statistic",
        help="How far from 0 the coefficient's t statistic must be; 0 leaves it out",
    )  # fmt: skip
    window: int | None = window_field(120)
    min_history: int = history_field(120)
    refit_every: int = refit_field(1)

    def history(self) -> int:
        """Return the bars before the first fit."""
        return self.min_history

    def compute(self, bars: Bars) -> GateSeries:
        """Fit at the cadence's bars and hold the coefficient in between."""
        from engine.kernels.autoregression import ar1_driver  # noqa: PLC0415  (numba only when used)

        n = len(bars)
        slope, t_statistic = np.empty(n), np.empty(n)
        first = self.min_history - 1
        ar1_driver()(log_returns(bars), self.window or 0, first, self.refit_every, slope, t_statistic)
        sign = 1.0 if self.direction == "momentum" else -1.0
        is_open = sign * slope > self.threshold
        if self.min_t > 0.0:
            is_open &= np.abs(t_statistic) >= self.min_t
        refits = np.arange(first, n, self.refit_every)
        lines = {"coefficient": slope, "t_statistic": t_statistic}
        return GateSeries(is_open, lines, refits, self._legend())

    def _legend(self) -> str:
        up = self.direction == "momentum"
        where = f"above {self.threshold:g}" if up else f"below {0.0 - self.threshold:g}"  # not "-0"
        span = "all bars so far" if self.window is None else f"{self.window} bars"
        also = f" with |t| at least {self.min_t:g}" if self.min_t > 0.0 else ""
        return f"open while the AR(1) coefficient of {span} is {where}{also}"
