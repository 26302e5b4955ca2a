"""No allocation: each signal asks for the whole account."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine.allocation import Allocation
from engine.core.bars import FloatArray


class NoAllocation(Allocation):
    """Weight 1 for every asset; leverage limits and ranking decide when cash is short."""

    id: ClassVar[str] = "none"
    title: ClassVar[str] = "None: each signal asks for the whole"
    reads = "nothing"

    name: Literal["none"] = "none"

    def weights(self, returns: FloatArray) -> FloatArray:
        """Return ones: the one method whose weights do not sum to 1."""
        return np.ones(np.shape(returns)[1])
