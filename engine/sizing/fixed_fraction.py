"""Fixed share of equity."""

from __future__ import annotations

from typing import ClassVar, Literal

from engine.fields import field
from engine.sizing.sizer import Sizer


class FixedFraction(Sizer):
    """Exposure = signal x fraction of equity.

    Attributes
    ----------
    fraction : float
        Share of equity at a full signal; 1.0 invests everything.
    """

    title: ClassVar[str] = "Fixed fraction of equity"

    name: Literal["fixed_fraction"] = "fixed_fraction"
    fraction: float = field(
        1.0, low=0, high=100, step=0.05, unit="of equity", title="Invest",
        help="Share of equity at a full signal",
    )
