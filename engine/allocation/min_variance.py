"""The long-only weights of the smallest variance."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.allocation import Estimated
from engine.allocation.risk import best_weights, covariance
from engine.core.bars import FloatArray


class MinVariance(Estimated):
    """Smallest variance of the portfolio; expected returns are not looked at."""

    title: ClassVar[str] = "Minimum variance"

    name: Literal["min_variance"] = "min_variance"

    def share(self, returns: FloatArray) -> FloatArray:
        """Return the w that minimises w'Sw, summing to 1, between 0 and the cap."""
        matrix = covariance(returns, self.covariance)
        return best_weights(matrix, np.zeros(len(matrix)), self.max_weight)
