"""The cap engine: limits on the targets of one close, the same for a backtest and for daily orders.

A target here is an exposure: a signed multiple of equity. Caps come in this order: each name, each group,
the net of all, and last the gross of all, which scales everything down together (rule 16).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from engine.backtest.portfolio import PortfolioSpec, WhenShort
from engine.core.bars import FloatArray
from engine.core.errors import InputError, nearest

# Weights that are meant to sum to the limit may be above it in the last digits: that is no reason to scale.
ROUNDING = 1.0 + 1e-9


def cap_targets(
    targets: FloatArray, symbols: Sequence[str], portfolio: PortfolioSpec, max_leverage: float
) -> tuple[FloatArray, FloatArray]:
    """Return capped targets and the factor by which each close was scaled down for gross exposure.

    Parameters
    ----------
    targets : float64[n_assets, n]
        Exposures asked for at each close.
    symbols : sequence of str
        Symbol of each row; rows of one symbol count together for ``max_name``.
    portfolio : PortfolioSpec
    max_leverage : float
        Gross limit; not applied here when candidates are taken by rank.

    Returns
    -------
    targets : float64[n_assets, n]
    scaling : float64[n]
        1 where the gross limit did not bind.

    Raises
    ------
    InputError
        A group names a symbol that is not there.
    """
    out = np.array(targets)
    if portfolio.max_name is not None:
        _shrink_groups(out, list(symbols), portfolio.max_name)
    if portfolio.max_group is not None:
        _shrink_groups(out, _groups(symbols, portfolio.groups), portfolio.max_group)
    if portfolio.max_net is not None:
        _shrink_net(out, portfolio.max_net)
    scaling = np.ones(out.shape[1])
    if portfolio.when_short is WhenShort.SCALE:
        gross = np.abs(out).sum(axis=0)
        over = gross > max_leverage * ROUNDING
        scaling[over] = max_leverage / gross[over]
        out[:, over] *= scaling[over]
    return out, scaling


def _groups(symbols: Sequence[str], groups: Mapping[str, str]) -> list[str]:
    for symbol in groups:
        if symbol not in symbols:
            raise InputError(
                f"group of '{symbol}', which is not in the data", field="portfolio.groups", value=symbol,
                hint=nearest(symbol, symbols),
            )  # fmt: skip
    return [groups.get(symbol, "") for symbol in symbols]


def _shrink_groups(targets: FloatArray, labels: Sequence[str], limit: float) -> None:
    """Scale the rows of each label down to a gross of ``limit``; rows without a label are free."""
    for label in dict.fromkeys(labels):
        if not label:
            continue
        rows = np.array([mine == label for mine in labels])
        gross = np.abs(targets[rows]).sum(axis=0)
        targets[rows] *= np.where(gross > limit, limit / np.maximum(gross, limit), 1.0)


def _shrink_net(targets: FloatArray, limit: float) -> None:
    """Scale the heavier side down until long minus short is within ``limit``."""
    long_ = np.where(targets > 0.0, targets, 0.0).sum(axis=0)
    short = -np.where(targets < 0.0, targets, 0.0).sum(axis=0)
    for heavy, light, sign in ((long_, short, 1.0), (short, long_, -1.0)):
        over = heavy - light > limit
        factor = np.ones(targets.shape[1])
        factor[over] = (light[over] + limit) / heavy[over]
        targets *= np.where(sign * targets > 0.0, factor, 1.0)
