"""One part on the bench: its outputs on the whole data, and which bars change when the future does."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from engine.backtest.leak_parts import Outputs, Part, Series, axis_of
from engine.backtest.leak_probes import BoolArray, Kind, altered, differing, since
from engine.core.bars import FloatArray, IntArray
from engine.core.errors import IvyError, StrategyError
from engine.core.interrupt import interrupted_after

# One computation on the whole data; what takes longer cannot be repeated eighty times.
MOST_SECONDS_A_RUN = 20.0
# What takes longer than this is checked on its last bars only: as many, or twice its history.
_SLOW_SECONDS, _SHORT = 0.4, 1_000

_NONE = np.empty(0, np.int64)


class Lab:
    """Computes a part again and again, and keeps what each probe changed.

    Parameters
    ----------
    part : Part
        What takes long is computed on fewer of its last bars.
    seed : int
        Of the scrambles.

    Attributes
    ----------
    full : dict of str to Rows
        Outputs on the whole data.
    offset : int
        Bars of the part that are left out at its beginning.
    first : int
        Earliest bar at which the data can be cut: every instrument has a bar by then.
    compared : int
        Probes that gave something to compare.
    failures : list of (str, int, str)
        Probes at which the part raised: kind, cut and message.

    Raises
    ------
    StrategyError
        The part raised on the whole data, took too long, or gives different values for the same bars.
    """

    def __init__(self, part: Part, seed: int) -> None:
        self._seed, self._deadline = seed, np.inf
        self.offset, self.compared = 0, 0
        self.failures: list[tuple[Kind, int, str]] = []
        self._known: dict[tuple[Kind, int], dict[str, IntArray]] = {}
        self._put(part)
        if self.seconds_a_run > _SLOW_SECONDS and not part.is_quick:
            self._shorten(part)
        self._check_repeats()

    def _shorten(self, part: Part) -> None:
        size, shorter = self.size, max(_SHORT, 2 * part.history)
        if size <= shorter:
            return
        self.offset = size - shorter
        self._put(replace(part, series=since(part.series, int(self.axis[self.offset]))))
        # Fits on all bars so far take the square of their number.
        if self.seconds_a_run * (size / shorter) ** 2 <= _SLOW_SECONDS:  # only the first run was slow
            self.offset = 0
            self._put(part)

    def _put(self, part: Part) -> None:
        self.part, self.axis = part, axis_of(part.series)
        self.size = int(self.axis.size)
        self.first = int(max(np.searchsorted(self.axis, bars.time[0]) for bars in part.series))
        begin = time.monotonic()
        self.full = self._run(part.series)
        self.seconds_a_run = time.monotonic() - begin

    def allow(self, seconds: float) -> None:
        """Set the time after which `is_spent` holds."""
        self._deadline = time.monotonic() + seconds

    @property
    def is_spent(self) -> bool:
        """Whether the allowed time is over."""
        return time.monotonic() > self._deadline

    def probe(self, kind: Kind, cut: int) -> dict[str, IntArray]:
        """Return the bars up to ``cut`` that change when what follows is cut off or replaced, by output."""
        key = (kind, cut)
        if key not in self._known:
            seed = self._seed * 1_000_003 + cut * 31 + len(kind)
            self._known[key] = self._changes(key, altered(self.part.series, int(self.axis[cut]), kind, seed))
        return self._known[key]

    def reaction(self, series: Series, bar: int, name: str) -> bool:
        """Return whether one bar of one output is another one on other bars of the same times."""
        try:
            rows = self._run(series)[name].values
        except IvyError:
            return False
        return bool(differing(self.full[name].values, rows)[bar])

    def changed(self, name: str) -> dict[int, IntArray]:
        """Return the bars of an output that probes so far have changed, by cut; empty where none were."""
        found: dict[int, IntArray] = {}
        for (_, cut), by_name in self._known.items():
            bars = by_name.get(name, _NONE)
            found[cut] = np.union1d(found[cut], bars) if cut in found else bars
        return found

    def firsts(self, name: str) -> dict[int, int]:
        """Return the first affected bar of an output, by cut, where any was."""
        return {cut: int(bars[0]) for cut, bars in self.changed(name).items() if bars.size}

    def leaking(self) -> list[str]:
        """Return the outputs that any probe has changed, in order."""
        changed = {name for by_name in self._known.values() for name, bars in by_name.items() if bars.size}
        return [name for name in self.full if name in changed]

    def suffix(self, series: Series) -> Outputs | None:
        """Return the outputs on bars that begin later; None when the part raises there."""
        try:
            return self._run(series)
        except IvyError:
            return None

    def _changes(self, key: tuple[Kind, int], series: Series) -> dict[str, IntArray]:
        kind, cut = key
        try:
            outputs = self._run(series)
        except IvyError as error:
            self.failures.append((kind, cut, str(error)))
            return {}
        self.compared += 1
        return {
            name: np.flatnonzero(self._differs(name, rows.values[:, : cut + 1]))
            for name, rows in outputs.items()
            if name in self.full
        }

    def _differs(self, name: str, values: FloatArray) -> BoolArray:
        whole = self.full[name].values[:, : values.shape[1]]
        if whole.shape != values.shape:
            raise StrategyError(
                f"{name} has {len(values)} rows on one part of the data and {len(whole)} on the whole",
                hint="Give the same rows on any bars",
            )  # fmt: skip
        return differing(whole, values)

    def _run(self, series: Series) -> Outputs:
        with interrupted_after(MOST_SECONDS_A_RUN, "Make it faster, or check fewer bars"):
            return self.part.compute(series)

    def _check_repeats(self) -> None:
        for name, rows in self._run(self.part.series).items():
            bars = np.flatnonzero(self._differs(name, rows.values))
            if bars.size:
                raise StrategyError(
                    f"not deterministic: {name} differs between two runs on the same bars, "
                    f"first at bar {int(bars[0])}",
                    hint="Give random numbers a fixed seed, and keep nothing from one run to the next",
                )  # fmt: skip


def most_reach(firsts: dict[int, int]) -> int:
    """Return the most bars that an affected bar needs beyond its own, over all cuts."""
    return max((cut - first + 1 for cut, first in firsts.items()), default=0)


def run_probes(lab: Lab, kinds: Iterable[Kind], cuts: Iterable[int]) -> None:
    """Probe at several cuts until the time is over; cuts outside the data are left out."""
    kinds = tuple(kinds)
    for cut in cuts:
        if lab.is_spent:
            return
        if lab.first <= cut < lab.size - 1:
            for kind in kinds:
                lab.probe(kind, cut)
