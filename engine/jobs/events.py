"""What happens to a job. All executors put these values on one queue; window, command line and tests read it.

The events of a job are `Queued`, `Started`, any number of `Progress` and `Partial`, and then exactly one
of `Finished`, `Failed` and `Cancelled`. `Started` is missing when the job ended before its work was known:
it was cancelled while it waited, or its spec was refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core.errors import IvyError


@dataclass(frozen=True, slots=True)
class Queued:
    """The job was accepted."""

    job_id: str
    kind: str  # "backtest", "sweep", "leak", "draw", "import"
    title: str


@dataclass(frozen=True, slots=True)
class Started:
    """Work began; ``total`` units are to be done."""

    job_id: str
    total: int


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` units are done."""

    job_id: str
    done: int
    total: int
    message: str = ""


@dataclass(frozen=True, slots=True)
class Partial:
    """Cells ``start : start + len(values)`` of a sweep; one column per name."""

    job_id: str
    start: int
    names: tuple[str, ...]
    values: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Finished:
    """The job is done. ``run_id`` is set when a run was written to the store."""

    job_id: str
    seconds: float
    run_id: str = ""
    value: Any = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The job ended with an error, in words; ``details`` is for "copy details".

    ``error`` is the error itself, for readers that raise it again or tell bad input from a failed run.
    """

    job_id: str
    what: str
    where: str = ""
    hint: str = ""
    details: str = ""
    error: IvyError | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The job was stopped on request after ``done`` units."""

    job_id: str
    done: int = 0


JobEvent = Queued | Started | Progress | Partial | Finished | Failed | Cancelled
