"""Exposure that aims at a yearly volatility."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.core.bars import Bars, FloatArray
from engine.fields import field
from engine.sizing.sizer import Sizer


class VolatilityTarget(Sizer):
    """Exposure = signal x target / volatility of past returns, at most ``cap``.

    The volatility at a close is estimated from close-to-close returns up to that close and used for the
    order filled after it. EWMA: variance with decay 1 - 2 / (length + 1) around zero, seeded by the mean
    square of the first ``length`` returns. Rolling: standard deviation (ddof 1) of the last ``length``
    returns. Both are scaled by the square root of bars per year.

    Attributes
    ----------
    target : float
        Yearly volatility aimed at.
    method : {"ewma", "rolling"}
    length : int
        Bars of the estimate; flat until there are as many returns.
    cap : float
        Largest exposure of a full signal, as a multiple of equity.
    """

    title: ClassVar[str] = "Volatility target"
    is_geared: ClassVar[bool] = True

    name: Literal["volatility_target"] = "volatility_target"
    target: float = field(
        0.15, low=1e-6, high=10, step=0.01, unit="per year", title="Volatility",
        help="Yearly volatility that a full signal aims at",
    )
    method: Literal["ewma", "rolling"] = field(
        "ewma", title="Estimate", help="Exponentially weighted, or a rolling window of past returns"
    )
    length: int = field(
        60, low=2, high=5_000, step=5, unit="bars",
        help="Span or window of the estimate; flat until it is full",
    )
    cap: float = field(
        1.0, low=1e-6, high=100, step=0.25, unit="x", title="At most",
        help="Largest exposure of a full signal, as a multiple of equity",
    )

    def gearing(self, bars: Bars, periods_per_year: float | None = None) -> FloatArray:
        """Return target / volatility, at most ``cap``; 0 until ``length`` returns are known; float64[n]."""
        from engine.kernels.windows import return_deviation  # noqa: PLC0415  (numba only when used)

        bars_a_year = periods_per_year or bars.periods_per_year
        if self.method == "ewma":
            volatility = np.sqrt(_ewma(bars.close, self.length))
        else:
            volatility = return_deviation(bars.close, self.length)
        with np.errstate(divide="ignore"):
            wanted = self.target / (volatility * np.sqrt(bars_a_year))
        # A price that did not move asks for infinite exposure: the cap holds there.
        return np.where(np.isnan(wanted), 0.0, np.minimum(wanted, self.cap))


def _ewma(close: FloatArray, length: int) -> FloatArray:
    """Return the exponentially weighted variance: a GARCH recursion without a constant, float64[n]."""
    from engine.kernels.autoregression import next_variance_driver  # noqa: PLC0415

    found, returns = np.full(close.size, np.nan), close[1:] / close[:-1] - 1.0
    if returns.size >= length:
        fresh = 2.0 / (length + 1.0)
        seed = float(np.mean(returns[:length] ** 2))
        found[length] = seed
        terms = np.array([0.0, 0.0, 0.0, fresh, 1.0 - fresh])
        next_variance_driver()(returns[length - 1 :], terms, seed, found[length + 1 :])
    return found
