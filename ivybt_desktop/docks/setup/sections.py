"""Which declared fields stand in which section of the Setup dock, under which name. Plain Python.

Fields carry the dotted names of the spec ("costs.slippage_bps"), the names that errors carry too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.backtest.spec import BacktestSpec, DataSpec
from engine.execution.costs import CostModel
from engine.execution.fills import ExecutionModel, StopUnit
from engine.fields import FieldInfo, describe
from engine.sizing import FixedFraction
from engine.strategies import Strategy

PARAMS = "strategy.params."


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form.

    Parameters
    ----------
    id, title : str
        Name in code; words of its header.
    fields : tuple of FieldInfo
        In order, with dotted names.
    """

    id: str
    title: str
    fields: tuple[FieldInfo, ...]


@dataclass(frozen=True, slots=True)
class StopScale:
    """How distances of stops are read in one unit.

    Parameters
    ----------
    unit : str
        Stands in the control.
    step, reach : float
        Step and upper end of the slider; larger distances can be typed.
    start : float
        Distance when a stop is turned on, or the unit changed.
    """

    unit: str
    step: float
    start: float
    reach: float


STOP_SCALES = {
    StopUnit.FRACTION.value: StopScale("of price", 0.005, 0.05, 0.5),
    StopUnit.AMOUNT.value: StopScale("price", 0.5, 1.0, 100.0),
    StopUnit.ATR.value: StopScale("ATR", 0.25, 2.0, 20.0),
}
STOP_DISTANCES = ("execution.stop_loss", "execution.take_profit", "execution.trailing_stop")

_SPEC = {
    **{f"costs.{info.name}": info for info in describe(CostModel)},
    **{f"execution.{info.name}": info for info in describe(ExecutionModel)},
    **{f"data.{info.name}": info for info in describe(DataSpec)},
    **{f"sizing.{info.name}": info for info in describe(FixedFraction)},
    **{info.name: info for info in describe(BacktestSpec)},
}
_LAYOUT: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("data", "Data", ("data.start", "data.end", "periods_per_year")),
    ("capital", "Capital and sizing", ("capital", "sizing.fraction", "execution.max_leverage", "risk_free")),
    ("costs", "Costs", tuple(f"costs.{info.name}" for info in describe(CostModel))),
    ("execution", "Execution", (
        "execution.fill", "execution.rebalance", "execution.band", "execution.lot", "execution.min_quantity",
        "execution.min_notional", "execution.close_at_end")),
    ("stops", "Stops", (
        *STOP_DISTANCES, "execution.stop_unit", "execution.atr_length", "execution.time_stop",
        "execution.reentry")),
)  # fmt: skip


def field_of(name: str) -> FieldInfo:
    """Return a field of the spec (not of a strategy) as the form shows it."""
    return replace(_SPEC[name], name=name)


SECTIONS = {
    id_: Section(id_, title, tuple(field_of(name) for name in names)) for id_, title, names in _LAYOUT
}
FIELDS: Mapping[str, FieldInfo] = {info.name: info for part in SECTIONS.values() for info in part.fields}

# Part of the spec and of presets, without a control of its own.
CARRIED = ("data.file", "data.timeframe", "sizing.name")


def params_of(strategy: type[Strategy]) -> tuple[FieldInfo, ...]:
    """Return a strategy's parameters with dotted names."""
    return tuple(replace(info, name=f"{PARAMS}{info.name}") for info in strategy.fields())


def stop_fields(unit: str) -> tuple[FieldInfo, ...]:
    """Return the distances of stops as they read in a unit."""
    scale = STOP_SCALES[unit]
    return tuple(replace(FIELDS[name], unit=scale.unit, step=scale.step) for name in STOP_DISTANCES)


def defaults() -> dict[str, Any]:
    """Return the default of every field but the strategy's."""
    return {name: info.default for name, info in FIELDS.items()} | {
        name: _SPEC[name].default if name in _SPEC else None for name in CARRIED
    }


def flatten(spec: BacktestSpec) -> dict[str, Any]:
    """Return a spec as values by dotted name; words of choices are plain text."""
    values = spec.model_dump(mode="python")
    flat: dict[str, Any] = {"strategy.name": spec.strategy.name}
    flat |= {f"{PARAMS}{name}": value for name, value in spec.strategy.params.items()}
    for part in ("data", "sizing", "costs", "execution"):
        flat |= {f"{part}.{name}": value for name, value in values[part].items()}
    flat |= {name: values[name] for name in ("capital", "periods_per_year", "risk_free")}
    return {name: getattr(value, "value", value) for name, value in flat.items()}


def nest(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return the named values as the nested mapping that `BacktestSpec.parse` takes."""
    nested: dict[str, Any] = {}
    for name in names:
        *path, leaf = name.split(".")
        inner = nested
        for step in path:
            inner = inner.setdefault(step, {})
        inner[leaf] = values[name]
    return nested
