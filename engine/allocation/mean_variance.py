"""Mean return against variance, long only."""

from __future__ import annotations

from typing import ClassVar, Literal

from engine.allocation import Estimated
from engine.allocation.risk import best_weights, covariance
from engine.core.bars import FloatArray
from engine.fields import field


class MeanVariance(Estimated):
    """Highest mean return less a price for variance; the means are the window's own and noisy.

    Attributes
    ----------
    risk_aversion : float
        Price of variance; large values lead to the minimum variance.
    """

    title: ClassVar[str] = "Mean-variance"

    name: Literal["mean_variance"] = "mean_variance"
    risk_aversion: float = field(
        5.0, low=0.01, high=100_000, step=1, title="Risk aversion",
        help="Maximises mean return - risk aversion / 2 x variance. Large values lead to minimum variance",
    )  # fmt: skip

    def share(self, returns: FloatArray) -> FloatArray:
        """Return the w that maximises mu'w - risk_aversion / 2 w'Sw, summing to 1, between 0 and the cap."""
        matrix = covariance(returns, self.covariance)
        return best_weights(matrix, returns.mean(axis=0) / self.risk_aversion, self.max_weight)
