"""What holds when several instruments or strategies share one account."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import Field, SerializeAsAny, field_validator

from engine.allocation import Allocation, parse_allocation
from engine.fields import Model, field


class WhenShort(StrEnum):
    """What happens when the targets ask for more than the leverage limit."""

    SCALE = "scale"
    RANK = "rank"


class RankBy(StrEnum):
    """Order in which candidates are taken when cash is short; ties go by the order of the symbols."""

    LISTED = "listed"
    SIGNAL = "signal"
    MOMENTUM = "momentum"
    LOW_VOLATILITY = "low_volatility"
    TURNOVER = "turnover"


class PortfolioSpec(Model):
    """Allocation, ranking and caps of a portfolio; without effect on a single instrument.

    Attributes
    ----------
    allocation : Allocation
        Weight of each instrument, from trailing data.
    when_short : WhenShort
        Scale all targets down together, or take candidates in rank order at their full size.
    rank_by, rank_length
        What ranks them, and over how many bars.
    max_name, max_group, max_net : float or None
        Caps as multiples of equity: exposure of one name, gross exposure of a group, absolute net exposure.
    max_positions : int or None
        Most positions held at once.
    groups : mapping of str to str
        Group of each symbol, for ``max_group``.
    """

    allocation: SerializeAsAny[Allocation] = Field(default_factory=lambda: parse_allocation("none"))
    when_short: WhenShort = field(
        WhenShort.SCALE, title="Cash is short",
        help="Scale all targets down together, or take candidates in rank order at their full size",
    )
    rank_by: RankBy = field(
        RankBy.LISTED, help="Which candidates come first: as listed, strongest signal, trailing return, "
        "lowest volatility, or largest turnover",
    )
    rank_length: int = field(
        60, low=2, high=5_000, step=5, unit="bars", title="Rank over", help="Bars of the ranking measure"
    )
    max_name: float | None = field(
        None, low=1e-9, high=100, step=0.05, unit="of equity", title="Cap per name",
        help="Largest exposure of one instrument",
    )
    max_group: float | None = field(
        None, low=1e-9, high=100, step=0.05, unit="of equity", title="Cap per group",
        help="Largest gross exposure of one group",
    )
    max_net: float | None = field(
        None, low=0, high=100, step=0.05, unit="of equity", title="Cap on net",
        help="Largest difference between long and short exposure",
    )
    max_positions: int | None = field(
        None, low=1, high=100_000, step=1, title="Positions at most", help="Most positions held at once"
    )
    groups: dict[str, str] = Field(default_factory=dict)

    @field_validator("allocation", mode="before")
    @classmethod
    def _read_allocation(cls, value: Any) -> Any:
        return parse_allocation(value) if isinstance(value, str | Mapping) else value
