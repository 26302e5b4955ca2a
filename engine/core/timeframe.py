"""The length of a bar: ``1m``, ``15m``, ``1h``, ``4h``, ``1d``, ``1wk``, ``1mo``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from engine.core.errors import InputError

NS_PER_SECOND = 1_000_000_000
NS_PER_DAY = 86_400 * NS_PER_SECOND

_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "wk": 604_800, "mo": 2_629_746}
_SPELLINGS = {
    "s": "s", "sec": "s", "m": "m", "min": "m", "t": "m", "h": "h", "hour": "h",
    "d": "d", "day": "d", "w": "wk", "wk": "wk", "week": "wk", "mo": "mo", "month": "mo",
}  # fmt: skip
_PATTERN = re.compile(r"^\s*(\d*)\s*([a-zA-Z]+)\s*$")


@dataclass(frozen=True, slots=True, order=False)
class Timeframe:
    """Length of one bar.

    Parameters
    ----------
    count : int
        How many units, at least 1.
    unit : {"s", "m", "h", "d", "wk", "mo"}
        Second, minute, hour, session day, week, month.
    """

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str | Timeframe) -> Self:
        """Read ``15m``, ``1d``, ``daily`` is refused with the list of forms.

        Raises
        ------
        InputError
            The text is not a number and a unit.
        """
        if isinstance(text, Timeframe):
            return cls(text.count, text.unit)
        match = _PATTERN.match(text)
        unit = _SPELLINGS.get(match[2].lower()) if match else None
        if match is None or unit is None or match[1] == "0":
            raise InputError(
                f"'{text}' is not a bar length", field="timeframe", value=text,
                hint="Write a number and a unit, such as 1m, 15m, 1h, 1d, 1wk or 1mo",
            )  # fmt: skip
        return cls(int(match[1] or 1), unit)

    @classmethod
    def infer(cls, time: npt.NDArray[np.int64]) -> Self:
        """Infer the bar length from the most common step between stamps.

        Parameters
        ----------
        time : int64[n]
            Nanoseconds UTC, increasing. Fewer than two stamps are taken for daily bars.
        """
        if time.size < 2:
            return cls(1, "d")
        steps, counts = np.unique(np.diff(time) // NS_PER_SECOND, return_counts=True)
        seconds = int(steps[np.argmax(counts)])
        if seconds >= 27 * 86_400:
            return cls(max(1, round(seconds / _UNIT_SECONDS["mo"])), "mo")
        if seconds >= 5 * 86_400:
            return cls(max(1, round(seconds / 604_800)), "wk")
        for unit in ("d", "h", "m"):
            size = _UNIT_SECONDS[unit]
            # A clock change makes a daily step of 23 or 25 hours.
            if seconds >= size * (0.95 if unit == "d" else 1.0):
                if unit != "d" and seconds % size:
                    continue
                return cls(max(1, round(seconds / size)), unit)
        return cls(max(1, seconds), "s")

    @property
    def seconds(self) -> int:
        """Nominal length in seconds; a month counts 30.436875 days."""
        return self.count * _UNIT_SECONDS[self.unit]

    @property
    def nanoseconds(self) -> int:
        """Nominal length in nanoseconds."""
        return self.seconds * NS_PER_SECOND

    @property
    def is_intraday(self) -> bool:
        """True for bars shorter than one session."""
        return self.unit in ("s", "m", "h")

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"
