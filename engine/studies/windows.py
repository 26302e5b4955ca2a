"""Windows of a walk-forward: which bars each fold learns on and which it is judged on.

Every training part ends before its test part begins, and the test parts follow one another without a hole,
so that together they are one stretch of time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from engine.core.bars import IntArray
from engine.core.errors import InputError, nearest

MOST_FOLDS = 10_000


class WindowKind(StrEnum):
    """Where a training window begins."""

    ROLLING = "rolling"
    ANCHORED = "anchored"


class WindowUnit(StrEnum):
    """What the lengths of windows count."""

    BARS = "bars"
    DAYS = "days"
    FOLDS = "folds"


@dataclass(frozen=True, slots=True)
class Windows:
    """How time is divided.

    Parameters
    ----------
    unit : WindowUnit, default "bars"
        Lengths in bars, in calendar days of the bars' sessions, or from the number of folds.
    train, test : int
        Lengths of the two windows in bars or days. An anchored window has the length ``train`` in the first
        fold and grows by ``test`` from fold to fold.
    folds : int
        With unit "folds": how many.
    ratio : float, default 4.0
        With unit "folds": length of the (first) training window as a multiple of the test's.
    kind : WindowKind, default "rolling"
        Rolling windows move on with the test; anchored ones all begin at the first bar.
    purge : int, default 0
        Last bars of each training window that are left out, so that no position of the training part is
        judged on prices next to the test part.
    embargo : int, default 0
        Bars between the end of a training window and its test part that belong to neither. The test parts
        stay without holes.

    Raises
    ------
    InputError
        An unknown word, or a number that makes no window.
    """

    unit: WindowUnit | str = WindowUnit.BARS
    train: int = 0
    test: int = 0
    folds: int = 0
    ratio: float = 4.0
    kind: WindowKind | str = WindowKind.ROLLING
    purge: int = 0
    embargo: int = 0

    def __post_init__(self) -> None:
        for name, words in (("unit", WindowUnit), ("kind", WindowKind)):
            value = getattr(self, name)
            if value not in words:
                raise InputError(
                    f"unknown {name} of windows '{value}'", field=f"windows.{name}", value=str(value),
                    hint=nearest(str(value), map(str, words)),
                )  # fmt: skip
            object.__setattr__(self, name, words(value))
        least = {"folds": 1} if self.unit is WindowUnit.FOLDS else {"train": 2, "test": 1}
        if self.unit is WindowUnit.BARS:
            least["test"] = 2  # the first bar decides, the second one is the first that can hold a position
        for name, low in (least | {"purge": 0, "embargo": 0}).items():
            _check_whole(name, getattr(self, name), low)
        if self.unit is WindowUnit.FOLDS and not 0.0 < self.ratio < math.inf:
            raise InputError(
                f"must be above 0, was {self.ratio:g}", field="windows.ratio", value=self.ratio,
                hint="Give how many times longer training is than the test, such as 4",
            )  # fmt: skip
        if self.unit is WindowUnit.BARS and self.purge > self.train - 2:
            raise InputError(
                f"a purge of {self.purge} bars leaves fewer than 2 of {self.train} bars to train on",
                field="windows.purge", value=self.purge, hint="Lower it, or train on more bars",
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fold:
    """One fold, as positions on the time axis of the run; ends are one past the last bar.

    Parameters
    ----------
    number : int
        From 1.
    train_start, train_stop, test_start, test_stop : int
    """

    number: int
    train_start: int
    train_stop: int
    test_start: int
    test_stop: int

    @property
    def train(self) -> slice:
        """Bars to choose on."""
        return slice(self.train_start, self.train_stop)

    @property
    def test(self) -> slice:
        """Bars to judge on."""
        return slice(self.test_start, self.test_stop)


def divide(session: IntArray, windows: Windows) -> tuple[Fold, ...]:
    """Return the folds that fit into the bars, oldest first.

    Bars after the last whole test window belong to no fold. In days, a test window without a bar (a closed
    market) makes no fold.

    Parameters
    ----------
    session : int64[n]
        Session date of each bar, days since 1970-01-01, in order.
    windows : Windows

    Returns
    -------
    tuple of Fold
        At least one.

    Raises
    ------
    InputError
        The windows are longer than the bars, a training part keeps fewer than 2 bars, or there are more than
        `MOST_FOLDS` folds.
    """
    # Test parts lie `embargo` bars after their training windows: the windows are laid on what is left.
    size = int(session.size) - windows.embargo
    if windows.unit is WindowUnit.DAYS:
        edges = _by_days(session[: max(size, 0)], windows)
    else:
        train, test = (windows.train, windows.test)
        if windows.unit is WindowUnit.FOLDS:
            train, test = _lengths(size, windows)
        edges = _by_bars(size, train, test, windows)
    folds: list[Fold] = []
    for start, edge, stop in edges.tolist():
        first = 0 if windows.kind is WindowKind.ANCHORED else start
        fold = Fold(
            len(folds) + 1, first, edge - windows.purge, edge + windows.embargo, stop + windows.embargo
        )
        if fold.train_stop - fold.train_start < 2:
            raise InputError(
                f"fold {fold.number} has {max(fold.train_stop - fold.train_start, 0)} bars to train on",
                field="windows.train", value=windows.train, hint="Make the training window longer",
            )  # fmt: skip
        folds.append(fold)
    return tuple(folds)


def _lengths(size: int, windows: Windows) -> tuple[int, int]:
    """Return the lengths that make so many folds; what does not divide goes to the first training window."""
    test = math.floor(size / (windows.ratio + windows.folds))
    train = size - windows.folds * test
    if test < 2 or train - windows.purge < 2:
        raise InputError(
            f"{windows.folds} folds leave {max(test, 0)} bars for each test part", field="windows.folds",
            value=windows.folds, hint="Use fewer folds, a smaller ratio or more bars",
        )  # fmt: skip
    return train, test


def _by_bars(size: int, train: int, test: int, windows: Windows) -> IntArray:
    """Return (window start, edge, end) of each fold, int64[n_folds, 3]."""
    count = (size - train) // test
    if count < 1:
        _refuse(f"{train + test + windows.embargo:,} bars", f"{size + windows.embargo:,} bars", windows)
    _check_count(count)
    start: IntArray = np.arange(count, dtype=np.int64) * test
    return np.column_stack((start, start + train, start + train + test))


def _by_days(session: IntArray, windows: Windows) -> IntArray:
    """Return (window start, edge, end) of each fold, int64[n_folds, 3], without tests that have no bar."""
    # Instruments of several time zones: a close may carry an earlier date than the one before it.
    session = np.maximum.accumulate(session)
    covered = int(session[-1] - session[0]) + 1 if session.size else 0
    count = (covered - windows.train) // windows.test
    if count < 1:
        gap = f" and {windows.embargo} bars" if windows.embargo else ""
        _refuse(f"{windows.train + windows.test:,} days{gap}", f"{covered:,} days", windows)
    _check_count(count)
    start = session[0] + np.arange(count, dtype=np.int64) * windows.test
    days = np.column_stack((start, start + windows.train, start + windows.train + windows.test))
    edges: IntArray = np.searchsorted(session, days.ravel(), side="left").reshape(days.shape)
    return edges[edges[:, 2] > edges[:, 1]]


def _refuse(asked: str, there: str, windows: Windows) -> None:
    raise InputError(
        f"one fold needs {asked}, the data has {there}", field="windows.train",
        value=windows.train, hint="Use shorter windows or more data",
    )  # fmt: skip


def _check_count(count: int) -> None:
    if count > MOST_FOLDS:
        raise InputError(
            f"the windows make {count:,} folds, at most {MOST_FOLDS:,} are run", field="windows.test",
            value=count, hint="Use longer test windows",
        )  # fmt: skip


def _check_whole(name: str, value: float, low: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise InputError(
            f"must be a whole number from {low}, was {value!r}", field=f"windows.{name}", value=value,
            hint=f"Give {low} or more",
        )  # fmt: skip
