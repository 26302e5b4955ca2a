"""The same weight for every asset that trades."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.allocation import Allocation
from engine.core.bars import FloatArray


class EqualWeight(Allocation):
    """1 / number of assets that trade, from the first bar of each on."""

    title: ClassVar[str] = "Equal weight"
    reads = "presence"

    name: Literal["equal_weight"] = "equal_weight"

    def weights(self, returns: FloatArray) -> FloatArray:
        """Return 1 / n for each column of ``returns`` float64[window, n]."""
        count = np.shape(returns)[1]
        return np.full(count, 1.0 / count)
