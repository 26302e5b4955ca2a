"""What the methods share: covariance, the cap, and the compiled solvers behind plain functions."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core.bars import FloatArray
from engine.core.errors import DataError

_NO_RISK = 1e-10  # a standard deviation per bar below this is a price that did not move
_DEFINITE = 1e-10  # smallest pivot of a correlation matrix that is taken as invertible


def moves(returns: FloatArray) -> npt.NDArray[np.bool_]:
    """Return bool[n]: which columns of ``returns`` float64[window, n] have a risk that can be measured."""
    flags: npt.NDArray[np.bool_] = returns.std(axis=0) > _NO_RISK
    return flags


def covariance(returns: FloatArray, method: str) -> FloatArray:
    """Return the covariance of the columns, per bar.

    Parameters
    ----------
    returns : float64[window, n]
    method : {"ledoit_wolf", "sample"}
        ``ledoit_wolf`` is scikit-learn's: divisor T, shrunk toward the mean variance times the identity.
        ``sample`` has the divisor T - 1.

    Returns
    -------
    float64[n, n]
        Exactly symmetric.
    """
    centred = returns - returns.mean(axis=0)
    if method == "ledoit_wolf":
        from sklearn.covariance import ledoit_wolf_shrinkage

        # `sklearn.covariance.ledoit_wolf` does these lines too, and takes five times as long to check them.
        found, shrinkage = centred.T @ centred / len(returns), float(ledoit_wolf_shrinkage(returns))
        mean = np.trace(found) / len(found)
        found = (1.0 - shrinkage) * found + shrinkage * mean * np.eye(len(found))
    else:
        found = centred.T @ centred / (len(returns) - 1)
    symmetric: FloatArray = (found + found.T) / 2
    return symmetric


def correlation(matrix: FloatArray) -> FloatArray:
    """Return a covariance float64[n, n] as correlations within [-1, 1], ones on the diagonal."""
    deviations = np.sqrt(np.diag(matrix))
    found: FloatArray = np.clip(matrix / np.outer(deviations, deviations), -1.0, 1.0)
    np.fill_diagonal(found, 1.0)
    return found


def capped(shares: FloatArray, cap: float) -> FloatArray:
    """Return weights in proportion to ``shares``, summing to 1, none above the cap.

    A weight above the cap is set to it, and the others take the rest in proportion, until none is above.

    Parameters
    ----------
    shares : float64[n]
        Positive.
    cap : float
        Above 1 / n.
    """
    full: npt.NDArray[np.bool_] = np.zeros(shares.size, np.bool_)
    while True:
        weights: FloatArray = shares * ((1.0 - cap * full.sum()) / shares[~full].sum())
        over = ~full & (weights > cap)
        if not over.any():
            weights[full] = cap
            return weights
        full |= over


def best_weights(matrix: FloatArray, gain: FloatArray, cap: float) -> FloatArray:
    """Return the w that maximises ``gain'w - w'matrix w / 2``, summing to 1, between 0 and the cap.

    Parameters
    ----------
    matrix : float64[n, n]
        Covariance per bar.
    gain : float64[n]
        Expected return per bar over the risk aversion; zeros for the smallest variance.
    cap : float
        Above 1 / n.

    Raises
    ------
    DataError
        The covariance has no inverse, so more than one set of weights may be best.
    """
    if _pivot(correlation(matrix)) < _DEFINITE:
        raise DataError(
            f"the covariance of {gain.size} assets has no inverse", where="allocation",
            hint="Take covariance ledoit_wolf, more history, or leave out assets that repeat others",
        )  # fmt: skip
    scale = float(np.diag(matrix).mean())
    weights = np.empty(gain.size)
    if compiled("long_only")(matrix / scale, gain / scale, float(cap), weights):
        raise DataError(
            f"no best weights of {gain.size} assets were found", where="allocation",
            hint="Take covariance ledoit_wolf or more history",
        )  # fmt: skip
    return weights


def equal_risk(matrix: FloatArray) -> FloatArray:
    """Return positive weights float64[n], summing to 1, that contribute equally to the variance.

    Raises
    ------
    DataError
        There are none: the assets cancel each other out.
    """
    x = np.empty(len(matrix))
    if compiled("equal_risk")(correlation(matrix), x):
        raise DataError(
            f"no equal risk contributions of {x.size} assets exist", where="allocation",
            hint="Leave out assets that cancel each other, such as a fund and its inverse",
        )  # fmt: skip
    x /= np.sqrt(np.diag(matrix))
    shares: FloatArray = x / x.sum()
    return shares


def _pivot(matrix: FloatArray) -> float:
    count = len(matrix)
    factor = np.empty((count, count))
    return float(compiled("extend_factor")(matrix, np.arange(count), 0, count, factor))


@functools.cache
def compiled(name: str) -> Any:
    """Return a solver of `engine.kernels.quadratic` by its name, compiled."""
    from numba import float64, int64  # noqa: PLC0415  (numba only when used)

    from engine.kernels import quadratic  # noqa: PLC0415
    from engine.kernels.compile import compile_loop  # noqa: PLC0415
    from engine.kernels.types import INTEGERS, MATRIX, VECTOR  # noqa: PLC0415

    signatures = {
        "extend_factor": float64(MATRIX, INTEGERS, int64, int64, MATRIX),
        "long_only": int64(MATRIX, VECTOR, float64, VECTOR),
        "equal_risk": int64(MATRIX, VECTOR),
    }
    return compile_loop(getattr(quadratic, name), signatures[name])
