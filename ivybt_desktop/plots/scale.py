"""Values to pixels: linear and log scales, round tick values, and the words on a value axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))


@dataclass(frozen=True, slots=True)
class View:
    """Where bars and values fall on a pane.

    Parameters
    ----------
    width, height : float
        Plot area in pixels, from (0, 0).
    x0, x1 : float
        Bar positions at the left and right edge.
    y0, y1 : float
        Values at the lower and upper edge; base-10 logarithms of them on a log scale.
    log : bool
        Whether the value scale is logarithmic.
    """

    width: float
    height: float
    x0: float
    x1: float
    y0: float
    y1: float
    log: bool = False

    @property
    def bar_width(self) -> float:
        """Pixels per bar."""
        return self.width / (self.x1 - self.x0)

    @property
    def bars(self) -> tuple[int, int]:
        """First and last bar position that touches the view; may lie outside the data."""
        return math.floor(self.x0 + 0.5), math.ceil(self.x1 - 0.5)

    def x(self, bars: Any) -> Any:
        """Return pixels of bar positions; scalars or arrays."""
        return (bars - self.x0) * self.bar_width

    def bar(self, x: float) -> float:
        """Return the bar position under a pixel."""
        return self.x0 + x / self.bar_width

    def y(self, values: Any) -> Any:
        """Return pixels of values; NaN where a log scale has no place for them."""
        if self.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                values = np.log10(values)
        return (self.y1 - values) * (self.height / (self.y1 - self.y0))

    def value(self, y: float) -> float:
        """Return the value under a pixel."""
        value = self.y1 - y * (self.y1 - self.y0) / self.height
        return float(10.0**value) if self.log else value


def round_ticks(low: float, high: float, count: int) -> tuple[npt.NDArray[np.float64], int]:
    """Return at most about ``count`` round values in [low, high] and the decimals they need."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return np.empty(0), 0
    rough = (high - low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step for step in _STEPS if step * power >= rough * (1 - 1e-9)) * power
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return np.arange(first, last + 1, dtype=np.float64) * step, _decimals(step)


def log_ticks(low: float, high: float, count: int) -> tuple[npt.NDArray[np.float64], int]:
    """Return round values between ``10**low`` and ``10**high``, evenly spread on a log scale."""
    lowest, highest = 10.0**low, 10.0**high
    if high - low < 0.7:
        return round_ticks(lowest, highest, count)
    decades = range(math.floor(low), math.ceil(high) + 1)
    values: npt.NDArray[np.float64] = np.empty(0)
    for digits in ((1, 1.5, 2, 3, 4, 5, 6, 7, 8), (1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        values = np.array([digit * 10.0**power for power in decades for digit in digits])
        values = values[(values >= lowest) & (values <= highest)]
        if values.size <= count:
            break
    return values, _decimals(float(values.min())) if values.size else 0


def _decimals(step: float) -> int:
    for decimals in range(12):
        scaled = step * 10**decimals
        if abs(scaled - round(scaled)) < 1e-6 * scaled:
            return decimals
    return 12


def value_text(value: float, decimals: int) -> str:
    """Return a number with separators, fixed decimals and a true minus sign; NaN is a dash."""
    if not math.isfinite(value):
        return DASH
    text = f"{abs(value):,.{decimals}f}"
    return MINUS + text if value < 0 and text.strip("0.,") else text


def percent_text(value: float, decimals: int = 1) -> str:
    """Return a fraction as a percentage."""
    text = value_text(value * 100, decimals)
    return text if text == DASH else text + "%"


def short_text(value: float, decimals: int = 0) -> str:
    """Return a large number with K, M, B or T, such as ``12.3M``."""
    if not math.isfinite(value):
        return DASH
    for size, unit in _UNITS:
        if abs(value) >= size * 0.9995:
            digits = 0 if abs(value) >= 100 * size else 1 if abs(value) >= 10 * size else 2
            text = value_text(value / size, digits)
            return (text.rstrip("0").rstrip(".") if "." in text else text) + unit
    return value_text(value, decimals)


def price_decimals(prices: npt.NDArray[np.float64], tick: float = 0.0) -> int:
    """Return the decimals that prices of this series are written with.

    Parameters
    ----------
    prices : float64[n]
        A price column.
    tick : float, default 0.0
        Smallest price step; 0 takes the decimals from the prices themselves.

    Notes
    -----
    Prices are looked at in a sample: enough decimals to tell them apart, at least two and at most
    what five significant digits need, so that adjusted prices do not fill the column with noise.
    """
    if tick > 0:
        return _decimals(tick)
    if prices.size == 0:
        return 2
    sample = prices[:: max(1, prices.size // 500)]
    size = float(np.sort(np.abs(sample))[sample.size // 2]) or 1.0
    enough = max(2, 4 - math.floor(math.log10(size)))
    for decimals in range(2, enough):
        if np.allclose(sample, np.round(sample, decimals), rtol=0, atol=1e-9):
            return decimals
    return enough
