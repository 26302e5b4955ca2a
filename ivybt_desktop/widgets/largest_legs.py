"""`LargestLegs`: the legs of a portfolio that can be told apart in one picture, and the others as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
# More lines or areas than this cannot be told apart; the rest is one.
MOST = 7


@dataclass(frozen=True, eq=False)
class LargestLegs:
    """Some legs in their order, and the rest.

    Parameters
    ----------
    kept, rest : int64[k]
        Legs shown by themselves, those that are one; a rest is never a single leg.
    """

    kept: IntArray
    rest: IntArray

    @classmethod
    def of(cls, sizes: FloatArray) -> LargestLegs:
        """Return the legs of the largest sizes.

        Parameters
        ----------
        sizes : float64[n_assets]
            How much each leg counts; signs do not matter.
        """
        most = MOST if sizes.size > MOST + 1 else sizes.size
        order = np.argsort(-np.abs(sizes), kind="stable")
        return cls(np.sort(order[:most]), order[most:])

    def names(self, titles: Sequence[str]) -> list[str]:
        """Return the titles of the legs shown, and of the rest how many they are."""
        others = [f"{self.rest.size} others"] if self.rest.size else []
        return [titles[leg] for leg in self.kept.tolist()] + others

    def rows(self, values: FloatArray) -> FloatArray:
        """Return the rows of the legs shown and the sum of the rest.

        Parameters
        ----------
        values : float64[n_assets, n]
        """
        if self.rest.size == 0:
            return values
        return np.vstack((values[self.kept], values[self.rest].sum(axis=0)))
