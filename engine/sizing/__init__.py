"""From a signal in [-1, 1] to the share of equity put on it."""

from __future__ import annotations

from typing import Literal

from engine.fields import Model, field


class FixedFraction(Model):
    """Exposure = signal x fraction of equity.

    Attributes
    ----------
    fraction : float
        Share of equity at a full signal; 1.0 invests everything.
    """

    name: Literal["fixed_fraction"] = "fixed_fraction"
    fraction: float = field(
        1.0, low=0, high=100, step=0.05, unit="of equity", title="Invest",
        help="Share of equity at a full signal",
    )
