"""`sweep`: a grid of backtests, in this process or over worker processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from math import inf
from typing import TYPE_CHECKING, Any

from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars
from engine.core.errors import InputError, JobCancelled, JobError
from engine.jobs.events import Cancelled, Failed, Finished, JobEvent, Progress
from engine.jobs.executor import Executor
from engine.jobs.inline import InlineExecutor
from engine.jobs.process import ProcessExecutor
from engine.jobs.requests import SweepJob

if TYPE_CHECKING:
    from engine.studies.sweep import StudyResult

type OnProgress = Callable[[int, int], None]


def sweep(
    bars: Bars | Sequence[Bars],
    spec: BacktestSpec,
    grid: Mapping[str, Sequence[Any]],
    *,
    workers: int = 1,
    on_progress: OnProgress | None = None,
    finer: Sequence[Bars] = (),
    cell_seconds: float | None = None,
) -> StudyResult:
    """Evaluate every legal cell of a grid.

    Parameters
    ----------
    bars : Bars or sequence of Bars
        Prices; several instruments share one account.
    spec : BacktestSpec
        What the cells share; grid axes override its parameters.
    grid : mapping of str to sequence
        Candidate values by parameter: ``{"fast": range(5, 55), "slow": range(20, 216, 5)}``.
    workers : int, default 1
        1 runs in this process. More start as many processes (about a second each time); a script
        that does so stands under ``if __name__ == "__main__":``. The numbers are the same bits.
    on_progress : callable, optional
        Called as ``on_progress(done, total)`` while it runs.
    finer : sequence of Bars, default ()
        Shorter bars of the same instruments that decide what came first inside a bar.
    cell_seconds : float, optional
        A cell that takes longer is a failed value, "took longer than N s", and its process is replaced; the
        other cells go on. With a limit 1 worker is a process of its own too. The default (`None`) gives
        the user's own strategies in plain Python 60 s and others any time where processes run them, and no
        limit in this process, which has no way out of an endless loop. Infinity gives all any time.

    Returns
    -------
    StudyResult
        Failed cells are NaN rows with a message in ``errors``.

    Raises
    ------
    InputError
        Unknown strategy or parameter, value out of range, no legal cell, ``workers`` below 1.
    WorkerCrashed
        A worker process died.
    """
    if cell_seconds is not None and not cell_seconds > 0:
        raise InputError(
            f"must be above 0, was {cell_seconds!r}", field="cell_seconds", value=cell_seconds,
            hint="Give the seconds that one cell may take",
        )  # fmt: skip
    is_here = workers == 1 and cell_seconds in (None, inf)
    if is_here and on_progress is None:
        from engine.studies.sweep import sweep_here  # noqa: PLC0415  (numba only when used)

        return sweep_here(bars, spec, grid, finer=finer)
    with closing(_inline(on_progress) if is_here else _processes(workers, spec)) as executor:
        prices = bars if isinstance(bars, Bars) else tuple(bars)
        executor.submit(SweepJob(prices, spec, grid, tuple(finer), cell_seconds))
        while True:
            event = executor.events.get()
            if not is_here:
                _report(event, on_progress)
            match event:
                case Finished():
                    study: StudyResult = event.value
                    return study
                case Failed(error=error):
                    raise error or JobError(event.what, where=event.where, hint=event.hint)
                case Cancelled():
                    raise JobCancelled("the sweep was stopped")


def _inline(on_progress: OnProgress | None) -> Executor:
    return InlineExecutor(listener=lambda event: _report(event, on_progress))


def _processes(workers: int, spec: BacktestSpec) -> Executor:
    if workers < 1:
        raise InputError(f"must be at least 1, was {workers}", field="workers", value=workers)
    if multiprocessing.parent_process() is not None:
        raise JobError(
            "a worker process started a sweep with workers of its own",
            hint="Put the start of the script under 'if __name__ == \"__main__\":'",
        )
    from engine.strategies import registry  # noqa: PLC0415

    names = [sleeve.name for sleeve in (spec.strategy, *spec.sleeves)]
    folders = [registry.path_of(name).parent for name in names if registry.is_user_plugin(name)]
    return ProcessExecutor(workers, tuple(dict.fromkeys(folders)))


def _report(event: JobEvent, on_progress: OnProgress | None) -> None:
    if on_progress is not None and isinstance(event, Progress):
        on_progress(event.done, event.total)
