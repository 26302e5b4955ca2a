"""What a run did, in words for the chart's top edge; plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.errors import IvyError
from engine.execution.fills import Fill
from ivybt_desktop.widgets.format import exact

if TYPE_CHECKING:
    from engine.backtest.spec import BacktestSpec
    from engine.execution.costs import CostModel


def fill_sentence(spec: BacktestSpec) -> str:
    """Return when orders fill and what they cost, in one line."""
    return f"{spec.execution.fill.sentence}, {cost_words(spec.costs)}"


def needs_care(spec: BacktestSpec) -> bool:
    """Return whether the sentence is a warning: fills at the deciding price, or nothing costs anything."""
    return spec.execution.fill is Fill.THIS_CLOSE or spec.costs.is_free


def cost_words(costs: CostModel) -> str:
    """Return ``costs 10 bps slippage, 1 per order`` or ``no costs``."""
    parts = [
        (costs.slippage_bps, "bps slippage"),
        (costs.spread_bps, "bps spread"),
        (costs.commission_bps, "bps commission"),
        (costs.commission_fixed, "per order"),
        (costs.commission_per_unit, "per unit"),
        (costs.commission_min, "at least per order"),
        (costs.borrow_rate * 100, "% a year to borrow"),
        (costs.margin_rate * 100, "% a year on negative cash"),
    ]
    said = [f"{exact(value)} {unit}" for value, unit in parts if value]
    return "costs " + ", ".join(said) if said else "no costs"


def strategy_words(spec: BacktestSpec) -> str:
    """Return the strategy's title and its parameters: ``EMA cross  fast 10, slow 50``."""
    from engine.strategies import load  # noqa: PLC0415  (compiled strategies, only when a run is shown)

    try:
        title = load(spec.strategy.name).title or spec.strategy.name
    except IvyError:
        # A stored run of a plug-in that is gone still has its name.
        title = spec.strategy.name
    given = spec.strategy.params.items()
    params = ", ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in given)
    return f"{title}  {params}" if params else title


def _short(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "on" if value else "off"
    if not isinstance(value, int | float):
        return str(value)
    return exact(value)
