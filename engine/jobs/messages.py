"""What parent and workers send each other through their pipes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy.typing as npt

from engine.backtest.spec import BacktestSpec
from engine.jobs.border import Failure
from engine.jobs.requests import ImportJob
from engine.jobs.shared_bars import BarsRef
from engine.jobs.stripped import Stripped
from engine.registry import Source

# -- to a worker ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BacktestTask:
    """Run one backtest; answered with an `Answer`."""

    bars: tuple[BarsRef, ...]
    spec: BacktestSpec
    store: Path | None
    now: datetime
    finer: tuple[BarsRef, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanTask:
    """Check a sweep and list its cells; answered with a `SweepPlan`."""

    bars: tuple[BarsRef, ...]
    spec: BacktestSpec
    grid: Mapping[str, Sequence[Any]]
    finer: tuple[BarsRef, ...] = ()


@dataclass(frozen=True, slots=True)
class LeakTask:
    """Look for look-ahead; answered with a `LeakReport`. Numbers are those of the `LeakJob`."""

    bars: tuple[BarsRef, ...]
    spec: BacktestSpec
    probes: int
    seed: int
    most_bars: int


@dataclass(frozen=True, slots=True)
class DrawTask:
    """Compute an indicator for a chart; answered as `DrawJob` says."""

    bars: tuple[BarsRef, ...]
    name: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ImportTask:
    """Read price files; answered as `ImportJob` says."""

    job: ImportJob


@dataclass(frozen=True, slots=True)
class ChunkTask:
    """Evaluate cells ``start : stop`` of a sweep that was introduced; answered with `CellValues`."""

    job_id: str
    start: int
    stop: int


Task = BacktestTask | PlanTask | LeakTask | DrawTask | ImportTask | ChunkTask


@dataclass(frozen=True, slots=True, eq=False)
class Introduce:
    """What the chunks of a sweep have in common; sent once to each worker before its first chunk.

    ``sources`` are the user's strategies as they were when the sweep began; with ``is_timed`` each chunk is
    announced by `Begun`.
    """

    job_id: str
    bars: tuple[BarsRef, ...]
    spec: BacktestSpec
    params: npt.NDArray[Any]
    finer: tuple[BarsRef, ...] = ()
    sources: tuple[Source, ...] = ()
    is_timed: bool = False


@dataclass(frozen=True, slots=True)
class Forget:
    """The sweep has ended: chunks of it that still wait are skipped."""

    job_id: str


@dataclass(frozen=True, slots=True)
class DropSegment:
    """Shared memory that is no longer used."""

    segment: str


@dataclass(frozen=True, slots=True)
class Stop:
    """End the process after the task under way."""


# -- from a worker --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has loaded its kernels."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Everything is loaded: the cells of the oldest chunk are being evaluated from now on."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A backtest without the prices that the parent has.

    Parameters
    ----------
    result : Stripped or None
        `None` when the run went to the store.
    run_id : str
        Empty without a store.
    """

    result: Stripped | None
    run_id: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """The chunk belonged to a sweep that has ended."""


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """Outcome of a task; replies come in the order of the tasks.

    Parameters
    ----------
    seconds : float
        Time the work took.
    outcome : object
        What the task is answered with, `Skipped`, or a `Failure`.
    """

    seconds: float
    outcome: Any | Failure | Skipped
