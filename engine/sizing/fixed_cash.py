"""Fixed amount of money per position."""

from __future__ import annotations

from typing import ClassVar, Literal

from engine.fields import field
from engine.sizing.sizer import Sizer


class FixedCash(Sizer):
    """Position value = signal x amount, whatever the account is worth, within the leverage limit.

    Attributes
    ----------
    amount : float
        Value of a full position at its slipped fill price.
    """

    title: ClassVar[str] = "Fixed cash per position"

    name: Literal["fixed_cash"] = "fixed_cash"
    amount: float = field(
        1_000.0, low=1e-9, high=1e15, step=100, unit="USD", title="Position value",
        help="Value of a full position at its fill price",
    )
