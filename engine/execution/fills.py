"""Execution model: when orders arise, at what price they fill, and the stops that follow a fill."""

from __future__ import annotations

from enum import StrEnum

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
    time_stop: int | None = field(
        None, low=1, high=1_000_000, step=1, unit="bars", title="Time exit",
        help="Exit at the open after this many bars",
    )
    reentry: Reentry = field(
        Reentry.ON_NEW_SIGNAL, title="After a stop",
        help="After a stop: wait for a changed target, or enter again at once",
    )
    close_at_end: bool = field(False, help="Close an open position at the last close, with costs")
    max_leverage: float = field(
        1.0, low=0, high=100, step=0.5, unit="x", title="Leverage limit",
        help="Largest exposure at the fill, as a multiple of equity",
    )

    @property
    def has_stops(self) -> bool:
        """True when any stop, target or time exit is on."""
        return any(
            value is not None
            for value in (self.stop_loss, self.take_profit, self.trailing_stop, self.time_stop)
        )
