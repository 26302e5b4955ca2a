"""Hierarchical risk parity: sort assets by likeness, then divide by variance, half by half.

References
----------
Lopez de Prado (2016), "Building Diversified Portfolios that Outperform Out of Sample", Journal of Portfolio
Management 42(4).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.allocation import Estimated
from engine.allocation.risk import capped, correlation, covariance
from engine.core.bars import FloatArray, IntArray


class HierarchicalRiskParity(Estimated):
    """Lopez de Prado's method: no inverse is taken, any covariance will do.

    Notes
    -----
    The variant: single linkage on the distances sqrt((1 - correlation) / 2) themselves, as PyPortfolioOpt
    and skfolio, not on the Euclidean distances between their columns, as in the paper's listing. Correlations
    come from the same covariance that measures the risk. The sorted list is cut in the middle, not at
    the tree's own branches.
    """

    title: ClassVar[str] = "Hierarchical risk parity"

    name: Literal["hierarchical_risk_parity"] = "hierarchical_risk_parity"

    def share(self, returns: FloatArray) -> FloatArray:
        """Return the weights of the recursive bisection, capped."""
        matrix = covariance(returns, self.covariance)
        order = _sorted_by_likeness(correlation(matrix))
        weights = np.empty(len(matrix))
        weights[order] = _bisected(matrix[np.ix_(order, order)])
        return capped(weights, self.max_weight)


def _sorted_by_likeness(likeness: FloatArray) -> IntArray:
    """Return int64[n]: the leaves of the single-linkage tree from left to right."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    upper = np.triu_indices(len(likeness), 1)
    distance = np.sqrt((1.0 - likeness[upper]) / 2)
    return np.asarray(leaves_list(linkage(distance, "single")), dtype=np.int64)


def _bisected(matrix: FloatArray) -> FloatArray:
    """Return weights float64[n] of a sorted covariance: each half gets the other's share of variance."""
    weights = np.ones(len(matrix))
    inverse = 1.0 / np.diag(matrix)
    halves = [(0, len(matrix))]
    while halves:
        low, high = halves.pop()
        if high - low < 2:
            continue
        middle = low + (high - low) // 2
        left, right = _variance(matrix, inverse, low, middle), _variance(matrix, inverse, middle, high)
        weights[low:middle] *= right / (left + right)
        weights[middle:high] *= left / (left + right)
        halves += [(low, middle), (middle, high)]
    return weights


def _variance(matrix: FloatArray, inverse: FloatArray, low: int, high: int) -> float:
    """Return the variance of a cluster held in proportion to 1 / variance."""
    held = inverse[low:high] / inverse[low:high].sum()
    return float(held @ matrix[low:high, low:high] @ held)
