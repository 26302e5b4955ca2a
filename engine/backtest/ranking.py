"""Who comes first when cash is short: a ranking of the legs at each close, from data up to it (rule 17)."""

from __future__ import annotations

import numpy as np

from engine.backtest.axis import Axis
from engine.backtest.portfolio import PortfolioSpec, RankBy
from engine.core.bars import FloatArray, IntArray
from engine.kernels.windows import moments, return_deviation


def ranking(axis: Axis, targets: FloatArray, portfolio: PortfolioSpec) -> IntArray | None:
    """Return the legs of each close, best candidate first.

    Parameters
    ----------
    axis : Axis
    targets : float64[n_assets, n]
    portfolio : PortfolioSpec

    Returns
    -------
    int64[n, n_assets] or None
        None keeps the order of the legs. Equals go by it too; what is not known yet comes last.
    """
    length = portfolio.rank_length
    match portfolio.rank_by:
        case RankBy.LISTED:
            return None
        case RankBy.SIGNAL:
            score = np.abs(targets)
        case RankBy.MOMENTUM:
            score = axis.carry([_change(leg.close, length) for leg in axis.legs], np.nan)
        case RankBy.LOW_VOLATILITY:
            score = -axis.carry([return_deviation(leg.close, length) for leg in axis.legs], np.nan)
        case _:  # turnover
            score = axis.carry([moments(leg.close * leg.volume, length)[0] for leg in axis.legs], np.nan)
    order = np.argsort(-np.nan_to_num(score, nan=-np.inf), axis=0, kind="stable")
    return np.ascontiguousarray(order.T)


def _change(close: FloatArray, length: int) -> FloatArray:
    out = np.full(close.size, np.nan)
    out[length:] = close[length:] / close[:-length] - 1.0
    return out
