"""Prices in shared memory: written once by the parent, attached once by each worker.

The parent owns every segment: it alone creates and unlinks them. Python's resource tracker unlinks them
when the parent is killed. All arrays of the series of a job lie one after another in one segment: a portfolio
of hundreds of instruments takes one handle.
"""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core.bars import OHLCV, Bars
from engine.core.errors import JobError
from engine.core.instrument import Instrument
from engine.core.timeframe import Timeframe

_INTEGERS = ("time", "session")
_NAMES = (*_INTEGERS, *OHLCV)
_WIDTH = 8
_IDLE_SEGMENTS = 2
_ATTACHED = 4
_SHARED_MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108  (only its free space is asked for)


@dataclass(frozen=True, slots=True)
class BarsRef:
    """Where the arrays of a `Bars` are, and what is not an array.

    Parameters
    ----------
    segment : str
        Name of the shared memory.
    size : int
        Bars.
    columns : tuple of str
        Further columns, in order.
    digest : str
        `Bars.digest`, so that workers need not compute it again.
    instrument : Instrument
    timeframe : Timeframe
    offset : int, default 0
        Bytes before its arrays in the segment.
    """

    segment: str
    size: int
    columns: tuple[str, ...]
    digest: str
    instrument: Instrument
    timeframe: Timeframe
    offset: int = 0


type _Key = tuple[str, ...]


class SharedBars:
    """The parent's segments, one per distinct set of series; used from one thread.

    Parameters
    ----------
    dropped : callable
        Called with the name of a segment that is no longer used, so that workers let go of it.
    """

    def __init__(self, dropped: Callable[[str], None]) -> None:
        self._dropped = dropped
        self._segments: dict[_Key, SharedMemory] = {}
        self._users: dict[_Key, int] = {}

    def acquire(self, *series: Bars) -> tuple[BarsRef, ...]:
        """Return where the series are shared, in one segment; every call needs a `release`.

        Raises
        ------
        JobError
            The system has not enough shared memory.
        """
        key = _key(series)
        if key not in self._segments:
            self._segments[key] = self._create(series)
            self._users[key] = 0
        self._users[key] += 1
        # Newest last: idle ones are dropped from the front.
        self._segments[key] = self._segments.pop(key)
        name = self._segments[key].name
        return tuple(
            BarsRef(
                name, len(bars), tuple(bars.columns), bars.digest, bars.instrument, bars.timeframe, offset
            )
            for bars, offset in zip(series, _offsets(series), strict=True)
        )

    def release(self, *series: Bars) -> None:
        """Tell that a job no longer needs the series; the last few idle segments stay for the next job."""
        self._users[_key(series)] -= 1
        idle = self._idle()
        for key in idle[: max(0, len(idle) - _IDLE_SEGMENTS)]:
            self._drop(key)

    def close(self) -> None:
        """Unlink every segment."""
        for key in tuple(self._segments):
            self._drop(key)

    def _idle(self) -> list[_Key]:
        return [key for key in self._segments if self._users[key] == 0]

    def _create(self, series: Sequence[Bars]) -> SharedMemory:
        size = max(1, sum(map(_bytes_of, series)))
        self._make_room(size)
        name = f"ivybt_{os.getpid()}_{secrets.token_hex(4)}"
        segment = SharedMemory(create=True, size=size, name=name)
        for bars, offset in zip(series, _offsets(series), strict=True):
            arrays = [getattr(bars, name) for name in _NAMES] + list(bars.columns.values())
            for position, array in enumerate(arrays):
                _array(segment, offset, position, len(bars), array.dtype)[:] = array
        return segment

    def _make_room(self, size: int) -> None:
        # Writing beyond the end of a full /dev/shm kills the process, so the space is asked for first.
        if not _SHARED_MEMORY_FOLDER.is_dir():
            return
        for key in self._idle():
            if _free() > size:
                return
            self._drop(key)
        if _free() <= size:
            raise JobError(
                f"the prices need {size / 1e6:,.0f} MB of shared memory, {_free() / 1e6:,.0f} MB are free",
                where=str(_SHARED_MEMORY_FOLDER),
                hint="Use fewer bars, or give the system more shared memory",
            )  # fmt: skip

    def _drop(self, key: _Key) -> None:
        segment = self._segments.pop(key)
        del self._users[key]
        self._dropped(segment.name)
        segment.close()
        with suppress(FileNotFoundError):
            segment.unlink()


class AttachedBars:
    """A worker's view of shared prices; the last few stay attached."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[SharedMemory, dict[BarsRef, Bars]]] = {}
        self._lingering: list[SharedMemory] = []

    def get(self, ref: BarsRef) -> Bars:
        """Return the bars, read-only views on the shared memory."""
        if ref.segment not in self._open:
            self._open[ref.segment] = (_attach(ref.segment), {})
        entry = self._open[ref.segment] = self._open.pop(ref.segment)
        while len(self._open) > _ATTACHED:
            self.drop(next(iter(self._open)))
        segment, known = entry
        if ref not in known:
            known[ref] = _view(segment, ref)
        return known[ref]

    def drop(self, name: str) -> None:
        """Let go of a segment; the memory is freed when nothing reads it any more."""
        segment, known = self._open.pop(name, (None, {}))
        known.clear()
        if segment is not None:
            self._lingering.append(segment)
        self._lingering = [item for item in self._lingering if not _closed(item)]


def _closed(segment: SharedMemory) -> bool:
    try:
        segment.close()
    except BufferError:  # an array of it is still in use
        return False
    return True


def _key(series: Sequence[Bars]) -> _Key:
    return tuple(bars.digest for bars in series)


def _bytes_of(bars: Bars) -> int:
    return (len(_NAMES) + len(bars.columns)) * len(bars) * _WIDTH


def _offsets(series: Sequence[Bars]) -> list[int]:
    return [0, *itertools.accumulate(map(_bytes_of, series))][: len(series)]


def _array(
    segment: SharedMemory, offset: int, position: int, size: int, kind: np.dtype[Any]
) -> npt.NDArray[Any]:
    # Not np.ndarray(buffer=...): that would not keep the memory mapped while the array is used.
    assert segment.buf is not None  # noqa: S101  (None only after close)
    return np.frombuffer(segment.buf, kind, size, offset + position * size * _WIDTH)


def _view(segment: SharedMemory, ref: BarsRef) -> Bars:
    names = (*_NAMES, *ref.columns)
    kinds = [np.int64 if at < len(_INTEGERS) else np.float64 for at in range(len(names))]
    arrays = [
        _array(segment, ref.offset, at, ref.size, np.dtype(kind)) for at, kind in enumerate(kinds)
    ]
    count = len(_NAMES)
    fixed = dict(zip(_NAMES, arrays[:count], strict=True))
    columns = dict(zip(ref.columns, arrays[count:], strict=True))
    bars = Bars(instrument=ref.instrument, timeframe=ref.timeframe, columns=columns, **fixed)
    vars(bars)["digest"] = ref.digest  # fills the cached property
    return bars


def _attach(name: str) -> SharedMemory:
    with _untracked():
        return SharedMemory(name=name)


@contextmanager
def _untracked() -> Iterator[None]:
    # The parent owns the segment. Registered here, the tracker would call it leaked when the parent
    # unlinks it first (Python 3.13 has track=False for this).
    register = resource_tracker.register
    resource_tracker.register = lambda *_: None
    try:
        yield
    finally:
        resource_tracker.register = register


def _free() -> int:
    return shutil.disk_usage(_SHARED_MEMORY_FOLDER).free
