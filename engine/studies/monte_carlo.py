"""Monte Carlo: what the same trades or returns could have made in another order.

Shuffling keeps every step and changes the order alone: the end is the same, the way is not. Drawing with
replacement changes the end too. Drawing blocks of neighbouring returns keeps their dependence.

References
----------
D. Politis, J. Romano, The stationary bootstrap, Journal of the American Statistical Association 89 (1994).
A. Patton, D. Politis, H. White, Correction to "Automatic block-length selection for the dependent
bootstrap", Econometric Reviews 28 (2009).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from engine.backtest.result import BacktestResult
from engine.core.bars import FloatArray, IntArray
from engine.core.errors import InputError
from engine.kernels import bootstrap as kernel

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_POINTS = 240


class Method(StrEnum):
    """How the steps of a path are chosen."""

    SHUFFLE_TRADES = "shuffle_trades"
    DRAW_TRADES = "draw_trades"
    DRAW_BLOCKS = "draw_blocks"

    @property
    def sentence(self) -> str:
        """What the person must know about it."""
        return _SENTENCES[self]


_SENTENCES = {
    Method.SHUFFLE_TRADES: "The same trades in another order: final equity is the same on every path, "
    "because a product does not depend on its order; drawdown and time under water differ",
    Method.DRAW_TRADES: "Trades drawn with replacement: some come several times, others never",
    Method.DRAW_BLOCKS: "Blocks of neighbouring bar returns drawn with replacement, of random length",
}


@dataclass(frozen=True, eq=False)
class MonteCarlo:
    """Distributions over paths.

    Parameters
    ----------
    method : Method
    seed : int
    block : float
        Mean length of a block in bars; 1 where steps are drawn one by one.
    points : int64[n_points]
        Steps at which the fan is measured.
    fan : float64[n_quantiles, n_points]
        Equity at `QUANTILES`.
    actual : float64[n_points]
        Equity of the run itself there.
    final, drawdown : float64[n_paths]
        Last equity; deepest drawdown, as a negative fraction.
    under_water : int64[n_paths]
        Longest stretch below a former peak, in steps.
    ruined : float
        Share of the paths whose drawdown reached the limit.
    limit : float
        That limit, as a positive fraction.
    """

    method: Method
    seed: int
    block: float
    points: IntArray
    fan: FloatArray
    actual: FloatArray
    final: FloatArray
    drawdown: FloatArray
    under_water: IntArray
    ruined: float
    limit: float


def monte_carlo(
    result: BacktestResult, method: Method | str = Method.DRAW_BLOCKS, *, paths: int = 10_000, seed: int = 1,
    limit: float = 0.5, block: float | None = None,
) -> MonteCarlo:  # fmt: skip
    """Return what a run could have looked like.

    Parameters
    ----------
    result : BacktestResult
    method : Method or str, default "draw_blocks"
    paths : int, default 10,000
    seed : int, default 1
    limit : float, default 0.5
        Drawdown that counts as ruin, as a fraction.
    block : float, optional
        Mean length of a block in bars; the default (`None`) is chosen from the data.

    Raises
    ------
    InputError
        Fewer than two trades or bars, or an argument outside its range.
    """
    chosen = _method(method)
    _check(paths, seed, limit, block)
    steps = result.returns if chosen is Method.DRAW_BLOCKS else trade_returns(result)
    if steps.size < 2:
        word = "bars" if chosen is Method.DRAW_BLOCKS else "closed trades"
        raise InputError(f"{steps.size} {word} are too few", field="method", value=str(chosen),
                         hint="Use a longer run, or another method")  # fmt: skip
    mean = 1.0
    if chosen is Method.DRAW_BLOCKS:
        mean = block if block is not None else block_length(steps)
    return _paths(np.ascontiguousarray(steps), chosen, mean, paths, seed, float(result.spec.capital), limit)


def trade_returns(result: BacktestResult) -> FloatArray:
    """Return the return of each closed trade on the account, in the order of the exits, float64[n_trades].

    A trade's profit against the money that the trades before it have left: their product is exactly what all
    closed trades together made.
    """
    trades = result.trades
    closed = trades[~trades["open"]] if trades.size else trades
    order = np.lexsort((closed["entry_bar"], closed["exit_bar"]))
    profit = closed["pnl"][order]
    before = result.spec.capital + np.concatenate(([0.0], np.cumsum(profit)[:-1])) if profit.size else profit
    return np.asarray(profit / before)


def block_length(returns: FloatArray) -> float:
    """Return the mean block length that suits a stationary bootstrap of the returns, at least 1."""
    from arch.bootstrap import optimal_block_length  # takes a second

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = float(optimal_block_length(returns.reshape(-1, 1))["stationary"].iloc[0])
    return max(found, 1.0) if np.isfinite(found) else 1.0


def _method(method: Method | str) -> Method:
    try:
        return Method(method)
    except ValueError:
        raise InputError(
            f"unknown method '{method}'", field="method", value=str(method),
            hint=f"Use one of {', '.join(Method)}",
        ) from None  # fmt: skip


def _check(paths: int, seed: int, limit: float, block: float | None) -> None:
    limits = (("paths", paths, 1, 1_000_000), ("seed", seed, 0, 2**31), ("limit", limit, 0.0, 1.0),
              ("block", 1.0 if block is None else block, 1.0, 1e6))  # fmt: skip
    for name, value, low, high in limits:
        if not low <= value <= high:
            raise InputError(
                f"{name} must be from {low:g} to {high:g}", field=name, value=value,
                hint="Choose a value in this range",
            )  # fmt: skip


def _paths(
    steps: FloatArray, method: Method, block: float, paths: int, seed: int, start: float, limit: float
) -> MonteCarlo:
    n = steps.size
    points: IntArray = np.unique(np.linspace(0, n - 1, min(n, _POINTS)).round().astype(np.int64))
    fan, results = np.empty((paths, points.size)), np.empty((paths, kernel.COLUMNS))
    codes = {Method.SHUFFLE_TRADES: kernel.SHUFFLE, Method.DRAW_TRADES: kernel.DRAW}
    steps.flags.writeable = False
    # Paths of two seeds must not be the same numbers one path apart.
    first, code = seed * 1_000_003, codes.get(method, kernel.BLOCKS)
    kernel.paths_driver()(steps, code, 1.0 / block, first, start, True, points, fan, results)
    drawdown = results[:, kernel.DRAWDOWN].copy()
    under: npt.NDArray[np.int64] = results[:, kernel.UNDER_WATER].astype(np.int64)
    return MonteCarlo(
        method=method, seed=seed, block=block, points=points, fan=np.quantile(fan, QUANTILES, axis=0),
        actual=np.asarray(start * np.cumprod(1.0 + steps)[points], np.float64),
        final=results[:, kernel.FINAL].copy(),
        drawdown=drawdown, under_water=under, ruined=float((drawdown <= -limit).mean()), limit=limit,
    )  # fmt: skip
