"""What the simulator is told besides targets: `Market`, `Extra` and `Terms`, as compiled code takes them."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import float64, from_dtype, int64, types

# Codes of choices; `engine.backtest.market` maps the spec's words to them.
NEXT_OPEN, NEXT_CLOSE, THIS_CLOSE = 0, 1, 2
ON_CHANGE, CALENDAR, BAND = 0, 1, 2
FRACTION, AMOUNT, ATR = 0, 1, 2
SHARE, CASH_AMOUNT, UNITS, KELLY, RISK = 0, 1, 2, 3, 4
AT_MARKET, AT_LIMIT, AT_STOP, AT_BRACKET = 0, 1, 2, 3
BASE, PESSIMISTIC, OPTIMISTIC = 0, 1, 2

# Columns of `Market.fees`, one row per asset. Rates are fractions.
FEE_FIXED, FEE_PER_UNIT, FEE_RATE, FEE_MIN, FEE_MAX, FEE_MAX_RATE = 0, 1, 2, 3, 4, 5
SELL_RATE, SELL_PER_UNIT, SLIP, SLIP_AMOUNT, SLIP_RANGE, IMPACT = 6, 7, 8, 9, 10, 11
BORROW_PER_DAY, POINT = 12, 13
FEE_COLUMNS = 14

# Values of `Extra.alive`.
ABSENT, ALIVE, ENDED = 0, 1, 2

Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.uint8]


class Market(NamedTuple):
    """Prices and clocks of all assets, read-only; row a is asset a, so that a series is contiguous.

    Where an asset has no bar its last close stands in all four prices. Prices are money per unit:
    quoted prices times the contract's multiplier.
    """

    open: Matrix  # float64[n_assets, n_bars]
    high: Matrix
    low: Matrix
    close: Matrix
    days: npt.NDArray[np.float64]  # float64[n_bars] days since the previous close; [1] when nothing accrues
    decides: Flags  # uint8[n_assets, n_bars] 1 where a calendar rebalance decides; [1, 1] when unused
    atr: Matrix  # float64[n_assets, n_bars]; [1, 1] when no distance is in ATR
    fees: Matrix  # float64[n_assets, FEE_COLUMNS]


class Extra(NamedTuple):
    """What only some runs need, read-only; [1, 1] where a run does not."""

    gear: Matrix  # float64[n_assets, n_bars] multiplies the exposure at an order
    # float64[2 x n_assets, n_bars] price of the waiting entry of a decision, NaN for none: of asset a to buy
    # in row 2a, to sell in row 2a + 1; a bracket has both
    level: Matrix
    volume: Matrix  # float64[n_assets, n_bars]
    alive: Flags  # uint8[n_assets, n_bars] ABSENT, ALIVE or ENDED
    rank: npt.NDArray[np.int64]  # int64[1 or n_bars, n_assets] assets, best first, as known at a close
    fine: Matrix  # float64[4, m] open, high, low, close of finer bars, asset after asset
    fine_first: npt.NDArray[np.int64]  # int64[n_assets, n_bars + 1] columns of ``fine`` in each bar


class Traces(NamedTuple):
    """Further outputs; [.., 1] or [0, ..] where a run does not want them."""

    stops: Matrix  # float64[n_assets, n_bars] stop in force during a bar
    charges: Matrix  # float64[n_assets, n_bars] borrow and interest
    rejected: Matrix  # float64[capacity, REJECTED_COLUMNS]


class Terms(NamedTuple):
    """Account and execution as numbers. Rates are fractions; NaN switches a stop off."""

    capital: float
    fraction: float  # share, amount or units of the sizing rule
    cap: float
    kelly_z: float
    kelly_trades: float
    kelly_start: float
    margin_per_day: float
    band: float
    lot: float
    min_quantity: float
    min_notional: float
    max_leverage: float
    stop_loss: float
    take_profit: float
    trailing_stop: float
    break_even: float
    participation: float
    maintenance: float
    time_stop: int
    stop_unit: int
    fill: int
    rebalance: int
    sizing: int
    entry: int
    entry_bars: int
    max_positions: int
    resolve: int
    reentry_allowed: bool
    has_stops: bool
    accrues: bool
    close_at_end: bool
    carries: bool
    has_gear: bool
    has_gaps: bool
    has_fine: bool
    is_plain: bool  # one asset, whole bars, market orders, share of equity: the short way through the code


_PRICES = types.Array(float64, 2, "C", readonly=True)
_FLAGS = types.Array(types.uint8, 2, "C", readonly=True)
_INDEX = types.Array(int64, 2, "C", readonly=True)
_TABLE = types.Array(float64, 2, "C")
MARKET = types.NamedTuple(
    (*(_PRICES,) * 4, types.Array(float64, 1, "C", readonly=True), _FLAGS, _PRICES, _PRICES), Market
)
EXTRA = types.NamedTuple((*(_PRICES,) * 3, _FLAGS, _INDEX, _PRICES, _INDEX), Extra)
TRACES = types.NamedUniTuple(_TABLE, 3, Traces)

# Compiled code takes the terms as a record, by reference: dozens of values in every call would be compiled
# into every call.
_TERMS_DTYPE = np.dtype(
    [(name, kind) for name, kind in zip(Terms._fields, ("f8",) * 18 + ("i8",) * 9 + ("?",) * 9, strict=True)],
    align=True,
)
TERMS = from_dtype(_TERMS_DTYPE)


@functools.lru_cache(maxsize=256)
def record_of(terms: Terms) -> np.void:
    """Return the terms as compiled code takes them."""
    record: np.void = np.array(tuple(terms), _TERMS_DTYPE)[()]  # type: ignore[assignment]
    return record


# Columns of a row of `trades`, `orders` and `rejected`, in the order of `engine.core.trade`'s records.
TRADE_COLUMNS = 18
ORDER_COLUMNS = 10
REJECTED_COLUMNS = 6
