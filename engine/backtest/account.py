"""One account as the compiled simulator takes it, and what comes back: arrays, tables, the ambiguity band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtest.result import Band
from engine.core.bars import FloatArray, IntArray
from engine.core.trade import ORDER_DTYPE, TRADE_DTYPE
from engine.kernels.band import bound_driver, is_bounded
from engine.kernels.performance import METRIC_COUNT
from engine.kernels.positions import (
    AMBIGUITIES,
    BOOK_SIZE,
    ORDER_ROWS,
    REJECTED_ROWS,
    RESOLVED,
    TRADE_ROWS,
    UNSENT,
)
from engine.kernels.sweep import excursion_driver, run_driver
from engine.kernels.terms import (
    AT_LIMIT,
    AT_MARKET,
    NEXT_OPEN,
    OPTIMISTIC,
    ORDER_COLUMNS,
    PESSIMISTIC,
    POINT,
    REJECTED_COLUMNS,
    TRADE_COLUMNS,
    Extra,
    Market,
    Terms,
    Traces,
    record_of,
)

Matrix = npt.NDArray[np.float64]

NO_TRACES = Traces(np.zeros((1, 1)), np.zeros((1, 1)), np.zeros((0, REJECTED_COLUMNS)))
_TRADE_NAMES = (
    "asset", "side", "open", "exit_reason", "quantity", "entry_decision", "entry_bar", "exit_decision",
    "exit_bar", "entry_price", "exit_price", "gross_pnl", "commission", "slippage", "financing",
    "pnl", "return", "ambiguous",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Account:
    """What the simulator is given.

    Parameters
    ----------
    market, extra, terms
        As in `engine.kernels.terms`.
    targets : float64[n_assets, n]
    time : int64[n]
    context : (periods per year, yearly risk-free rate, benchmark return)
    """

    market: Market
    extra: Extra
    terms: Terms
    targets: FloatArray
    time: IntArray
    context: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the simulator gave back; tables hold quoted prices.

    Parameters
    ----------
    equity, returns : float64[n]
    values : float64[METRIC_COUNT]
    trades, orders : structured arrays
    rejected : float64[k, REJECTED_COLUMNS]
    stops, charges : float64[n_assets, n] or None
    unsent, ambiguities, resolved : int
        Counts: orders below the minimum, ambiguous bars, bars that finer bars decided.
    """

    equity: FloatArray
    returns: FloatArray
    values: FloatArray
    trades: npt.NDArray[Any]
    orders: npt.NDArray[Any]
    rejected: Matrix
    stops: FloatArray | None
    charges: FloatArray | None
    unsent: int
    ambiguities: int
    resolved: int


def settle_account(account: Account) -> Outcome:
    """Simulate the account.

    Returns
    -------
    Outcome
        With n bars; fewer than given after a liquidation.
    """
    n_assets, size = account.targets.shape
    terms = account.terms
    equity, returns = np.empty(size), np.empty(size)
    book, values = np.empty(BOOK_SIZE), np.empty(METRIC_COUNT)
    capacity, run = n_assets * (size // 16) + 256, run_driver()
    while True:
        trades, orders = np.empty((capacity, TRADE_COLUMNS)), np.empty((capacity, ORDER_COLUMNS))
        traces = _traces(terms, n_assets, size, capacity)
        n = run(
            account.market, account.extra, account.targets, record_of(terms), account.context, account.time,
            equity, returns, trades, orders, traces, book, values,
        )  # fmt: skip
        rows = int(max(book[TRADE_ROWS], book[ORDER_ROWS], book[REJECTED_ROWS]))
        if rows <= capacity:
            break
        capacity = rows  # the tables were too short: the same run again, now with room for every row
    points = account.market.fees[:, POINT]
    rejected = traces.rejected[: int(book[REJECTED_ROWS])]
    if (points != 1.0).any():
        _quote(points, rejected)
    return Outcome(
        equity=equity[:n], returns=returns[:n], values=values,
        trades=_trades(trades, int(book[TRADE_ROWS]), account, points),
        orders=_orders(orders, int(book[ORDER_ROWS]), points), rejected=rejected,
        stops=traces.stops[:, :n] / points.reshape(-1, 1) if terms.has_stops else None,
        charges=traces.charges[:, :n] if terms.accrues else None,
        unsent=int(book[UNSENT]), ambiguities=int(book[AMBIGUITIES]), resolved=int(book[RESOLVED]),
    )  # fmt: skip


def band_of(account: Account, base: Outcome) -> Band:
    """Return the equity of the books that read every ambiguous bar badly and well (rule 12).

    With trailing and break-even stops and limit and stop entries two books are not enough: where the bound
    over every path is known it is taken too.
    """
    low = high = base.equity
    if base.ambiguities:
        books = [_other_book(account, resolve, base.equity) for resolve in (PESSIMISTIC, OPTIMISTIC)]
        low, high = (pick.reduce([base.equity, *books]) for pick in (np.minimum, np.maximum))
    if _hides_more(account.terms, base.ambiguities) and is_bounded(account.market, account.terms):
        low, high = _bounded(account, low, high)
    closed = base.trades[base.trades["ambiguous"] & ~base.trades["open"]]
    return Band(low, high, len(closed), float(closed["pnl"].sum()), base.resolved)


def _hides_more(terms: Terms, ambiguities: int) -> bool:
    """Return whether paths may part in more ways than the two books take."""
    moves = not (np.isnan(terms.trailing_stop) and np.isnan(terms.break_even))
    # How far the price went after a limit entry is hidden too, and shows only where the stop stands later.
    return (ambiguities > 0 and (moves or terms.entry != AT_MARKET)) or (moves and terms.entry == AT_LIMIT)


def _bounded(account: Account, low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Widen the band of the books to hold every path, if the bound can be told."""
    size = account.targets.shape[1]
    least, most = np.empty(size), np.empty(size)
    known = bound_driver()(
        account.market, account.extra, account.targets, record_of(account.terms), least, most
    )
    if not known:
        return low, high
    return np.minimum(low, least[: low.size]), np.maximum(high, most[: high.size])


def _other_book(account: Account, resolve: int, base: FloatArray) -> FloatArray:
    size = account.targets.shape[1]
    equity, returns = np.empty(size), np.empty(size)
    trades, orders = np.empty((0, TRADE_COLUMNS)), np.empty((0, ORDER_COLUMNS))
    terms = record_of(account.terms._replace(resolve=resolve))
    n = run_driver()(
        account.market, account.extra, account.targets, terms, account.context, account.time, equity, returns,
        trades, orders, NO_TRACES, np.empty(BOOK_SIZE), np.empty(METRIC_COUNT),
    )  # fmt: skip
    equity[n:] = equity[n - 1]  # a book that was liquidated stays where it ended
    return equity[: base.size]


def _traces(terms: Terms, n_assets: int, size: int, capacity: int) -> Traces:
    if terms.is_plain and not terms.has_stops and not terms.accrues:
        return NO_TRACES
    stops = np.full((n_assets, size), np.nan) if terms.has_stops else NO_TRACES.stops
    charges = np.zeros((n_assets, size)) if terms.accrues else NO_TRACES.charges
    return Traces(stops, charges, np.empty((0 if terms.is_plain else capacity, REJECTED_COLUMNS)))


def _quote(points: FloatArray, rejected: Matrix) -> None:
    rejected[:, 5] /= points[rejected[:, 0].astype(np.int64)]


def _trades(table: Matrix, count: int, account: Account, points: FloatArray) -> npt.NDArray[Any]:
    trades = np.zeros(count, TRADE_DTYPE)
    worst, best = np.empty(count), np.empty(count)
    market, at_close = account.market, int(account.terms.fill != NEXT_OPEN)
    excursion_driver()(market.high, market.low, table, count, at_close, worst, best)
    for column, name in enumerate(_TRADE_NAMES):
        trades[name] = table[:count, column]
    trades["mae"], trades["mfe"] = worst, best
    if (points != 1.0).any():
        for name in ("entry_price", "exit_price"):
            trades[name] /= points[trades["asset"]]
    return trades


def _orders(table: Matrix, count: int, points: FloatArray) -> npt.NDArray[Any]:
    orders = np.zeros(count, ORDER_DTYPE)
    for column, name in enumerate(ORDER_DTYPE.names or ()):
        orders[name] = table[:count, column]
    if (points != 1.0).any():
        for name in ("raw_price", "price"):
            orders[name] /= points[orders["asset"]]
    return orders


def positions_of(orders: npt.NDArray[Any], n_assets: int, n: int) -> FloatArray:
    """Return the quantity of each asset held at each close, float64[n_assets, n].

    All assets behind one another: each begins with nothing held, each fill holds until the next one.
    """
    starts = np.concatenate((np.arange(n_assets) * n, orders["asset"] * np.int64(n) + orders["fill_bar"]))
    held = np.concatenate((np.zeros(n_assets), orders["position"]))
    if n_assets > 1:  # the fills of one asset stand in order
        in_order = np.argsort(starts, kind="stable")
        starts, held = starts[in_order], held[in_order]
    return np.repeat(held, np.diff(starts, append=n_assets * n)).reshape(n_assets, n)
