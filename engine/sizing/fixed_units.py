"""Fixed number of units per position."""

from __future__ import annotations

from typing import ClassVar, Literal

from engine.fields import field
from engine.sizing.sizer import Sizer


class FixedUnits(Sizer):
    """Quantity = signal x units, within the leverage limit.

    Attributes
    ----------
    units : float
        Shares or contracts of a full position.
    """

    title: ClassVar[str] = "Fixed units per position"

    name: Literal["fixed_units"] = "fixed_units"
    units: float = field(
        1.0, low=1e-9, high=1e12, step=1, unit="units", help="Shares or contracts of a full position"
    )
