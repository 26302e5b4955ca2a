"""Probability of backtest overfitting by combinatorially symmetric cross-validation (CSCV).

References
----------
D. Bailey, J. Borwein, M. Lopez de Prado, Q. Zhu, The probability of backtest overfitting, Journal of
Computational Finance 20 (2017).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.core.bars import FloatArray
from engine.core.errors import InputError
from engine.kernels.overfitting import halves_driver

BLOCKS = 16
_GROUPS = 8


@dataclass(frozen=True, eq=False)
class Overfitting:
    """What happens out of sample to the strategy that was best in sample.

    Parameters
    ----------
    pbo : float
        Share of the halves in which the best one is below the median out of sample.
    spread : float
        Standard error of `pbo` by a jackknife over groups of blocks.
    logits : float64[n_halves]
        ``ln(w / (1 - w))`` of the best one's relative rank w out of sample; below 0 is below the median.
    in_sample, out_of_sample : float64[n_halves]
        Its Sharpe ratio of a bar in both halves: the degradation plot.
    slope, intercept : float
        Straight line through that plot.
    loss : float
        Share of the halves in which it loses money out of sample.
    """

    pbo: float
    spread: float
    logits: FloatArray
    in_sample: FloatArray
    out_of_sample: FloatArray
    slope: float
    intercept: float
    loss: float


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums of returns and of their squares around each mean, by block; lengths of the blocks."""

    total: FloatArray  # float64[blocks, n_strategies]
    squares: FloatArray
    length: FloatArray  # float64[blocks]
    mean: FloatArray  # float64[n_strategies]

    def without(self, blocks: npt.NDArray[np.int64]) -> _Sums:
        kept = np.setdiff1d(np.arange(self.length.size), blocks)
        return _Sums(self.total[kept], self.squares[kept], self.length[kept], self.mean)


def overfitting(returns: FloatArray, blocks: int = BLOCKS) -> Overfitting:
    """Judge a choice among many strategies.

    Parameters
    ----------
    returns : float64[n_bars, n_strategies]
        Net return of each bar of everything that was tried.
    blocks : int, default 16
        Even number of parts of time; every choice of half of them is in sample once.

    Raises
    ------
    InputError
        Fewer than two strategies or than two bars a block, an odd number of blocks, or a return that is not
        a number.
    """
    _check(returns, blocks)
    sums = _sums_of(returns, blocks)
    logits, inside, outside = _halves(sums)
    slope, intercept = _line(inside, outside)
    return Overfitting(
        pbo=_share(logits), spread=_jackknife(sums), logits=logits, in_sample=inside,
        out_of_sample=outside, slope=slope, intercept=intercept, loss=float((outside < 0.0).mean()),
    )  # fmt: skip


def _check(returns: FloatArray, blocks: int) -> None:
    n_bars, n_strategies = returns.shape if returns.ndim == 2 else (0, 0)
    if blocks < 4 or blocks % 2:
        raise InputError("the number of blocks must be even and at least 4", field="blocks", value=blocks,
                         hint="Use 16")  # fmt: skip
    if n_strategies < 2 or n_bars < 2 * blocks:
        raise InputError(
            f"{n_bars} bars of {n_strategies} strategies are too few", field="returns",
            value=f"{n_bars} x {n_strategies}", hint=f"Give two strategies and {2 * blocks} bars at least",
        )  # fmt: skip
    if not np.isfinite(returns).all():
        bar, strategy = np.argwhere(~np.isfinite(returns))[0].tolist()
        raise InputError(
            f"the return of strategy {strategy} at bar {bar} is not a number", field="returns",
            hint="Leave out strategies that failed",
        )  # fmt: skip


def _sums_of(returns: FloatArray, blocks: int) -> _Sums:
    edges = np.linspace(0, len(returns), blocks + 1).round().astype(np.int64)
    mean = returns.mean(axis=0)
    # Around the mean: squares of small numbers keep their digits.
    total = np.add.reduceat(returns - mean, edges[:-1], axis=0)
    squares = np.add.reduceat((returns - mean) ** 2, edges[:-1], axis=0)
    return _Sums(total, squares, np.diff(edges).astype(np.float64), mean)


def _halves(sums: _Sums) -> tuple[FloatArray, FloatArray, FloatArray]:
    blocks = sums.length.size
    # A half and the other half are judged together: those with the first block name each pair once.
    pairs = [(0, *rest) for rest in itertools.combinations(range(1, blocks), blocks // 2 - 1)]
    halves = np.array(pairs, dtype=np.int64)
    logits, inside, outside = (np.empty(2 * len(pairs)) for _ in range(3))
    arrays = map(np.ascontiguousarray, (sums.total, sums.squares, sums.length, sums.mean))
    halves_driver()(*arrays, halves, logits, inside, outside)
    return logits, inside, outside


def _share(logits: FloatArray) -> float:
    return float((logits < 0.0).mean() + 0.5 * (logits == 0.0).mean())


def _jackknife(sums: _Sums) -> float:
    blocks = sums.length.size
    groups = [part for part in np.array_split(np.arange(blocks), min(_GROUPS, blocks // 2)) if part.size]
    shares = []
    for left_out in groups:
        rest = sums.without(left_out)
        if rest.length.size % 2:  # an even number is needed
            rest = rest.without(np.array([0]))
        shares.append(_share(_halves(rest)[0]))
    values = np.array(shares)
    return math.sqrt((values.size - 1) / values.size * float(((values - values.mean()) ** 2).sum()))


def _line(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    around = x - x.mean()
    square = float(around @ around)
    slope = float(around @ (y - y.mean())) / square if square > 0.0 else math.nan
    return slope, float(y.mean() - slope * x.mean())
