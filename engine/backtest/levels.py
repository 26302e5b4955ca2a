"""Entry prices of a strategy's own: from its `Levels` to prices at each close and to execution settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backtest.signals import derived_bars
from engine.backtest.spec import BacktestSpec, StrategySpec
from engine.backtest.targets import blaming
from engine.core.bars import Bars, FloatArray
from engine.core.errors import InputError, StrategyError
from engine.execution.fills import Entry, ExecutionModel, StopUnit
from engine.indicators.bank import compute
from engine.strategies import Levels, Strategy, StrategyParams, load

# Fields of the execution that a strategy's levels fill in, and those in the same unit as its distances.
_OWN = ("entry_bars", "stop_loss", "take_profit")
_IN_STOP_UNIT = ("stop_loss", "take_profit", "trailing_stop", "break_even")


@dataclass(frozen=True, eq=False)
class Bracket:
    """Entry orders of one instrument, and what follows their fill.

    Parameters
    ----------
    buy_at, sell_at : float64[n]
        Stop prices known at the close of each of the instrument's own bars, as quoted; NaN for none.
    entry_bars : int
        Bars for which they stand.
    stop_loss, take_profit : float or None
        Distances from the fill in price units; None leaves what the spec says.
    """

    buy_at: FloatArray
    sell_at: FloatArray
    entry_bars: int
    stop_loss: float | None
    take_profit: float | None

    @property
    def levels(self) -> tuple[FloatArray, FloatArray]:
        """Prices to buy and to sell at."""
        return self.buy_at, self.sell_at

    @property
    def settings(self) -> dict[str, Any]:
        """What the execution of a run has to say."""
        found = {name: getattr(self, name) for name in _OWN}
        return {name: value for name, value in found.items() if value is not None}


def has_levels(strategy: Strategy) -> bool:
    """Return whether a strategy may give entry prices of its own."""
    return type(strategy).levels is not Strategy.levels


def bracket_of(bars: Bars, name: str, params: StrategyParams, spec: BacktestSpec) -> Bracket | None:
    """Return the entry orders that a strategy places on an instrument; None when it enters at the market.

    Parameters
    ----------
    bars : Bars
        Checked by the strategy (`engine.backtest.targets.targets_of`).
    name : str
        Id of the strategy.
    params : StrategyParams
    spec : BacktestSpec
        Its candles: the strategy may decide on longer or derived bars.

    Raises
    ------
    StrategyError
        The strategy raised, or its levels are no prices: a wrong length, zero or less, the level to buy not
        above the one to sell; or a distance or a time that is not positive.
    """
    strategy = load(name)
    if not has_levels(strategy):
        return None
    seen, index = derived_bars(bars, spec)
    with blaming(strategy):
        given = strategy.levels(seen, params)
        if given is None:
            return None
        buy_at, sell_at = _prices(strategy, seen, params, given)
    _check_levels(strategy, seen, buy_at, sell_at)
    alive = _whole(strategy, given.bars_alive)
    if index is not None:
        buy_at, sell_at = (_as_known(line, index) for line in (buy_at, sell_at))
        alive *= max(-(-seen.timeframe.seconds // bars.timeframe.seconds), 1)
    stops = {name: _distance(strategy, name, getattr(given, name)) for name in ("stop_loss", "take_profit")}
    return Bracket(buy_at, sell_at, alive, **stops)


def fill_in_bracket(spec: BacktestSpec, bracket: Bracket) -> BacktestSpec:
    """Return the spec with the entry, stop and target that a strategy's levels stand for.

    With `entry` bracket the spec is one that was filled in before: what it says of them is replaced.

    Raises
    ------
    InputError
        The spec says otherwise; the field is named.
    """
    given, own = spec.execution, bracket.settings
    title = load(spec.strategy.name).title
    if given.entry not in (Entry.MARKET, Entry.BRACKET):
        _refuse(given, "entry", f"{title} places its entry orders at prices of its own", "Use entry market")
    free = {name: ExecutionModel.model_fields[name].default for name in own}
    for name, value in own.items() if given.entry is Entry.MARKET else ():
        if getattr(given, name) not in (free[name], value):
            _refuse(given, name, f"{title} sets {name} itself, to {value:g}", f"Leave {name} at its default")
    unit = given.stop_unit
    if {"stop_loss", "take_profit"} & own.keys():
        unit = StopUnit.AMOUNT
        others = [name for name in _IN_STOP_UNIT if getattr(given, name) is not None and name not in own]
        if others and given.stop_unit is not unit:
            problem = f"{title} has distances in price units, and {others[0]} is in {given.stop_unit.value}"
            _refuse(given, "stop_unit", problem, f"Use stop_unit amount, or leave {others[0]} empty")
    filled = given.model_dump() | own | {"entry": Entry.BRACKET, "stop_unit": unit}
    return spec.model_copy(update={"execution": ExecutionModel(**filled)})


def place_brackets(
    legs: Sequence[Bars], sleeves: Sequence[StrategySpec], spec: BacktestSpec
) -> tuple[BacktestSpec, list[tuple[FloatArray, FloatArray]]]:
    """Return the spec with the brackets of a portfolio's legs filled in, and their prices; none: unchanged.

    Parameters
    ----------
    legs : sequence of Bars
    sleeves : sequence of StrategySpec
        Of each leg.
    spec : BacktestSpec

    Raises
    ------
    InputError
        As `fill_in_bracket`; some legs enter at the market; the settings of two legs differ; the legs are
        those of a formula, whose prices are not the ones that the strategy sees.
    """
    strategies = {sleeve.name: load(sleeve.name) for sleeve in sleeves}
    if not any(map(has_levels, strategies.values())):
        return spec, []
    if spec.data.formula:
        raise InputError(
            f"{strategies[spec.strategy.name].title} places orders at prices of its own, which the legs of a "
            "formula do not have", field="data.formula", value=spec.data.formula, hint="Run the legs alone",
        )  # fmt: skip
    brackets = [
        bracket_of(leg, sleeve.name, strategies[sleeve.name].parse(sleeve.params), spec)
        for leg, sleeve in zip(legs, sleeves, strict=True)
    ]
    shared = shared_bracket(brackets, legs)
    if shared is None:
        return spec, []
    return fill_in_bracket(spec, shared), [one.levels for one in brackets if one is not None]


def shared_bracket(brackets: Sequence[Bracket | None], legs: Sequence[Bars]) -> Bracket | None:
    """Return a bracket whose settings are those of all legs of an account; None when no leg has one.

    Raises
    ------
    InputError
        Some legs enter at the market, or the distances of two legs differ.
    """
    placed = [one for one in brackets if one is not None]
    if not placed:
        return None
    if len(placed) < len(brackets):
        raise InputError(
            "one account cannot hold a strategy with entry prices of its own beside one without",
            field="sleeves", hint="Run them one by one",
        )  # fmt: skip
    for one, leg in zip(placed, legs, strict=True):
        if one.settings != placed[0].settings:
            raise InputError(
                f"stop, target or time of the entry orders differ between {legs[0].symbol} and {leg.symbol}",
                field="data.symbols", hint="Run them one by one",
            )  # fmt: skip
    return placed[0]


def _refuse(given: ExecutionModel, name: str, problem: str, hint: str) -> None:
    value = getattr(given, name)
    raise InputError(problem, field=f"execution.{name}", value=getattr(value, "value", value), hint=hint)


def _prices(
    strategy: Strategy, bars: Bars, params: StrategyParams, given: Levels
) -> tuple[FloatArray, FloatArray]:
    lines = strategy.indicators(params)
    found = []
    for line in (given.long, given.short):
        if isinstance(line, str):
            found.append(compute(bars, [lines[line]])[0])
            continue
        found.append(np.asarray(line, dtype=np.float64))
        if found[-1].shape != (len(bars),):
            raise ValueError(f"levels of shape {found[-1].shape} for {len(bars):,} bars")
    return found[0], found[1]


def _check_levels(strategy: Strategy, bars: Bars, buy_at: FloatArray, sell_at: FloatArray) -> None:
    # NaN compares false.
    wrong = (buy_at <= sell_at) | (buy_at <= 0.0) | (sell_at <= 0.0) | np.isinf(buy_at) | np.isinf(sell_at)
    if wrong.any():
        bar = int(np.argmax(wrong))
        raise StrategyError(
            f"the level to buy is {buy_at[bar]:g} and the level to sell {sell_at[bar]:g}",
            where=f"{strategy.title}, bar {bar} ({bars.label(bar)})",
            hint="Give prices above zero, the level to buy above the one to sell, and NaN for none",
        )  # fmt: skip


def _as_known(line: FloatArray, index: Any) -> FloatArray:
    if line.size == 0:
        return np.full(index.size, np.nan)
    return np.where(index >= 0, line[np.maximum(index, 0)], np.nan)


def _whole(strategy: Strategy, bars_alive: Any) -> int:
    if not (float(bars_alive) >= 1.0 and int(bars_alive) == bars_alive):
        raise StrategyError(
            f"bars_alive of the levels is {bars_alive}", where=strategy.title, hint="Give 1 bar or more"
        )
    return int(bars_alive)


def _distance(strategy: Strategy, name: str, value: Any) -> float | None:
    if value is not None and not 0.0 < float(value) < np.inf:
        raise StrategyError(
            f"{name} of the levels is {value}", where=strategy.title,
            hint="Give a distance in price units, or None",
        )  # fmt: skip
    return None if value is None else float(value)
