"""Pairs trading: long the cheap one and short the dear one of two instruments that belong together."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from engine.core.bars import Panel
from engine.strategies import PortfolioStrategy, StrategyParams, param


class PairsTrading(PortfolioStrategy):
    """Buy the cheap and sell the dear of two instruments when their spread is stretched; leave at its mean.

    The first two instruments are the pair; others are not traded. All is reckoned on logarithms of closes
    at bars that both have, so a hedge ratio of h means h of value in the second for 1 in the first, and the
    weights are 1 / (1 + h) and h / (1 + h), fixed at the entry. The z-score of the spread is, with
    `hedge` regression, the last residual of least squares over `window` bars divided by their population
    deviation; with kalman, the forecast error of a filter of slope and intercept, against mean and
    deviation of the last `window` errors.

    Below -`entry` the first is bought and the second sold, above `entry` the reverse, only with a ratio
    above 0. Out when the z-score comes back to `exit` on the same side of zero or beyond, at `stop` on the
    entered side (empty for none), or when the pair is no longer cointegrated: every `retest` bars Engle and
    Granger's test looks at the last `history` bars (first on second with an intercept, one lag, `level` of
    MacKinnon's critical values), before the first of which nothing is entered. An exit at the mean may turn
    at the same close; after any other the z-score must have been within `entry` first. When one of the two
    has had no bar for 10 bars and 7 days both are closed.

    Works for two prices that one cause drives: share classes, a metal and its miners, neighbours of one
    industry. Fails when the bond breaks, and a break looks like the best entry ever at first: that is what
    stop and test are for. Among many tried pairs some pass the test by chance, 5 in 100.

    Costs are paid on four fills a trade and on the whole account, and borrow on the short leg. EWZ against
    EEM 2005 to 2017 without the test turned the account over 11 times a year; 5 basis points a side took
    0.6 of 1.9 % a year.

    Notes
    -----
    At a fill the bought leg may be smaller by its slippage, for want of room; sizing other than a fixed
    fraction, and caps, change the proportion of the legs. The filter starts from least squares over the
    first `window` bars and forgets over about `window`. Its state noise: 1 / (window^2 (1 + mean squared
    log price of the second over the first `window` bars)) a bar for slope and intercept, observation
    noise 1, no doubt at the start.

    References
    ----------
    E. Gatev, W. Goetzmann, K. Rouwenhorst, Pairs Trading, Review of Financial Studies 19 (2006); E. Chan,
    Algorithmic Trading (2013), chapter 3, for the filter; R. Engle, C. Granger, Co-Integration and Error
    Correction, Econometrica 55 (1987).
    """

    title, joined = "Pairs trading", True

    class Params(StrategyParams):
        """Hedge ratio, thresholds of the z-score and the test of cointegration."""

        window: int = param(
            60, low=10, high=500, step=10, unit="bars", help="Bars of hedge ratio and z-score"
        )
        entry: float = param(
            2.0, low=0.5, high=4.0, step=0.25, unit="deviations", help="Distance from the mean that is traded"
        )
        exit: float = param(
            0.0, low=0.0, high=2.0, step=0.25, unit="deviations", help="Distance at which a trade ends"
        )
        stop: float | None = param(
            4.0, low=1.0, high=10.0, step=0.5, unit="deviations",
            help="Distance from the mean that is given up; empty for none",
        )
        hedge: Literal["regression", "kalman"] = param(
            "regression", help="Where the hedge ratio comes from: a moving regression or a Kalman filter"
        )
        retest: int | None = param(
            20, low=1, high=500, step=10, unit="bars",
            help="Bars between two tests of cointegration; empty for none",
        )
        history: int = param(250, low=50, high=2000, step=50, unit="bars", help="Bars that the test looks at")
        level: Literal["5%", "1%", "10%"] = param("5%", help="Significance that the test asks for")
        constraint = "exit < entry and entry < stop"

    def warmup(self, p: Any) -> int:
        """Return the bars before the first z-score, and before the first test."""
        first = p.window - 1 if p.hedge == "regression" else 2 * p.window - 1
        return int(first if p.retest is None else max(first, p.history - 1))

    def weights(self, panel: Panel, p: Any) -> Any:
        """Follow the spread at bars that both have; between them the position stays."""
        pair = panel.close[:, :2]
        common = np.flatnonzero(~np.isnan(pair).any(axis=1))
        lost = np.cumsum(~panel.trades[:, :2].all(axis=1))
        before = np.concatenate((lost[common[:1]], lost[common[:-1]]))
        side, hedge = _states(np.log(pair[common]), lost[common] > before, p)
        held = np.zeros((common.size + 1, 2))
        held[1:, 0], held[1:, 1] = side / (1.0 + hedge), 0.0 - side * hedge / (1.0 + hedge)
        last = np.searchsorted(common, np.arange(len(panel)), side="right")
        weights = np.zeros(panel.close.shape)
        weights[:, :2] = held[last]
        if common.size:
            weights[lost > lost[common[np.maximum(last - 1, 0)]]] = 0.0
        weights[np.isnan(panel.close)] = 0.0
        return weights


def _states(logs: Any, cut: Any, p: Any) -> tuple[Any, Any]:
    """Return side and hedge ratio at the common bars, float64[n] each."""
    from engine.kernels.hedge import (  # noqa: PLC0415  (numba only when used)
        kalman_hedge_driver,
        pair_sides_driver,
        rolling_hedge_driver,
    )

    first, second = np.ascontiguousarray(logs.T)
    slope, score, side, hedge = np.empty((4, first.size))
    driver = rolling_hedge_driver() if p.hedge == "regression" else kalman_hedge_driver()
    driver(first, second, p.window, slope, score)
    sound = _cointegrated(first, second, p)
    rules = np.array([p.entry, p.exit, np.nan if p.stop is None else p.stop])
    pair_sides_driver()(score, slope, sound, cut.astype(np.float64), rules, side, hedge)
    return side, hedge


def _cointegrated(first: Any, second: Any, p: Any) -> Any:
    """Return 1 where the last test found the pair cointegrated, float64[n]."""
    if p.retest is None:
        return np.ones(first.size)
    from statsmodels.tsa.adfvalues import mackinnoncrit  # takes a second

    from engine.kernels.hedge import engle_granger_driver  # noqa: PLC0415

    statistic = np.empty(first.size)
    engle_granger_driver()(first, second, p.history, p.retest, statistic)
    limit = mackinnoncrit(N=2, regression="c", nobs=p.history - 1)[("1%", "5%", "10%").index(p.level)]
    passed = (statistic < limit).astype(np.float64)  # NaN: two prices of which one stands still
    tests = np.maximum((np.arange(first.size) - (p.history - 1)) // p.retest, 0) * p.retest + p.history - 1
    known = np.arange(first.size) >= p.history - 1
    return np.where(known, passed[np.minimum(tests, first.size - 1)], 0.0)
