"""From a portfolio strategy to checked weights: what `engine.backtest.targets` is for one instrument."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.backtest.targets import blaming, file_of
from engine.backtest.weighing import check_count
from engine.core.bars import FloatArray, Panel
from engine.core.errors import StrategyError
from engine.registry import is_plugin_module
from engine.strategies import PortfolioStrategy, StrategyParams

# Thirty weights of 1/30 may sum to a little more than 1 in floating point.
MOST_GROSS = 1.0 + 1e-9


def weights_of(strategy: PortfolioStrategy, panel: Panel, params: StrategyParams) -> FloatArray:
    """Return the weight of each asset known at the close of each bar of a panel.

    Parameters
    ----------
    strategy : PortfolioStrategy
    panel : Panel
    params : StrategyParams
        From ``strategy.parse``.

    Returns
    -------
    float64[n_bars, n_assets]
        Each in [-1, 1], gross at most 1 (within 1e-9), 0 during the declared warm-up and where the asset
        has no price.

    Raises
    ------
    StrategyError
        The strategy raised, or what it returned is no table of weights: wrong shape, not a number, out of
        range, not flat during its own warm-up, or a weight where there is no price. The message names the
        file and line, or bar and symbol.
    InputError
        Too few assets, or the strategy refuses these ones.
    """
    check_count(strategy, len(panel.symbols), "data.symbols")
    with blaming(strategy):
        warmup = int(strategy.warmup(params))
        strategy.check(panel, params)
        given = strategy.weights(panel, params)
        if hasattr(given, "to_numpy"):  # a pandas frame
            given = given.to_numpy(dtype=np.float64, na_value=np.nan)
        weights = np.array(given, dtype=np.float64)
    if weights.shape != panel.close.shape:
        raise StrategyError(
            f"weights returned an array of shape {weights.shape} for {len(panel):,} bars of "
            f"{len(panel.symbols)} instruments", where=file_of(strategy),
            hint="Return one row for every bar, one column for every instrument; 0 is flat",
        )  # fmt: skip
    early = weights[:warmup]
    early[np.isnan(early)] = 0.0
    _check(strategy, panel, weights, warmup)
    return weights


def _check(strategy: PortfolioStrategy, panel: Panel, weights: FloatArray, warmup: int) -> None:
    outside = ~(np.abs(weights) <= 1.0)  # true for NaN
    if outside.any():
        bar, asset, value = _first(outside, weights)
        if np.isnan(value):
            raise StrategyError(
                f"the weight of {panel.symbols[asset]} is not a number", where=_place(strategy, panel, bar),
                hint="Give a number for every bar; 0 is flat",
            )  # fmt: skip
        raise StrategyError(
            f"the weight of {panel.symbols[asset]} is {value:g}, outside [-1, 1]",
            where=_place(strategy, panel, bar), hint="1 is all of the account long, -1 all of it short",
        )  # fmt: skip
    gross = np.abs(weights).sum(axis=1)
    if (gross > MOST_GROSS).any():
        bar = int(np.argmax(gross > MOST_GROSS))
        raise StrategyError(
            f"the weights have a gross exposure of {gross[bar]:.6g}, above 1",
            where=_place(strategy, panel, bar), hint="Divide the row by the sum of its absolute values",
        )  # fmt: skip
    _check_flat(strategy, panel, weights, warmup)


def _check_flat(strategy: PortfolioStrategy, panel: Panel, weights: FloatArray, warmup: int) -> None:
    early = weights[:warmup] != 0.0
    if early.any():
        bar, asset, value = _first(early, weights)
        raise StrategyError(
            f"the weight of {panel.symbols[asset]} is {value:g} during the declared warm-up of {warmup} bars",
            where=_place(strategy, panel, bar), hint="Stay flat (0) until it can decide",
        )  # fmt: skip
    absent = (weights != 0.0) & np.isnan(panel.close)
    if absent.any():
        bar, asset, value = _first(absent, weights)
        raise StrategyError(
            f"the weight of {panel.symbols[asset]} is {value:g} at a bar without a price",
            where=_place(strategy, panel, bar), hint="Write 0 where np.isnan(panel.close)",
        )  # fmt: skip


def _first(flags: npt.NDArray[np.bool_], weights: FloatArray) -> tuple[int, int, float]:
    bar, asset = np.argwhere(flags)[0].tolist()
    return bar, asset, float(weights[bar, asset])


def _place(strategy: PortfolioStrategy, panel: Panel, bar: int) -> str:
    own = is_plugin_module(type(strategy).__module__)
    return f"{file_of(strategy) if own else strategy.title}, bar {bar} ({panel.label(bar)})"
