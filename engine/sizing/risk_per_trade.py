"""Position size from the distance of the stop."""

from __future__ import annotations

from typing import ClassVar, Literal

from engine.fields import field
from engine.sizing.sizer import Sizer


class RiskPerTrade(Sizer):
    """Quantity = signal x risk x equity / distance of the stop: a stopped trade loses ``risk``.

    The distance is that of the nearer of stop loss and trailing stop at the entry's slipped price; a gap
    through the stop loses more. Needs one of the two.

    Attributes
    ----------
    risk : float
        Share of equity that a full position loses when its stop is filled at its price, before costs.
    cap : float
        Largest exposure, as a multiple of equity.
    """

    title: ClassVar[str] = "Risk per trade"

    name: Literal["risk_per_trade"] = "risk_per_trade"
    risk: float = field(
        0.01, low=1e-9, high=1, step=0.0025, unit="of equity",
        help="Share of equity that a stopped trade loses",
    )
    cap: float = field(1.0, low=1e-6, high=100, step=0.25, unit="x", title="At most", help="Largest exposure")
