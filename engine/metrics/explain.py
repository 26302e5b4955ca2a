"""Each metric of a run with the run's own numbers put into its formula: what a trader checks by hand.

`explain` writes ``sharpe = mean 0.000411 / std 0.0112 x sqrt(252) = 0.58``. Numbers have six
significant digits, so that a pocket calculator comes to the shown result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from engine.core.bars import Bars, FloatArray
from engine.core.errors import InputError, nearest
from engine.core.timeframe import NS_PER_DAY
from engine.core.trade import Reason
from engine.metrics import METRICS


class Run(Protocol):
    """The part of a `BacktestResult` that is read here (results stand in a higher layer)."""

    @property
    def spec(self) -> Any:
        """What was asked."""
        ...

    @property
    def bars(self) -> Bars:
        """The bars of the run."""
        ...

    @property
    def metrics(self) -> Mapping[str, float]:
        """Value by name."""
        ...

    @property
    def equity(self) -> FloatArray:
        """Account value at each close, float64[n]."""
        ...

    @property
    def positions(self) -> FloatArray:
        """Units held at each close, float64[n]."""
        ...

    @property
    def orders(self) -> npt.NDArray[Any]:
        """One row per filled order."""
        ...

    @property
    def trades(self) -> npt.NDArray[Any]:
        """One row per round trip."""
        ...

    @property
    def returns(self) -> FloatArray:
        """Net return of each bar, float64[n]."""
        ...


def explain(name: str, run: Run) -> str:
    """Return one line: the name, the formula with this run's numbers, the value.

    Parameters
    ----------
    name : str
        One of `engine.metrics.METRIC_NAMES`.
    run : Run
        A `BacktestResult`.

    Raises
    ------
    InputError
        The metric is not known.
    """
    if name not in _LINES:
        raise InputError(f"unknown metric '{name}'", field="metric", value=name, hint=nearest(name, _LINES))
    value = run.metrics[name]
    if run.equity.size == 0:
        return f"{name}: no bars were simulated"
    substituted = _LINES[name](run)
    if math.isnan(value):
        return f"{name} = {substituted}: not defined"
    shown = _plain(value)
    if METRICS[name].unit == "fraction":
        shown = f"{_plain(value)} = {value * 100:,.2f}%"
    says_it = substituted.endswith(f" {shown}")
    return f"{name} = {substituted}" if says_it else f"{name} = {substituted} = {shown}"


def _plain(value: float) -> str:
    """Return six significant digits; whole numbers as they are, amounts with cents."""
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.2f}" if 1_000 <= abs(value) < 1e15 else f"{value:,.6g}"


def _growth(run: Run, exponent: str) -> str:
    return f"(final {_plain(run.equity[-1])} / initial {_plain(run.spec.capital)}) ^ ({exponent}) - 1"


def _periods(run: Run) -> float:
    return float(run.metrics["periods_per_year"])


def _excess(run: Run) -> str:
    """Return the mean return over the risk-free rate of one bar."""
    mean = f"mean {_plain(float(np.mean(run.returns)))}"
    rate = float(run.spec.risk_free)
    return f"({mean} - rf {_plain(rate)} / {_plain(_periods(run))})" if rate else mean


def _deviation(run: Run) -> str:
    spread = float(np.std(run.returns, ddof=1)) if run.returns.size > 1 else math.nan
    return f"std {_plain(spread)}" if not math.isnan(spread) else "std of fewer than two returns"


def _final(run: Run) -> str:
    close, held = float(run.bars.close[run.equity.size - 1]), float(run.positions[-1])
    cash = float(run.equity[-1]) - held * close
    return f"cash {_plain(cash)} + quantity {_plain(held)} x close {_plain(close)}"


def _annual(run: Run) -> str:
    return _growth(run, f"{_plain(_periods(run))} / {run.equity.size:,} bars")


def _cagr(run: Run) -> str:
    time = run.bars.time
    days = float(time[run.equity.size - 1] - time[0]) / NS_PER_DAY
    return _growth(run, f"365.2425 / {_plain(days)} days")


def _sharpe(run: Run) -> str:
    return f"{_excess(run)} / {_deviation(run)} x sqrt({_plain(_periods(run))})"


def _sortino(run: Run) -> str:
    floor = float(run.spec.risk_free) / _periods(run)
    downside = float(np.sqrt(np.mean(np.minimum(run.returns - floor, 0.0) ** 2)))
    periods = _plain(_periods(run))
    return f"{_excess(run)} x {periods} / (downside {_plain(downside)} x sqrt({periods}))"


def _calmar(run: Run) -> str:
    return f"annual {_plain(run.metrics['annual_return'])} / |drawdown {_plain(run.metrics['max_drawdown'])}|"


def _high_water(run: Run) -> FloatArray:
    return np.asarray(np.maximum.accumulate(np.maximum(run.equity, run.spec.capital)))


def _drawdown(run: Run) -> str:
    high = _high_water(run)
    low_at = int(np.argmin(run.equity / high - 1.0))
    at = int(np.argmax(run.equity[: low_at + 1] >= high[low_at]))
    since = run.bars.label(at) if run.equity[at] >= high[low_at] else "the start"
    low, peak = _plain(run.equity[low_at]), _plain(high[low_at])
    return f"equity {low} on {run.bars.label(low_at)} / high {peak} of {since} - 1"


def _drawdown_bars(run: Run) -> str:
    below = run.equity < _high_water(run)
    edges = np.diff(np.concatenate(([0], below.astype(np.int8), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if starts.size == 0:
        return "bars below an earlier high 0"
    longest = int(np.argmax(ends - starts))
    first, last = int(starts[longest]), int(ends[longest]) - 1
    return f"bar {last:,} ({run.bars.label(last)}) - bar {first:,} ({run.bars.label(first)}) + 1"


def _tail(run: Run) -> tuple[FloatArray, int, float]:
    """Return the sorted returns, the order statistic below the 5 % point, and how far beyond it."""
    ordered = np.sort(run.returns)
    position = (ordered.size - 1) * 0.05
    return ordered, int(position), position - int(position)


def _var(run: Run) -> str:
    ordered, below, rest = _tail(run)
    low, high = _plain(ordered[below]), _plain(ordered[min(below + 1, ordered.size - 1)])
    head = f"return no. {below + 1:,} of {ordered.size:,} from the worst"
    return f"{head}: {low} + {_plain(rest)} x ({high} - {low})"


def _cvar(run: Run) -> str:
    ordered, below, _ = _tail(run)
    total = _plain(float(ordered[: below + 1].sum()))
    return f"sum of the worst {total} / returns {below + 1:,}"


def _exposure(run: Run) -> str:
    held = int(np.count_nonzero(run.positions))
    return f"bars {held:,} with a position / bars {run.equity.size:,}"


def _turnover(run: Run) -> str:
    notional = float(np.sum(np.abs(run.orders["quantity"]) * run.orders["price"]))
    mean, periods = _plain(float(np.mean(run.equity))), _plain(_periods(run))
    return f"traded {_plain(notional)} / mean equity {mean} x {periods} / bars {run.equity.size:,}"


def _orders(run: Run) -> str:
    reasons, counts = np.unique(run.orders["reason"], return_counts=True)
    words = (Reason(int(reason)).label.replace("_", " ") for reason in reasons)
    parts = [f"{word} {int(n):,}" for word, n in zip(words, counts, strict=True)]
    return " + ".join(parts) or "filled orders 0"


def _closed(run: Run) -> npt.NDArray[Any]:
    return np.asarray(run.trades[~run.trades["open"]])


def _trades(run: Run) -> str:
    closed = _closed(run)
    longs = int(np.count_nonzero(closed["side"] > 0))
    return f"long {longs:,} + short {closed.size - longs:,}"


def _win_rate(run: Run) -> str:
    closed = _closed(run)
    return f"winners {int(np.count_nonzero(closed['pnl'] > 0)):,} / closed {closed.size:,}"


def _profit_factor(run: Run) -> str:
    pnl = _closed(run)["pnl"]
    won, lost = float(pnl[pnl > 0].sum()), float(pnl[pnl < 0].sum())
    return f"won {_plain(won)} / |lost {_plain(lost)}|"


def _mean_pnl(run: Run, side: int) -> str:
    pnl = _closed(run)["pnl"]
    chosen = pnl if side == 0 else pnl[pnl * side > 0]
    word = {0: "closed trades", 1: "winners", -1: "losers"}[side]
    return f"sum {_plain(float(chosen.sum()))} / {word} {chosen.size:,}"


def _costs(run: Run) -> str:
    commission, slippage = (float(run.orders[name].sum()) for name in ("commission", "slippage"))
    financing = float(run.trades["financing"].sum())
    parts = {"commission": commission, "slippage": slippage, "borrow and interest": financing}
    return " + ".join(f"{word} {_plain(value)}" for word, value in parts.items())


def _bars_per_year(run: Run) -> str:
    bars = run.bars
    if _periods(run) != bars.periods_per_year:
        return f"calendar {_plain(bars.periods_per_year)}, set by hand"
    sessions = bars.instrument.hours.sessions_per_year
    if bars.timeframe.unit in ("wk", "mo"):
        return f"calendar of {bars.timeframe} bars"
    return f"sessions {_plain(sessions)} x bars per session {_plain(_periods(run) / sessions)}"


def _benchmark(run: Run) -> str:
    close = run.bars.close
    return f"last close {_plain(float(close[-1]))} / first close {_plain(float(close[0]))} - 1"


_LINES: dict[str, Callable[[Run], str]] = {
    "initial_equity": lambda run: f"capital {_plain(run.spec.capital)}",
    "final_equity": _final,
    "total_return": lambda run: f"final {_plain(run.equity[-1])} / initial {_plain(run.spec.capital)} - 1",
    "annual_return": _annual,
    "cagr": _cagr,
    "volatility": lambda run: f"{_deviation(run)} x sqrt({_plain(_periods(run))})",
    "sharpe": _sharpe,
    "sortino": _sortino,
    "calmar": _calmar,
    "max_drawdown": _drawdown,
    "max_drawdown_bars": _drawdown_bars,
    "var_95": _var,
    "cvar_95": _cvar,
    "exposure": _exposure,
    "turnover": _turnover,
    "orders": _orders,
    "trades": _trades,
    "win_rate": _win_rate,
    "profit_factor": _profit_factor,
    "expectancy": lambda run: _mean_pnl(run, 0),
    "avg_win": lambda run: _mean_pnl(run, 1),
    "avg_loss": lambda run: _mean_pnl(run, -1),
    "costs_paid": _costs,
    "periods_per_year": _bars_per_year,
    "benchmark_return": _benchmark,
}
