"""Cluster mean reversion: instruments that stray from the largest group of those that move alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.core.bars import Panel
from engine.strategies import PortfolioStrategy, StrategyParams, param


class ClusterMeanReversion(PortfolioStrategy):
    """Find the largest group of instruments that move together; buy its laggards and sell its leaders.

    Every `refit` bars, from bar `lookback` on, two instruments are joined when the correlation of their log
    returns over the last `lookback` bars is above `correlation`; the largest connected component of that
    graph is the group until the next refit. Of equally large ones it is the one with the largest sum of
    correlations along its edges, then the one with the first name in alphabetical order. Taking part needs
    a price `lookback` bars ago, one lately (10 bars or 7 days), and prices that move; bars that an
    instrument lacks count with its last close.

    Inside the group the spread of an instrument is its log price less the mean log price of all members,
    and its z-score that of the last `window` spreads (population deviation). Below -`entry` it is bought,
    above `entry` sold short, at its own bars; a position ends when the z-score is back within `exit` or on
    the other side, and may turn at the same close. It also ends when a refit leaves the instrument out,
    or when it stops trading. A position weighs 1 / size of the group: with few open ones most of the account
    is cash, and one entry does not change the others. A refit that changes the size changes the weights.

    Works among near substitutes, such as funds on the same region or sector, whose distance is mostly the
    flow of a few days. Fails when one member changes its nature, in a takeover or after a scandal: it
    strays, is bought all the way, and leaves the group a year too late. In a crisis everything correlates,
    and the group is the market.

    Costs are paid on the distance of substitutes, which is small. On 48 US funds 2005 to 2017 the defaults
    turned the account over 18 times a year, 5 basis points a side took 0.9 % a year, and before costs the
    rule earned nothing.

    References
    ----------
    M. Avellaneda, J.-H. Lee, Statistical Arbitrage in the US Equities Market, Quantitative Finance 10
    (2010), for spreads against a group; R. N. Mantegna, Hierarchical Structure in Financial Markets,
    European Physical Journal B 11 (1999), for graphs of correlations.
    """

    title = "Cluster mean reversion"

    class Params(StrategyParams):
        """Graph of correlations, window of the z-score and its thresholds."""

        correlation: float = param(
            0.85, low=0.3, high=0.99, step=0.05, help="Correlation of returns above which two are joined"
        )
        window: int = param(20, low=5, high=250, step=5, unit="bars", help="Bars of the z-score")
        lookback: int = param(
            250, low=20, high=1000, step=10, unit="bars", help="Returns that the correlations are made of"
        )
        refit: int = param(
            20, low=1, high=250, step=5, unit="bars", help="Bars between two looks for the group"
        )
        entry: float = param(
            2.0, low=0.5, high=4.0, step=0.25, unit="deviations",
            help="Distance from the group that is traded against",
        )
        exit: float = param(
            0.0, low=0.0, high=2.0, step=0.25, unit="deviations", help="Distance at which a trade ends"
        )
        constraint = "window <= lookback and exit < entry"

    def warmup(self, p: Any) -> int:
        """Return the bars before the first correlations."""
        return int(p.lookback)

    def weights(self, panel: Panel, p: Any) -> Any:
        """Find the group at each refit, then follow the spreads of its members."""
        from engine.kernels.clusters import group_positions_driver  # noqa: PLC0415  (numba only when used)

        # By name: sums and ties do not depend on the order in which the instruments were given.
        by_name = np.argsort(np.asarray(panel.symbols))
        logs = np.log(panel.carried.T[by_name])
        own = np.where(np.isnan(panel.close), 0.0, 1.0)
        own[~panel.trades] = -1.0
        refits = np.arange(p.lookback, len(panel), p.refit)
        members = np.zeros((refits.size, logs.shape[0]))
        for row, bar in enumerate(refits.tolist()):
            ready = panel.trades[bar, by_name] & ~np.isnan(logs[:, bar - p.lookback])
            members[row, _largest_group(logs, np.flatnonzero(ready), bar, p)] = 1.0
        out = np.empty(logs.shape)
        group_positions_driver()(
            logs, np.ascontiguousarray(own.T[by_name]), refits, members, p.window,
            np.array([p.entry, p.exit]), out,
        )  # fmt: skip
        weights = np.zeros(panel.close.shape)
        weights[:, by_name] = out.T
        weights[np.isnan(panel.close)] = 0.0
        return weights


def _largest_group(logs: Any, ready: Any, bar: int, p: Any) -> Any:
    """Return the rows of the largest connected component at a bar; none when nothing is joined."""
    from scipy.sparse.csgraph import connected_components

    from engine.kernels.clusters import correlations_driver  # noqa: PLC0415

    found = np.empty((ready.size, ready.size))
    correlations_driver()(logs, ready, bar + 1, p.lookback, found)
    np.fill_diagonal(found, 0.0)
    joined = found > p.correlation  # NaN is joined to nothing
    if not joined.any():
        return ready[:0]
    labels = connected_components(joined, directed=False)[1]
    # Labels are given in the order of the names, and the first of equals comes first. The last digits of a
    # sum must not decide.
    size = np.bincount(labels)
    strength = np.bincount(labels, weights=np.where(joined, found, 0.0).sum(axis=1)).round(9)
    best = np.lexsort((-strength, -size))[0]
    return ready[labels == best]
