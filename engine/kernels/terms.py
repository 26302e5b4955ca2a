"""What the simulator is told besides targets: `Market` and `Terms`, as compiled code takes them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import boolean, float64, int64, types

# Codes of choices; `engine.backtest.market` maps the spec's words to them.
NEXT_OPEN, NEXT_CLOSE, THIS_CLOSE = 0, 1, 2
ON_CHANGE, CALENDAR, BAND = 0, 1, 2
FRACTION, AMOUNT, ATR = 0, 1, 2

Matrix = npt.NDArray[np.float64]


class Market(NamedTuple):
    """Prices and clocks of all assets, read-only; row a is asset a, so that a series is contiguous."""

    open: Matrix  # float64[n_assets, n_bars]
    high: Matrix
    low: Matrix
    close: Matrix
    days: npt.NDArray[np.float64]  # float64[n_bars] days since the previous close; [1] when nothing accrues
    decides: npt.NDArray[np.uint8]  # uint8[n_bars] 1 where a calendar rebalance decides; [1] when unused
    atr: Matrix  # float64[n_assets, n_bars]; [1, 1] when no distance is in ATR


class Terms(NamedTuple):
    """Costs and execution as numbers. Rates are fractions; NaN switches a stop off."""

    capital: float
    fraction: float
    slip: float
    commission_fixed: float
    commission_per_unit: float
    commission_rate: float
    commission_min: float
    commission_max: float
    borrow_per_day: float
    margin_per_day: float
    band: float
    lot: float
    min_quantity: float
    min_notional: float
    max_leverage: float
    stop_loss: float
    take_profit: float
    trailing_stop: float
    time_stop: int
    stop_unit: int
    fill: int
    rebalance: int
    reentry_allowed: bool
    has_stops: bool
    accrues: bool
    close_at_end: bool


_PRICES = types.Array(float64, 2, "C", readonly=True)
MARKET = types.NamedTuple(
    (
        *(_PRICES,) * 4,
        types.Array(float64, 1, "C", readonly=True),
        types.Array(types.uint8, 1, "C", readonly=True),
        _PRICES,
    ),
    Market,
)
TERMS = types.NamedTuple((*(float64,) * 18, *(int64,) * 4, *(boolean,) * 4), Terms)

# Columns of a row of `trades` and of `orders`, in the order of `engine.core.trade`'s records.
TRADE_COLUMNS = 17
ORDER_COLUMNS = 10
