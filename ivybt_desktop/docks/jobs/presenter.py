"""`JobsPresenter`: rows of the Jobs dock from the events of jobs. Plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.jobs.events import JobEvent
from ivybt_desktop.bridge.ledger import JobLedger, JobRow
from ivybt_desktop.context import JobService, Workspace
from ivybt_desktop.theme.tokens import Tokens

_STATES = {
    "queued": "waiting",
    "running": "running",
    "finished": "done",
    "failed": "failed",
    "cancelled": "stopped",
}


@dataclass(frozen=True, slots=True)
class JobLine:
    """One line of the table, as it is shown.

    Parameters
    ----------
    job_id, title, state : str
        Id, words, state in words.
    percent : int
        0 to 100; -1 when nothing is known yet.
    elapsed, left : str
        Times in words.
    message : str
        What it is at, or why it failed.
    is_live, has_failed : bool
        Whether it can be stopped; whether it failed.
    """

    job_id: str
    title: str
    state: str
    percent: int
    elapsed: str
    left: str
    message: str
    is_live: bool
    has_failed: bool


class JobsView(Protocol):
    """What the presenter needs of the view."""

    def show_lines(self, lines: list[JobLine]) -> None:
        """Show the lines."""
        ...

    def set_theme(self, tokens: Tokens) -> None:
        """Draw in the colours of a theme."""
        ...


class JobsPresenter:
    """Keeps the table in step with the jobs.

    Parameters
    ----------
    view : JobsView
        Table.
    jobs : JobService
        Where events come from and jobs are cancelled.
    workspace : Workspace
        Theme.
    ledger : JobLedger, optional
        Another clock, for tests.
    """

    def __init__(
        self, view: JobsView, jobs: JobService, workspace: Workspace, ledger: JobLedger | None = None
    ) -> None:
        self._view, self._jobs, self._workspace = view, jobs, workspace
        self._ledger = ledger or JobLedger()
        jobs.event.connect(self._take)
        workspace.theme_changed.connect(view.set_theme)
        self.refresh()

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop."""
        self._jobs.cancel(job_id)

    def clear(self) -> None:
        """Drop the jobs that have ended."""
        self._ledger.drop_ended()
        self.refresh()

    def refresh(self) -> None:
        """Show the times of now."""
        now = self._ledger.now
        self._view.show_lines([_line(row, now) for row in self._ledger.rows()])

    def close(self) -> None:
        """Disconnect."""
        self._jobs.event.disconnect(self._take)
        self._workspace.theme_changed.disconnect(self._view.set_theme)

    def _take(self, event: JobEvent) -> None:
        self._ledger.record(event)
        self.refresh()


def _line(row: JobRow, now: float) -> JobLine:
    left = row.remaining(now)
    percent = -1 if row.state == "queued" or (row.is_live and not row.total) else round(100 * row.fraction)
    return JobLine(
        job_id=row.job_id, title=row.title, state=_STATES[row.state], percent=percent,
        elapsed=_clock(row.elapsed(now)), left="" if left is None else _clock(left), message=row.message,
        is_live=row.is_live, has_failed=row.state == "failed",
    )  # fmt: skip


def _clock(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
