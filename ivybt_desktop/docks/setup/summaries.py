"""What each section of the form holds, in a few words and as a count of changes. Plain Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.fields import FieldInfo
from engine.strategies import registry
from ivybt_desktop.docks.setup.cost_start import changed_costs, costs_in, is_free, preset_of
from ivybt_desktop.docks.setup.edits import GROUPS, OWN_COSTS, SYMBOLS
from ivybt_desktop.docks.setup.kinds import (
    ALLOCATION,
    GATES,
    NO_ALLOCATION,
    SIZING,
    SLEEVES,
    items_of,
    slot_of,
)
from ivybt_desktop.docks.setup.sections import FIELDS, SECTIONS, STOP_DISTANCES, params_of, scaled_fields
from ivybt_desktop.docks.setup.values import FIRST_RULE
from ivybt_desktop.widgets.cost_words import cost_words
from ivybt_desktop.widgets.field_words import choice_words, shown_value
from ivybt_desktop.widgets.format import exact
from ivybt_desktop.widgets.kind import Slot


def summaries(values: Mapping[str, Any], symbol: str, loaded: int) -> dict[str, str]:
    """Return what each section holds, in a few words, for its folded header."""
    used = len(values[SYMBOLS]) or loaded
    return {
        "data": _dates(values) or symbol,
        "candles": _candles(values),
        "symbols": symbol if loaded == 1 else f"{used} of {loaded} used" if loaded else "none loaded",
        "capital": _sizing(values),
        "costs": _costs(values),
        "execution": _execution(values),
        "stops": _stops(values),
        "gates": _titles(values, GATES) or "none",
        "sleeves": _titles(values, SLEEVES) or "none",
        "portfolio": _portfolio(values),
    }


def changes(values: Mapping[str, Any]) -> dict[str, int]:
    """Return how many settings of each section differ from where they started."""
    found = {name: _changed(part.fields, values) for name, part in SECTIONS.items()}
    found["capital"] += _slot_changes(slot_of(values, SIZING), values, FIRST_RULE)
    found["portfolio"] += _slot_changes(slot_of(values, ALLOCATION), values, NO_ALLOCATION)
    found["costs"] = changed_costs(values)
    found["symbols"] += bool(values[SYMBOLS]) + len(values[GROUPS]) + len(values[OWN_COSTS])
    found |= {name: len(values[name]) for name in (GATES, SLEEVES)}
    name = str(values["strategy.name"])
    found["strategy"] = _changed(params_of(registry.get(name)), values) if name in registry.names() else 0
    return found


def _changed(fields: Iterable[FieldInfo], values: Mapping[str, Any]) -> int:
    return sum(values.get(info.name, info.default) != info.default for info in fields)


def _slot_changes(slot: Slot, values: Mapping[str, Any], first: str) -> int:
    return int(slot.kind != first) + _changed(slot.fields, values)


def _titles(values: Mapping[str, Any], name: str) -> str:
    return ", ".join(slot_of(values, prefix).title for prefix in items_of(values, name))


def _dates(values: Mapping[str, Any]) -> str:
    start, end, split = values["data.start"], values["data.end"], values["data.train_split"]
    words = f"{start or 'first bar'} to {end or 'last bar'}" if start or end else ""
    if split is None:
        return words
    part = {"train": "train part", "test": "test part"}.get(values["data.run_mode"], "train and test")
    return f"{words}, {part}".removeprefix(", ")


def _candles(values: Mapping[str, Any]) -> str:
    words = choice_words(str(values["data.candles.kind"]))
    if values["data.candles.timeframe"]:
        words += f" {values['data.candles.timeframe']}"
    if values["data.instrument.multiplier"] not in (None, 1):
        words += f", {_plain(values['data.instrument.multiplier'])} per point"
    return words


def _sizing(values: Mapping[str, Any]) -> str:
    slot = slot_of(values, SIZING)
    first = next(iter(slot.fields), None)
    rule = slot.title
    if slot.kind == FIRST_RULE and first is not None:
        rule = shown_value(first, values[first.name])
    elif first is not None:
        rule = f"{slot.title} {shown_value(first, values[first.name])}"
    return f"{_plain(values['capital'])} USD, {rule}"


def _costs(values: Mapping[str, Any]) -> str:
    if is_free(values):
        return "zero costs"
    preset, changed = preset_of(values), changed_costs(values)
    if preset is not None and not changed:
        return preset.title
    return cost_words({name.removeprefix("costs."): value for name, value in costs_in(values).items()})


def _execution(values: Mapping[str, Any]) -> str:
    words = choice_words(str(values["execution.fill"]))
    if values["execution.rebalance"] != "on_change":
        words += f", {values['execution.rebalance']}"
    if values["execution.entry"] != "market":
        words += f", {values['execution.entry']} entry"
    leverage = values["execution.max_leverage"]
    return words if leverage == 1.0 else f"{words}, {_plain(leverage)} x"


def _stops(values: Mapping[str, Any]) -> str:
    words = dict(zip(STOP_DISTANCES, ("stop", "target", "trailing", "break-even"), strict=True))
    infos = {info.name: info for info in scaled_fields(values["execution.stop_unit"])}
    parts = [
        f"{word} {shown_value(infos[name], values[name])}"
        for name, word in words.items()
        if values[name] is not None
    ]
    if values["execution.time_stop"] is not None:
        parts.append(f"time {values['execution.time_stop']} bars")
    return ", ".join(parts) or "off"


def _portfolio(values: Mapping[str, Any]) -> str:
    slot = slot_of(values, ALLOCATION)
    words = "no weighting" if slot.kind == NO_ALLOCATION else slot.title
    if values["portfolio.when_short"] == "rank":
        words += f", ranked by {choice_words(str(values['portfolio.rank_by'])).lower()}"
    caps = ("max_positions", "max_name", "max_group", "max_net")
    count = sum(values[f"portfolio.{name}"] is not None for name in caps)
    return f"{words}, {count} cap{'s' if count > 1 else ''}" if count else words


def _plain(value: Any) -> str:
    return exact(value) if isinstance(value, int | float) else str(value)


def hidden_fields(values: Mapping[str, Any]) -> frozenset[str]:
    """Return the fields that have no effect with these values."""
    has_stops = any(values[name] is not None for name in STOP_DISTANCES)
    has_entry = values["execution.entry"] != "market"
    ranks = values["portfolio.when_short"] == "rank" or values["portfolio.max_positions"] is not None
    measured = values["portfolio.rank_by"] in ("momentum", "low_volatility", "turnover")
    renko = values["data.candles.kind"] == "renko"
    shown = {
        "execution.band": values["execution.rebalance"] == "band",
        "execution.entry_distance": values["execution.entry"] in ("limit", "stop"),
        "execution.entry_bars": has_entry,
        "execution.unfilled": values["execution.max_participation"] is not None,
        "execution.atr_length": values["execution.stop_unit"] == "atr",
        "execution.reentry": has_stops or values["execution.time_stop"] is not None,
        "data.run_mode": values["data.train_split"] is not None or values["data.run_mode"] != "full",
        "data.candles.brick_size": renko or values["data.candles.brick_size"] is not None,
        "data.candles.brick_atr": renko or values["data.candles.brick_atr"] is not None,
        "portfolio.rank_by": ranks,
        "portfolio.rank_length": ranks and measured,
    }
    return frozenset(name for name, is_shown in shown.items() if not is_shown and name in FIELDS)
