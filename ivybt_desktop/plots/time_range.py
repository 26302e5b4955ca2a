"""`TimeRange`: which bars are visible. Shared by the panes of a chart; plain Python."""

from __future__ import annotations

import math

from ivybt_desktop.signal import Signal

MIN_BARS = 8.0
# A run of up to this many bars is shown whole at first, a longer one from its end.
WHOLE = 400
LATEST = 250


class TimeRange:
    """The visible part of ``count`` bars, in bar positions; bar i covers [i - 0.5, i + 0.5].

    Attributes
    ----------
    first, last : float
        Left and right edge; always inside [-0.5, count - 0.5].
    changed : Signal
        Emitted after every change.
    """

    def __init__(self) -> None:
        self.count = 0
        self.first, self.last = -0.5, 0.5
        self.changed: Signal[()] = Signal()

    @property
    def span(self) -> float:
        """Visible bars."""
        return self.last - self.first

    @property
    def bars(self) -> tuple[int, int]:
        """First and last bar of which at least a part is visible."""
        low = max(0, math.floor(self.first + 0.5))
        return low, min(self.count - 1, math.ceil(self.last - 0.5))

    def set_count(self, count: int) -> None:
        """Take another series and show a sensible part: all of a short one, the end of a long one."""
        self.count = count
        self.first, self.last = -0.5, max(count - 0.5, 0.5)
        if count > WHOLE:
            self.first = self.last - LATEST
        self.changed.emit()

    def show(self, first: float, last: float) -> None:
        """Show [first, last], moved and shortened to lie inside the data."""
        most = max(float(self.count), 1.0)
        span = min(max(last - first, min(MIN_BARS, most)), most)
        left = min(max(first, -0.5), most - 0.5 - span)
        if (left, left + span) != (self.first, self.last):
            self.first, self.last = left, left + span
            self.changed.emit()

    def zoom(self, factor: float, anchor: float) -> None:
        """Scale the span; ``anchor`` keeps its place unless an end of the data is reached."""
        most = max(float(self.count), 1.0)
        span = min(max(self.span * factor, min(MIN_BARS, most)), most)
        left = anchor - (anchor - self.first) * span / self.span
        self.show(left, left + span)

    def pan(self, bars: float) -> None:
        """Move right by some bars."""
        self.show(self.first + bars, self.last + bars)

    def fit(self) -> None:
        """Show everything."""
        self.show(-0.5, self.count - 0.5)

    def reset(self) -> None:
        """Show what a freshly opened series shows."""
        if self.count > WHOLE:
            self.show(self.count - 0.5 - LATEST, self.count - 0.5)
        else:
            self.fit()

    def bring(self, first: int, last: int) -> None:
        """Centre bars ``first`` to ``last`` and keep the zoom; when they are too many, show the start."""
        span = self.span
        # A margin keeps the marker of the first bar off the edge.
        left = first - span * 0.1 if last - first + 1 > span * 0.9 else (first + last) / 2 - span / 2
        self.show(left, left + span)
