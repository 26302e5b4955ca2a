"""`GateRow`: one gate of a run as the strip under a chart shows it. Plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

OPEN, CLOSED, UNKNOWN = 1, 0, -1


class Runs(NamedTuple):
    """Stretches of bars of one state, in order: first bar, bar after the last, state."""

    start: IntArray
    stop: IntArray
    state: IntArray


@dataclass(frozen=True, eq=False)
class GateRow:
    """One gate.

    Parameters
    ----------
    name : str
        Short name, written at the right.
    legend : str
        One sentence, for the hover.
    open : bool[n]
        Where signals may act.
    known : bool[n]
        False while there is too little history.
    refits : int64[k]
        Bars at whose close its model was fitted anew.
    """

    name: str
    legend: str
    open: BoolArray
    known: BoolArray
    refits: IntArray

    def state_at(self, bar: int) -> str:
        """Return the state at a bar in words."""
        if not 0 <= bar < self.open.size:
            return ""
        if not self.known[bar]:
            return "closed: too little history"
        return "open" if self.open[bar] else "closed"

    def runs(self) -> Runs:
        """Return the stretches of one state."""
        states = np.where(self.known, np.where(self.open, OPEN, CLOSED), UNKNOWN).astype(np.int64)
        if states.size == 0:
            return Runs(states, states, states)
        starts = np.concatenate(([0], np.flatnonzero(states[1:] != states[:-1]) + 1)).astype(np.int64)
        return Runs(starts, np.append(starts[1:], states.size), states[starts])

    @property
    def open_share(self) -> float:
        """Share of all bars at which the gate is open; NaN without bars."""
        return float(self.open.mean()) if self.open.size else float("nan")
