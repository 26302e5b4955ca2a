"""From a signal in [-1, 1] to the position that is put on: one sizing rule per file.

Rules that depend on prices alone give a gearing per bar (`Sizer.gearing`); rules that depend on the
account are worked out by the simulator at the order, from what the account knew at the decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.errors import InputError, nearest
from engine.fields import parse
from engine.sizing.fixed_cash import FixedCash
from engine.sizing.fixed_fraction import FixedFraction
from engine.sizing.fixed_units import FixedUnits
from engine.sizing.kelly import Kelly
from engine.sizing.risk_per_trade import RiskPerTrade
from engine.sizing.sizer import Sizer
from engine.sizing.volatility_target import VolatilityTarget

SIZERS: dict[str, type[Sizer]] = {
    model.model_fields["name"].default: model
    for model in (FixedFraction, FixedCash, FixedUnits, VolatilityTarget, Kelly, RiskPerTrade)
}

__all__ = [
    "SIZERS", "FixedCash", "FixedFraction", "FixedUnits", "Kelly", "RiskPerTrade", "Sizer",
    "VolatilityTarget", "parse_sizing",
]  # fmt: skip


def parse_sizing(values: Mapping[str, Any] | Sizer) -> Sizer:
    """Return the sizing rule that ``values`` describe; without a name it is a fixed fraction.

    Raises
    ------
    InputError
        Unknown name or field, or a value out of range.
    """
    if isinstance(values, Sizer):
        return values
    name = values.get("name", "fixed_fraction")
    if not isinstance(name, str) or name not in SIZERS:
        raise InputError(
            f"unknown sizing '{name}'", field="sizing.name", value=name, hint=nearest(str(name), SIZERS)
        )
    return parse(SIZERS[name], values, where="sizing")
