"""Open while the GARCH(1,1) volatility expected for the next bar is low, or high."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from engine.core.bars import Bars
from engine.fields import field
from engine.regimes import Gate, GateSeries
from engine.regimes.fitted import Cadence, history_field, refit_field, window_field
from engine.regimes.garch_fit import expected_volatility


class Garch(Gate):
    """Open while the volatility that GARCH(1,1) expects for the next bar is low (or high).

    High means above the trailing quantile of the model's own volatilities, low means at or below it.
    """

    title: ClassVar[str] = "GARCH volatility"

    name: Literal["garch"] = "garch"
    volatility: Literal["low", "high"] = field("low", help="Low: at or below the quantile; high: above it")
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
        """Refuse a lookback that the first fit cannot fill."""
        if self.lookback >= self._cadence().fewest:
            raise self.refuse(
                f"lookback {self.lookback} must be below the {self._cadence().fewest} bars of a fit",
                "lookback", "Shorten lookback, or raise min_history and window",
            )  # fmt: skip

    def history(self) -> int:
        """Return the bars before the first fit."""
        return self.min_history

    def compute(self, bars: Bars) -> GateSeries:
        """Fit at the cadence's bars and carry the variance forward in between."""
        found = expected_volatility(
            bars, self._cadence(), self.lookback, self.quantile, autoregressive=False
        )
        high = found.volatility > found.threshold
        is_open = high if self.volatility == "high" else found.volatility <= found.threshold
        where = "above" if self.volatility == "high" else "at or below"
        legend = (
            f"open while the GARCH volatility expected for the next bar is {where} "
            f"its {self.quantile:.0%} quantile of {self.lookback} bars"
        )
        lines = {"volatility": found.volatility, "threshold": found.threshold}
        return GateSeries(is_open, lines, found.refits, legend, found.failed)

    def _cadence(self) -> Cadence:
        return Cadence(self.window, self.min_history, self.refit_every)
