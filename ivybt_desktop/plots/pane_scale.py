"""`PaneScale`: the value range of one pane, fitted to what is visible or held by hand; plain Python."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ivybt_desktop.plots.scale import log_ticks, round_ticks

_MARGIN = 0.06


class PaneScale:
    """Lower and upper value of a pane, as drawn: logarithms while `log` holds.

    Attributes
    ----------
    auto : bool
        Follows the visible bars; a drag on the value axis turns it off.
    wants_log : bool
        What the user asked for.
    log : bool
        What is drawn: a log scale needs values above zero.
    """

    def __init__(self) -> None:
        self.auto, self.wants_log, self.log = True, False, False
        self.low, self.high = 0.0, 1.0

    def fit(self, low: float, high: float, foot: float = 0.0, head: float = 0.0) -> None:
        """Hold [low, high] with a margin; ``foot`` and ``head`` are shares kept free below and above."""
        if not (math.isfinite(low) and math.isfinite(high)):
            low, high = 0.0, 1.0
        self.log = self.wants_log and low > 0
        if not self.auto:
            return
        if self.log:
            low, high = math.log10(low), math.log10(high)
        if high <= low:
            around = abs(low) * 0.01 or 1.0
            low, high = low - around, high + around
        above = max(_MARGIN, head)
        span = (high - low) / (1.0 - _MARGIN - above - foot)
        self.low, self.high = low - span * (_MARGIN + foot), high + span * above

    def set_log(self, *, on: bool, low: float, high: float) -> None:
        """Ask for a log or a linear scale of the values [low, high], fitted anew."""
        self.wants_log, self.auto = on, True
        self.fit(low, high)

    def stretch(self, factor: float) -> None:
        """Scale by hand about the middle."""
        middle, half = (self.low + self.high) / 2, (self.high - self.low) / 2 * factor
        self.auto = False
        self.low, self.high = middle - half, middle + half

    def shift(self, share: float) -> None:
        """Move by a share of the height, when held by hand."""
        if not self.auto:
            move = (self.high - self.low) * share
            self.low, self.high = self.low + move, self.high + move

    def ticks(self, count: int) -> tuple[npt.NDArray[np.float64], int]:
        """Return about ``count`` round values and their decimals."""
        return (log_ticks if self.log else round_ticks)(self.low, self.high, count)
