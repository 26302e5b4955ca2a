"""Cost model: commission, slippage, spread, borrow and interest on negative cash."""

from __future__ import annotations

from engine.fields import Model, field


class CostModel(Model):
    """What trading costs; every part is charged on every fill or accrued per day.

    Attributes
    ----------
    commission_bps : float
        Basis points of an order's notional.
    commission_fixed : float
        Currency per order.
    commission_per_unit : float
        Currency per share or contract.
    commission_min, commission_max : float
        Bounds per order in currency; a maximum of 0 means none.
    slippage_bps : float
        The price moves this far against the trader.
    spread_bps : float
        Full bid-ask spread; each side pays half.
    borrow_rate, margin_rate : float
        Yearly rates on the value of a short position and on negative cash, accrued per day
        (actual days / 365).
    """

    commission_bps: float = field(
        0.0, low=0, high=1_000, step=0.5, unit="bps", title="Commission",
        help="Commission in basis points of the order's notional",
    )
    commission_fixed: float = field(
        0.0, low=0, high=10_000, step=0.5, unit="per order", title="Order fee",
        help="Commission per order, in account currency",
    )
    commission_per_unit: float = field(
        0.0, low=0, high=1_000, step=0.001, unit="per unit", title="Unit fee",
        help="Commission per share or contract",
    )
    commission_min: float = field(
        0.0, low=0, high=10_000, step=0.5, unit="per order", title="Fee at least",
        help="Smallest commission of an order",
    )
    commission_max: float = field(
        0.0, low=0, high=100_000, step=1, unit="per order", title="Fee at most",
        help="Largest commission of an order; 0 means no limit",
    )
    slippage_bps: float = field(
        10.0, low=0, high=1_000, step=0.5, unit="bps", title="Slippage",
        help="Each fill is this much worse than the quoted price",
    )
    spread_bps: float = field(
        0.0, low=0, high=1_000, step=0.5, unit="bps", title="Spread",
        help="Bid-ask spread; each side pays half",
    )
    borrow_rate: float = field(
        0.0,
        low=0,
        high=1,
        step=0.005,
        unit="per year",
        help="Yearly cost of borrowing the shares of a short position",
    )
    margin_rate: float = field(
        0.0, low=0, high=1, step=0.005, unit="per year", help="Yearly interest on negative cash"
    )

    @property
    def slip(self) -> float:
        """Fraction by which a fill is worse than the raw price: slippage plus half the spread."""
        return (self.slippage_bps + self.spread_bps / 2) / 10_000

    @property
    def is_free(self) -> bool:
        """True when no order costs anything: such a run is marked."""
        return not (
            self.commission_bps
            or self.commission_fixed
            or self.commission_per_unit
            or self.commission_min
            or self.slippage_bps
            or self.spread_bps
        )
