"""From bars to gated signals of one strategy: derived candles, longer bars, gates, as known at closes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engine.backtest.axis import Axis
from engine.backtest.market import known_from
from engine.backtest.panel_targets import weights_of
from engine.backtest.spec import BacktestSpec, CandleKind
from engine.backtest.targets import Declared, targets_of
from engine.core.bars import Bars, FloatArray, IntArray, Panel
from engine.core.errors import InputError
from engine.regimes import GateSeries, allowed
from engine.strategies import PortfolioStrategy, Strategy, StrategyParams, load

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


def signals_of_panel(
    series: Sequence[Bars], strategy: PortfolioStrategy, params: StrategyParams, spec: BacktestSpec
) -> tuple[list[FloatArray], list[tuple[GateSeries, ...]]]:
    """Return the weights of a portfolio strategy as the targets of its legs, zero while a gate is shut.

    Parameters
    ----------
    series : sequence of Bars
        Its instruments, in the order it shall see them.
    strategy : PortfolioStrategy
    params : StrategyParams
        Of the strategy, checked.
    spec : BacktestSpec
        Candles and gates.

    Returns
    -------
    signals : list of float64[k]
        On each leg's own bars: the weight known at their closes.
    gates : list of tuple of GateSeries

    Raises
    ------
    StrategyError, InputError
        As in `weights_of`; bricks, which have no common time; a gate needs more history than there is.
    """
    if spec.data.candles.kind is CandleKind.RENKO:
        raise InputError(
            f"{strategy.title} compares instruments at one time, and bricks of each form at their own",
            field="data.candles.kind", value="renko", hint="Use standard or heikin_ashi",
        )  # fmt: skip
    derived = [derived_bars(bars, spec) for bars in series]
    panel = Panel.align([seen for seen, _ in derived])
    weights = weights_of(strategy, panel, params)
    signals = []
    for asset, (seen, index) in enumerate(derived):
        own = weights[np.searchsorted(panel.time, seen.time), asset]
        if index is not None:
            own = np.where(index >= 0, own[np.maximum(index, 0)], 0.0) if own.size else np.zeros(index.size)
        signals.append(own)
    masks, gates = zip(*(mask_of(bars, spec) for bars in series), strict=True)
    if any(mask is not None for mask in masks):
        shut = [
            np.zeros(len(bars), np.bool_) if mask is None else ~mask
            for bars, mask in zip(series, masks, strict=True)
        ]
        if strategy.joined:
            shut = _shut_together(series, signals, shut)
        signals = [np.where(closed, 0.0, own) for own, closed in zip(signals, shut, strict=True)]
    return signals, list(gates)


def _shut_together(
    series: Sequence[Bars], signals: Sequence[FloatArray], shut: Sequence[BoolArray]
) -> list[BoolArray]:
    """Shut every leg at the bars at which a gate shuts one that has a weight."""
    axis = Axis.of(series)
    # A leg without a bar yet cannot be held.
    held = axis.carry(signals, 0.0) != 0.0
    closed = (held & (axis.carry([one.astype(np.float64) for one in shut], 1.0) != 0.0)).any(axis=0)
    return [closed[at] | own for at, own in zip(axis.positions, shut, strict=True)]


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
    return derived_bars(bars, spec)[0]


def _on_candles(
    strategy: Strategy, params: StrategyParams, bars: Bars, spec: BacktestSpec, declared: Declared | None
) -> FloatArray:
    seen, index = derived_bars(bars, spec)
    if index is not None and len(seen) == 0:
        return np.zeros(len(bars))  # no longer bar is complete yet
    target = targets_of(strategy, seen, params, declared=declared)
    if index is None:
        return target
    return np.where(index >= 0, target[np.maximum(index, 0)], 0.0)


def derived_bars(bars: Bars, spec: BacktestSpec) -> tuple[Bars, IntArray | None]:
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
