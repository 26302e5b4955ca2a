"""A spec as flat values under dotted names, and back: what the form holds. Plain Python.

The two are exact opposites: a spec taken into the form and given out again is the same spec, with every
parameter of its strategies written out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from engine.backtest.spec import BacktestSpec
from engine.strategies import registry
from ivybt_desktop.docks.setup.kinds import (
    ALLOCATION,
    GATES,
    LISTS,
    NO_ALLOCATION,
    SHARES,
    SIZING,
    SLEEVES,
    Values,
    fill_slot,
    items_of,
    taken,
)
from ivybt_desktop.docks.setup.sections import CARRIED, FIELDS, PARAMS, params_of

FIRST_RULE = "fixed_fraction"
# Mappings that stay whole: their keys are symbols and not names of fields.
_WHOLE = ("portfolio.groups", "symbol_costs")
_PATHS = ("data.file", "data.files", "data.finer")


def defaults() -> Values:
    """Return the default of everything but the strategy."""
    values = {name: info.default for name, info in FIELDS.items()} | CARRIED
    values |= dict.fromkeys(LISTS, ())
    return values | fill_slot(SIZING, FIRST_RULE) | fill_slot(ALLOCATION, NO_ALLOCATION)


def flatten(spec: BacktestSpec) -> Values:
    """Return a spec as values by dotted name; words of choices are plain text."""
    dumped = _plain(spec.model_dump(mode="python"))
    values: Values = {}
    for name, entries in ((name, dumped.pop(name)) for name in LISTS):
        values[name] = tuple(range(len(entries)))
        for number, entry in enumerate(entries):
            values |= _item(f"{name}.{number}", entry)
    for prefix, place in ((SIZING, dumped.pop(SIZING)), (ALLOCATION, dumped["portfolio"].pop("allocation"))):
        values |= fill_slot(prefix, place.pop("name"), place)
    return values | dict(_leaves(dumped, ""))


def nest(values: Mapping[str, Any], params: Iterable[str]) -> dict[str, Any]:
    """Return the mapping that `BacktestSpec.parse` takes.

    Parameters
    ----------
    values : mapping
        Everything the form holds.
    params : iterable of str
        Dotted names of the strategy's parameters; values of other strategies are left out.
    """
    nested: dict[str, Any] = {"strategy": {"params": {}}}
    for name in (*params, *FIELDS, *CARRIED, "strategy.name"):
        *path, leaf = name.split(".")
        inner = nested
        for step in path:
            inner = inner.setdefault(step, {})
        inner[leaf] = values[name]
    nested[SIZING] = _place(values, SIZING)
    nested["portfolio"]["allocation"] = _place(values, ALLOCATION)
    nested[GATES] = [_place(values, prefix) for prefix in items_of(values, GATES)]
    nested[SLEEVES] = [_sleeve(values, prefix) for prefix in items_of(values, SLEEVES)]
    return nested


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def _leaves(values: Mapping[str, Any], start: str) -> Iterable[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{start}{key}"
        if isinstance(value, Mapping) and name not in _WHOLE and not name.startswith(PARAMS):
            yield from _leaves(value, f"{name}.")
        else:
            yield name, value


def _item(prefix: str, entry: Mapping[str, Any]) -> Values:
    if not prefix.startswith(f"{SLEEVES}."):
        return fill_slot(prefix, entry["name"], {k: v for k, v in entry.items() if k != "name"})
    shares = {f"{prefix}.{info.name}": entry[info.name] for info in SHARES}
    return fill_slot(prefix, entry["name"], entry["params"]) | shares


def _place(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    kind, fields = taken(values, prefix)
    return {"name": kind, **fields}


def _sleeve(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    kind, params = taken(values, prefix)
    return {"name": kind, "params": params} | {info.name: values[f"{prefix}.{info.name}"] for info in SHARES}


def comparable(spec: BacktestSpec, periods: float | None) -> Values:
    """Return what decides a run: with every default, without the paths of files.

    Parameters
    ----------
    spec : BacktestSpec
    periods : float or None
        Bars per year where the spec leaves them to the calendar.
    """
    name = spec.strategy.name
    fields = params_of(registry.get(name)) if name in registry.names() else ()
    values = {info.name: info.default for info in fields} | flatten(spec)
    values["periods_per_year"] = values["periods_per_year"] or periods
    return {name: value for name, value in values.items() if name not in _PATHS}
