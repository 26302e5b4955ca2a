"""What a strategy decided at one close: its conditions, lines and gates, and what became of its target."""

from __future__ import annotations

import math

import numpy as np

from engine.backtest.targets import declare, lines_of
from engine.backtest.why_conditions import Conditions
from engine.backtest.why_context import LegContext, is_cut, label_of
from engine.backtest.why_names import Namer
from engine.backtest.why_parts import Decision, Figure, GateState, Miss, Step
from engine.backtest.why_replay import Replay, replay_method, replay_rule
from engine.core.bars import FloatArray
from engine.core.errors import IvyError, StrategyError
from engine.fields import describe
from engine.strategies import PortfolioStrategy

NO_CONDITIONS = "The strategy compares nothing at a bar of its own: its source has no condition to show"
_NO_BAR = "No longer bar or brick is complete yet: the strategy has seen nothing"
_NO_HISTORY = (
    "The strategy had seen the bars before the test part, and they are not loaded: load the whole price file"
)
_NO_TABLES = "The strategy weighs the instruments against one another in whole tables: its weights are listed"
_SAME = 1e-12
_MOST_OTHERS = 8


def decide(context: LegContext, bar: int) -> Decision:
    """Explain the decision at a bar of the run's axis.

    Parameters
    ----------
    context : LegContext
    bar : int

    Returns
    -------
    Decision
        Where the conditions cannot be shown ``problem`` says why; the rest is there.
    """
    own = context.own_bar(bar)
    seen = context.seen_bar(own)
    steps: tuple[Step, ...] = ()
    misses: tuple[Miss, ...] = ()
    lines: tuple[Figure, ...] = ()
    problem, said = "", context.said_at(own)
    if seen < 0:
        problem = _NO_BAR
    else:
        try:
            steps, misses, problem = _told(context, seen, said)
            lines = _lines(context, seen)
        except IvyError as error:
            problem = _NO_HISTORY if is_cut(context.result.spec, context.first) else str(error)
    gates = gates_at(context, own)
    target = _target(context, bar)
    before = context.said_at(own - 1) if own + context.first > 0 else 0.0
    stamp = context.seen.label(seen) if context.index is not None and seen >= 0 else ""
    return Decision(
        bar, label_of(context.result, bar), stamp, before, said, target,
        _factors(context, bar, own, said, target, gates), steps, misses, lines, gates, problem,
    )  # fmt: skip


def replay_of(context: LegContext, seen: int) -> Replay:
    """Run the decision of a leg again around a bar that the strategy saw.

    Raises
    ------
    StrategyError
        The source cannot be read, the strategy raised, or it gives other targets than in the run.
    """
    strategy, params = context.strategy, context.params
    if context.panel is not None and isinstance(strategy, PortfolioStrategy):
        at = int(np.searchsorted(context.panel.time, context.seen.time[seen]))
        return replay_method(
            strategy, strategy.weights, (context.panel, params), len(context.panel), at, context.column
        )
    if strategy.decide is None:
        return replay_method(strategy, strategy.signals, (context.seen, params), len(context.seen), seen)
    from engine.indicators.bank import fill_bank  # noqa: PLC0415  (numba only when used)
    from engine.kernels.types import prices_of  # noqa: PLC0415

    declared = declare(strategy, params)
    bank = np.empty((declared.height, len(context.seen)))
    fill_bank(context.seen, declared.requests, bank)
    given = (prices_of(context.seen), bank, declared.rows, params.vector())
    return replay_rule(strategy, strategy.decide, given, context.said, seen)


def _told(context: LegContext, seen: int, said: float) -> tuple[tuple[Step, ...], tuple[Miss, ...], str]:
    _check_said(context)
    replay = replay_of(context, seen)
    names = [info.name for info in describe(type(context.params))]
    params = dict(zip(names, context.params.vector().tolist(), strict=True))
    namer = Namer(replay.reading, list(context.strategy.indicators(context.params)), params)
    found = Conditions(replay, namer, context.column)
    steps = found.steps()
    misses = () if context.panel is not None else found.misses(said, context.place)
    if steps:
        return steps, misses, ""
    warmup = int(context.strategy.warmup(context.params))
    if seen < warmup:
        return steps, misses, f"The strategy is warming up: it needs {warmup} bars before it decides"
    return steps, misses, NO_CONDITIONS if context.panel is None else _NO_TABLES


def _check_said(context: LegContext) -> None:
    """Check that the strategy says today what it said in the run.

    Raises
    ------
    StrategyError
        It does not: its file, or an indicator of it, has changed.
    """
    result = context.result
    if result.is_portfolio or result.spec.gates:
        return
    n = result.equity.size
    index = np.arange(len(context.full)) if context.index is None else context.index
    said = np.where(index >= 0, context.said[np.maximum(index, 0)], 0.0) if context.said.size else index * 0.0
    own = said[context.first : context.first + n]
    differs = np.abs(own - result.signals[:n]) > _SAME
    # Where an order could not be sized the run's target is 0.
    if (differs & (result.signals[:n] != 0.0)).any():
        raise StrategyError(
            "the strategy gives other targets than in this run", where=context.strategy.title,
            hint="Its file has changed since: run the backtest again",
        )  # fmt: skip


def _lines(context: LegContext, seen: int) -> tuple[Figure, ...]:
    if context.panel is not None:
        return _weights(context, seen)
    lines = lines_of(context.strategy, context.seen, context.params)
    return tuple(
        Figure(name, name.replace("_", " "), float(values[seen]), "number" if pane == "own" else "price")
        for name, (values, pane) in lines.items()
    )


def _weights(context: LegContext, seen: int) -> tuple[Figure, ...]:
    """Return what a portfolio strategy gave this instrument, and the others that it gave most."""
    panel, weights = context.panel, context.weights
    own = Figure("weight", f"weight of {context.bars.symbol}", float(context.said[seen]), "share")
    if panel is None or weights is None:
        return (own,)
    row = weights[int(np.searchsorted(panel.time, context.seen.time[seen]))]
    order = np.argsort(-np.abs(row), kind="stable").tolist()
    order = [at for at in order if at != context.column and row[at]]
    others = [
        Figure(f"weight.{panel.symbols[at]}", f"weight of {panel.symbols[at]}", float(row[at]), "share")
        for at in order[:_MOST_OTHERS]
    ]
    return (own, *others)


def gates_at(context: LegContext, own: int) -> tuple[GateState, ...]:
    """Return what each gate said at the close of a bar of the leg."""
    if own < 0:
        return ()
    found = []
    for gate, series in zip(context.result.spec.gates, context.gates(), strict=False):
        figures = tuple(
            Figure(name, name.replace("_", " "), float(line[own])) for name, line in series.lines.items()
        )
        # What the lines are compared with: the close, and the gate's own numbers.
        against = [Figure("close", "close", float(context.bars.close[own]), "price")]
        for info in describe(type(gate)):
            value = getattr(gate, info.name)
            if info.type in ("int", "float") and value is not None:
                against.append(Figure(f"set.{info.name}", info.title.lower(), float(value)))
        figures = (*figures, *against)
        is_open = bool(series.open[own])
        found.append(GateState(gate.name, gate.title or gate.name, is_open, series.legend, figures))
    return tuple(found)


def _target(context: LegContext, bar: int) -> float:
    signals: FloatArray = np.atleast_2d(context.result.signals)
    row = context.asset if signals.shape[0] > 1 else 0
    return float(signals[row, bar]) if bar < signals.shape[1] else math.nan


def _factors(
    context: LegContext, bar: int, own: int, said: float, target: float, gates: tuple[GateState, ...]
) -> tuple[Figure, ...]:
    """Return the way from what the strategy said to the target of the run, factor by factor."""
    result = context.result
    found = [Figure("said", "the strategy says", said)]
    product = said
    if gates:
        is_open = all(gate.open for gate in gates)
        found.append(Figure("gates", "gates", float(is_open), "times", "open" if is_open else "shut"))
        product *= is_open
    if own >= 0 and not context.can_size(own):
        found.append(Figure("known", "sizing", 0.0, "times", "the sizing rule has too little history"))
        product = 0.0
    if result.allocation is not None and bar < result.allocation.weights.shape[1]:
        weight = float(result.allocation.weights[context.asset, bar])
        if result.spec.portfolio.allocation.name != "none":
            found.append(Figure("allocation", "weight of the allocation", weight, "times"))
        product *= weight
    if context.sleeve.weight != 1.0:
        found.append(Figure("sleeve", "weight of the strategy", context.sleeve.weight, "times"))
        product *= context.sleeve.weight
    found += _caps(context, bar, product, target)
    if len(found) > 1:
        before = _target(context, bar - 1) if bar > 0 else 0.0
        found.append(Figure("target", "target", target))
        found.append(Figure("target_before", "target at the close before", before))
    return tuple(found)


def _caps(context: LegContext, bar: int, product: float, target: float) -> list[Figure]:
    result = context.result
    found = []
    if result.scaling is not None and bar < result.scaling.size:
        scaling = float(result.scaling[bar])
        geared = result.spec.sizing.is_geared or result.spec.data.formula
        if scaling != 1.0 and not geared:
            found.append(Figure("scaling", "scaled to the leverage limit", scaling, "times"))
            product *= scaling
    if product != 0.0 and math.isfinite(target) and abs(target - product) > 1e-9 * abs(product):
        found.append(Figure("caps", "caps on name, group or net", target / product, "times"))
    return found
