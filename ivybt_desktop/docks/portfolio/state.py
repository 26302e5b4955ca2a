"""What the tabs of the Portfolio dock show of a run, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from engine.backtest.contribution import (
    contributions,
    correlations,
    exposures,
    return_correlations,
    sums_by_leg,
    turnover_of_legs,
)
from ivybt_desktop.widgets.format import count, money, number, percent
from ivybt_desktop.widgets.largest_legs import LargestLegs
from ivybt_desktop.widgets.run_words import leg_titles

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# More cells than these cannot be read.
MOST_CELLS = 40
# A factor of 1 that was worked out may miss it by a rounding.
_UNSCALED = 1.0 - 1e-9
HEADS = ("Net P&L", "Share", "Trades", "Won", "Turnover")


@dataclass(frozen=True, eq=False)
class Weights:
    """Shares of equity over time.

    Parameters
    ----------
    names : sequence of str
        Legs, and the rest as one.
    held, target : float64[k, n]
        Signed value held over equity; weights of the allocation, or None without one.
    scaling : float64[n] or None
        Factor that scaled all targets down together; None when it never did.
    """

    names: Sequence[str]
    held: FloatArray
    target: FloatArray | None
    scaling: FloatArray | None


@dataclass(frozen=True, slots=True)
class Share:
    """Net profit of one leg; ``asset`` is -1 for the sum."""

    asset: int
    name: str
    value: float
    figures: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Matrix:
    """A correlation matrix with the words under it."""

    names: Sequence[str]
    values: FloatArray
    note: str


def weights_of(result: BacktestResult) -> Weights:
    """Return the weights of the largest legs over time; the others are one."""
    held = exposures(result)
    target = None if result.allocation is None else result.allocation.weights[:, : held.shape[1]]
    scaling = result.scaling
    if scaling is not None and not (scaling < _UNSCALED).any():
        scaling = None
    largest = LargestLegs.of(np.abs(held).mean(axis=1) if held.size else np.zeros(held.shape[0]))
    target = None if target is None else largest.rows(target)
    return Weights(largest.names(leg_titles(result)), largest.rows(held), target, scaling)


def shares_of(result: BacktestResult) -> list[Share]:
    """Return the net profit of each leg, largest first, and their sum, which is the change of equity."""
    profit = contributions(result).sum(axis=1)
    closed = result.trades[~result.trades["open"]]
    legs = len(result.instruments)
    trades = np.bincount(closed["asset"], minlength=legs)
    won = np.bincount(closed["asset"][closed["pnl"] > 0], minlength=legs)
    traded, total = turnover_of_legs(result), float(profit.sum())
    titles = leg_titles(result)

    def share(asset: int, name: str, sums: tuple[float, int, int, float]) -> Share:
        value, deals, wins, turnover = sums
        part = percent(value / total if total else np.nan, 1)
        rate = percent(wins / deals if deals else np.nan, 0)
        figures = (money(value, signed=True), part, count(deals), rate, number(turnover, 0))
        return Share(asset, name, value, figures)

    order = np.argsort(-profit, kind="stable").tolist()
    rows = [
        share(leg, titles[leg], (float(profit[leg]), int(trades[leg]), int(won[leg]), float(traded[leg])))
        for leg in order
    ]
    sums = (total, int(trades.sum()), int(won.sum()), float(traded.sum()))
    return [*rows, share(-1, "Net profit", sums)]


def return_matrix(result: BacktestResult) -> Matrix:
    """Return the correlations of the legs' bar returns over the bars that each pair has in common."""
    kept = _kept(result)
    values = return_correlations([result.instruments[leg] for leg in kept.tolist()])
    return Matrix(_names(result, kept), values, _note(result, kept, "Bar returns on common bars"))


def profit_matrix(result: BacktestResult) -> Matrix:
    """Return the correlations of the legs' net P&L per bar."""
    kept = _kept(result)
    values = correlations(contributions(result)[kept])
    return Matrix(_names(result, kept), values, _note(result, kept, "Net P&L per bar, flat bars as zero"))


def _kept(result: BacktestResult) -> IntArray:
    """Return the legs of the matrix: of too many, those that earned or lost most."""
    legs = len(result.instruments)
    if legs <= MOST_CELLS:
        return np.arange(legs)
    profit = np.abs(sums_by_leg(result, result.trades["pnl"]))
    return np.sort(np.argsort(-profit, kind="stable")[:MOST_CELLS])


def _names(result: BacktestResult, kept: IntArray) -> list[str]:
    titles = leg_titles(result)
    return [titles[leg] for leg in kept.tolist()]


def _note(result: BacktestResult, kept: IntArray, what: str) -> str:
    legs = len(result.instruments)
    if kept.size == legs:
        return what
    return f"{what}; {kept.size} of {count(legs)} legs, those that earned or lost most"
