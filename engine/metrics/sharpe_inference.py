"""How much a Sharpe ratio tells: its error, and what is left of it after many trials.

Ratios here are those of one bar, not of a year: ``sharpe`` of `per_bar_moments`. The standard error is that
of Bailey and Lopez de Prado (2012), taken at the measured ratio and divided by n - 1; Lopez de Prado, Lipton
and Zoonek (2025) take it under the null hypothesis instead and arrive at larger probabilities.

References
----------
D. Bailey, M. Lopez de Prado, The Sharpe ratio efficient frontier, Journal of Risk 15 (2012).
D. Bailey, M. Lopez de Prado, The deflated Sharpe ratio, Journal of Portfolio Management 40 (2014).
D. Bailey, J. Borwein, M. Lopez de Prado, Q. Zhu, Pseudo-mathematics and financial charlatanism, Notices of
the AMS 61 (2014).
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from engine.core.bars import FloatArray

_NORMAL = NormalDist()
EULER_GAMMA = 0.5772156649015329


class Moments(NamedTuple):
    """What the inference needs of a series of returns.

    Parameters
    ----------
    sharpe : float
        Mean / standard deviation (ddof 1) of a bar's return; NaN when it does not move.
    n : int
        Observations.
    skew, kurtosis : float
        Of the population; 0 and 3 for a normal distribution.
    """

    sharpe: float
    n: int
    skew: float = 0.0
    kurtosis: float = 3.0


def per_bar_moments(returns: FloatArray) -> Moments:
    """Return the moments of returns, float64[n]; NaN for fewer than two, or for returns that do not move."""
    n = int(returns.size)
    if n < 2:
        return Moments(math.nan, n, math.nan, math.nan)
    mean = float(returns.mean())
    deviations = returns - mean
    variance = float(np.mean(deviations**2))
    if variance <= (1e-12 * max(abs(mean), 1e-300)) ** 2:
        return Moments(math.nan, n, math.nan, math.nan)
    spread = math.sqrt(variance)
    scaled = deviations / spread
    sharpe = mean / (spread * math.sqrt(n / (n - 1)))
    return Moments(sharpe, n, float(np.mean(scaled**3)), float(np.mean(scaled**4)))


def sharpe_error(found: Moments) -> float:
    """Return the standard error of a bar's Sharpe ratio.

    ``sqrt((1 - g3 sr + (g4 - 1) / 4 sr^2) / (n - 1))``.
    """
    if found.n < 2:
        return math.nan
    return math.sqrt(_spread(found) / (found.n - 1))


def probabilistic_sharpe(found: Moments, benchmark: float = 0.0) -> float:
    """Return the probability that the true Sharpe ratio of a bar is above a benchmark (PSR).

    NaN without an error, as some returns of two values have none: it is undefined, not certain.
    """
    error = sharpe_error(found)
    if math.isnan(found.sharpe) or not error > 0.0:
        return math.nan
    return _NORMAL.cdf((found.sharpe - benchmark) / error)


def sharpe_interval(found: Moments, probability: float = 0.95) -> tuple[float, float]:
    """Return the confidence interval of a bar's Sharpe ratio, two-sided."""
    reach = _NORMAL.inv_cdf(0.5 + 0.5 * probability) * sharpe_error(found)
    return found.sharpe - reach, found.sharpe + reach


def minimum_track_record(found: Moments, benchmark: float = 0.0, probability: float = 0.95) -> float:
    """Return the observations needed before the ratio is above the benchmark with a probability (MinTRL).

    Infinite when the measured ratio is not above the benchmark.
    """
    if math.isnan(found.sharpe):
        return math.nan
    if found.sharpe <= benchmark:
        return math.inf
    quantile = _NORMAL.inv_cdf(probability)
    return 1.0 + _spread(found) * (quantile / (found.sharpe - benchmark)) ** 2


def smallest_sharpe(n: int, probability: float = 0.95) -> float:
    """Return the least Sharpe ratio of a bar that n normal returns tell from zero, one-sided.

    The ratio whose probabilistic Sharpe ratio against 0 is ``probability``.
    """
    if n < 2:
        return math.nan
    square = _NORMAL.inv_cdf(probability) ** 2
    # sr^2 (n - 1) = z^2 (1 + sr^2 / 2)
    room = (n - 1) - 0.5 * square
    return math.sqrt(square / room) if room > 0.0 else math.inf


def expected_maximum(trials: float) -> float:
    """Return the mean of the largest of N standard normal numbers, about ``sqrt(2 ln N)``; 0 for one.

    ``(1 - g) Z(1 - 1/N) + g Z(1 - 1/(N e))`` with Z the normal quantile and g Euler's constant.
    """
    if trials <= 1.0:
        return 0.0
    first = _NORMAL.inv_cdf(1.0 - 1.0 / trials)
    second = _NORMAL.inv_cdf(1.0 - 1.0 / (trials * math.e))
    return (1.0 - EULER_GAMMA) * first + EULER_GAMMA * second


def luck_sharpe(trials: float, variance: float) -> float:
    """Return the best Sharpe ratio of a bar that N trials without skill give on average.

    Parameters
    ----------
    trials : float
        Independent ones.
    variance : float
        Of the trials' Sharpe ratios of a bar.
    """
    return math.sqrt(variance) * expected_maximum(trials)


def deflated_sharpe(found: Moments, trials: float, variance: float) -> float:
    """Return the probability that a chosen ratio is above the best that luck gives (DSR)."""
    return probabilistic_sharpe(found, luck_sharpe(trials, variance))


def minimum_backtest_years(trials: float, annual_sharpe: float = 1.0) -> float:
    """Return the years at which the best of N trials without skill is below a yearly ratio (MinBTL)."""
    return (expected_maximum(trials) / annual_sharpe) ** 2


def _spread(found: Moments) -> float:
    value = 1.0 - found.skew * found.sharpe + 0.25 * (found.kurtosis - 1.0) * found.sharpe**2
    # Kurtosis is at least 1 + skew^2: rounding alone can make it negative.
    return max(value, 0.0)
