"""One fold of a walk-forward: every cell on its training bars, the chosen one on its test bars.

A fold is given the prices up to its last test bar and no later one. Its training runs see the training bars
alone; its test run is an ordinary run with `RunMode.TEST`: the strategy and its gates see all earlier bars,
the account begins with the capital.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np

from engine.backtest.axis import Axis
from engine.backtest.result import BacktestResult
from engine.backtest.run import instruments_of, is_portfolio, run_backtest
from engine.backtest.spec import BacktestSpec
from engine.backtest.weighing import legs_of
from engine.core.bars import Bars, IntArray
from engine.core.errors import InputError
from engine.data.formula import parse_formula, synthetic_bars
from engine.data.split import RunMode
from engine.metrics import METRICS
from engine.studies.cells import CellRunner
from engine.studies.grid import build_cells
from engine.studies.plan import cell_params
from engine.studies.plateau import Choice, Pick, choose, direction
from engine.studies.sweep import StudyResult, length_of
from engine.studies.windows import Fold, Windows

# Called as search(bars, spec, grid, on_progress=..., finer=...); `search_here` and `engine.sweep` are such.
type Search = Callable[..., StudyResult]
type OnCells = Callable[[int, int], None]

_CHUNK_BARS = 4_000_000


@dataclass(frozen=True, eq=False)
class WalkForwardSpec:
    """What is asked of every fold.

    Parameters
    ----------
    windows : Windows
    grid : mapping of str to sequence
        Candidate values by parameter.
    target : str, default "sharpe"
        Metric by which a cell is chosen, in the direction in which it is better.
    pick : Pick, default "plateau"

    Raises
    ------
    InputError
        Unknown target or pick.
    """

    windows: Windows
    grid: Mapping[str, Sequence[Any]]
    target: str = "sharpe"
    pick: Pick | str = Pick.PLATEAU

    def __post_init__(self) -> None:
        direction(self.target)
        if self.pick not in Pick:
            raise InputError(
                f"unknown choice '{self.pick}'", field="pick", value=str(self.pick),
                hint=f"Use one of {', '.join(Pick)}",
            )  # fmt: skip


@dataclass(frozen=True, eq=False)
class FoldRun:
    """What a fold chose and what came of it.

    Parameters
    ----------
    fold : Fold
    study : StudyResult
        Every cell on the training bars.
    choice : Choice
    in_sample, out_of_sample : BacktestResult
        Runs of the chosen cell on the training and on the test bars.
    """

    fold: Fold
    study: StudyResult
    choice: Choice
    in_sample: BacktestResult
    out_of_sample: BacktestResult

    @property
    def params(self) -> dict[str, Any]:
        """Chosen value of every axis of the grid."""
        table = self.study.params
        return cell_params({name: table[name] for name in table.dtype.names or ()}, self.choice.cell)

    @property
    def efficiency(self) -> float:
        """Yearly return out of sample over that in sample; NaN unless the latter is above zero."""
        return efficiency(
            self.in_sample.metrics["annual_return"], self.out_of_sample.metrics["annual_return"]
        )


@dataclass(frozen=True, eq=False)
class Course:
    """The prices of a walk-forward and the time on which its windows lie.

    Parameters
    ----------
    given, finer : tuple of Bars
    traded : frozenset of str
        Symbols that must have bars in every training part.
    time, session : int64[n]
        Close of each bar of the run, within the spec's date range, and its session date.
    """

    given: tuple[Bars, ...]
    finer: tuple[Bars, ...]
    traded: frozenset[str]
    time: IntArray
    session: IntArray

    def cut(self, first: int | None, stop: int) -> tuple[tuple[Bars, ...], tuple[Bars, ...]]:
        """Return prices and finer prices of bars ``first : stop``; without ``first`` from the beginning."""
        low = None if first is None else self.time[first]
        # Finer bars of the first bar close after the bar before it.
        early = self.time[first - 1] + 1 if first else None
        high = self.time[stop - 1]
        bars = (_between(one, low, high) for one in self.given)
        fine = (_between(one, early, high) for one in self.finer)
        return tuple(one for one in bars if len(one)), tuple(one for one in fine if len(one))

    def label(self, bar: int) -> str:
        """Return the session date of a bar of the run."""
        return str(np.datetime64(int(self.session[bar]), "D"))


def efficiency(inside: float, outside: float) -> float:
    """Return outside / inside; NaN unless the figure in sample is above zero."""
    return outside / inside if inside > 0.0 else nan


def course_of(bars: Bars | Sequence[Bars], spec: BacktestSpec, finer: Sequence[Bars] = ()) -> Course:
    """Return what the folds are cut from.

    Raises
    ------
    InputError, DataError
        The spec and the bars do not go together, or the spec asks for a training or test part itself.
    """
    if spec.data.run_mode is not RunMode.FULL:
        raise InputError(
            "a walk-forward makes training and test parts itself", field="data.run_mode",
            value=str(spec.data.run_mode), hint="Set data.run_mode to full, and data.start and data.end",
        )  # fmt: skip
    length_of(bars, spec, finer)
    time, session = _axis_of(bars, spec)
    given = (bars,) if isinstance(bars, Bars) else tuple(bars)
    traded = frozenset(one.symbol for one in instruments_of(bars, spec))
    return Course(given, tuple(finer), traded, time, session)


def check_folds(course: Course, folds: Sequence[Fold]) -> None:
    """Check that every traded instrument has a bar in every training part.

    Raises
    ------
    InputError
        Names the instrument and the fold.
    """
    for one in course.given:
        if one.symbol not in course.traded:
            continue
        for fold in folds:
            low, high = course.time[fold.train_start], course.time[fold.train_stop - 1]
            if np.searchsorted(one.time, low) == np.searchsorted(one.time, high, side="right"):
                part = f"{course.label(fold.train_start)} to {course.label(fold.train_stop - 1)}"
                raise InputError(
                    f"{one.symbol} has no bar in the training part of fold {fold.number}, {part}",
                    field="data.symbols", value=one.symbol,
                    hint="Start later, train on longer windows, or leave it out",
                )  # fmt: skip


def run_fold(
    course: Course, spec: BacktestSpec, asked: WalkForwardSpec, fold: Fold, search: Search | None = None,
    on_cells: OnCells | None = None,
) -> FoldRun:  # fmt: skip
    """Choose on a fold's training bars, and run the choice on its test bars.

    Parameters
    ----------
    course : Course
    spec : BacktestSpec
    asked : WalkForwardSpec
    fold : Fold
    search : callable, optional
        Evaluates the grid; the default (`None`) is `search_here`.
    on_cells : callable, optional
        Called as ``on_cells(done, total)`` after some cells; what it raises ends the fold.

    Raises
    ------
    InputError
        The target is undefined in every cell.
    InputError, StrategyError, DataError
        As `run_backtest`.
    """
    bars, fine = course.cut(fold.train_start, fold.train_stop)
    days = [course.session[fold.train].min(), course.session[fold.train].max()]
    train = _with_data(spec, start=_date(days[0]), end=_date(days[1]), train_split=None)
    study = (search or search_here)(_one_or_all(bars), train, asked.grid, on_progress=on_cells, finer=fine)
    choice = choose(study.params, study.metrics[asked.target], direction(asked.target), asked.pick)
    if choice is None:
        reason = f": {next(iter(study.errors.values()))}" if study.errors else ""
        raise InputError(
            f"{METRICS[asked.target].title} is undefined in every cell of fold {fold.number}, "
            f"{course.label(fold.train_start)} to {course.label(fold.train_stop - 1)}{reason}",
            field="target", value=asked.target, hint="Use longer windows, another grid or another target",
        )  # fmt: skip
    chosen = study.cell_spec(choice.cell)
    inside = run_backtest(_one_or_all(bars), chosen, fine)
    return FoldRun(fold, study, choice, inside, _test(course, spec, chosen, fold))


def search_here(
    bars: Bars | Sequence[Bars], spec: BacktestSpec, grid: Mapping[str, Sequence[Any]],
    on_progress: OnCells | None = None, finer: Sequence[Bars] = (),
) -> StudyResult:  # fmt: skip
    """Evaluate a grid in this process like `sweep_here`, telling of progress after each part of it."""
    cells = build_cells(spec.strategy.name, spec.strategy.params, grid)
    n_bars, is_compiled = length_of(bars, spec, finer)
    size = max(1, _CHUNK_BARS // max(n_bars, 1)) if is_compiled else 1
    runner = CellRunner(bars, spec, cells.params, finer)
    errors: dict[int, str] = {}
    values = []
    for start in range(0, len(cells), size):
        own: dict[int, str] = {}
        values.append(runner.run(start, min(start + size, len(cells)), own))
        errors |= {start + row: message for row, message in own.items()}
        if on_progress:
            on_progress(min(start + size, len(cells)), len(cells))
    return StudyResult(
        spec, bars, cells.params, np.concatenate(values), errors, cells.illegal, nan, tuple(finer)
    )


def _test(course: Course, spec: BacktestSpec, chosen: BacktestSpec, fold: Fold) -> BacktestResult:
    bars, fine = course.cut(None, fold.test_stop)
    data = {"start": spec.data.start, "end": _date(course.session[: fold.test_stop].max())}
    whole = _with_data(chosen, **data)
    # Which instruments make the axis of a run can depend on the parameters.
    time = _axis_of(bars, whole)[0]
    first = int(np.searchsorted(time, course.time[fold.test_start]))
    # Half a bar more than `first`: rounded down to whole bars it is `first`, whatever the division did.
    share = (first + 0.5) / time.size
    return run_backtest(
        _one_or_all(bars), _with_data(whole, train_split=share, run_mode=RunMode.TEST), fine
    )


def _axis_of(bars: Bars | Sequence[Bars], spec: BacktestSpec) -> tuple[IntArray, IntArray]:
    """Return the closes and session dates of the bars on which a run of the spec takes place."""
    series = instruments_of(bars, spec)
    if len(series) == 1 and not is_portfolio(spec):
        return series[0].time, series[0].session
    if spec.data.formula:
        legs: Sequence[Bars] = synthetic_bars(parse_formula(spec.data.formula), series)[1]
    else:
        legs = [leg for sleeve in (spec.strategy, *spec.sleeves) for leg in legs_of(series, sleeve)]
    axis = Axis.of(legs)
    return axis.time, axis.session


def _between(bars: Bars, low: Any, high: Any) -> Bars:
    first = 0 if low is None else int(np.searchsorted(bars.time, low))
    return bars.slice(first, int(np.searchsorted(bars.time, high, side="right")))


def _with_data(spec: BacktestSpec, **changes: Any) -> BacktestSpec:
    return spec.model_copy(update={"data": spec.data.model_copy(update=changes)})


def _one_or_all(bars: tuple[Bars, ...]) -> Bars | tuple[Bars, ...]:
    return bars[0] if len(bars) == 1 else bars


def _date(day: Any) -> Any:
    return np.datetime64(int(day), "D").astype(object)
