"""`run_each`: one strategy on many instruments, an account of its own for each."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.backtest.levels import has_levels
from engine.backtest.references import with_references
from engine.backtest.run import parse_params, run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars, FloatArray
from engine.core.errors import InputError, IvyError, nearest
from engine.kernels.performance import FINAL
from engine.metrics import METRIC_NAMES
from engine.strategies import load, weighs_portfolio
from engine.studies.cells import is_simple
from engine.studies.chunks import ChunkRunner, own_spec
from engine.studies.metric_columns import MetricColumns


@dataclass(frozen=True, eq=False)
class EachResult:
    """One account per instrument.

    Parameters
    ----------
    spec : BacktestSpec
        What the accounts share.
    bars : tuple of Bars
        Instruments in the order of the rows.
    values : float64[n_assets, len(METRIC_NAMES)]
        NaN rows where a run failed; tail metrics are filled when they are asked for.
    errors : mapping of int to str
        Message of each failed run, by its row.
    seconds : float
        Wall time of all runs.
    """

    spec: BacktestSpec
    bars: tuple[Bars, ...]
    values: FloatArray
    errors: Mapping[int, str]
    seconds: float
    metrics: Mapping[str, FloatArray] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "metrics", MetricColumns(self.values, self.errors, self._run_again))

    def __len__(self) -> int:
        return len(self.bars)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols of the instruments."""
        return tuple(one.symbol for one in self.bars)

    @property
    def backtests_per_second(self) -> float:
        """Accounts per second of wall time."""
        return len(self) / self.seconds if self.seconds > 0 else float("nan")

    def own_spec(self, row: int) -> BacktestSpec:
        """Return the spec of one instrument alone, ready for `run_backtest` with its bars."""
        return own_spec(self.spec, self.bars[row].symbol)

    def _run_again(self, row: int) -> Mapping[str, float]:
        return run_backtest(self.bars[row], self.own_spec(row)).metrics


def run_each(series: Sequence[Bars], spec: BacktestSpec) -> EachResult:
    """Run a spec on every instrument, each with the whole capital on an account of its own.

    Metrics are those of ``run_backtest(bars, spec)`` on one instrument after the other, bit for bit. What is
    wrong with one instrument (no bar in the date range, a price at or below zero, a missing column, a
    strategy that leaves [-1, 1]) is a message in `EachResult.errors` and leaves the others alone.

    Compiled strategies on an instrument's own bars run many instruments per call, whatever their costs,
    sizing, stops, entries and gates. One by one, as slow as single runs, go: strategies in pandas
    (``signals``) or with entry prices of their own (``levels``), sleeves, derived candles or a longer
    deciding timeframe, and a training or test part.

    Parameters
    ----------
    series : sequence of Bars
        Different lengths and calendars are fine. ``data.symbols`` chooses among them, costs by symbol go to
        theirs.
    spec : BacktestSpec

    Returns
    -------
    EachResult

    Raises
    ------
    InputError
        What is wrong for all: no instruments, an unknown strategy or parameter, a symbol without prices,
        a formula or a strategy that is bound to symbols, which need one account.
    StrategyError
        The strategy is broken, or fails in declaring its indicators.
    """
    start = time.perf_counter()
    chosen = _chosen(series, spec)
    strategy, params = load(spec.strategy.name), parse_params(spec)
    values = np.full((len(chosen), len(METRIC_NAMES)), np.nan)
    if strategy.decide is not None and is_simple(spec) and not has_levels(strategy):
        ChunkRunner(chosen, spec, strategy, strategy.decide, params[0]).run(values)
    errors: dict[int, str] = {}
    for row in np.flatnonzero(np.isnan(values[:, FINAL])).tolist():
        try:
            metrics = run_backtest(chosen[row], own_spec(spec, chosen[row].symbol)).metrics
            values[row] = [metrics[name] for name in METRIC_NAMES]
        except IvyError as error:
            errors[row] = str(error)
    return EachResult(spec, chosen, values, errors, time.perf_counter() - start)


def _chosen(series: Sequence[Bars], spec: BacktestSpec) -> tuple[Bars, ...]:
    given: tuple[Any, ...] = (series,) if isinstance(series, Bars) else tuple(series)
    if not given or not all(isinstance(one, Bars) for one in given):
        raise InputError(
            "the instruments must be a list of Bars", field="data",
            hint="Read them with engine.read_series(path)",
        )  # fmt: skip
    if not isinstance(spec, BacktestSpec):
        raise InputError(
            f"the spec must be a BacktestSpec, was {type(spec).__name__}", field="spec",
            hint="Make it with engine.BacktestSpec(strategy=..., ...) or BacktestSpec.parse(mapping)",
        )  # fmt: skip
    if spec.data.formula or any(sleeve.symbols for sleeve in (spec.strategy, *spec.sleeves)):
        raise InputError(
            "a formula and strategies bound to symbols need one account for several instruments",
            field="data.formula" if spec.data.formula else "strategy.symbols", hint="Use run_backtest",
        )  # fmt: skip
    if weighs_portfolio(spec.strategy.name):
        raise InputError(
            f"{load(spec.strategy.name).title} weighs several instruments on one account",
            field="strategy.name", value=spec.strategy.name, hint="Use run_backtest",
        )  # fmt: skip
    by_symbol = {one.symbol: one for one in given}
    for name, symbols in (("data.symbols", spec.data.symbols), ("symbol_costs", spec.symbol_costs)):
        for symbol in symbols:
            if symbol not in by_symbol:
                raise InputError(
                    f"no prices of '{symbol}'", field=name, value=symbol, hint=nearest(symbol, by_symbol)
                )
    chosen = tuple(by_symbol[symbol] for symbol in spec.data.symbols) or given
    return with_references(chosen, spec)
