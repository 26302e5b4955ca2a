"""What trading costs, in one sentence for reports, charts and the command line."""

from __future__ import annotations

from collections.abc import Iterable

from engine.execution.costs import CostModel
from engine.execution.presets import PRESETS

# In the order of the sentence: field, factor, words.
_PARTS = (
    ("slippage_bps", 1.0, "{} bps slippage"),
    ("slippage_ticks", 1.0, "{} ticks slippage"),
    ("slippage_range", 100.0, "{} % of the bar's range slippage"),
    ("impact_bps", 1.0, "{} bps impact at the whole volume"),
    ("spread_bps", 1.0, "{} bps spread"),
    ("spread_amount", 1.0, "{} spread in price units"),
    ("commission_bps", 1.0, "{} bps commission"),
    ("commission_fixed", 1.0, "{} per order"),
    ("commission_per_unit", 1.0, "{} per unit"),
    ("commission_min", 1.0, "at least {} per order"),
    ("commission_max", 1.0, "at most {} per order"),
    ("commission_max_bps", 0.01, "at most {} % of an order"),
    ("sell_fee_bps", 1.0, "{} bps on sales"),
    ("sell_fee_per_unit", 1.0, "{} per unit sold"),
    ("borrow_rate", 100.0, "{} % a year to borrow"),
    ("margin_rate", 100.0, "{} % a year on negative cash"),
)


def costs_sentence(costs: CostModel, others: Iterable[str] = ()) -> str:
    """Return ``costs 10 bps slippage, 1 per order``, or ``no costs``.

    Parameters
    ----------
    costs : CostModel
        What holds for every symbol that has none of its own.
    others : iterable of str, default ()
        Symbols with costs of their own; they are named at the end.
    """
    said = []
    for name, factor, words in _PARTS:
        value = getattr(costs, name)
        if value:
            said.append(words.format(_number(value * factor)))
    sentence = f"costs {', '.join(said)}" if said else "no costs"
    named = ", ".join(sorted(others))
    return f"{sentence}, others for {named}" if named else sentence


def schedule_words(costs: CostModel) -> str:
    """Return ``US equities, commission-free (2026-01-01)`` for costs of a named schedule, else nothing."""
    preset = PRESETS.get(costs.preset or "")
    return f"{preset.title} ({preset.as_of})" if preset else ""


def _number(value: float) -> str:
    # Ten decimals: 0.07 * 100 is 7.000000000000001, and 9e-05 is written 0.00009.
    return f"{value:,.10f}".rstrip("0").rstrip(".")
