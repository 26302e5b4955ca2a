"""What slippage does to a result: net return at several levels, and the level that leaves nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.backtest.result import BacktestResult
from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars

LEVELS = (0.0, 5.0, 10.0, 20.0)
# More than this no market charges; a result that survives it has no meaningful break-even.
MOST_BPS = 1_000.0
_CLOSE_ENOUGH = 0.01


@dataclass(frozen=True, slots=True)
class CostSensitivity:
    """Results of one spec at several costs.

    Parameters
    ----------
    levels : tuple of float
        Slippage per order in basis points; all other costs are zero.
    annual_returns : tuple of float
        Net return a year at each level, as fractions; NaN where undefined.
    break_even_bps : float
        Slippage at which the final equity is the capital, to 0.01 basis points. NaN when nothing is left
        even without costs, or there is no order; infinite when more than `MOST_BPS` would be needed.
    orders_per_year : float
    trades : int
        Closed round trips without costs.
    """

    levels: tuple[float, ...]
    annual_returns: tuple[float, ...]
    break_even_bps: float
    orders_per_year: float
    trades: int


def cost_sensitivity(
    bars: Bars | Sequence[Bars], spec: BacktestSpec, levels: Sequence[float] = LEVELS
) -> CostSensitivity:
    """Run a spec at several levels of slippage.

    Parameters
    ----------
    bars : Bars or sequence of Bars
    spec : BacktestSpec
        Its own costs are left out.
    levels : sequence of float
        Basis points per order.

    Raises
    ------
    InputError, StrategyError, DataError
        As `run_backtest`.
    """

    def run(bps: float) -> BacktestResult:
        return run_backtest(bars, spec.replace(costs={"slippage_bps": bps}, symbol_costs={}))

    free = run(0.0)
    years = free.equity.size / free.metrics["periods_per_year"]
    return CostSensitivity(
        levels=tuple(levels),
        annual_returns=tuple(run(level).metrics["annual_return"] for level in levels),
        break_even_bps=_break_even(free, lambda bps: run(bps).metrics["total_return"]),
        orders_per_year=free.metrics["orders"] / years,
        trades=int(free.metrics["trades"]),
    )


def _break_even(free: BacktestResult, total_at: Callable[[float], float]) -> float:
    if free.metrics["orders"] == 0 or not free.metrics["total_return"] > 0.0:
        return float("nan")
    low, high = 0.0, 1.0
    while total_at(high) > 0.0:
        if high == MOST_BPS:
            return float("inf")
        low, high = high, min(2.0 * high, MOST_BPS)
    while high - low > _CLOSE_ENOUGH:
        middle = 0.5 * (low + high)
        if total_at(middle) > 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
