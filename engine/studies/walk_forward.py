"""Walk-forward: choose on one window, judge on the next, move on.

The joined test parts are what somebody would have earned who chose anew at every step. Nothing is random.

References
----------
R. Pardo, The evaluation and optimization of trading strategies, 2nd edition (2008): windows, efficiency.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars, FloatArray
from engine.core.errors import InputError, IvyError, JobCancelled
from engine.metrics import METRIC_NAMES
from engine.strategies import registry
from engine.studies.fold_run import (
    Course,
    FoldRun,
    Search,
    WalkForwardSpec,
    check_folds,
    course_of,
    efficiency,
    run_fold,
)
from engine.studies.stitch import Stitched, stitch
from engine.studies.windows import Fold, WindowUnit, divide

type OnProgress = Callable[[int, int], None]
type IsCancelled = Callable[[], bool]

SUMMARY = ("efficiency", "folds", *METRIC_NAMES)


@dataclass(frozen=True, eq=False)
class WalkForwardPlan:
    """A walk-forward before it runs.

    Parameters
    ----------
    spec : BacktestSpec
    asked : WalkForwardSpec
    course : Course
        Prices, and the time on which the folds lie.
    folds : tuple of Fold
    """

    spec: BacktestSpec
    asked: WalkForwardSpec
    course: Course
    folds: tuple[Fold, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """How one parameter moved from fold to fold.

    Parameters
    ----------
    name : str
    values : tuple
        Chosen value in each fold.
    changes : int
        Folds that chose another value than the fold before.
    low, high : float
        Smallest and largest choice; NaN for words and switches.
    step : float
        Mean distance between neighbouring folds as a share of the axis, counted in its values; 0 is a
        steady choice, 1 one that jumps from end to end. NaN for words, switches and a single fold.
    """

    name: str
    values: tuple[Any, ...]
    changes: int
    low: float
    high: float
    step: float


@dataclass(frozen=True, eq=False)
class WalkForward:
    """A finished walk-forward.

    Parameters
    ----------
    spec : BacktestSpec
        What all runs share.
    asked : WalkForwardSpec
    folds : tuple of FoldRun
        Oldest first.
    stitched : Stitched
        The test parts as one run.
    unused : int
        Bars after the last test part.
    """

    spec: BacktestSpec
    asked: WalkForwardSpec
    folds: tuple[FoldRun, ...]
    stitched: Stitched
    unused: int

    @property
    def efficiency(self) -> float:
        """Yearly return of the joined test parts over the mean one in sample.

        NaN unless the latter is above zero.
        """
        inside = float(np.mean([run.in_sample.metrics["annual_return"] for run in self.folds]))
        return efficiency(inside, self.stitched.metrics["annual_return"])

    @cached_property
    def chosen(self) -> npt.NDArray[Any]:
        """Chosen cells as a structured array, one row per fold, one field per axis."""
        return np.concatenate([run.study.params[[run.choice.cell]] for run in self.folds])

    @cached_property
    def drift(self) -> tuple[Drift, ...]:
        """Movement of each parameter of the grid."""
        return tuple(_drift(name, self.chosen[name], self.folds) for name in self.chosen.dtype.names or ())

    @cached_property
    def receipt(self) -> str:
        """``sha256:...`` over the receipts of the chosen runs, in and out of sample."""
        sha = hashlib.sha256()
        for run in self.folds:
            sha.update(f"{run.in_sample.receipt}|{run.out_of_sample.receipt}\n".encode())
        return f"sha256:{sha.hexdigest()}"

    def surface(self, metric: str) -> FloatArray:
        """Return a metric in sample of every cell in every fold, float64[n_folds, n_cells].

        Raises
        ------
        InputError
            The folds' cells differ, as those of a random search do.
        """
        first = self.folds[0].study.params
        if not all(np.array_equal(run.study.params, first) for run in self.folds):
            raise InputError("the folds tried different cells", field="grid", hint="Use a grid")
        return np.array([run.study.metrics[metric] for run in self.folds])

    def metrics_of(self, metric: str) -> FloatArray:
        """Return a metric of the chosen runs in and out of sample, float64[2, n_folds]."""
        runs = [(run.in_sample, run.out_of_sample) for run in self.folds]
        return np.array([[run.metrics[metric] for run in side] for side in zip(*runs, strict=True)])


@dataclass(frozen=True, eq=False)
class WalkForwardMatrix:
    """Walk-forwards over lengths of both windows.

    Parameters
    ----------
    trains, tests : tuple of int
        Lengths in the windows' unit.
    values : mapping of str to float64[n_trains, n_tests]
        By name of `SUMMARY`: efficiency, number of folds and metrics of the joined test parts; NaN where a
        walk-forward failed.
    errors : mapping of (int, int) to str
        Message of each that failed, by row and column.
    """

    trains: tuple[int, ...]
    tests: tuple[int, ...]
    values: Mapping[str, FloatArray]
    errors: Mapping[tuple[int, int], str]


@registry.steady()
def walk_forward(
    bars: Bars | Sequence[Bars], spec: BacktestSpec, asked: WalkForwardSpec, *, finer: Sequence[Bars] = (),
    search: Search | None = None, on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> WalkForward:  # fmt: skip
    """Choose and judge fold after fold.

    Parameters
    ----------
    bars : Bars or sequence of Bars
        Several instruments share one account.
    spec : BacktestSpec
        What all runs share; its date range is applied first.
    asked : WalkForwardSpec
        Windows, grid, target.
    finer : sequence of Bars, default ()
        Shorter bars that decide what came first inside a bar.
    search : callable, optional
        Called as ``search(bars, spec, grid, on_progress=..., finer=...)`` with the training bars of each
        fold; gives a `StudyResult`. The default (`None`) runs the grid in this process.
    on_progress : callable, optional
        Called as ``on_progress(done, total)``: finished folds.
    is_cancelled : callable, optional
        Asked between parts of a fold's grid; when it is true, the walk-forward stops.

    Raises
    ------
    InputError
        No fold fits, an instrument has no bar in a training part, the target is undefined in every cell, or
        the spec asks for a training or test part itself.
    InputError, StrategyError, DataError
        As `run_backtest`.
    JobCancelled
        It was stopped.
    """
    plan = plan_folds(bars, spec, asked, finer)
    runs = []
    for run in run_folds(plan, search=search, is_cancelled=is_cancelled):
        runs.append(run)
        if on_progress:
            on_progress(len(runs), len(plan.folds))
    return join(plan, runs)


def plan_folds(
    bars: Bars | Sequence[Bars], spec: BacktestSpec, asked: WalkForwardSpec, finer: Sequence[Bars] = ()
) -> WalkForwardPlan:
    """Return the folds without running them, for a strip of windows or to run them elsewhere.

    Raises
    ------
    InputError, DataError
        As `walk_forward`.
    """
    course = course_of(bars, spec, finer)
    folds = divide(course.session, asked.windows)
    check_folds(course, folds)
    return WalkForwardPlan(spec, asked, course, folds)


def run_folds(
    plan: WalkForwardPlan, *, search: Search | None = None, is_cancelled: IsCancelled | None = None
) -> Iterator[FoldRun]:
    """Yield fold after fold, so that whoever shows or stops it keeps what is finished; see `walk_forward`."""

    def check(_done: int = 0, _total: int = 0) -> None:
        if is_cancelled is not None and is_cancelled():
            raise JobCancelled("the walk-forward was stopped")

    for fold in plan.folds:
        check()
        yield run_fold(plan.course, plan.spec, plan.asked, fold, search, check)


def join(plan: WalkForwardPlan, runs: Sequence[FoldRun]) -> WalkForward:
    """Return finished folds, at least one, as one walk-forward; the first ones alone are one too."""
    stitched = stitch([run.out_of_sample for run in runs])
    unused = int(plan.course.time.size) - runs[-1].fold.test_stop
    return WalkForward(plan.spec, plan.asked, tuple(runs), stitched, unused)


@registry.steady()
def walk_forward_matrix(
    bars: Bars | Sequence[Bars], spec: BacktestSpec, asked: WalkForwardSpec, trains: Sequence[int],
    tests: Sequence[int], *, on_progress: OnProgress | None = None, is_cancelled: IsCancelled | None = None,
    **more: Any,
) -> WalkForwardMatrix:  # fmt: skip
    """Run a walk-forward for every pair of window lengths.

    Parameters
    ----------
    bars, spec
        As in `walk_forward`.
    asked : WalkForwardSpec
        Its window lengths are replaced.
    trains, tests : sequence of int
        Lengths in the windows' unit.
    on_progress : callable, optional
        Called as ``on_progress(done, total)``: finished walk-forwards.
    is_cancelled : callable, optional
    **more
        ``finer`` and ``search`` of `walk_forward`.

    Raises
    ------
    InputError
        No lengths, or windows by number of folds. What is wrong with one pair is a value in ``errors``.
    JobCancelled
        It was stopped.
    """
    if asked.windows.unit is WindowUnit.FOLDS:
        raise InputError(
            "a matrix of window lengths needs windows in bars or days", field="windows.unit",
            value=str(asked.windows.unit), hint="Use bars or days",
        )  # fmt: skip
    for name, lengths in (("trains", trains), ("tests", tests)):
        if len(lengths) == 0:
            raise InputError("needs at least one length", field=name, hint="Give lengths such as 250, 500")
    course_of(bars, spec, more.get("finer", ()))  # what is wrong with the spec is told once
    values = {name: np.full((len(trains), len(tests)), nan) for name in SUMMARY}
    errors: dict[tuple[int, int], str] = {}
    for place in np.ndindex(len(trains), len(tests)):
        row, column = place
        try:
            own = replace(asked, windows=replace(asked.windows, train=trains[row], test=tests[column]))
            found = walk_forward(bars, spec, own, is_cancelled=is_cancelled, **more)
            summary = {"efficiency": found.efficiency, "folds": len(found.folds), **found.stitched.metrics}
            for name in SUMMARY:
                values[name][place] = summary[name]
        except JobCancelled:
            raise
        except IvyError as error:
            errors[row, column] = str(error)
        if on_progress:
            on_progress(row * len(tests) + column + 1, len(trains) * len(tests))
    return WalkForwardMatrix(tuple(trains), tuple(tests), values, errors)


def _drift(name: str, values: npt.NDArray[Any], runs: Sequence[FoldRun]) -> Drift:
    plain = tuple(values.tolist())
    changes = sum(one != other for one, other in zip(plain[1:], plain, strict=False))
    if values.dtype.kind not in "if" or np.isnan(values).any():
        return Drift(name, plain, changes, nan, nan, nan)
    axis = np.unique(np.concatenate([run.study.params[name] for run in runs]))
    at = np.searchsorted(axis, values)
    step = float(np.abs(np.diff(at)).mean()) / (axis.size - 1) if at.size > 1 and axis.size > 1 else nan
    return Drift(name, plain, changes, float(values.min()), float(values.max()), step)
