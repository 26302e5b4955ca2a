"""`run_backtest`: one spec on one instrument, from bars to metrics, orders, trades and receipt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtest.market import market_of, terms_of
from engine.backtest.receipt import receipt_of
from engine.backtest.result import BacktestResult
from engine.backtest.spec import BacktestSpec
from engine.backtest.targets import targets_of
from engine.core.bars import Bars, FloatArray
from engine.core.errors import DataError, InputError
from engine.core.trade import ORDER_DTYPE, TRADE_DTYPE, Reason
from engine.execution.fills import Fill
from engine.kernels.book import BOOK_SIZE, ORDER_ROWS, TRADE_ROWS, UNSENT
from engine.kernels.performance import METRIC_COUNT
from engine.kernels.sweep import excursion_driver, run_driver
from engine.kernels.terms import ORDER_COLUMNS, TRADE_COLUMNS, Market
from engine.metrics import METRIC_NAMES, TAIL_NAMES
from engine.metrics.returns import tail_risk
from engine.strategies import load

Matrix = npt.NDArray[np.float64]


def run_backtest(bars: Bars | Sequence[Bars], spec: BacktestSpec) -> BacktestResult:
    """Run one backtest.

    Parameters
    ----------
    bars : Bars
        Prices; the spec's date range is applied to them.
    spec : BacktestSpec
        What to run.

    Returns
    -------
    BacktestResult

    Raises
    ------
    InputError
        Unknown strategy or parameter, value out of range, no bars in the date range.
    StrategyError
        The strategy failed or left [-1, 1].
    DataError
        A price at or below zero in an instrument that is sized by value.
    """
    series = select(bars, spec)
    strategy = load(spec.strategy.name)
    params = strategy.parse(spec.strategy.params)
    signals = targets_of(strategy, series, params)
    full = spec.replace_params(params.model_dump(mode="json"), periods_of(series, spec))
    return simulate_signals(series, signals, full)


def select(bars: Bars | Sequence[Bars], spec: BacktestSpec) -> Bars:
    """Return the bars of the spec's date range; check that they can be traded.

    Raises
    ------
    InputError
        More than one instrument, or no bar in the range.
    DataError
        No bars, or a price at or below zero.
    """
    if not isinstance(bars, Bars):
        given: Any = bars
        if not all(isinstance(one, Bars) for one in given):
            raise InputError(
                f"prices must be Bars, was {type(bars).__name__}", field="data",
                hint="Make them with engine.read_bars(path) or engine.Bars.from_frame(frame)",
            )  # fmt: skip
        if len(bars) != 1:
            raise InputError(
                f"{len(bars)} instruments were given, one account trades one instrument",
                field="data", hint="Run each instrument on its own",
            )  # fmt: skip
        bars = bars[0]
    if len(bars) == 0:
        raise DataError("no bars", where=bars.symbol, hint="Load a file with at least one row")
    series = bars
    if spec.data.start or spec.data.end:
        series = bars.between(spec.data.start, spec.data.end)
    if series.lowest <= 0.0:
        at = int(np.argmax(np.minimum(np.minimum(series.open, series.low), series.close) <= 0.0))
        raise DataError(
            f"the price is {series.lowest:g} or less at {series.label(at)}", where=series.symbol,
            hint="Sizing by value needs prices above zero: choose a range without it",
        )  # fmt: skip
    return series


def periods_of(bars: Bars, spec: BacktestSpec) -> float:
    """Return bars per year: the spec's number, else the calendar's (rule 20)."""
    return spec.periods_per_year or bars.periods_per_year


def simulate_signals(bars: Bars, signals: FloatArray, spec: BacktestSpec) -> BacktestResult:
    """Simulate given targets under a spec whose parameters and periods are filled in.

    Parameters
    ----------
    bars : Bars
    signals : float64[n]
        Target known at each close, in [-1, 1].
    spec : BacktestSpec

    Returns
    -------
    BacktestResult
    """
    market, size = market_of(bars, spec), len(bars)
    terms = terms_of(spec)
    context = (float(spec.periods_per_year or bars.periods_per_year), spec.risk_free, benchmark_of(bars))
    targets = np.require(signals, np.float64, ["C", "W"]).reshape(1, -1)
    equity, returns = np.empty(size), np.empty(size)
    book, values = np.empty(BOOK_SIZE), np.empty(METRIC_COUNT)
    capacity, run = size // 16 + 256, run_driver()
    while True:
        trades, orders = np.empty((capacity, TRADE_COLUMNS)), np.empty((capacity, ORDER_COLUMNS))
        n = run(
            market, targets, terms, context, bars.time, equity, returns, trades, orders, book, values
        )
        rows = int(max(book[TRADE_ROWS], book[ORDER_ROWS]))
        if rows <= capacity:
            break
        capacity = rows  # the tables were too short: the same run again, now with room for every row
    metrics = dict(zip(METRIC_NAMES, values.tolist(), strict=True))
    metrics |= dict(zip(TAIL_NAMES, tail_risk(returns[:n]), strict=True))
    trade_table = _trades(trades, int(book[TRADE_ROWS]), market, spec)
    order_table = _orders(orders, int(book[ORDER_ROWS]))
    return BacktestResult(
        spec=spec,
        bars=bars,
        metrics=metrics,
        equity=equity[:n],
        signals=targets[0, :n],
        positions=_positions(order_table, n),
        orders=order_table,
        trades=trade_table,
        receipt=receipt_of([bars.digest], spec),
        warnings=_warnings(spec, bars, order_table, equity[:n], int(book[UNSENT])),
    )


def benchmark_of(bars: Bars) -> float:
    """Return last close / first close - 1."""
    return float(bars.close[-1] / bars.close[0] - 1.0)


def _trades(table: Matrix, count: int, market: Market, spec: BacktestSpec) -> npt.NDArray[Any]:
    trades = np.zeros(count, TRADE_DTYPE)
    worst, best = np.empty(count), np.empty(count)
    at_close = int(spec.execution.fill is not Fill.NEXT_OPEN)
    excursion_driver()(market.high, market.low, table, count, at_close, worst, best)
    names = (
        "asset", "side", "open", "exit_reason", "quantity", "entry_decision", "entry_bar", "exit_decision",
        "exit_bar", "entry_price", "exit_price", "gross_pnl", "commission", "slippage", "financing",
        "pnl", "return",
    )  # fmt: skip
    for column, name in enumerate(names):
        trades[name] = table[:count, column]
    trades["mae"], trades["mfe"] = worst, best
    return trades


def _orders(table: Matrix, count: int) -> npt.NDArray[Any]:
    orders = np.zeros(count, ORDER_DTYPE)
    for column, name in enumerate(ORDER_DTYPE.names or ()):
        orders[name] = table[:count, column]
    return orders


def _positions(orders: npt.NDArray[Any], n: int) -> FloatArray:
    """Return the quantity held at each close: the position after the last fill up to that bar."""
    held = np.concatenate(([0.0], orders["position"]))
    starts = np.concatenate(([0], orders["fill_bar"], [n]))
    return np.repeat(held, np.diff(starts))


def _warnings(
    spec: BacktestSpec, bars: Bars, orders: npt.NDArray[Any], equity: FloatArray, unsent: int
) -> tuple[str, ...]:
    found = []
    if spec.costs.is_free:
        found.append("Zero costs: no commission, spread or slippage is charged")
    if spec.execution.fill is Fill.THIS_CLOSE:
        found.append(Fill.THIS_CLOSE.sentence)
    when = bars.label(equity.size - 1)
    if orders.size and orders["reason"][-1] == Reason.LIQUIDATION:
        found.append(f"Liquidated at the close of {when}: equity fell to zero, the run ends there")
    elif equity.size < len(bars) or equity[-1] <= 0.0:
        found.append(f"Nothing is left at the close of {when}: the run ends there")
    if unsent:
        found.append(f"{unsent:,} orders were below the minimum and not sent")
    return tuple(found)
