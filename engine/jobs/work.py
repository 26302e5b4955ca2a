"""What jobs do, free of threads, processes and events; numba and readers load at first use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from engine.backtest.result import BacktestResult
from engine.core.bars import FloatArray
from engine.jobs.requests import BacktestJob, DrawJob, ImportJob, LeakJob, SweepJob
from engine.registry import Source

if TYPE_CHECKING:
    from engine.backtest.leak import LeakReport
    from engine.studies.cells import CellRunner
    from engine.studies.sweep import StudyResult


@dataclass(frozen=True, eq=False)
class SweepPlan:
    """The cells of a sweep.

    Parameters
    ----------
    params : structured array, one row per cell
    illegal : int
        Cells that the strategy's constraint leaves out.
    n_bars : int
        Bars of each cell.
    is_compiled : bool
        Whether the strategy is a compiled rule.
    is_plain : bool, default False
        Whether a strategy of the spec is plain Python of the user, which may never end.
    sources : tuple of Source, default ()
        The user's strategies among them, as they are now.
    """

    params: npt.NDArray[Any]
    illegal: int
    n_bars: int
    is_compiled: bool
    is_plain: bool = False
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, eq=False)
class CellValues:
    """Metrics of some cells.

    Parameters
    ----------
    values : float64[n_cells, metrics]
        NaN rows for failed cells.
    errors : dict of int to str
        Message of each failed cell, by its row.
    """

    values: FloatArray
    errors: dict[int, str]


def plan_sweep(job: SweepJob) -> SweepPlan:
    """Return the cells of a grid; refuse a wrong grid, spec or date range before any cell runs.

    Raises
    ------
    InputError, DataError, StrategyError
        As `engine.studies.sweep`.
    """
    from engine.strategies import registry  # noqa: PLC0415
    from engine.studies.grid import build_cells  # noqa: PLC0415
    from engine.studies.sweep import length_of  # noqa: PLC0415

    spec = job.spec
    cells = build_cells(spec.strategy.name, spec.strategy.params, job.grid)
    n_bars, is_compiled = length_of(job.bars, spec, job.finer)
    names = [sleeve.name for sleeve in (spec.strategy, *spec.sleeves)]
    return SweepPlan(
        cells.params, cells.illegal, n_bars, is_compiled,
        is_plain=any(runs_plain_code(name) for name in names),
        sources=registry.freeze(names),
    )  # fmt: skip


def runs_plain_code(name: str) -> bool:
    """Return whether a strategy is plain Python of the user: no rule, and not part of the program."""
    from engine.strategies import registry  # noqa: PLC0415

    return registry.is_user_plugin(name) and registry.get(name).decide is None


def prepare(job: SweepJob, params: npt.NDArray[Any]) -> CellRunner:
    """Return the cells of a sweep, ready to be evaluated chunk by chunk."""
    from engine.studies.cells import CellRunner  # noqa: PLC0415

    return CellRunner(job.bars, job.spec, params, job.finer)


def failed_cell(what: str) -> CellValues:
    """Return one cell that failed."""
    from engine.metrics import METRIC_NAMES  # noqa: PLC0415

    return CellValues(np.full((1, len(METRIC_NAMES)), np.nan), {0: what})


def run_chunk(cells: CellRunner, start: int, stop: int) -> CellValues:
    """Return the metrics of cells ``start : stop``; a failing cell is a value."""
    errors: dict[int, str] = {}
    return CellValues(cells.run(start, stop, errors), errors)


def run_one(job: BacktestJob, now: datetime) -> tuple[BacktestResult, str]:
    """Run one backtest and keep it when there is a store.

    Returns
    -------
    result : BacktestResult
    run_id : str
        Empty without a store.
    """
    from engine.backtest.run import run_backtest  # noqa: PLC0415
    from engine.storage.proofs import with_proof_key  # noqa: PLC0415
    from engine.strategies import registry  # noqa: PLC0415

    with registry.steady():  # the key is that of the source that ran
        result = with_proof_key(run_backtest(job.bars, job.spec, job.finer))
    if job.store is None:
        return result, ""
    from engine.storage.run_store import RunStore  # noqa: PLC0415

    return result, RunStore(job.store).save(result, now=now)


def check(job: LeakJob) -> LeakReport:
    """Return what a spec's outputs owe to later bars; a strategy that raises is told in the report."""
    from engine.backtest.leak import check_leaks  # noqa: PLC0415

    return check_leaks(job.bars, job.spec, probes=job.probes, seed=job.seed, most_bars=job.most_bars)


def draw(job: DrawJob) -> Any:
    """Return the lines of an indicator, or the catalogue."""
    from engine.indicators import catalogue  # noqa: PLC0415

    return catalogue.catalogue() if job.bars is None else catalogue.draw(job.bars, job.name, job.params)


def read_file(job: ImportJob) -> Any:
    """Return the `engine.data.reader.Import` of a price file, or those of several instruments."""
    if job.several:
        from engine.data.options import ReadOptions  # noqa: PLC0415
        from engine.data.series import read_imports  # noqa: PLC0415

        return read_imports((job.path, *job.files), job.symbols, ReadOptions(**job.options))
    from engine.data.reader import read_import  # noqa: PLC0415

    return read_import(job.path, **job.options)


class StudyTable:
    """Collects the cells of a sweep in any order.

    Parameters
    ----------
    job : SweepJob
        As submitted.
    plan : SweepPlan
        The cells.
    """

    def __init__(self, job: SweepJob, plan: SweepPlan) -> None:
        from engine.metrics import METRIC_NAMES  # noqa: PLC0415

        self.names = METRIC_NAMES
        self.total = int(plan.params.size)
        self.done = 0
        self._job, self._plan = job, plan
        self._values = np.full((self.total, len(METRIC_NAMES)), np.nan)
        self._errors: dict[int, str] = {}

    @property
    def is_complete(self) -> bool:
        """Whether every cell has arrived."""
        return self.done == self.total

    def add(self, start: int, cells: CellValues) -> None:
        """Enter the cells from ``start`` on."""
        count = cells.values.shape[0]
        self._values[start : start + count] = cells.values
        self._errors |= {start + row: text for row, text in cells.errors.items()}
        self.done += count

    def study(self, seconds: float) -> StudyResult:
        """Return the whole as a `StudyResult`."""
        from engine.studies.sweep import StudyResult  # noqa: PLC0415

        return StudyResult(
            spec=self._job.spec, bars=self._job.bars, params=self._plan.params, values=self._values,
            errors=dict(sorted(self._errors.items())), illegal=self._plan.illegal, seconds=seconds,
            finer=self._job.finer,
        )  # fmt: skip
