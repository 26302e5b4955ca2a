"""From bars to gated signals of one strategy: derived candles, longer bars, gates, as known at closes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engine.backtest.market import known_from
from engine.backtest.spec import BacktestSpec, CandleKind
from engine.backtest.targets import Declared, targets_of
from engine.core.bars import Bars, FloatArray, IntArray
from engine.regimes import GateSeries, allowed
from engine.strategies import Strategy, StrategyParams, load

BoolArray = npt.NDArray[np.bool_]


def signals_of(
    bars: Bars, name: str, params: StrategyParams, spec: BacktestSpec, *,
    declared: Declared | None = None, sized: Sequence[Bars] = (),
) -> tuple[FloatArray, tuple[GateSeries, ...]]:  # fmt: skip
    """Return the target of one strategy on one instrument, zero while a gate is shut.

    Parameters
    ----------
    bars : Bars
    name : str
        Id of the strategy.
    params : StrategyParams
        Of the strategy, checked.
    spec : BacktestSpec
        Candles and gates.
    declared : Declared, optional
        What the strategy declares, when many instruments share it.
    sized : sequence of Bars
        What is bought for the signal, where that is not ``bars``: the legs of a formula, on its axis.

    Returns
    -------
    signals : float64[n]
        Known at each close, in [-1, 1].
    gates : tuple of GateSeries

    Raises
    ------
    StrategyError, InputError
        As in `targets_of`; a gate needs more history than there is; no brick forms.
    """
    target = _on_candles(load(name), params, bars, spec, declared)
    is_open, gates = mask_of(bars, spec, sized)
    return (target if is_open is None else np.where(is_open, target, 0.0)), gates


def mask_of(
    bars: Bars, spec: BacktestSpec, sized: Sequence[Bars] = ()
) -> tuple[BoolArray | None, tuple[GateSeries, ...]]:
    """Return where signals act: all gates open, and the sizing rule able to size; None is everywhere.

    Raises
    ------
    InputError, DataError
        A gate needs more history than there is, or cannot be fitted.
    """
    masks = [mask for one in sized or (bars,) if (mask := known_from(one, spec)) is not None]
    gates: tuple[GateSeries, ...] = ()
    if spec.gates:
        is_open, gates = allowed(bars, spec.gates)
        masks.append(is_open)
    return (np.logical_and.reduce(masks) if masks else None), gates


def seen_bars(bars: Bars, spec: BacktestSpec) -> Bars:
    """Return the bars that the strategy decides on: longer ones, Heikin Ashi, bricks, or the bars."""
    return _derived(bars, spec)[0]


def _on_candles(
    strategy: Strategy, params: StrategyParams, bars: Bars, spec: BacktestSpec, declared: Declared | None
) -> FloatArray:
    seen, index = _derived(bars, spec)
    if index is not None and len(seen) == 0:
        return np.zeros(len(bars))  # no longer bar is complete yet
    target = targets_of(strategy, seen, params, declared=declared)
    if index is None:
        return target
    return np.where(index >= 0, target[np.maximum(index, 0)], 0.0)


def _derived(bars: Bars, spec: BacktestSpec) -> tuple[Bars, IntArray | None]:
    """Return the bars to decide on and, for each real bar, the last of them known at its close."""
    candles = spec.data.candles
    seen: Bars = bars
    index: IntArray | None = None
    if candles.timeframe is not None:
        from engine.data.resample import known_at, resample  # noqa: PLC0415

        seen = resample(bars, candles.timeframe)
        index = known_at(bars, seen)
        if len(seen) == 0:
            return seen, index
    if candles.kind is CandleKind.HEIKIN_ASHI:
        from engine.data.heikin_ashi import heikin_ashi  # noqa: PLC0415

        seen = heikin_ashi(seen)
    elif candles.kind is CandleKind.RENKO:
        from engine.data.renko import renko  # noqa: PLC0415

        bricks = renko(seen, size=candles.brick_size, atr_length=candles.brick_atr)
        last = np.searchsorted(bricks.known, np.arange(len(seen)), side="right") - 1
        seen = bricks.bars
        index = last if index is None else np.where(index >= 0, last[np.maximum(index, 0)], -1)
    return seen, index
