"""Evaluate the cells of a grid on one instrument, with the costs, stops and metrics of a single run."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtest.market import market_of, terms_of
from engine.backtest.run import benchmark_of, periods_of, run_backtest, select
from engine.backtest.spec import BacktestSpec
from engine.backtest.targets import blaming
from engine.core.bars import Bars, FloatArray
from engine.core.errors import IvyError, StrategyError
from engine.indicators.bank import fill_bank
from engine.kernels.performance import FINAL, METRIC_COUNT
from engine.kernels.sweep import sweep_driver
from engine.kernels.types import prices_of
from engine.metrics import METRIC_NAMES, TAIL_NAMES
from engine.strategies import Rule, Strategy, load
from engine.studies.grid import build_cells, full_columns
from engine.studies.plan import BankPlan, cell_params, param_matrix, plan_bank

# Lines held at once; larger plans are worked off in parts of the grid.
BANK_BYTES = 192_000_000


@dataclass(frozen=True, eq=False)
class StudyResult:
    """All cells of a study.

    Parameters
    ----------
    spec : BacktestSpec
        What the cells share.
    bars : Bars
    params : structured array, one row per cell
    values : float64[n_cells, len(METRIC_NAMES)]
        NaN rows for failed cells; tail metrics are filled when they are asked for.
    errors : mapping of int to str
        Message of each failed cell.
    illegal : int
        Cells of the product that break the constraint and were left out.
    seconds : float
        Wall time of the evaluation.
    """

    spec: BacktestSpec
    bars: Bars
    params: npt.NDArray[Any]
    values: FloatArray
    errors: Mapping[int, str]
    illegal: int
    seconds: float
    metrics: Mapping[str, FloatArray] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "metrics", MetricColumns(self))

    def __len__(self) -> int:
        return int(self.params.size)

    @property
    def backtests_per_second(self) -> float:
        """Cells evaluated per second of wall time."""
        return len(self) / self.seconds if self.seconds > 0 else float("nan")

    def cell_spec(self, cell: int) -> BacktestSpec:
        """Return the spec of one cell, ready for `run_backtest`."""
        names = self.params.dtype.names or ()
        own = cell_params({name: self.params[name] for name in names}, cell)
        strategy = {"name": self.spec.strategy.name, "params": dict(self.spec.strategy.params) | own}
        return self.spec.replace(strategy=strategy)


class MetricColumns(Mapping[str, FloatArray]):
    """Metric columns by name, with the names of a single run's metrics.

    var_95 and cvar_95 need the sorted returns of every cell; they are computed when first read.
    """

    def __init__(self, study: StudyResult) -> None:
        self._study = study
        self._tails: dict[str, FloatArray] = {}

    def __getitem__(self, name: str) -> FloatArray:
        if name in TAIL_NAMES:
            return self._tail(name)
        return (
            self._study.values[:, METRIC_NAMES.index(name)] if name in METRIC_NAMES else self._missing(name)
        )

    def __iter__(self) -> Iterator[str]:
        return iter(METRIC_NAMES)

    def __len__(self) -> int:
        return len(METRIC_NAMES)

    def _missing(self, name: str) -> FloatArray:
        raise KeyError(name)

    def _tail(self, name: str) -> FloatArray:
        if not self._tails:
            found = np.full((len(self._study), 2), np.nan)
            for cell in range(len(self._study)):
                if cell not in self._study.errors:
                    metrics = run_backtest(self._study.bars, self._study.cell_spec(cell)).metrics
                    found[cell] = [metrics[tail] for tail in TAIL_NAMES]
            self._tails = {tail: found[:, k] for k, tail in enumerate(TAIL_NAMES)}
        return self._tails[name]


def sweep_here(
    bars: Bars,
    spec: BacktestSpec,
    grid: Mapping[str, Sequence[Any]],
    on_progress: Callable[[int, int], None] | None = None,
) -> StudyResult:
    """Evaluate a grid in this process.

    Parameters
    ----------
    bars : Bars
    spec : BacktestSpec
        Shared by all cells; grid axes override its parameters.
    grid : mapping of str to sequence
        Candidate values by parameter.
    on_progress : callable, optional
        Called as ``on_progress(done, total)`` at the end.

    Raises
    ------
    InputError
        Unknown parameter, value out of range, no legal cell.
    """
    start = time.perf_counter()
    cells = build_cells(spec.strategy.name, spec.strategy.params, grid)
    errors: dict[int, str] = {}
    values = run_cells(bars, spec, cells.params, errors)
    if on_progress:
        on_progress(len(cells), len(cells))
    seconds = time.perf_counter() - start
    return StudyResult(spec, bars, cells.params, values, errors, cells.illegal, seconds)


def run_cells(
    bars: Bars, spec: BacktestSpec, params: npt.NDArray[Any], errors: dict[int, str] | None = None
) -> FloatArray:
    """Return the metrics of every cell.

    Parameters
    ----------
    bars : Bars
    spec : BacktestSpec
    params : structured array, one row per cell
        From `engine.studies.grid.build_cells`, or a part of it.
    errors : dict, optional
        Receives the message of each failed cell by its row; such rows are NaN.

    Returns
    -------
    float64[n_cells, len(METRIC_NAMES)]
        Equal bit for bit to single runs; tail metrics NaN.
    """
    series = select(bars, spec)
    strategy = load(spec.strategy.name)
    columns = full_columns(strategy, spec.strategy.params, params)
    out = np.full((params.size, METRIC_COUNT), np.nan)
    # A rule that raised in one cell spoils the compiled call: all cells then run on their own. A cell that
    # left [-1, 1] is a row of NaN, and its own run finds the bar and the words.
    if strategy.decide is not None:
        with contextlib.suppress(StrategyError), blaming(strategy):
            _run_compiled(series, spec, strategy, strategy.decide, columns, out)
    for cell in np.flatnonzero(np.isnan(out[:, FINAL])).tolist():
        try:
            own = spec.replace(strategy={"name": spec.strategy.name, "params": cell_params(columns, cell)})
            metrics = run_backtest(series, own).metrics
            out[cell] = [metrics[name] for name in METRIC_NAMES]
        except IvyError as error:
            if errors is not None:
                errors[cell] = str(error)
    return out


def _run_compiled(
    bars: Bars, spec: BacktestSpec, strategy: Strategy, rule: Rule, columns: dict[str, Any], out: FloatArray
) -> None:
    n_cells = out.shape[0]
    plan = plan_bank(strategy, columns, n_cells)
    if plan.size * len(bars) * 8 > BANK_BYTES and n_cells > 1:
        middle = n_cells // 2
        for part in (slice(0, middle), slice(middle, n_cells)):
            some = {k: v[part] if isinstance(v, np.ndarray) else v for k, v in columns.items()}
            _run_compiled(bars, spec, strategy, rule, some, out[part])
        return
    context = (periods_of(bars, spec), spec.risk_free, benchmark_of(bars))
    sweep_driver()(
        rule.compiled, prices_of(bars), market_of(bars, spec), _bank(bars, plan), plan.cell_rows,
        param_matrix(strategy, columns, n_cells), terms_of(spec), context, out,
    )  # fmt: skip


def _bank(bars: Bars, plan: BankPlan) -> FloatArray:
    bank = np.empty((max(plan.size, 1), len(bars)))
    fill_bank(bars, plan.requests, bank)
    return bank
