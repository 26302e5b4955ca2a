"""Several instruments on one time axis: the union of their bars, without looking ahead or filling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core.bars import Bars, FloatArray, IntArray, check_lengths
from engine.core.errors import InputError
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY
from engine.kernels.terms import ABSENT, ALIVE, ENDED

# An instrument without a bar for longer than this is taken for ended and closed at its last close.
ENDED_AFTER_DAYS = 10


@dataclass(frozen=True, eq=False)
class Axis:
    """The common axis of some legs.

    Parameters
    ----------
    legs : tuple of Bars
        One per asset; the same instrument may stand there for several strategies.
    time, session : int64[n]
        Union of the legs' closes, and their session dates.
    positions : tuple of int64[k]
        Where each leg's bars lie on the axis.
    """

    legs: tuple[Bars, ...]
    time: IntArray
    session: IntArray
    positions: tuple[IntArray, ...]

    @classmethod
    def of(cls, legs: Sequence[Bars]) -> Axis:
        """Build the axis.

        Raises
        ------
        InputError
            The bars have different lengths in time, or no two instruments overlap.
        """
        legs = tuple(legs)
        _check(legs)
        first = legs[0].time
        if all(leg.time is first or np.array_equal(leg.time, first) for leg in legs):
            every = np.arange(first.size)
            return cls(legs, first, legs[0].session, (every,) * len(legs))
        time, where = np.unique(np.concatenate([leg.time for leg in legs]), return_index=True)
        session = np.concatenate([leg.session for leg in legs])[where]
        return cls(legs, time, session, tuple(np.searchsorted(time, leg.time) for leg in legs))

    @cached_property
    def is_even(self) -> bool:
        """True when every leg has a bar at every time."""
        return all(at.size == self.time.size for at in self.positions)

    @cached_property
    def _matrices(self) -> dict[str, FloatArray]:
        return {}

    def _even(self, name: str) -> FloatArray:
        """Return a price of all legs, float64[n_assets, n], where every leg has every bar; made once."""
        if name not in self._matrices:
            self._matrices[name] = np.array([getattr(leg, name) for leg in self.legs])
        return self._matrices[name]

    def closes(self) -> FloatArray:
        """Return the closes of the legs, float64[n_assets, n]; NaN where a leg has no bar."""
        if self.is_even:
            return self._even("close")
        return self.place([leg.close for leg in self.legs], np.nan)

    def place[T: np.generic](self, rows: Sequence[npt.NDArray[T]], missing: Any) -> npt.NDArray[T]:
        """Return values of the legs' own bars on the axis, (n_assets, n), ``missing`` elsewhere."""
        if self.is_even:
            return np.array(rows)
        out = np.full((len(rows), self.time.size), missing, dtype=np.result_type(rows[0]))
        for row, (at, values) in enumerate(zip(self.positions, rows, strict=True)):
            out[row, at] = values
        return out

    def carried(self, name: str) -> FloatArray:
        """Return a price of each leg, carried from its last bar where it has none; NaN before its first."""
        if self.is_even:
            return self._even(name)
        return self.carry([getattr(leg, name) for leg in self.legs], np.nan)

    def carry(self, rows: Sequence[FloatArray], before: float) -> FloatArray:
        """Return values of the legs' bars on the axis, each kept until the leg's next bar."""
        if self.is_even:
            return np.array(rows)
        out = np.empty((len(rows), self.time.size))
        for row, values in enumerate(rows):
            last = self._last_bar[row]
            out[row] = np.where(last >= 0, values[np.maximum(last, 0)], before)
        return out

    def spread(self, name: str, close: FloatArray) -> FloatArray:
        """Return a price of each leg at its bars and the carried close elsewhere."""
        if self.is_even:
            return self._even(name)
        rows = [getattr(leg, name) for leg in self.legs]
        out = close.copy()
        for row, (at, values) in enumerate(zip(self.positions, rows, strict=True)):
            out[row, at] = values
        return out

    @cached_property
    def _last_bar(self) -> list[IntArray]:
        every = np.arange(self.time.size)
        return [np.searchsorted(at, every, side="right") - 1 for at in self.positions]

    @cached_property
    def alive(self) -> npt.NDArray[np.uint8]:
        """ALIVE where a leg has a bar, ENDED at the first bar after ten days without one, else ABSENT."""
        flags = np.full((len(self.legs), self.time.size), ABSENT, np.uint8)
        for row, (leg, last) in enumerate(zip(self.legs, self._last_bar, strict=True)):
            silent = self.time - leg.time[np.maximum(last, 0)]
            ended = (last >= 0) & (silent > ENDED_AFTER_DAYS * NS_PER_DAY)
            ended[1:] &= ~(ended[:-1] & (last[1:] == last[:-1]))
            flags[row, ended] = ENDED
            flags[row, self.positions[row]] = ALIVE
        return flags

    def basket(self) -> Bars:
        """Return the axis as bars: the value of an equal stake in each leg, bought at its first close."""
        stake = self._even_stakes() if self.is_even else self._stakes()
        open_, close = (100.0 * stake[name] / len(self.legs) for name in ("open", "close"))
        return Bars(
            _basket_instrument(self.legs), self.legs[0].timeframe, self.time, open_, np.maximum(open_, close),
            np.minimum(open_, close), close, np.zeros(self.time.size), self.session,
        )  # fmt: skip

    def _even_stakes(self) -> Mapping[str, FloatArray]:
        share = 1.0 / np.array([leg.close[0] for leg in self.legs])
        stake = {name: share @ self._even(name) for name in ("open", "close")}
        stake["open"][0] = len(self.legs)
        return stake

    def _stakes(self) -> Mapping[str, FloatArray]:
        stake = {name: np.zeros(self.time.size) for name in ("open", "close")}
        for row, leg in enumerate(self.legs):
            last, start = self._last_bar[row], leg.close[0]
            held = np.where(last >= 0, leg.close[np.maximum(last, 0)] / start, 1.0)
            opened = held.copy()
            opened[self.positions[row]] = leg.open / start
            opened[self.positions[row][0]] = 1.0
            stake["close"] += held
            stake["open"] += opened
        return stake

    @property
    def periods_per_year(self) -> float:
        """Bars in one year: of the leg that trades most often."""
        return max(leg.periods_per_year for leg in self.legs)


def _basket_instrument(legs: Sequence[Bars]) -> Instrument:
    names = list(dict.fromkeys(leg.symbol for leg in legs))
    shown = ", ".join(names[:3]) + (f" +{len(names) - 3}" if len(names) > 3 else "")
    busiest = max(legs, key=lambda leg: leg.periods_per_year).instrument
    return Instrument(shown, busiest.asset_class, busiest.currency)


def _check(legs: tuple[Bars, ...]) -> None:
    check_lengths(legs)
    spans = sorted((leg.time[0], leg.time[-1], leg.symbol) for leg in legs)
    symbols = {leg.symbol for leg in legs}
    overlap = any(later[0] <= earlier[1] for earlier, later in pairwise(spans))
    if len(symbols) > 1 and not overlap:
        told = "; ".join(f"{leg.symbol} {leg.label(0)} to {leg.label(len(leg) - 1)}" for leg in legs[:4])
        raise InputError(
            f"no two instruments have a time in common: {told}", field="data",
            hint="Choose instruments or dates that overlap",
        )  # fmt: skip
