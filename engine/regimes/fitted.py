"""What fitted gates share: the fields of their cadence, the bars of their fits, and returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.core.bars import Bars, FloatArray
from engine.core.errors import DataError
from engine.fields import field

# Deviation of log returns below which prices do not move: what is left is rounding.
MOTIONLESS = 1e-12


def window_field(default: int | None = None) -> Any:
    """Declare the bars that a fit looks back on; empty for all bars so far."""
    return field(
        default, low=20, high=100_000, step=50, unit="bars", title="Fit window",
        help="Bars that each fit looks back on; empty uses all bars so far",
    )  # fmt: skip


def history_field(default: int = 500) -> Any:
    """Declare the bars before the first fit."""
    return field(
        default, low=20, high=100_000, step=50, unit="bars", title="First fit after",
        help="Bars before the first fit; the gate is closed until then",
    )  # fmt: skip


def refit_field(default: int = 21) -> Any:
    """Declare the bars from one fit to the next."""
    return field(
        default, low=1, high=100_000, step=1, unit="bars", title="Refit every",
        help="Bars from one fit to the next; in between the last fit is carried forward bar by bar",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fit:
    """One fit: made at the close of `bar` on bars start..bar, in force for bars bar..stop-1."""

    start: int
    bar: int
    stop: int


@dataclass(frozen=True, slots=True)
class Cadence:
    """When a model is fitted.

    Parameters
    ----------
    window : int or None
        Bars of a fit; the default (`None`) takes all bars so far.
    min_history : int
        Bars before the first fit.
    refit_every : int
        Bars from one fit to the next.
    """

    window: int | None
    min_history: int
    refit_every: int

    def fits(self, n: int) -> Iterator[Fit]:
        """Yield the fits of a series of ``n`` bars in order of time."""
        for bar in range(self.min_history - 1, n, self.refit_every):
            start = 0 if self.window is None else max(0, bar - self.window + 1)
            yield Fit(start, bar, min(bar + self.refit_every, n))

    @property
    def fewest(self) -> int:
        """Bars of the shortest fit."""
        return self.min_history if self.window is None else min(self.window, self.min_history)


def log_returns(bars: Bars) -> FloatArray:
    """Return ln(close / close before), float64[n]; NaN at bar 0.

    Raises
    ------
    DataError
        A close is zero or negative, so that there is no return.
    """
    if len(bars) and not bars.close.min() > 0.0:
        bar = int(np.argmax(bars.close <= 0.0))
        raise DataError(
            f"bar {bar} closes at {bars.close[bar]:g}, and returns need prices above zero",
            where=bars.symbol, hint="Use the gate moving_average, which needs no returns",
        )  # fmt: skip
    returns = np.full(len(bars), np.nan)
    np.subtract(np.log(bars.close[1:]), np.log(bars.close[:-1]), out=returns[1:])
    return returns
