"""What every sizing rule has in common."""

from __future__ import annotations

from typing import ClassVar

from engine.core.bars import Bars, FloatArray
from engine.fields import Model


class Sizer(Model):
    """A sizing rule.

    Attributes
    ----------
    title : str
        Words for lists.
    is_geared : bool
        True when `gearing` gives a series.
    """

    title: ClassVar[str] = ""
    is_geared: ClassVar[bool] = False

    name: str

    def gearing(self, bars: Bars, periods_per_year: float | None = None) -> FloatArray | None:
        """Return the exposure of a full signal at each close, from prices up to that close.

        Parameters
        ----------
        bars : Bars
        periods_per_year : float, optional
            The default (`None`) takes it from the calendar of the bars.

        Returns
        -------
        float64[n] or None
            Multiple of equity; 0 while it is not known. None when the rule does not depend on prices.
        """
        del bars, periods_per_year
        return None
