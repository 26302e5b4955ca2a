"""Reading job events."""

from __future__ import annotations

import queue
import time

from engine.jobs.events import Cancelled, Failed, Finished, JobEvent

PATIENCE_S = 180.0  # the first run on a machine compiles the kernels


def until(executor, kind, job_id: str = "") -> list[JobEvent]:
    """All events up to the first of that kind (of that job)."""
    seen: list[JobEvent] = []
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            event = executor.events.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            raise AssertionError(f"no {kind} within {PATIENCE_S} s, only {seen}") from None
        seen.append(event)
        if isinstance(event, kind) and job_id in ("", event.job_id):
            return seen


def to_the_end(executor, job_id: str = "") -> list[JobEvent]:
    """All events up to the end of the job."""
    return until(executor, Finished | Failed | Cancelled, job_id)


def run(executor, job) -> JobEvent:
    """How the job ended."""
    return to_the_end(executor, executor.submit(job))[-1]


def kinds(events: list[JobEvent]) -> list[str]:
    """Names of the events' types, repeats left out."""
    names = [type(event).__name__ for event in events]
    return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]
