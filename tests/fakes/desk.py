"""Stand-ins for what the window's controls talk to. Plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


def at_once(
    work: Callable[[], Any], then: Callable[[Any], Any], failed: Callable[[IvyError], Any]
) -> None:
    """A background that works in the caller's thread."""
    try:
        value = work()
    except IvyError as error:
        failed(error)
    else:
        then(value)
