"""Open in the chosen regimes of an AR(1)-GARCH(1,1) model: momentum or reversion, high or low volatility."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from engine.core.bars import Bars
from engine.fields import field
from engine.regimes import Gate, GateSeries
from engine.regimes.fitted import Cadence, history_field, refit_field, window_field
from engine.regimes.garch_fit import expected_volatility


class ArGarch(Gate):
    """Open in one of four regimes: momentum or reversion, by high or low volatility.

    Both axes come from one fit of an AR(1) mean with GARCH(1,1) errors: the AR coefficient gives the
    direction, the volatility expected for the next bar against its trailing quantile gives the other.
    """

    title: ClassVar[str] = "AR-GARCH regime"

    name: Literal["ar_garch"] = "ar_garch"
    direction: Literal["momentum", "reversion", "any"] = field(
        "any", help="Momentum: AR coefficient above the threshold; reversion: below minus the threshold"
    )
    volatility: Literal["low", "high", "any"] = field(
        "low", help="Low: at or below the quantile; high: above it"
    )
    threshold: float = field(
        0.0, low=0.0, high=1.0, step=0.01, help="How far from 0 the AR coefficient must be"
    )
    quantile: float = field(
        0.8, low=0.01, high=0.99, step=0.05, help="Share of past volatilities that count as low"
    )
    lookback: int = field(
        252, low=10, high=20_000, step=21, unit="bars", help="Past volatilities in the quantile"
    )
    window: int | None = window_field()
    min_history: int = history_field()
    refit_every: int = refit_field()

    def model_post_init(self, _context: Any) -> None:
        """Refuse a lookback that the first fit cannot fill, and a gate that is always open."""
        if self.lookback >= self._cadence().fewest - 1:
            raise self.refuse(
                f"lookback {self.lookback} must be below the {self._cadence().fewest - 1} returns of a fit",
                "lookback", "Shorten lookback, or raise min_history and window",
            )  # fmt: skip
        if self.direction == self.volatility == "any":
            raise self.refuse(
                "direction and volatility are both any, so the gate would never close", "direction",
                "Choose momentum or reversion, or low or high volatility",
            )  # fmt: skip

    def history(self) -> int:
        """Return the bars before the first fit."""
        return self.min_history

    def compute(self, bars: Bars) -> GateSeries:
        """Fit at the cadence's bars and carry the variance forward in between."""
        found = expected_volatility(
            bars, self._cadence(), self.lookback, self.quantile, autoregressive=True
        )
        known = ~np.isnan(found.volatility)
        directed = {
            "momentum": found.coefficient > self.threshold,
            "reversion": found.coefficient < -self.threshold,
            "any": known,
        }[self.direction]
        volatile = {
            "high": found.volatility > found.threshold,
            "low": found.volatility <= found.threshold,
            "any": known,
        }[self.volatility]
        lines = {
            "coefficient": found.coefficient, "volatility": found.volatility, "threshold": found.threshold,
        }  # fmt: skip
        return GateSeries(directed & volatile, lines, found.refits, self._legend(), found.failed)

    def _cadence(self) -> Cadence:
        return Cadence(self.window, self.min_history, self.refit_every)

    def _legend(self) -> str:
        parts = []
        if self.direction != "any":
            up = self.direction == "momentum"
            mark = f"above {self.threshold:g}" if up else f"below {0.0 - self.threshold:g}"
            parts.append(f"the AR(1) coefficient is {mark}")
        if self.volatility != "any":
            where = "above" if self.volatility == "high" else "at or below"
            parts.append(f"expected volatility is {where} its {self.quantile:.0%} quantile")
        return f"open while {' and '.join(parts)}"
