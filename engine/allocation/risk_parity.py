"""Equal contributions to the portfolio's variance."""

from __future__ import annotations

from typing import ClassVar, Literal

from engine.allocation import Estimated
from engine.allocation.risk import capped, covariance, equal_risk
from engine.core.bars import FloatArray


class RiskParity(Estimated):
    """Every asset contributes the same share of the variance, correlations included."""

    title: ClassVar[str] = "Risk parity"

    name: Literal["risk_parity"] = "risk_parity"

    def share(self, returns: FloatArray) -> FloatArray:
        """Return the w with equal w[i] x (S w)[i], summing to 1, capped."""
        return capped(equal_risk(covariance(returns, self.covariance)), self.max_weight)
