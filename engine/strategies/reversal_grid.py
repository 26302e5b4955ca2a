"""Reversal grid: against the price as it crosses the levels of a grid around an anchor."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from engine.indicators import Indicator
from engine.indicators.anchor import grid_anchor
from engine.kernels.grid import levels_below
from engine.strategies import Strategy, StrategyParams, param, rule


class ReversalGrid(Strategy):
    """Go against the price each time it crosses a level of a grid: long downward, short upward.

    Levels lie at anchor x (lower + step x k), k = 0 to `grid_count`, step = (upper - lower) / grid_count. The
    anchor is the first close of the data, or with `anchor` "rolling" the mean close of the last `n` bars, so
    that the grid follows the price; each close is compared with the levels of its own bar. The state is how
    many levels lie below the close: more than a bar earlier is a crossing upward, fewer a crossing downward,
    and a jump over several levels is one. Downward goes long, upward short, held until a crossing the other
    way; flat until the first one. Outside the grid nothing is crossed: the last position stays.

    Works when the price returns again and again, as in pairs of related currencies and in quiet ranges, with
    steps about as wide as the swings.

    Fails in a trend: the position stands against it, and beyond the last level it stays there. There is no
    stop; the engine's stop loss can add one.

    Costs matter: each turn trades twice the position for a gain of at most about one step, so a step should
    be many times the round trip's costs.

    References
    ----------
    STRATEGIES.md of this project for the rule. A. F. Perold, W. F. Sharpe, Dynamic Strategies for Asset
    Allocation, Financial Analysts Journal 44:1 (1988), for what buying weakness gains in swings and loses in
    trends.
    """

    title, family = "Reversal grid", "reversal"

    class Params(StrategyParams):
        """The grid and what it is built around."""

        grid_count: int = param(
            10, low=2, high=100, step=2, unit="steps", title="Grid steps",
            help="Equal steps between the lowest and the highest level",
        )
        upper: float = param(
            1.10, low=0.5, high=5.0, step=0.05, unit="x anchor", title="Highest level",
            help="Highest level as a multiple of the anchor",
        )
        lower: float = param(
            0.90, low=0.1, high=2.0, step=0.05, unit="x anchor", title="Lowest level",
            help="Lowest level as a multiple of the anchor",
        )
        anchor: Literal["first", "rolling"] = param(
            "first", help="First close of the data, or the mean close of the last bars"
        )
        n: int = param(
            250, low=10, high=1_000, step=10, unit="bars", title="Anchor bars",
            help="Bars of the rolling anchor; the first close does not need them",
        )
        constraint = "lower < upper"

    def indicators(self, p: Any) -> dict[str, Indicator]:
        """Return the anchor; levels are multiples of it."""
        return {"anchor": grid_anchor(p.anchor == "rolling", p.n)}

    @rule
    def decide(bars: Any, bank, rows, params, target):
        """Oppose the last crossing; the first known bar only says where the price stands."""
        anchor, count, upper, lower = bank[rows[0]], params[0], params[1], params[2]
        step = (upper - lower) / count
        side, below, is_known = 0.0, 0.0, False
        for t in range(bars.close.shape[0]):
            if np.isnan(anchor[t]):
                target[t] = 0.0
                continue
            before = below
            below = levels_below(bars.close[t], anchor[t], lower, step, count, before)
            if is_known and below > before:
                side = -1.0
            elif is_known and below < before:
                side = 1.0
            is_known = True
            target[t] = side
