"""Stand-ins for what the window's controls talk to. Plain Python."""

from __future__ import annotations

from engine.core.errors import IvyError
from engine.jobs.events import JobEvent
from engine.jobs.requests import Job
from ivybt_desktop.signal import Signal


class FakeJobs:
    """A job service that runs nothing; tests emit the events."""

    def __init__(self) -> None:
        self.event: Signal[JobEvent] = Signal()
        self.submitted: list[Job] = []
        self.cancelled: list[str] = []
        self.refuses: IvyError | None = None

    def submit(self, job: Job) -> str:
        if self.refuses is not None:
            raise self.refuses
        self.submitted.append(job)
        return f"job-{len(self.submitted)}"

    def cancel(self, job_id: str) -> None:
        self.cancelled.append(job_id)

    def cancel_all(self) -> int:
        self.cancelled.append("all")
        return 1
