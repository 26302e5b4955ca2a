"""Which kinds each place of the form can hold, read from the engine's registries. Plain Python.

A place holds ``<prefix>.name`` and, of every kind it has ever held, ``<prefix>.<kind>.<field>``: choosing
another kind and coming back finds the numbers that were there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from engine import allocation, regimes
from engine.fields import FieldInfo, Model, describe
from engine.sizing import SIZERS
from engine.strategies import registry as strategies
from ivybt_desktop.widgets.field_words import choice_words
from ivybt_desktop.widgets.kind import Kind, Slot

Values = dict[str, Any]
SIZING, ALLOCATION, GATES, SLEEVES = "sizing", "portfolio.allocation", "gates", "sleeves"
LISTS = (GATES, SLEEVES)
NO_ALLOCATION = "none"

# What a further strategy has beside its parameters.
_SYMBOLS = FieldInfo(
    "symbols", "symbols", (), None, None, None, (), "",
    "Instruments it trades, separated by commas; empty trades all", optional=True, title="Trades only",
)  # fmt: skip
_WEIGHT = FieldInfo(
    "weight", "float", 1.0, 0.0, 100.0, 0.05, (), "x",
    "Its signals count this much when several strategies share the account", optional=False, title="Weight",
)  # fmt: skip
SHARES = (_WEIGHT, _SYMBOLS)


def first_line(text: str | None) -> str:
    """Return the first line of a docstring, without the marks of code."""
    return (text or "").strip().split("\n", 1)[0].replace("``", "")


@functools.cache
def sizing_kinds() -> tuple[Kind, ...]:
    """Return the sizing rules."""
    return _of_models(SIZERS)


@functools.cache
def allocation_kinds() -> tuple[Kind, ...]:
    """Return the ways to weigh the instruments of a portfolio; none of them first."""
    names = sorted(allocation.allocation_names(), key=lambda name: (name != NO_ALLOCATION, name))
    return _of_models({name: allocation.registry.get(name) for name in names})


@functools.cache
def gate_kinds() -> tuple[Kind, ...]:
    """Return the gates."""
    return _of_models({name: regimes.load_gate(name) for name in regimes.gate_names()})


def strategy_kinds() -> tuple[Kind, ...]:
    """Return the strategies, the user's own among them, by title."""
    kinds = [
        Kind(
            name, found.title or choice_words(name), first_line(found.__doc__), tuple(found.fields())
        )
        for name in strategies.names()
        for found in (strategies.get(name),)
    ]  # fmt: skip
    return tuple(sorted(kinds, key=lambda kind: kind.title.casefold()))


def kinds_of(prefix: str) -> tuple[Kind, ...]:
    """Return what a place can hold."""
    return _KINDS[prefix.split(".", 1)[0]]()


_KINDS: Mapping[str, Callable[[], tuple[Kind, ...]]] = {
    SIZING: sizing_kinds, "portfolio": allocation_kinds, GATES: gate_kinds, SLEEVES: strategy_kinds,
}  # fmt: skip
_LABELS = {SIZING: "Rule", "portfolio": "Weights", GATES: "Gate", SLEEVES: "Strategy"}


def slots_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the prefixes of all places the form has now."""
    return SIZING, ALLOCATION, *(prefix for name in LISTS for prefix in items_of(values, name))


def items_of(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the prefixes of a list's entries in order; their numbers are names, not positions."""
    return tuple(f"{name}.{number}" for number in values[name])


def slot_of(values: Mapping[str, Any], prefix: str) -> Slot:
    """Return a place with what it holds."""
    kind, kinds = str(values[f"{prefix}.name"]), kinds_of(prefix)
    fields = [_dotted(info, f"{prefix}.{kind}") for info in _fields(kinds, kind)]
    if prefix.startswith(f"{SLEEVES}."):
        fields += [_dotted(info, prefix) for info in SHARES]
    return Slot(prefix, _LABELS[prefix.split(".", 1)[0]], kind, kinds, tuple(fields))


def fill_slot(prefix: str, kind: str, given: Mapping[str, Any] | None = None) -> Values:
    """Return the values of a place that holds a kind with some of its fields given."""
    values: Values = {f"{prefix}.name": kind}
    values |= {f"{prefix}.{kind}.{info.name}": info.default for info in _fields(kinds_of(prefix), kind)}
    values |= {f"{prefix}.{kind}.{name}": value for name, value in (given or {}).items()}
    if prefix.startswith(f"{SLEEVES}."):
        values |= {f"{prefix}.{info.name}": info.default for info in SHARES}
    return values


def choose_kind(values: Mapping[str, Any], prefix: str, kind: str) -> Values:
    """Return the values after another kind was chosen; what it held before comes back."""
    return {**fill_slot(prefix, kind), **values, f"{prefix}.name": kind}


def taken(values: Mapping[str, Any], prefix: str) -> tuple[str, Values]:
    """Return the kind of a place and that kind's fields under plain names."""
    kind = str(values[f"{prefix}.name"])
    start = f"{prefix}.{kind}."
    return kind, {name.removeprefix(start): value for name, value in values.items() if name.startswith(start)}


def _of_models(models: Mapping[str, type[Model]]) -> tuple[Kind, ...]:
    return tuple(
        Kind(
            name, str(getattr(model, "title", "")) or choice_words(name), first_line(model.__doc__),
            tuple(info for info in describe(model) if info.name != "name"),
        )
        for name, model in models.items()
    )  # fmt: skip


def _fields(kinds: Iterable[Kind], name: str) -> tuple[FieldInfo, ...]:
    return next((kind.fields for kind in kinds if kind.name == name), ())


def _dotted(info: FieldInfo, prefix: str) -> FieldInfo:
    return replace(info, name=f"{prefix}.{info.name}")
