"""`JobCatalogue`: indicators of the catalogue, computed by the worker processes. Plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.core.errors import IvyError, JobError
from engine.jobs.events import Cancelled, Failed, Finished
from engine.jobs.requests import DrawJob

if TYPE_CHECKING:
    from engine.core.bars import Bars
    from engine.indicators.catalogue import CatalogueEntry
    from engine.jobs.events import JobEvent
    from ivybt_desktop.context import JobService
    from ivybt_desktop.docks.chart.ports import Lines

_Answer = tuple[Callable[[Any], None], Callable[[IvyError], None]]


class JobCatalogue:
    """Submits draw jobs and hands their values on.

    Parameters
    ----------
    jobs : JobService
    """

    def __init__(self, jobs: JobService) -> None:
        self._jobs = jobs
        self._waiting: dict[str, _Answer] = {}
        jobs.event.connect(self._take)

    def entries(
        self, then: Callable[[Sequence[CatalogueEntry]], None], failed: Callable[[IvyError], None]
    ) -> None:
        """Fetch the catalogue."""
        self._submit(DrawJob(), then, failed)

    def draw(
        self, bars: Bars, name: str, params: Mapping[str, Any],
        then: Callable[[Lines], None], failed: Callable[[IvyError], None],
    ) -> None:  # fmt: skip
        """Compute one indicator."""
        self._submit(DrawJob(bars, name, params), then, failed)

    def close(self) -> None:
        """Cancel what is under way; no answer comes after this."""
        self._jobs.event.disconnect(self._take)
        waiting, self._waiting = self._waiting, {}
        for job_id in waiting:
            self._jobs.cancel(job_id)

    def _submit(
        self, job: DrawJob, then: Callable[[Any], None], failed: Callable[[IvyError], None]
    ) -> None:
        try:
            self._waiting[self._jobs.submit(job)] = (then, failed)
        except IvyError as error:
            failed(error)

    def _take(self, event: JobEvent) -> None:
        if event.job_id not in self._waiting or not isinstance(event, Finished | Failed | Cancelled):
            return
        then, failed = self._waiting.pop(event.job_id)
        match event:
            case Finished():
                then(event.value)
            case Failed():
                failed(event.error or JobError(event.what, where=event.where, hint=event.hint))
            case Cancelled():
                hint = "Open the list again, or change a parameter"
                failed(JobError("the indicator was cancelled", hint=hint))
