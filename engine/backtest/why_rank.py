"""Who competed with an order for room at its bar, and in which place it came (rule 17)."""

from __future__ import annotations

import math

import numpy as np

from engine.backtest.portfolio import RankBy
from engine.backtest.result import BacktestResult
from engine.backtest.why_account import DECIDED
from engine.backtest.why_parts import Figure, Unit
from engine.execution.fills import Fill

_TITLES = {
    RankBy.SIGNAL: "strength of its signal", RankBy.MOMENTUM: "its trailing return",
    RankBy.LOW_VOLATILITY: "its volatility per bar", RankBy.TURNOVER: "its mean turnover",
}  # fmt: skip


def rank_figures(result: BacktestResult, asset: int, bar: int) -> tuple[Figure, ...]:
    """Return place, number of candidates and score of a leg that asked for more at a bar.

    Parameters
    ----------
    result : BacktestResult
    asset : int
    bar : int
        Bar at which the orders were filled.

    Returns
    -------
    tuple of Figure
        Empty where nobody competed.
    """
    candidates = competitors(result, bar)
    if asset not in candidates or len(candidates) < 2:
        return ()
    rule = result.spec.portfolio.rank_by
    at = max(bar - (0 if result.spec.execution.fill is Fill.THIS_CLOSE else 1), 0)
    scores = {one: score_of(result, one, at) for one in candidates}
    known = {one: -math.inf if math.isnan(score) else score for one, score in scores.items()}
    order = sorted(candidates, key=lambda one: (-known[one], one))
    figures = [
        Figure("rank", "place among the candidates", float(order.index(asset) + 1)),
        Figure("candidates", "candidates at this bar", float(len(order))),
    ]
    if rule in _TITLES:
        score = -scores[asset] if rule is RankBy.LOW_VOLATILITY else scores[asset]
        unit: Unit = "money" if rule is RankBy.TURNOVER else "number" if rule is RankBy.SIGNAL else "share"
        figures.append(Figure("score", _TITLES[rule], score, unit))
    return tuple(figures)


def competitors(result: BacktestResult, bar: int) -> list[int]:
    """Return the legs that asked for more at the orders of a bar, filled or not."""
    orders = result.orders[result.orders["fill_bar"] == bar]
    decided = np.isin(orders["reason"], [int(reason) for reason in DECIDED])
    before = orders["position"] - orders["quantity"]
    more = orders[decided & (np.abs(orders["position"]) > np.abs(before))]
    left = result.rejected[result.rejected["bar"] == bar]
    return sorted({*more["asset"].tolist(), *left["asset"].tolist()})


def score_of(result: BacktestResult, asset: int, at: int) -> float:
    """Return what ranks a leg, as known at a bar of the axis; larger comes first. 0 as listed."""
    portfolio, leg = result.spec.portfolio, result.instruments[asset]
    own = int(np.searchsorted(leg.time, result.bars.time[at], side="right"))
    length = portfolio.rank_length
    if portfolio.rank_by is RankBy.LISTED:
        return 0.0
    if portfolio.rank_by is RankBy.SIGNAL:
        signals = np.atleast_2d(result.signals)
        return float(abs(signals[asset if signals.shape[0] > 1 else 0, at]))
    if portfolio.rank_by is RankBy.TURNOVER:
        traded = leg.close[max(own - length, 0) : own] * leg.volume[max(own - length, 0) : own]
        return float(np.mean(traded)) if own >= length else math.nan
    close = leg.close[max(own - 1 - length, 0) : own]
    if own <= length:
        return math.nan
    if portfolio.rank_by is RankBy.MOMENTUM:
        return float(close[-1] / close[0] - 1.0)
    return -float(np.std(close[1:] / close[:-1] - 1.0, ddof=1))
