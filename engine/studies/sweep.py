"""Evaluate the cells of a grid, with the costs, stops and metrics of a single run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from engine.backtest.run import instruments_of, run_backtest, select
from engine.backtest.spec import BacktestSpec
from engine.backtest.weighing import check_weighing
from engine.core.bars import Bars, FloatArray
from engine.data.split import span
from engine.regimes import check_history
from engine.strategies import load
from engine.studies.cells import CellRunner, is_simple
from engine.studies.grid import build_cells
from engine.studies.metric_columns import MetricColumns
from engine.studies.plan import cell_params


@dataclass(frozen=True, eq=False)
class StudyResult:
    """All cells of a study.

    Parameters
    ----------
    spec : BacktestSpec
        What the cells share.
    bars : Bars or sequence of Bars
        One instrument, or those that share the account.
    params : structured array, one row per cell
    values : float64[n_cells, len(METRIC_NAMES)]
        NaN rows for failed cells; tail metrics are filled when they are asked for.
    errors : mapping of int to str
        Message of each failed cell.
    illegal : int
        Cells of the product that break the constraint and were left out.
    seconds : float
        Wall time of the evaluation.
    finer : tuple of Bars, default ()
        Shorter bars that decide what came first inside a bar.
    """

    spec: BacktestSpec
    bars: Bars | Sequence[Bars]
    params: npt.NDArray[Any]
    values: FloatArray
    errors: Mapping[int, str]
    illegal: int
    seconds: float
    finer: tuple[Bars, ...] = ()
    metrics: Mapping[str, FloatArray] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "metrics", MetricColumns(self.values, self.errors, self._run_again))

    def __len__(self) -> int:
        return int(self.params.size)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols of the instruments."""
        series = (self.bars,) if isinstance(self.bars, Bars) else self.bars
        return tuple(bars.symbol for bars in series)

    @property
    def backtests_per_second(self) -> float:
        """Cells evaluated per second of wall time."""
        return len(self) / self.seconds if self.seconds > 0 else float("nan")

    def cell_spec(self, cell: int) -> BacktestSpec:
        """Return the spec of one cell, ready for `run_backtest`."""
        names = self.params.dtype.names or ()
        own = cell_params({name: self.params[name] for name in names}, cell)
        strategy = self.spec.strategy.model_dump(mode="json")
        return self.spec.replace(strategy=strategy | {"params": strategy["params"] | own})

    def _run_again(self, cell: int) -> Mapping[str, float]:
        return run_backtest(self.bars, self.cell_spec(cell), self.finer).metrics


def sweep_here(
    bars: Bars | Sequence[Bars],
    spec: BacktestSpec,
    grid: Mapping[str, Sequence[Any]],
    on_progress: Callable[[int, int], None] | None = None,
    finer: Sequence[Bars] = (),
) -> StudyResult:
    """Evaluate a grid in this process.

    Parameters
    ----------
    bars : Bars or sequence of Bars
        One instrument, or those that share the account.
    spec : BacktestSpec
        Shared by all cells; grid axes override its parameters.
    grid : mapping of str to sequence
        Candidate values by parameter.
    on_progress : callable, optional
        Called as ``on_progress(done, total)`` at the end.
    finer : sequence of Bars, default ()
        Shorter bars that decide what came first inside a bar.

    Raises
    ------
    InputError
        Unknown parameter, value out of range, no legal cell.
    """
    start = time.perf_counter()
    cells = build_cells(spec.strategy.name, spec.strategy.params, grid)
    length_of(bars, spec, finer)  # what is wrong with the spec as a whole is told once, not by every cell
    errors: dict[int, str] = {}
    values = run_cells(bars, spec, cells.params, errors, finer)
    if on_progress:
        on_progress(len(cells), len(cells))
    seconds = time.perf_counter() - start
    return StudyResult(
        spec, bars, cells.params, values, errors, cells.illegal, seconds, tuple(finer)
    )


def run_cells(
    bars: Bars | Sequence[Bars],
    spec: BacktestSpec,
    params: npt.NDArray[Any],
    errors: dict[int, str] | None = None,
    finer: Sequence[Bars] = (),
) -> FloatArray:
    """Return the metrics of every cell; see `engine.studies.cells.CellRunner.run`.

    Parameters
    ----------
    bars : Bars or sequence of Bars
    spec : BacktestSpec
    params : structured array, one row per cell
        From `engine.studies.grid.build_cells`, or a part of it.
    errors : dict, optional
        Receives the message of each failed cell by its row; such rows are NaN.
    finer : sequence of Bars, default ()
        Shorter bars that decide what came first inside a bar.

    Returns
    -------
    float64[n_cells, len(METRIC_NAMES)]
    """
    cells = CellRunner(bars, spec, params, finer)
    return cells.run(0, params.size, {} if errors is None else errors)


def length_of(
    bars: Bars | Sequence[Bars], spec: BacktestSpec, finer: Sequence[Bars] = ()
) -> tuple[int, bool]:
    """Return how many bars a cell works on, and whether its loops are compiled as one.

    Raises
    ------
    InputError, DataError
        The spec and the bars do not go together: no bar in the date range, an unknown symbol.
    """
    series = instruments_of(bars, spec)
    if len(series) > 1 or finer or not is_simple(spec):
        check_weighing([one.symbol for one in series], spec)
        span(len(series[0]), spec.data.train_split, spec.data.run_mode)
        return sum(map(len, series)), False
    bars = select(series, spec)
    check_history(bars, spec.gates)
    return len(bars), load(spec.strategy.name).decide is not None
