"""Which declared fields stand in which section of the Setup dock, under which name. Plain Python.

Fields carry the dotted names of the spec ("costs.slippage_bps"), the names that errors carry too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.backtest.portfolio import PortfolioSpec
from engine.backtest.spec import BacktestSpec, CandleSpec, DataSpec, InstrumentSpec
from engine.execution.costs import CostModel
from engine.execution.fills import ExecutionModel, StopUnit
from engine.execution.presets import PRESETS
from engine.fields import FieldInfo, Model, describe
from engine.strategies import Strategy

PARAMS = "strategy.params."
PRESET = "costs.preset"
FINER = "data.finer"
TIMEFRAMES = ("data.timeframe", "data.candles.timeframe")


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
STOP_DISTANCES = (
    "execution.stop_loss", "execution.take_profit", "execution.trailing_stop", "execution.break_even",
)  # fmt: skip
ENTRY_DISTANCE = "execution.entry_distance"

_MODELS: dict[str, type[Model]] = {
    "data.": DataSpec, "data.candles.": CandleSpec, "data.instrument.": InstrumentSpec,
    "costs.": CostModel, "execution.": ExecutionModel, "portfolio.": PortfolioSpec, "": BacktestSpec,
}  # fmt: skip
_SPEC = {f"{prefix}{info.name}": info for prefix, model in _MODELS.items() for info in describe(model)}


def _costs(*names: str) -> tuple[str, ...]:
    return tuple(f"costs.{name}" for name in names)


def _execution(*names: str) -> tuple[str, ...]:
    return tuple(f"execution.{name}" for name in names)


_LAYOUT: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("data", "Data", (
        "data.start", "data.end", "data.train_split", "data.run_mode", "periods_per_year")),
    ("candles", "Candles and contract", (
        "data.candles.kind", "data.candles.brick_size", "data.candles.brick_atr", "data.candles.timeframe",
        FINER, "data.timeframe", "data.instrument.asset_class", "data.instrument.multiplier",
        "data.instrument.tick_size")),
    ("symbols", "Symbols", ("data.formula",)),
    ("capital", "Sizing", ("capital", "risk_free")),
    ("costs", "Costs", _costs(
        "preset", "commission_bps", "commission_fixed", "commission_per_unit", "commission_min",
        "commission_max", "commission_max_bps", "sell_fee_bps", "sell_fee_per_unit", "slippage_bps",
        "slippage_ticks", "slippage_range", "impact_bps", "spread_bps", "spread_amount", "borrow_rate",
        "margin_rate")),
    ("execution", "Execution", _execution(
        "fill", "rebalance", "band", "entry", "entry_distance", "entry_bars", "max_leverage",
        "max_participation", "unfilled", "lot", "min_quantity", "min_notional", "maintenance",
        "close_at_end")),
    ("stops", "Stops", (
        *STOP_DISTANCES, *_execution("time_stop", "stop_unit", "atr_length", "reentry"))),
    ("portfolio", "Portfolio", tuple(f"portfolio.{name}" for name in (
        "when_short", "rank_by", "rank_length", "max_positions", "max_name", "max_group", "max_net"))),
)  # fmt: skip

# Left out until asked for or changed: most people never need them.
RARE = frozenset(
    (
        *_costs(
            "commission_max", "commission_max_bps", "sell_fee_bps", "sell_fee_per_unit", "slippage_ticks",
            "slippage_range", "impact_bps", "spread_amount",
        ),
        *_execution("min_quantity", "min_notional", "maintenance"),
        "data.timeframe",
    )
)  # fmt: skip


def field_of(name: str) -> FieldInfo:
    """Return a field of the spec (not of a strategy) as the form shows it."""
    info = replace(_SPEC[name], name=name)
    if name == PRESET:
        return replace(info, type="choice", choices=tuple(PRESETS))
    return replace(info, type="path") if name == FINER else info


SECTIONS = {
    id_: Section(id_, title, tuple(field_of(name) for name in names)) for id_, title, names in _LAYOUT
}
FIELDS: Mapping[str, FieldInfo] = {info.name: info for part in SECTIONS.values() for info in part.fields}

# Part of the spec and of presets, shown by other means than a row: the files and symbols by the table of
# instruments, the share of the first strategy beside its parameters.
CARRIED: dict[str, Any] = {
    "data.file": None, "data.files": (), "data.symbols": (), "portfolio.groups": {}, "symbol_costs": {},
    "strategy.symbols": (), "strategy.weight": 1.0,
}  # fmt: skip


def params_of(strategy: type[Strategy]) -> tuple[FieldInfo, ...]:
    """Return a strategy's parameters with dotted names."""
    return tuple(replace(info, name=f"{PARAMS}{info.name}") for info in strategy.fields())


def scaled_fields(unit: str) -> tuple[FieldInfo, ...]:
    """Return the distances of stops and entries as they read in a unit."""
    scale = STOP_SCALES[unit]
    names = (*STOP_DISTANCES, ENTRY_DISTANCE)
    return tuple(replace(FIELDS[name], unit=scale.unit, step=scale.step) for name in names)
