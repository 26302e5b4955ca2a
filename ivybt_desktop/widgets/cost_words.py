"""The costs of a run in a few words, for folded sections and the foot of a report. Plain Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.execution.costs import CostModel
from engine.fields import describe
from ivybt_desktop.widgets.field_words import shown_value

_FIELDS = {info.name: info for info in describe(CostModel)}
_MARKET = (
    ("slippage_bps", "slippage"), ("slippage_ticks", "slippage"), ("slippage_range", "slippage"),
    ("impact_bps", "impact"), ("spread_bps", "spread"), ("spread_amount", "spread"),
)  # fmt: skip
_COMMISSION = ("commission_bps", "commission_fixed", "commission_per_unit")
_SALES = (("sell_fee_bps", "on sales"), ("sell_fee_per_unit", "on sales"))
_FINANCE = (("borrow_rate", "borrow"), ("margin_rate", "margin interest"))


def cost_words(costs: Mapping[str, Any]) -> str:
    """Return ``10 bps slippage, no commission``.

    Parameters
    ----------
    costs : mapping
        Values by the names of `engine.execution.costs.CostModel`.
    """
    parts = [f"{_shown(costs, name)} {word}" for name, word in _MARKET if costs[name]]
    commission = " + ".join(_shown(costs, name) for name in _COMMISSION if costs[name])
    least = costs["commission_min"]
    if least:
        commission = f"{commission or '0'}, at least {_shown(costs, 'commission_min')}"
    if not parts and not commission:
        parts = ["no slippage"]
    parts.append(f"{commission} commission" if commission else "no commission")
    parts += [f"{_shown(costs, name)} {word}" for name, word in (*_SALES, *_FINANCE) if costs[name]]
    return ", ".join(parts)


def _shown(costs: Mapping[str, Any], name: str) -> str:
    return shown_value(_FIELDS[name], costs[name])
