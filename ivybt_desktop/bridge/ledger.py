"""`JobLedger`: what is known about every job of this session, from its events. Plain Python."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from engine.jobs.events import Failed, Finished, JobEvent, Partial, Progress, Queued, Started

State = Literal["queued", "running", "finished", "failed", "cancelled"]
_LIVE = ("queued", "running")
_KEPT = 500
# Asked for by a click on the chart and there a moment later: no job that anybody follows.
_UNLISTED = ("draw",)


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job as a table or a status bar shows it. Times are seconds of a monotonic clock."""

    job_id: str
    kind: str
    title: str
    state: State
    began: float
    done: int = 0
    total: int = 0
    ended: float = 0.0
    message: str = ""

    @property
    def is_live(self) -> bool:
        """Whether the job may still be cancelled."""
        return self.state in _LIVE

    @property
    def fraction(self) -> float:
        """Share done in [0, 1]; 0 while the total is not known."""
        if self.state == "finished":
            return 1.0
        return min(1.0, self.done / self.total) if self.total else 0.0

    def elapsed(self, now: float) -> float:
        """Return the seconds since the job was accepted, until its end."""
        return (now if self.is_live else self.ended) - self.began

    def remaining(self, now: float) -> float | None:
        """Return the seconds still expected; `None` while nothing is done or after the end."""
        if not self.is_live or not self.done or not self.total:
            return None
        return self.elapsed(now) * (self.total - self.done) / self.done


class JobLedger:
    """Rows by job, newest first.

    Parameters
    ----------
    clock : callable, default `time.monotonic`
        Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rows: dict[str, JobRow] = {}

    @property
    def now(self) -> float:
        """Seconds of the clock."""
        return self._clock()

    def rows(self) -> list[JobRow]:
        """Return all jobs, newest first."""
        return list(reversed(self._rows.values()))

    def live(self) -> list[JobRow]:
        """Return the jobs that have not ended, oldest first."""
        return [row for row in self._rows.values() if row.is_live]

    def get(self, job_id: str) -> JobRow | None:
        """Return one job."""
        return self._rows.get(job_id)

    def drop_ended(self) -> None:
        """Forget the jobs that have ended."""
        self._rows = {row.job_id: row for row in self._rows.values() if row.is_live}

    def record(self, event: JobEvent) -> None:
        """Take one event into account; events of unknown jobs are ignored."""
        if isinstance(event, Queued):
            if event.kind in _UNLISTED:
                return
            self._rows[event.job_id] = JobRow(
                event.job_id, event.kind, event.title, "queued", self._clock()
            )
            self._trim()
            return
        row = self._rows.get(event.job_id)
        if row is not None:
            self._rows[event.job_id] = self._after(row, event)

    def _after(self, row: JobRow, event: JobEvent) -> JobRow:
        match event:
            case Started(total=total):
                changes: dict[str, object] = {"state": "running", "total": total}
            case Progress(done=done, total=total, message=message):
                changes = {"state": "running", "done": done, "total": total, "message": message}
            case Partial(start=start, values=values):
                changes = {"state": "running", "done": max(row.done, start + len(values))}
            case Finished():
                changes = {"state": "finished", "done": row.total, "message": ""}
            case Failed(what=what, where=where):
                changes = {"state": "failed", "message": f"{where}: {what}" if where else what}
            case _:
                changes = {"state": "cancelled", "message": ""}
        if changes["state"] not in _LIVE:
            changes["ended"] = self._clock()
        return replace(row, **changes)  # type: ignore[arg-type]

    def _trim(self) -> None:
        while len(self._rows) > _KEPT:
            oldest = next((key for key, row in self._rows.items() if not row.is_live), None)
            if oldest is None:
                return
            del self._rows[oldest]
