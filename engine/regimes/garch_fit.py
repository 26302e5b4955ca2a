"""GARCH(1,1) with a constant or AR(1) mean: fitted by `arch` on the past, carried forward by recursion.

At each fit the variance of every bar of the window is recomputed with the new parameters, so a volatility
is always compared with past ones of the same model. Between fits the recursion goes on with the last
parameters.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from engine.core.bars import Bars, FloatArray, IntArray
from engine.core.errors import DataError
from engine.regimes.fitted import MOTIONLESS, Cadence, log_returns

PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Terms:
    """A fitted model.

    Parameters
    ----------
    values : float64[5]
        Mean, AR coefficient (0 without one), omega, alpha, beta, for returns times `scale`.
    scale : float
        100 (percent), or a further power of ten where `arch` asks for it because returns are tiny.
    variance : float64[m]
        Conditional variance of the window's bars, oldest first; each was expected one bar earlier.
    """

    values: FloatArray
    scale: float
    variance: FloatArray


@dataclass(frozen=True, slots=True)
class VolatilityLines:
    """What the model says at each close; NaN before history.

    Parameters
    ----------
    volatility : float64[n]
        Expected for the next bar, fraction per year.
    threshold : float64[n]
        Trailing quantile of it, under the same parameters.
    coefficient : float64[n]
        AR coefficient in force.
    refits : int64[k]
    failed : int
    """

    volatility: FloatArray
    threshold: FloatArray
    coefficient: FloatArray
    refits: IntArray
    failed: int


@contextmanager
def quiet_fits() -> Iterator[None]:
    """Keep the optimiser's remarks off standard error; whether it converged is asked for instead."""
    with warnings.catch_warnings():
        for module in (r"arch\.", r"scipy\."):
            warnings.filterwarnings("ignore", module=module)
        yield


def fit_terms(returns: FloatArray, *, autoregressive: bool) -> Terms | None:
    """Fit the model to log returns; None when the optimiser finds no solution.

    Parameters
    ----------
    returns : float64[m]
        Fractions.
    autoregressive : bool
        AR(1) mean instead of a constant one.
    """
    from arch.univariate import ARX, GARCH, ConstantMean  # takes seconds: only when used

    if returns.std() < MOTIONLESS:
        return None
    percent = PERCENT * returns
    variance = GARCH(p=1, q=1)
    model: ARX | ConstantMean
    if autoregressive:
        model = ARX(percent, lags=1, volatility=variance, rescale=True)
    else:
        model = ConstantMean(percent, volatility=variance, rescale=True)
    fit = model.fit(disp="off", show_warning=False)
    found, lag = np.asarray(fit.params, dtype=np.float64), int(autoregressive)
    past = np.asarray(fit.conditional_volatility, dtype=np.float64)[lag:] ** 2
    if fit.convergence_flag != 0 or not (np.isfinite(found).all() and np.isfinite(past).all()):
        return None
    values = np.array([found[0], found[1] if autoregressive else 0.0, *found[1 + lag :]])
    return Terms(values, PERCENT * float(fit.scale), past)


def expected_volatility(
    bars: Bars, cadence: Cadence, lookback: int, quantile: float, *, autoregressive: bool
) -> VolatilityLines:
    """Return the volatility expected for the next bar and its trailing quantile, fitted on the past only.

    Parameters
    ----------
    bars : Bars
    cadence : Cadence
    lookback : int
        Volatilities in the quantile, the current one included.
    quantile : float
        0 to 1.
    autoregressive : bool
        AR(1) mean instead of a constant one.

    Raises
    ------
    DataError
        The first fit finds no solution, or a close is not above zero.
    """
    import arch.univariate  # noqa: F401  (before its linear algebra is held to one thread)

    from engine.kernels.autoregression import next_variance_driver  # noqa: PLC0415  (numba only when used)
    from engine.kernels.blas import one_blas_thread  # noqa: PLC0415
    from engine.kernels.ranking import rolling_quantile_driver  # noqa: PLC0415

    n, returns = len(bars), log_returns(bars)
    volatility, threshold, coefficient = (np.full(n, np.nan) for _ in range(3))
    expect, rank = next_variance_driver(), rolling_quantile_driver()
    terms, refits, failed = None, [], 0
    past: FloatArray = np.empty(0)
    with quiet_fits(), one_blas_thread():
        for fit in cadence.fits(n):
            window = returns[fit.start + 1 : fit.bar + 1].copy()
            found = fit_terms(window, autoregressive=autoregressive)
            if found is not None:
                terms, past = found, found.variance
                refits.append(fit.bar)
            elif terms is None:
                raise _no_fit(bars, fit.bar + 1)
            else:
                failed += 1
            # `past` ends with the variance that was expected for the bar of the fit.
            coming = np.empty(fit.stop - fit.bar)
            latest = returns[fit.bar - 1 : fit.stop] * terms.scale
            expect(latest, terms.values, past[-1], coming)
            past = np.concatenate([past[-lookback:], coming])
            per_year = math.sqrt(bars.periods_per_year) / terms.scale
            path = np.sqrt(past[-(lookback - 1 + coming.size) :]) * per_year
            ranked = np.empty(path.size)
            rank(path, lookback, quantile, ranked)
            here = slice(fit.bar, fit.stop)
            volatility[here], threshold[here] = path[-coming.size :], ranked[-coming.size :]
            coefficient[here] = terms.values[1]
    return VolatilityLines(volatility, threshold, coefficient, np.array(refits, dtype=np.int64), failed)


def _no_fit(bars: Bars, count: int) -> DataError:
    return DataError(
        f"GARCH(1,1) finds no solution for the first {count} bars", where=bars.symbol,
        hint="Raise min_history, or use the gate volatility_percentile, which fits nothing",
    )  # fmt: skip
