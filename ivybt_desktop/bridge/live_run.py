"""`LiveRunner`: backtests while a slider is dragged; only the newest request counts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from engine.core.errors import IvyError, JobCancelled, JobError
from engine.jobs.events import Cancelled, Failed, Finished, JobEvent
from engine.jobs.requests import BacktestJob, Job
from ivybt_desktop.bridge.background import Background

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.backtest.spec import BacktestSpec
    from engine.core.bars import Bars

Run = Callable[["Bars | tuple[Bars, ...]", "BacktestSpec", "tuple[Bars, ...]"], "BacktestResult"]

_LOOK_MS = 200
# A run that takes longer gives way to a newer request; one that takes much longer is given up.
_GIVE_WAY_S = 1.0
_LONGEST_S = 10.0


class QuietJobs(Protocol):
    """The part of the job bridge that is used here."""

    def submit(self, job: Job, *, quiet: Callable[[JobEvent], object] | None = None) -> str:
        """Start a job whose events go to one listener."""
        ...

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop."""
        ...


class _Request(NamedTuple):
    bars: Bars | tuple[Bars, ...]
    spec: BacktestSpec
    finer: tuple[Bars, ...]


def _run(bars: Bars | tuple[Bars, ...], spec: BacktestSpec, finer: tuple[Bars, ...]) -> BacktestResult:
    from engine.backtest.run import run_backtest  # noqa: PLC0415  (numba loads in the worker thread)

    return run_backtest(bars, spec, finer or None)


def _is_users(spec: BacktestSpec) -> bool:
    from engine.strategies import registry  # noqa: PLC0415

    return any(registry.is_user_plugin(sleeve.name) for sleeve in (spec.strategy, *spec.sleeves))


class LiveRunner(QObject):
    """Runs one backtest at a time; while one runs, the newest request waits for it.

    Built-in strategies run in a thread: kernels release the GIL, so the window stays fluid. Strategies of the
    user run in a worker process, which can be ended: their code may hold the interpreter or never return.

    Parameters
    ----------
    parent : QObject, optional
        Owner.
    run : callable, optional
        ``run(bars, spec, finer) -> BacktestResult``; the default (`None`) is the engine's.
    jobs : QuietJobs, optional
        Runs strategies of the user; without it the thread does.

    Attributes
    ----------
    result : Signal(BacktestResult)
        Emitted in the GUI thread for every run that ended well.
    failed : Signal(IvyError)
        Emitted in the GUI thread for a run that did not.
    """

    result = Signal(object)
    failed = Signal(object)

    def __init__(
        self, parent: QObject | None = None, *, run: Run | None = None, jobs: QuietJobs | None = None
    ) -> None:
        super().__init__(parent)
        self._run, self._jobs = run or _run, jobs
        self._work = Background(self)
        self._pending: _Request | None = None
        self._job, self._since = "", 0.0
        self._watch = QTimer(self)
        self._watch.setInterval(_LOOK_MS)
        self._watch.timeout.connect(self._look)

    @property
    def busy(self) -> bool:
        """Whether a run is under way or waits."""
        return self._work.busy or bool(self._job)

    def request(
        self, bars: Bars | tuple[Bars, ...], spec: BacktestSpec, finer: tuple[Bars, ...] = ()
    ) -> None:
        """Ask for a run of this spec; older requests that have not started are dropped.

        Parameters
        ----------
        bars : Bars or tuple of Bars
            One instrument, or those that share the account.
        spec : BacktestSpec
        finer : tuple of Bars, default ()
            Shorter bars that decide what came first inside a bar.
        """
        asked = _Request(bars, spec, finer)
        if self.busy:
            self._pending = asked
        elif self._jobs is not None and _is_users(spec):
            self._submit(self._jobs, asked)
        else:
            self._work.call(lambda: self._run(*asked), self._done, self._broke)

    def close(self) -> None:
        """Stop; waits at most 2 s for the run under way and emits nothing after this."""
        self._pending = None
        self._stop_job()
        self._work.close()

    def _submit(self, jobs: QuietJobs, asked: _Request) -> None:
        try:
            job = BacktestJob(asked.bars, asked.spec, finer=asked.finer)
            self._job = jobs.submit(job, quiet=self._take)
        except IvyError as error:
            self._broke(error)
            return
        self._since = time.monotonic()
        self._watch.start()

    def _take(self, event: JobEvent) -> None:
        if event.job_id != self._job or not isinstance(event, Finished | Failed | Cancelled):
            return
        self._end_job()
        match event:
            case Finished(value=result):
                self._done(result)
            case Failed(error=error):
                self._broke(error or JobError(event.what, where=event.where, hint=event.hint))
            case Cancelled():
                self._broke(JobCancelled("the live run was stopped", hint="F5 runs it once more"))

    def _look(self) -> None:
        age = time.monotonic() - self._since
        if self._pending is not None and age > _GIVE_WAY_S:
            self._stop_job()
            self._start_pending()
        elif age > _LONGEST_S:
            self._stop_job()
            what = f"a live run was stopped after {_LONGEST_S:g} s"
            self._broke(JobError(what, hint="F5 runs it without a limit; Esc stops that"))

    def _stop_job(self) -> None:
        job = self._job
        self._end_job()
        if job and self._jobs is not None:
            self._jobs.cancel(job)

    def _end_job(self) -> None:
        self._job = ""
        self._watch.stop()

    def _done(self, result: Any) -> None:
        # The next one starts before listeners draw this one, so that both go on at once.
        self._start_pending()
        self.result.emit(result)

    def _broke(self, error: IvyError) -> None:
        self._start_pending()
        self.failed.emit(error)

    def _start_pending(self) -> None:
        if self._pending is not None:
            pending, self._pending = self._pending, None
            self.request(*pending)
