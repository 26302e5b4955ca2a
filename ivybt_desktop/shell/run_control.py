"""`RunControl`: Run and Stop, and what becomes of the jobs they start. Plain Python."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from engine.core.errors import IvyError
from engine.jobs.events import Cancelled, Failed, Finished, JobEvent, Queued
from engine.jobs.requests import BacktestJob, Job
from ivybt_desktop.context import Background, Workspace
from ivybt_desktop.shell.notices import Notice, NoticeBoard
from ivybt_desktop.signal import Signal

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.storage.run_store import RunStore

TOPIC = "run"
_PROBLEM = "problem"
_PLACE = re.compile(r"(.+\.py):(\d+)")


class Jobs(Protocol):
    """The part of the job bridge that is used here."""

    event: Signal[JobEvent]

    def submit(self, job: Job) -> str:
        """Start a job."""
        ...

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop."""
        ...

    def cancel_all(self) -> int:
        """Ask every job to stop."""
        ...


class RunControl:
    """Starts backtests of what the workspace holds and shows the newest one that ends.

    Parameters
    ----------
    workspace : Workspace
        Prices and spec; receives the result.
    jobs : Jobs
        Who runs them.
    runs : RunStore
        Where they are kept.
    background : callable
        ``background(work, then, failed)``; loads results off the GUI thread.
    board : NoticeBoard
        Where errors are told.
    edit : callable, optional
        ``edit(path, line)`` opens a strategy file; errors that name one offer it.
    """

    def __init__(
        self, workspace: Workspace, jobs: Jobs, runs: RunStore, background: Background, board: NoticeBoard,
        edit: Callable[[Path, int], object] | None = None,
    ) -> None:  # fmt: skip
        self._edit = edit
        self._workspace, self._jobs, self._runs = workspace, jobs, runs
        self._background, self._board = background, board
        self._mine: dict[str, BacktestJob] = {}
        self._sweeps: set[str] = set()
        self._newest = ""
        jobs.event.connect(self.take)
        workspace.problem_changed.connect(lambda _words: board.clear(_PROBLEM))
        workspace.result_changed.connect(self._result_changed)

    def run(self) -> None:
        """Run a backtest of the current prices and settings; an older one of ours is stopped first."""
        traded, spec = self._workspace.traded, self._workspace.spec
        if not traded:
            self._tell("no prices are loaded", "Open a price file with Ctrl+O, or the sample project")
            return
        if spec is None:
            self._tell("no strategy is set", "Choose one in the Setup panel")
            return
        if problem := self._workspace.problem:
            # A problem of two sentences says what to do.
            hint = "" if ". " in problem else "Mend it in the Setup panel"
            self._board.post(Notice("warning", problem, hint=hint, topic=_PROBLEM))
            return
        for job_id in tuple(self._mine):
            self._jobs.cancel(job_id)
        bars = traded[0] if len(traded) == 1 else traded
        job = BacktestJob(bars, spec, store=self._runs.folder, finer=self._workspace.finer_traded)
        try:
            self._newest = self._jobs.submit(job)
        except IvyError as error:
            self._board.post(Notice.of(error, topic=TOPIC))
            return
        self._mine[self._newest] = job

    def stop(self) -> int:
        """Ask every job to stop; return how many were asked."""
        return self._jobs.cancel_all()

    def take(self, event: JobEvent) -> None:
        """Act on what happened to a job."""
        match event:
            case Queued(job_id=job_id, kind="sweep"):
                self._sweeps.add(job_id)
            case Finished(job_id=job_id, seconds=seconds, run_id=run_id):
                job = self._mine.pop(job_id, None)
                if job is not None:
                    self._workspace.log("info", f"{job.title}: run {run_id} in {seconds:.2f} s")
                    self._load(job_id, job, run_id)
            case Failed(job_id=job_id, what=what, where=where, hint=hint, details=details):
                if self._mine.pop(job_id, None) is not None or job_id in self._sweeps:
                    acts = self._acts(where)
                    self._board.post(Notice("error", what, where, hint, details, TOPIC, acts))
            case Cancelled(job_id=job_id):
                job = self._mine.pop(job_id, None)
                if job is not None:
                    self._workspace.log("info", f"{job.title}: stopped")
            case _:
                pass

    def _result_changed(self, result: BacktestResult | None) -> None:
        # A live run ended well: why the one before it did not is over.
        if result is not None:
            self._board.clear(TOPIC)

    def _acts(self, where: str) -> tuple[tuple[str, Callable[[], object]], ...]:
        place, edit = _PLACE.match(where), self._edit
        if place is None or edit is None:
            return ()
        path, line = Path(place[1]), int(place[2])
        return ((f"Open at line {line}", lambda: edit(path, line)),)

    def _load(self, job_id: str, job: BacktestJob, run_id: str) -> None:
        self._background(
            lambda: self._runs.load(run_id),
            lambda result: self._show(job_id, job, result),
            lambda error: self._board.post(Notice.of(error, topic=TOPIC)),
        )

    def _show(self, job_id: str, job: BacktestJob, result: BacktestResult) -> None:
        # Only the newest run of the prices on the screen is shown; others stay in the Runs panel.
        on_screen = [id(bars) for bars in self._workspace.traded]
        if job_id != self._newest or [id(bars) for bars in job.series] != on_screen:
            return
        self._board.clear(TOPIC)
        for warning in result.warnings:
            self._workspace.log("warning", warning)
        self._workspace.set_result(result)

    def _tell(self, what: str, hint: str) -> None:
        self._board.post(Notice("warning", what, hint=hint, topic=TOPIC))
