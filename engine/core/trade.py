"""Records that a simulation leaves behind: round trips and orders, as structured arrays."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Reason(IntEnum):
    """Why an order was sent. A trade keeps the reason of the order that closed it."""

    SIGNAL = 0
    REBALANCE = 1
    STOP_LOSS = 2
    TAKE_PROFIT = 3
    TRAILING_STOP = 4
    TIME_STOP = 5
    LIQUIDATION = 6
    END = 7
    BREAK_EVEN = 8
    DATA_ENDED = 9

    @property
    def label(self) -> str:
        """Lower-case words with underscores, as in the command line's JSON."""
        return self.name.lower()


# One row per round trip, matched first in, first out. Prices are fill prices (slipped);
# `gross_pnl` is at the prices before slippage, so that
# pnl = gross_pnl - commission - slippage - financing. Bars are positions in the bars of the run.
TRADE_DTYPE = np.dtype(
    [
        ("asset", np.int32),
        ("side", np.int8),  # +1 long, -1 short
        ("open", np.bool_),  # still held at the end, marked at the last close
        ("exit_reason", np.int8),  # Reason
        ("quantity", np.float64),  # units, positive
        ("entry_decision", np.int64),  # bar whose close decided
        ("entry_bar", np.int64),
        ("exit_decision", np.int64),
        ("exit_bar", np.int64),
        ("entry_price", np.float64),
        ("exit_price", np.float64),
        ("gross_pnl", np.float64),
        ("commission", np.float64),
        ("slippage", np.float64),
        ("financing", np.float64),
        ("pnl", np.float64),
        ("return", np.float64),  # pnl / (quantity * entry_price)
        ("mae", np.float64),  # worst move against the entry price, fraction, <= 0
        ("mfe", np.float64),  # best move in favour, fraction, >= 0
        ("ambiguous", np.bool_),  # what came first inside its entry or exit bar is not known
    ]
)

# One row per filled order, in the order of their fills.
ORDER_DTYPE = np.dtype(
    [
        ("asset", np.int32),
        ("reason", np.int8),  # Reason
        ("decision_bar", np.int64),
        ("fill_bar", np.int64),
        ("quantity", np.float64),  # signed units
        ("position", np.float64),  # units held after the fill
        ("raw_price", np.float64),
        ("price", np.float64),  # slipped
        ("commission", np.float64),
        ("slippage", np.float64),  # currency
    ]
)

# One row per candidate that cash, leverage or the cap on positions left out or cut by more than 1 %.
REJECTED_DTYPE = np.dtype(
    [
        ("asset", np.int32),
        ("decision_bar", np.int64),
        ("bar", np.int64),  # bar whose open (or close) it would have been filled at
        ("exposure", np.float64),  # signed multiple of equity that was asked for
        ("filled", np.float64),  # share of the order that was filled, 0 to 1
        ("price", np.float64),  # slipped price it would have been filled at
        ("exit_bar", np.int64),  # bar at which its signal ended, or the last bar
        ("missed_return", np.float64),  # from that price to the exit, net of slippage, fraction of the value
        ("missed_pnl", np.float64),  # the same in currency, for the part left out
    ]
)
