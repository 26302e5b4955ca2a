"""Cost model: commission, fees on sales, slippage, spread, impact, borrow and interest on negative cash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import model_validator

from engine.core.errors import InputError
from engine.execution.presets import preset_named
from engine.fields import Model, field


class CostModel(Model):
    """What trading costs; every part is charged on every fill or accrued per day.

    Attributes
    ----------
    preset : str or None
        Named, dated schedule (`engine.execution.presets`); fields given beside it override it.
    commission_bps : float
        Basis points of an order's notional.
    commission_fixed : float
        Currency per order.
    commission_per_unit : float
        Currency per share or contract.
    commission_min, commission_max : float
        Bounds per order in currency; a maximum of 0 means none.
    commission_max_bps : float
        Largest commission of an order in basis points of its notional; 0 means none.
    sell_fee_bps, sell_fee_per_unit : float
        Regulatory fees, charged on sales only and beside the commission's bounds.
    slippage_bps : float
        The price moves this far against the trader.
    slippage_ticks : float
        The same in ticks of the instrument.
    slippage_range : float
        The same as a share of high - low of the bar that decided.
    impact_bps : float
        Slippage of an order as large as the bar's volume; an order of share s pays ``impact_bps * sqrt(s)``.
    spread_bps : float
        Full bid-ask spread; each side pays half.
    spread_amount : float
        Full bid-ask spread in price units.
    borrow_rate, margin_rate : float
        Yearly rates on the value of a short position and on negative cash, accrued per day
        (actual days / 365).
    """

    preset: str | None = field(None, help="Named schedule of a broker or market, with its date")
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
    commission_max_bps: float = field(
        0.0, low=0, high=10_000, step=1, unit="bps", title="Fee at most",
        help="Largest commission of an order as a share of its notional; 0 means no limit",
    )
    sell_fee_bps: float = field(
        0.0, low=0, high=1_000, step=0.01, unit="bps", title="Fee on sales",
        help="Regulatory fee on the notional of sales",
    )
    sell_fee_per_unit: float = field(
        0.0, low=0, high=1_000, step=0.0001, unit="per unit", title="Unit fee on sales",
        help="Regulatory fee per share or contract sold",
    )
    slippage_bps: float = field(
        10.0, low=0, high=1_000, step=0.5, unit="bps", title="Slippage",
        help="Each fill is this much worse than the quoted price",
    )
    slippage_ticks: float = field(
        0.0, low=0, high=1_000, step=0.5, unit="ticks", title="Slippage",
        help="Each fill is this many ticks worse; needs the instrument's tick size",
    )
    slippage_range: float = field(
        0.0, low=0, high=1, step=0.01, unit="of range", title="Slippage",
        help="Each fill is worse by this share of high - low of the bar that decided",
    )
    impact_bps: float = field(
        0.0, low=0, high=10_000, step=5, unit="bps", title="Impact",
        help="Slippage of an order as large as the bar's volume; smaller orders pay its square root",
    )
    spread_bps: float = field(
        0.0, low=0, high=1_000, step=0.5, unit="bps", title="Spread",
        help="Bid-ask spread; each side pays half",
    )
    spread_amount: float = field(
        0.0, low=0, high=1e6, step=0.00001, unit="price", title="Spread",
        help="Bid-ask spread in price units; each side pays half",
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

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and values.get("preset") is not None:
            return dict(preset_named(values["preset"]).costs) | dict(values)
        return values

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if 0.0 < self.commission_max < self.commission_min:
            raise InputError(
                f"the largest fee {self.commission_max:g} is below the smallest {self.commission_min:g}",
                field="costs.commission_max", value=self.commission_max,
                hint="Raise commission_max or lower commission_min",
            )  # fmt: skip
        return self

    @property
    def slip(self) -> float:
        """Fraction by which a fill is worse than the raw price: slippage plus half the spread."""
        return (self.slippage_bps + self.spread_bps / 2) / 10_000

    @property
    def is_free(self) -> bool:
        """True when no order costs anything: such a run is marked."""
        return not any(getattr(self, name) for name in _CHARGES)


_CHARGES = (
    "slippage_bps", "commission_bps", "commission_fixed", "commission_per_unit", "commission_min",
    "sell_fee_bps", "sell_fee_per_unit", "slippage_ticks", "slippage_range", "impact_bps", "spread_bps",
    "spread_amount",
)  # fmt: skip
