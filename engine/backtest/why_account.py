"""The account at the moment of an order, rebuilt from the orders of a run: cash, positions, prices, fees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtest.market import fees_of
from engine.backtest.result import BacktestResult
from engine.core.bars import FloatArray
from engine.core.trade import Reason
from engine.execution.fills import Entry, Fill
from engine.kernels.costs import commission_of

# Reasons of orders that a decision sends; the others leave a position.
DECIDED = (Reason.SIGNAL, Reason.REBALANCE)
# Two sums of the same money may differ by this share.
CLOSE = 1e-9


@dataclass(frozen=True, eq=False)
class Account:
    """The account of a run.

    Parameters
    ----------
    result : BacktestResult
    """

    result: BacktestResult

    @cached_property
    def points(self) -> FloatArray:
        """Money per price unit of each leg."""
        return np.array([leg.instrument.multiplier for leg in self.result.instruments])

    @cached_property
    def fees(self) -> FloatArray:
        """Fees of each leg, as `engine.kernels.terms.Market` has them."""
        return fees_of(self.result.instruments, self.result.spec)

    @cached_property
    def _spent(self) -> FloatArray:
        """Money that left the account with the orders before each, float64[orders + 1]."""
        orders = self.result.orders
        paid = orders["quantity"] * orders["price"] * self.points[orders["asset"]] + orders["commission"]
        return np.concatenate(([0.0], np.cumsum(paid)))

    @cached_property
    def _charged(self) -> FloatArray:
        """Borrow and interest up to and with each bar, float64[n + 1]."""
        charges = self.result.charges
        each = np.zeros(self.result.equity.size) if charges is None else charges.sum(axis=0)
        return np.concatenate(([0.0], np.cumsum(each)))

    def cash(self, order: int) -> float:
        """Return the cash right before an order."""
        bar = int(self.result.orders["fill_bar"][order])
        return float(self.result.spec.capital - self._spent[order] - self._charged[bar + 1])

    def held(self, order: int) -> FloatArray:
        """Return the units of each leg right before an order."""
        held = np.zeros(len(self.points))
        before = self.result.orders[:order]
        held[before["asset"]] = before["position"]  # the last assignment of each stays
        return held

    def batch(self, order: int) -> int:
        """Return the first order that was decided on the same equity as this one (rule 17)."""
        orders, bar = self.result.orders, int(self.result.orders["fill_bar"][order])
        if self.is_waiting(order):
            return order
        first = order
        while first > 0 and orders["fill_bar"][first - 1] == bar and self._in_batch(first - 1):
            first -= 1
        return first

    def _in_batch(self, order: int) -> bool:
        row = self.result.orders[order]
        is_sent = row["reason"] in DECIDED or row["decision_bar"] < row["fill_bar"]
        return bool(is_sent) and not self.is_waiting(order)

    def is_waiting(self, order: int) -> bool:
        """Return whether an order is a limit or stop entry that met its price."""
        row = self.result.orders[order]
        if self.result.spec.execution.entry is Entry.MARKET or row["reason"] != Reason.SIGNAL:
            return False
        before = row["position"] - row["quantity"]
        return bool(before == 0.0 and row["position"] != 0.0)

    def prices(self, bar: int, *, at_open: bool) -> FloatArray:
        """Return the price of each leg at a bar of the axis: its open or close, else its last close."""
        time = self.result.bars.time[bar]
        found = np.full(len(self.points), np.nan)
        for asset, leg in enumerate(self.result.instruments):
            own = int(np.searchsorted(leg.time, time, side="right")) - 1
            if own >= 0:
                here = leg.time[own] == time and at_open
                found[asset] = (leg.open if here else leg.close)[own]
        return found

    def value_of_others(self, order: int, first: int) -> tuple[float, float]:
        """Return net and gross value of the other legs before order ``first``, at the prices of ``order``."""
        row = self.result.orders[order]
        at_open = self.result.spec.execution.fill is Fill.NEXT_OPEN
        prices = np.nan_to_num(self.prices(int(row["fill_bar"]), at_open=at_open))
        values = self.held(first) * prices * self.points
        values[row["asset"]] = 0.0
        return float(values.sum()), float(np.abs(values).sum())

    def fee(self, asset: int, change: float, price: float) -> float:
        """Return commission and fees of an order of ``change`` units at a quoted price (rule 8)."""
        market: Any = SimpleNamespace(fees=self.fees)
        fee: Any = commission_of  # plain Python, uncompiled
        return float(fee(change, price * self.points[asset], asset, market))

    def order_of(self, trade: Any, *, entry: bool) -> int:
        """Return the row of the order of a trade's entry or exit; -1 when there is none.

        A bar may leave the old side and enter the new one at the same price: the exit comes first.
        """
        orders, which = self.result.orders, "entry" if entry else "exit"
        asset, bar, price = trade["asset"], trade[f"{which}_bar"], trade[f"{which}_price"]
        buys = bool(trade["side"] > 0) is entry
        found: npt.NDArray[np.bool_] = (
            (orders["asset"] == asset) & (orders["fill_bar"] == bar) & (orders["price"] == price)
            & ((orders["quantity"] > 0.0) == buys)
        )  # fmt: skip
        rows = np.flatnonzero(found)
        if not rows.size:
            return -1
        return int(rows[-1] if entry else rows[0])

    def opening(self, order: int) -> int:
        """Return the order that opened the position which an order belongs to."""
        orders = self.result.orders
        asset, side = orders["asset"][order], np.sign(orders["position"][order])
        rows = np.flatnonzero(orders["asset"][: order + 1] == asset)
        for row in rows[::-1].tolist():
            before = orders["position"][row] - orders["quantity"][row]
            if np.sign(orders["position"][row]) == side and before * side <= 0.0:
                return int(row)
        return order
