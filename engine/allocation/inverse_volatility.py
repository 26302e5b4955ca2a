"""Weights in proportion to 1 / volatility."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.allocation import Estimated
from engine.allocation.risk import capped, covariance
from engine.core.bars import FloatArray


class InverseVolatility(Estimated):
    """Weights in proportion to 1 / standard deviation; correlations are not looked at."""

    title: ClassVar[str] = "Inverse volatility"

    name: Literal["inverse_volatility"] = "inverse_volatility"

    def share(self, returns: FloatArray) -> FloatArray:
        """Return 1 / deviation of each column, scaled to sum to 1, capped."""
        variances = np.diag(covariance(returns, self.covariance))
        return capped(1.0 / np.sqrt(variances), self.max_weight)
