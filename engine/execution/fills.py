"""Execution model: when orders arise, at what price they fill, and the stops that follow a fill."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from engine.core.errors import InputError
from engine.fields import Model, field


class Fill(StrEnum):
    """At which price the order caused by the target of bar t is filled."""

    NEXT_OPEN = "next_open"
    NEXT_CLOSE = "next_close"
    THIS_CLOSE = "this_close"

    @property
    def sentence(self) -> str:
        """One sentence for charts and reports."""
        return {
            "next_open": "Signal at close of bar t, fill at open of bar t+1",
            "next_close": "Signal at close of bar t, fill at close of bar t+1",
            "this_close": (
                "Signal at close of bar t, fill at the same close: trades on the price it decided with"
            ),
        }[self.value]


class Rebalance(StrEnum):
    """What makes an order arise."""

    ON_CHANGE = "on_change"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    BAND = "band"


class StopUnit(StrEnum):
    """Unit of stop and target distances."""

    FRACTION = "fraction"
    AMOUNT = "amount"
    ATR = "atr"


class Reentry(StrEnum):
    """When a stopped-out strategy may enter again."""

    ON_NEW_SIGNAL = "on_new_signal"
    ALLOWED = "allowed"


class Entry(StrEnum):
    """Kind of order that opens a position; exits are market orders, stops and targets."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    BRACKET = "bracket"


class Unfilled(StrEnum):
    """What becomes of the part of an order that the volume cap left unfilled."""

    CARRY = "carry"
    CANCEL = "cancel"


class ExecutionModel(Model):
    """Fill timing, rebalancing, lots and stops; `None` means the stop is off."""

    fill: Fill = field(Fill.NEXT_OPEN, title="Fill at", help="When the order of a signal is filled")
    rebalance: Rebalance = field(
        Rebalance.ON_CHANGE,
        help="What makes an order arise: a changed target, a calendar, or drift beyond the band",
    )
    band: float = field(
        0.05,
        low=0,
        high=1,
        step=0.01,
        unit="of equity",
        help="With rebalance 'band': drift of the held exposure that causes an order",
    )
    lot: float = field(
        0.0, low=0, high=1_000_000, step=1, unit="units", title="Lot size",
        help="Quantities are rounded toward zero to this step; 1 is whole shares, 0 fractional",
    )
    min_quantity: float = field(
        0.0, low=0, high=1e9, step=1, unit="units", title="Least quantity",
        help="Smaller orders are not sent, and counted",
    )
    min_notional: float = field(
        0.0, low=0, high=1e9, step=1, unit="USD", title="Least value",
        help="Orders of less value are not sent, and counted",
    )
    stop_loss: float | None = field(
        None, low=0, high=1e6, step=0.01, help="Distance of the stop from the entry's fill price"
    )
    take_profit: float | None = field(
        None, low=0, high=1e6, step=0.01, help="Distance of the target from the entry's fill price"
    )
    trailing_stop: float | None = field(
        None, low=0, high=1e6, step=0.01, help="Distance from the best price since entry"
    )
    stop_unit: StopUnit = field(
        StopUnit.FRACTION, title="Stops in",
        help="Unit of stop, target and trailing distance: fraction of the fill price, price units, "
        "or multiples of ATR at the decision",
    )
    atr_length: int = field(
        14, low=2, high=500, step=1, unit="bars", help="Length of the ATR for distances in ATR"
    )
    break_even: float | None = field(
        None, low=0, high=1e6, step=0.01,
        help="Once the price has moved this far in favour, the stop stands at the entry's fill price",
    )
    time_stop: int | None = field(
        None, low=1, high=1_000_000, step=1, unit="bars", title="Time exit",
        help="Exit at the open after this many bars",
    )
    reentry: Reentry = field(
        Reentry.ON_NEW_SIGNAL, title="After a stop",
        help="After a stop: wait for a changed target, or enter again at once",
    )
    entry: Entry = field(
        Entry.MARKET,
        help="Order that opens a position: market, or limit or stop at a distance from the close; bracket is "
        "set by strategies that give their own entry prices",
    )
    entry_distance: float = field(
        0.0, low=0, high=1e6, step=0.01,
        help="Distance of a limit (better) or stop (worse) entry from the close that decided, in 'Stops in'",
    )
    entry_bars: int = field(
        1, low=1, high=1_000_000, step=1, unit="bars", title="Entry good for",
        help="Bars for which a limit or stop entry stays in the market",
    )
    max_participation: float | None = field(
        None, low=1e-9, high=1, step=0.01, unit="of volume", title="Volume cap",
        help="Largest share of a bar's volume that is filled",
    )
    unfilled: Unfilled = field(
        Unfilled.CARRY, title="Unfilled part",
        help="What the volume cap leaves is carried to the next open, or cancelled; exits are always carried",
    )
    close_at_end: bool = field(False, help="Close an open position at the last close, with costs")
    max_leverage: float = field(
        1.0, low=1e-9, high=100, step=0.5, unit="x", title="Leverage limit",
        help="Largest exposure at the fill, as a multiple of equity",
    )
    maintenance: float = field(
        0.0, low=0, high=1, step=0.05, unit="of position", title="Maintenance",
        help="At a close with equity at or below this share of the positions' value, all is closed and the "
        "run ends",
    )

    @model_validator(mode="after")
    def _check_against_each_other(self) -> Self:
        for name, problem, hint in _contradictions(self):
            raise InputError(problem, field=f"execution.{name}", value=getattr(self, name), hint=hint)
        return self

    @property
    def has_stops(self) -> bool:
        """True when any stop, target or time exit is on."""
        return any(
            value is not None
            for value in (
                self.stop_loss, self.take_profit, self.trailing_stop, self.break_even, self.time_stop
            )
        )  # fmt: skip

    @property
    def can_be_ambiguous(self) -> bool:
        """True when one bar's range can hold two events whose order decides the result."""
        stops = any(value is not None for value in (self.stop_loss, self.trailing_stop, self.break_even))
        if self.entry is Entry.BRACKET:
            return True
        return (stops and self.take_profit is not None) or self.trailing_stop is not None or (
            self.entry is not Entry.MARKET and (stops or self.take_profit is not None)
        ) or self.break_even is not None


def _contradictions(model: ExecutionModel) -> Iterator[tuple[str, str, str]]:
    """Yield field, problem and hint of settings that can never work together."""
    for name in ("stop_loss", "take_profit", "trailing_stop", "break_even"):
        if getattr(model, name) == 0.0:
            yield name, "a distance of 0 stands at the entry price itself", "Leave it empty to switch it off"
    if model.stop_unit is StopUnit.FRACTION and (model.stop_loss or 0.0) >= 1.0:
        yield "stop_loss", f"a stop {model.stop_loss:.0%} below the entry can never be touched", (
            "0.05 is 5 %; use stop_unit amount for price units"
        )
    if model.break_even and model.take_profit and model.break_even >= model.take_profit:
        yield "break_even", (
            f"break-even at {model.break_even:g} is not before the target at {model.take_profit:g}"
        ), "The target closes the position first: bring break_even closer"
    if model.entry is not Entry.MARKET and model.fill is not Fill.NEXT_OPEN:
        problem = f"a {model.entry.value} entry works in the bar after the decision"
        yield "entry", problem, "Use fill next_open"
    if model.entry is Entry.BRACKET and model.rebalance is not Rebalance.ON_CHANGE:
        problem = "the orders of a bracket are placed when the signal changes"
        yield "rebalance", problem, "Use rebalance on_change"
