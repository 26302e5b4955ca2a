"""`LevelPath`: where an order of one trade stood, bar by bar. Plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LevelPath:
    """One level.

    Parameters
    ----------
    name : str
        Word at its right end.
    first : int
        Bar of the first value.
    values : float64[k]
        Prices of bars ``first`` to ``first + k - 1``; NaN where there is none.
    kind : {"stop", "target", "entry"}
        What it means; decides its colour and its dashes.
    """

    name: str
    first: int
    values: FloatArray
    kind: Literal["stop", "target", "entry"]

    @property
    def last(self) -> int:
        """Bar of the last value."""
        return self.first + int(self.values.size) - 1
