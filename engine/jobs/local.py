"""One job worked off in the thread that calls: the common half of the inline and thread executors."""

from __future__ import annotations

import time
from datetime import datetime

from engine.core.errors import JobCancelled
from engine.jobs import work
from engine.jobs.border import Failure, attempt
from engine.jobs.chunks import Chunks
from engine.jobs.events import Finished, Partial, Progress, Started
from engine.jobs.executor import Ledger, failed
from engine.jobs.plugins import PluginFolders
from engine.jobs.requests import BacktestJob, DrawJob, ImportJob, Job, LeakJob, SweepJob


def run_here(job_id: str, job: Job, ledger: Ledger, plugins: PluginFolders, now: datetime) -> None:
    """Run a job and put its events; a job that was cancelled meanwhile ends quietly.

    Parameters
    ----------
    job_id : str
        From `Ledger.open`.
    job : Job
        What to do.
    ledger : Ledger
        Takes the events and knows whether the job was cancelled.
    plugins : PluginFolders
        Brought up to date first.
    now : datetime
        Stamp of a stored run.
    """
    if not ledger.is_open(job_id):
        return
    try:
        outcome = attempt(lambda: _finish(job_id, job, ledger, plugins, now))
    except BaseException:  # Ctrl+C of the command line: the job still ends
        ledger.cancel(job_id)
        raise
    if isinstance(outcome, Finished):
        ledger.put(outcome)
    elif isinstance(outcome, Failure):
        ledger.put(failed(job_id, outcome))


def _finish(job_id: str, job: Job, ledger: Ledger, plugins: PluginFolders, now: datetime) -> Finished:
    start = time.perf_counter()
    match job:
        case ImportJob():
            ledger.put(Started(job_id, 1))
            value = work.read_file(job)
            return Finished(job_id, time.perf_counter() - start, value=value)
        case BacktestJob():
            plugins.refresh()
            ledger.put(Started(job_id, 1))
            result, run_id = work.run_one(job, now)
            seconds = time.perf_counter() - start
            return Finished(job_id, seconds, run_id, None if run_id else result)
        case DrawJob():
            ledger.put(Started(job_id, 1))
            return Finished(job_id, time.perf_counter() - start, value=work.draw(job))
        case LeakJob():
            plugins.refresh()
            ledger.put(Started(job_id, 1))
            report = work.check(job)
            return Finished(job_id, time.perf_counter() - start, value=report)
        case SweepJob():
            plugins.refresh()
            from engine.strategies import registry  # noqa: PLC0415

            with registry.steady():
                return _sweep(job_id, job, ledger)


def _sweep(job_id: str, job: SweepJob, ledger: Ledger) -> Finished:
    start = time.perf_counter()
    plan = work.plan_sweep(job)
    table = work.StudyTable(job, plan)
    chunks = Chunks(table.total, plan.n_bars, is_compiled=plan.is_compiled)
    ledger.put(Started(job_id, table.total))
    prepared = work.prepare(job, plan.params)
    while (part := chunks.take()) is not None:
        if not ledger.is_open(job_id):
            raise JobCancelled("the job was stopped on request")
        begin = time.perf_counter()
        cells = work.run_chunk(prepared, *part)
        chunks.observe(part[1] - part[0], time.perf_counter() - begin)
        table.add(part[0], cells)
        ledger.put(Partial(job_id, part[0], table.names, cells.values))
        ledger.put(Progress(job_id, table.done, table.total))
    seconds = time.perf_counter() - start
    return Finished(job_id, seconds, value=table.study(seconds))
