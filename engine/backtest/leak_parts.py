"""What of a spec is checked for look-ahead, part by part: strategies, gates, sizing, single indicators.

A part recomputes its outputs on any bars. Outputs are matrices on the axis of all closes of those bars, so
that values at one bar can be compared whatever stands after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from engine.allocation import weights_over_time
from engine.backtest.axis import Axis
from engine.backtest.levels import bracket_of, has_levels
from engine.backtest.references import joined, references_of
from engine.backtest.signals import derived_bars, signals_of, signals_of_panel
from engine.backtest.spec import BacktestSpec, StrategySpec
from engine.backtest.targets import lines_of
from engine.backtest.weighing import legs_of
from engine.core.bars import Bars, FloatArray, IntArray
from engine.indicators import Indicator
from engine.indicators.bank import compute, kind_of
from engine.regimes import Gate
from engine.sizing import FixedFraction, Sizer
from engine.strategies import PortfolioStrategy, Strategy, StrategyParams, load

Series = tuple[Bars, ...]

# Instruments are computed one by one with the same code: more of them would only repeat the proof.
MOST_INSTRUMENTS = 3
SIGNALS, SIZE, LEVELS = "signals", "size", "levels"


class Rows(NamedTuple):
    """One output.

    Parameters
    ----------
    values : float64[k, n]
        On the axis; NaN where an instrument has no bar.
    decisions : int
        The first rows act on orders (targets, open flags, sizes); the others are lines beneath them.
    """

    values: FloatArray
    decisions: int


Outputs = dict[str, Rows]


@dataclass(frozen=True, eq=False)
class Part:
    """Something that is recomputed and compared on its own.

    Parameters
    ----------
    series : tuple of Bars
        What it is computed on.
    compute : callable
        ``compute(series) -> Outputs``.
    sources : mapping of str to class or function
        Whose source tells the cause, by output.
    is_quick : bool
        Compiled: many more cuts cost little.
    history : int
        Bars before its first value, as declared.
    """

    series: Series
    compute: Callable[[Series], Outputs]
    sources: Mapping[str, Any] = field(default_factory=dict)
    is_quick: bool = False
    history: int = 0


def axis_of(series: Sequence[Bars]) -> IntArray:
    """Return all closing instants of some instruments, int64[n], increasing."""
    if len(series) == 1:
        return series[0].time
    found: IntArray = np.unique(np.concatenate([one.time for one in series]))
    return found


def parts_of(series: Series, spec: BacktestSpec, params: Sequence[StrategyParams]) -> list[Part]:
    """Return the parts of a spec that could look ahead.

    Parameters
    ----------
    series : tuple of Bars
        Instruments of the run.
    spec : BacktestSpec
    params : sequence of StrategyParams
        Of the strategy and the sleeves, checked.
    """
    sleeves = (spec.strategy, *spec.sleeves)
    parts = [
        strategy_part(series, spec, sleeve, given, named=len(sleeves) > 1)
        for sleeve, given in zip(sleeves, params, strict=True)
    ]
    parts += [gate_part(series, spec, gate) for gate in spec.gates]
    sizing = sizing_part(series, spec)
    return parts if sizing is None else [*parts, sizing]


def strategy_part(
    series: Series, spec: BacktestSpec, sleeve: StrategySpec, params: StrategyParams, *, named: bool
) -> Part:
    """Return the part of a strategy: raw targets (without gates and sizing), declared lines, entry levels.

    Parameters
    ----------
    series : tuple of Bars
    spec : BacktestSpec
        Candles and formula.
    sleeve : StrategySpec
    params : StrategyParams
    named : bool
        Whether outputs carry the strategy's name: there are several.
    """
    suffix = f" of {sleeve.name}" if named else ""
    first = load(sleeve.name)
    sources: dict[str, Any] = {SIGNALS + suffix: type(first), "": type(first)}
    bare = spec.model_copy(update={"gates": (), "sizing": FixedFraction()})
    if not spec.data.formula:
        series = tuple(legs_of(series, sleeve))
        if isinstance(first, PortfolioStrategy):
            return Part(series, lambda given: _weights(given, bare, first, params, suffix), sources)
        series = _long_ones(series)[:MOST_INSTRUMENTS]
    for name, line in _declared(first, params).items():
        sources[f"line: {name}{suffix}"] = kind_of(line).function

    def compute(given: Series) -> Outputs:
        rows: dict[str, list[FloatArray]] = {}
        axis = axis_of(given)
        for bars in _traded(given, spec):
            at = np.searchsorted(axis, bars.time)
            for name, values in _of_strategy(bars, bare, sleeve.name, params).items():
                rows.setdefault(name + suffix, []).append(_spread(values, at, axis.size))
        return {name: _rows(found, decides=not name.startswith("line: ")) for name, found in rows.items()}

    is_quick = first.decide is not None and not spec.data.formula
    return Part(series, compute, sources, is_quick=is_quick, history=first.warmup(params))


def gate_part(series: Series, spec: BacktestSpec, gate: Gate) -> Part:
    """Return the part of a gate: its open flags and its lines, on the first instrument."""
    name = f"gate: {gate.name}"

    def compute(given: Series) -> Outputs:
        [bars, *_] = _traded(given, spec)
        said = gate.compute(bars)
        rows = [said.open.astype(np.float64), *(np.asarray(line, np.float64) for line in said.lines.values())]
        axis = axis_of(given)
        at = np.searchsorted(axis, bars.time)
        return {name: Rows(np.stack([_spread(row, at, axis.size) for row in rows]), 1)}

    seen = series if spec.data.formula else series[:1]
    return Part(seen, compute, {name: type(gate)}, history=gate.history())


def sizing_part(series: Series, spec: BacktestSpec) -> Part | None:
    """Return the part of the sizes: gearing of each instrument, weights of the allocation; or None."""
    weighs = len(series) > 1 and spec.portfolio.allocation.reads != "nothing"
    if not (spec.sizing.is_geared or weighs):
        return None

    def compute(given: Series) -> Outputs:
        rows = _gearing(given, spec.sizing, spec.periods_per_year)
        if weighs:
            axis = Axis.of(given)
            rows += list(weights_over_time(spec.portfolio.allocation, axis.closes(), axis.session).weights)
        return {SIZE: _rows(rows, decides=True)}

    source = type(spec.sizing) if spec.sizing.is_geared else type(spec.portfolio.allocation)
    return Part(series, compute, {SIZE: source})


def indicator_part(bars: Bars, line: Indicator, name: str) -> Part:
    """Return the part of one declared line."""
    output = f"line: {name}"

    def compute_line(given: Series) -> Outputs:
        return {output: Rows(compute(given[0], [line]), 1)}

    return Part((bars,), compute_line, {output: kind_of(line).function}, is_quick=True)


def gearing_part(bars: Bars, sizer: Sizer) -> Part:
    """Return the part of one sizing rule; without a gearing it has no output."""

    def compute_size(given: Series) -> Outputs:
        rows = _gearing(given, sizer, None)
        return {SIZE: _rows(rows, decides=True)} if rows else {}

    return Part((bars,), compute_size, {SIZE: type(sizer)})


def _long_ones(series: Series) -> Series:
    """Return the instruments that have a bar in the first quarter: a cut needs bars of all of them."""
    axis = axis_of(series)
    return tuple(one for one in series if one.time[0] <= axis[axis.size // 4])


def _declared(strategy: Strategy, params: StrategyParams) -> Mapping[str, Indicator]:
    return strategy.indicators(params)


def _traded(series: Series, spec: BacktestSpec) -> Sequence[Bars]:
    """Return the bars that strategies and gates see: the instruments, or the one that a formula makes."""
    if not spec.data.formula:
        return series
    from engine.data.formula import parse_formula, synthetic_bars  # noqa: PLC0415

    synthetic, _ = synthetic_bars(parse_formula(spec.data.formula), series)
    return (joined(synthetic, references_of(spec.strategy), series),)


def _of_strategy(
    bars: Bars, spec: BacktestSpec, name: str, params: StrategyParams
) -> dict[str, FloatArray]:
    """Return raw target, lines and levels of one instrument on its own bars, each float64[n] or [k, n]."""
    found: dict[str, FloatArray] = {SIGNALS: signals_of(bars, name, params, spec)[0]}
    strategy = load(name)
    if has_levels(strategy) and not spec.data.formula:
        placed = _levels(bars, spec, name, params)
        if placed is not None:
            found[LEVELS] = placed
    seen, index = derived_bars(bars, spec)
    if len(seen) == 0:
        return found
    lines = {f"line: {key}": values for key, (values, _) in lines_of(strategy, seen, params).items()}
    if index is None:
        return found | lines
    return found | {
        key: np.where(index >= 0, values[np.maximum(index, 0)], np.nan) for key, values in lines.items()
    }


def _levels(
    bars: Bars, spec: BacktestSpec, name: str, params: StrategyParams
) -> FloatArray | None:
    """Return entry prices and the distances of the exits, float64[4, n]; None for entries at the market."""
    bracket = bracket_of(bars, name, params, spec)
    if bracket is None:
        return None
    exits = (bracket.take_profit, bracket.stop_loss)
    distances = [np.full(len(bars), np.nan if one is None else one) for one in exits]
    return np.stack([*bracket.levels, *distances])


def _weights(
    series: Series, spec: BacktestSpec, strategy: PortfolioStrategy, params: StrategyParams, suffix: str
) -> Outputs:
    signals, _ = signals_of_panel(series, type(strategy)(), params, spec)
    axis = axis_of(series)
    rows = [
        _spread(own, np.searchsorted(axis, bars.time), axis.size)
        for bars, own in zip(series, signals, strict=True)
    ]
    return {SIGNALS + suffix: _rows(rows, decides=True)}


def _gearing(series: Series, sizer: Sizer, periods_per_year: float | None) -> list[FloatArray]:
    axis, rows = axis_of(series), []
    for bars in series:
        gear = sizer.gearing(bars, periods_per_year)
        if gear is not None:
            rows.append(_spread(gear, np.searchsorted(axis, bars.time), axis.size))
    return rows


def _spread(values: FloatArray, at: IntArray, size: int) -> FloatArray:
    if at.size == size:
        return values
    out = np.full((*values.shape[:-1], size), np.nan)
    out[..., at] = values
    return out


def _rows(found: Sequence[FloatArray], *, decides: bool) -> Rows:
    values = np.concatenate([np.atleast_2d(one) for one in found])
    return Rows(values, len(values) if decides else 0)
