"""What a person does to lists, places and symbols of the form: each edit is a value of its own.

The view emits them, the presenter calls them with the form's values: every one is one step of undo.
Plain Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.execution.costs import CostModel
from ivybt_desktop.docks.setup.kinds import Values, choose_kind, fill_slot, slots_of
from ivybt_desktop.docks.setup.sections import (
    ENTRY_DISTANCE,
    PRESET,
    STOP_DISTANCES,
    STOP_SCALES,
)

_BRICKS = ("data.candles.brick_size", "data.candles.brick_atr")
_FIRST_BRICK = 14
GROUPS, OWN_COSTS, SYMBOLS = "portfolio.groups", "symbol_costs", "data.symbols"


def set_value(values: Mapping[str, Any], name: str, value: Any) -> Values:
    """Return the values with one changed, and with what must change with it."""
    if name == PRESET:
        return choose_preset(values, value)
    prefix = name.removesuffix(".name")
    if prefix != name and prefix in slots_of(values):
        return choose_kind(values, prefix, str(value))
    changed = {**values, name: value}
    if name == "data.candles.kind" and value == "renko" and not any(values[brick] for brick in _BRICKS):
        changed["data.candles.brick_atr"] = _FIRST_BRICK
    if name == "data.candles.kind" and value != "renko":
        changed |= dict.fromkeys(_BRICKS)  # other candles have none
    if name in _BRICKS and value is not None:
        changed |= {brick: None for brick in _BRICKS if brick != name}  # one of the two makes the brick
    if name == "data.train_split" and value is None:
        changed["data.run_mode"] = "full"  # without a split there is no part to trade
    if name == "execution.stop_unit" and value != values[name]:
        # 5 % of the price read as 0.05 ATR would be a stop nobody meant.
        start = STOP_SCALES[value].start
        changed |= {stop: start for stop in STOP_DISTANCES if values[stop] is not None}
        if values[ENTRY_DISTANCE]:
            changed[ENTRY_DISTANCE] = start
    return changed


def choose_preset(values: Mapping[str, Any], preset: str | None) -> Values:
    """Return the values with the numbers of a preset; without one the numbers stay as they are."""
    if preset is None:
        return {**values, PRESET: None}
    return {**values, **{f"costs.{name}": value for name, value in CostModel(preset=preset)}}


@dataclass(frozen=True, slots=True)
class AddItem:
    """Put a gate or a further strategy at the end of its list."""

    list: str
    kind: str

    def __call__(self, values: Mapping[str, Any]) -> Values:
        """Return the changed values."""
        numbers = values[self.list]
        new = max(numbers, default=-1) + 1
        return {**values, self.list: (*numbers, new), **fill_slot(f"{self.list}.{new}", self.kind)}


@dataclass(frozen=True, slots=True)
class RemoveItem:
    """Take an entry out of its list."""

    prefix: str

    def __call__(self, values: Mapping[str, Any]) -> Values:
        """Return the changed values."""
        name, number = self.prefix.split(".")
        kept = {key: value for key, value in values.items() if not key.startswith(f"{self.prefix}.")}
        return {**kept, name: tuple(other for other in values[name] if other != int(number))}


@dataclass(frozen=True, slots=True)
class MoveItem:
    """Move an entry of a list by so many places; at the end of the list it stays."""

    prefix: str
    step: int

    def __call__(self, values: Mapping[str, Any]) -> Values:
        """Return the changed values."""
        name, number = self.prefix.split(".")
        numbers = list(values[name])
        at = numbers.index(int(number))
        to = min(max(at + self.step, 0), len(numbers) - 1)
        numbers.insert(to, numbers.pop(at))
        return {**values, name: tuple(numbers)}


@dataclass(frozen=True, slots=True)
class UseSymbols:
    """Trade some of the loaded instruments or leave them out; all of them is the empty list of the spec."""

    symbols: frozenset[str]
    on: bool
    loaded: tuple[str, ...]

    def __call__(self, values: Mapping[str, Any]) -> Values:
        """Return the changed values; the last instrument stays in use."""
        used = set(values[SYMBOLS] or self.loaded)
        used = used | self.symbols if self.on else used - self.symbols
        kept = tuple(symbol for symbol in self.loaded if symbol in used)
        if not kept:
            return dict(values)
        return {**values, SYMBOLS: () if kept == self.loaded else kept}


@dataclass(frozen=True, slots=True)
class GroupSymbols:
    """Give instruments a group; an empty name takes it away."""

    symbols: frozenset[str]
    group: str

    def __call__(self, values: Mapping[str, Any]) -> Values:
        """Return the changed values."""
        kept = {symbol: name for symbol, name in values[GROUPS].items() if symbol not in self.symbols}
        given = dict.fromkeys(sorted(self.symbols), self.group.strip()) if self.group.strip() else {}
        return {**values, GROUPS: kept | given}


@dataclass(frozen=True, slots=True)
class PriceSymbols:
    """Give instruments a cost preset of their own; `None` gives them the costs of all."""

    symbols: frozenset[str]
    preset: str | None

    def __call__(self, values: Mapping[str, Any]) -> Values:
        """Return the changed values."""
        kept = {symbol: costs for symbol, costs in values[OWN_COSTS].items() if symbol not in self.symbols}
        if self.preset is None:
            return {**values, OWN_COSTS: kept}
        own = CostModel(preset=self.preset).model_dump()
        return {**values, OWN_COSTS: kept | {symbol: dict(own) for symbol in sorted(self.symbols)}}


@dataclass(frozen=True, slots=True)
class ForgetSymbols:
    """Take what is kept about instruments out of the form, when they are removed."""

    symbols: frozenset[str]

    def __call__(self, values: Mapping[str, Any]) -> Values:
        """Return the changed values."""
        kept = {
            name: {symbol: held for symbol, held in values[name].items() if symbol not in self.symbols}
            for name in (GROUPS, OWN_COSTS)
        }
        used = tuple(symbol for symbol in values[SYMBOLS] if symbol not in self.symbols)
        return {**values, **kept, SYMBOLS: used}


Edit = AddItem | RemoveItem | MoveItem | UseSymbols | GroupSymbols | PriceSymbols | ForgetSymbols
