"""Renko bricks: price moves of one size, made from bars or ticks, each with the bar that completed it.

Signals use the bricks, orders are filled on the real bars: `to_bars` brings a brick's value to the bars
at whose close it is known.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from engine.core.bars import Bars
from engine.core.errors import DataError, InputError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MOST_BRICKS = 5_000_000


@dataclass(frozen=True, eq=False)
class Bricks:
    """Renko bricks of an instrument.

    Parameters
    ----------
    bars : Bars
        One row per brick. Open and close are its edges. Time is the close of the bar that completed it;
        bricks of one bar follow each other by one nanosecond. Volume is what was traded since the brick
        before, shared equally by the bricks of one bar. Columns are those of the completing bar.
    known : int64[m]
        Position of the bar at whose close each brick is known, not decreasing.
    """

    bars: Bars
    known: IntArray

    def __len__(self) -> int:
        return len(self.bars)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the loop needs to know: sizes per bar, where to begin, which rules hold."""

    sizes: FloatArray
    start: int
    size: float
    origin: float
    fixed: bool
    ranged: bool
    beyond: bool

    def run(self, prices: Any, limit: int, bricks: FloatArray, known: IntArray) -> int:
        rules = (int(self.fixed), int(self.ranged), int(self.beyond), limit)
        return int(_loop()(prices, self.sizes, self.start, self.size, self.origin, *rules, bricks, known))


def renko(
    bars: Bars,
    *,
    size: float | None = None,
    atr_length: int | None = None,
    source: Literal["close", "range"] = "close",
    origin: float | None = None,
    edges: Literal["touch", "half_open"] = "touch",
) -> Bricks:
    """Make Renko bricks.

    A brick rises from the upper edge of the one before, or falls from its lower edge, so a reversal takes
    a move of two bricks.

    Parameters
    ----------
    bars : Bars
        Bars or ticks.
    size : float, optional
        Brick in price units. Give either `size` or `atr_length`.
    atr_length : int, optional
        Length in bars of the average true range that sizes the bricks. A brick is as large as that range
        was at the close that completed the brick before; the first at the first close that has one. The
        range at the end of the history is never used.
    source : {"close", "range"}, default "close"
        "close": closes alone make bricks, which have no wicks. "range": the path open, low, high, close
        (open, high, low, close in a bar that falls) makes them; the wick of a brick is the furthest price
        against it since the brick before.
    origin : float, optional
        Price at which the first brick begins. The default (`None`) is the close of the first bar (with
        `atr_length`, of the first bar that has an average true range), and later bars make bricks.
    edges : {"touch", "half_open"}, default "touch"
        "touch": a price at the edge completes a brick. "half_open": it completes a rising brick, but a
        falling one needs a lower price, as in cTrader's charts.

    Returns
    -------
    Bricks

    Raises
    ------
    InputError
        Both or neither of `size` and `atr_length`, a size that is not above 0, fewer bars than the
        average true range needs, no brick at all, or more than 5,000,000.

    Notes
    -----
    A move within 1e-9 bricks of an edge counts as having reached it. Edges of fixed bricks are whole
    multiples of the size away from the origin.
    """
    _check(bars, size, atr_length, source, edges)
    ranged, beyond = source == "range", edges == "half_open"
    if size is not None:
        plan = _fixed_plan(bars, float(size), origin, ranged=ranged, beyond=beyond)
    else:
        plan = _atr_plan(bars, int(atr_length or 0), origin, ranged=ranged, beyond=beyond)
    from engine.kernels.candles import BRICK_ROWS  # noqa: PLC0415  (numba only when used)
    from engine.kernels.types import prices_of  # noqa: PLC0415

    prices, nothing = prices_of(bars), np.empty(0, np.int64)
    count = plan.run(prices, MOST_BRICKS, np.empty((BRICK_ROWS, 0)), nothing)
    name = f"brick of {size:g}" if size is not None else f"brick of ATR({atr_length})"
    if count == 0:
        raise _refuse(f"no {name} forms", bars, plan, atr_length)
    if count > MOST_BRICKS:
        raise _refuse(f"a {name} makes more than {MOST_BRICKS:,} bricks", bars, plan, atr_length)
    rows, known = np.empty((BRICK_ROWS, count)), np.empty(count, np.int64)
    plan.run(prices, MOST_BRICKS, rows, known)
    return Bricks(_as_bars(bars, rows, known), known)


def to_bars(values: FloatArray, bricks: Bricks, n: int, *, before: float = math.nan) -> FloatArray:
    """Return, for each bar, the value of the last brick known at its close.

    Parameters
    ----------
    values : float64[m]
        One value per brick.
    bricks : Bricks
    n : int
        Number of bars.
    before : float, default NaN
        Value of the bars before the first brick.

    Returns
    -------
    float64[n]

    Raises
    ------
    DataError
        There is not one value per brick.
    """
    values = np.asarray(values, np.float64)
    if values.shape != (len(bricks),):
        raise DataError(
            f"{values.shape} values for {len(bricks)} bricks", where=bricks.bars.symbol,
            hint="Give one value per brick",
        )  # fmt: skip
    last = np.searchsorted(bricks.known, np.arange(n), side="right") - 1
    out = np.full(n, before)
    out[last >= 0] = values[last[last >= 0]]
    return out


def _check(bars: Bars, size: float | None, atr_length: int | None, source: str, edges: str) -> None:
    if (size is None) == (atr_length is None):
        raise InputError(
            "a brick needs one size" if size is None else "a brick has a fixed size or that of the ATR",
            field="renko.size", value=size,
            hint="Give either a size in price units or the length of the ATR, not both",
        )  # fmt: skip
    if size is not None and not (math.isfinite(size) and size > 0):
        raise InputError(
            f"a brick of {size:g} cannot be laid", field="renko.size", value=size,
            hint="Give a size above 0 in price units",
        )  # fmt: skip
    if atr_length is not None and atr_length < 1:
        raise InputError(
            f"an ATR of {atr_length} bars does not exist", field="renko.atr_length", value=atr_length,
            hint="Give at least 1 bar",
        )  # fmt: skip
    _check_choice("source", source, ("close", "range"))
    _check_choice("edges", edges, ("touch", "half_open"))
    if len(bars) == 0:
        raise InputError("there are no bars to make bricks of", field="renko", where=bars.symbol)


def _check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(
            f"unknown {name} '{value}'", field=f"renko.{name}", value=value, hint=f"Use {' or '.join(known)}"
        )


def _fixed_plan(bars: Bars, size: float, origin: float | None, *, ranged: bool, beyond: bool) -> _Plan:
    start, begin = _beginning(bars, 0, origin)
    return _Plan(np.empty(0), start, size, begin, fixed=True, ranged=ranged, beyond=beyond)


def _atr_plan(bars: Bars, length: int, origin: float | None, *, ranged: bool, beyond: bool) -> _Plan:
    from engine.indicators.bank import compute  # noqa: PLC0415
    from engine.indicators.volatility import atr  # noqa: PLC0415

    sizes = np.ascontiguousarray(compute(bars, [atr(length)])[0])
    usable = np.flatnonzero(sizes > 0)
    if usable.size == 0:
        raise InputError(
            f"no bar has an ATR({length}) above 0: there are {len(bars)} bars, and the first "
            f"{length} have none",
            field="renko.atr_length", value=length, hint="Give a shorter ATR, more bars or a fixed size",
        )  # fmt: skip
    first = int(usable[0])
    start, begin = _beginning(bars, first, origin)
    return _Plan(sizes, start, float(sizes[first]), begin, fixed=False, ranged=ranged, beyond=beyond)


def _beginning(bars: Bars, first: int, origin: float | None) -> tuple[int, float]:
    """Return the first bar that may make a brick, and where the first brick begins."""
    if origin is None:
        return first + 1, float(bars.close[first])
    if not math.isfinite(origin):
        raise InputError(
            f"bricks cannot begin at {origin:g}", field="renko.origin", value=origin, hint="Give a price"
        )
    return first, float(origin)


def _as_bars(bars: Bars, rows: FloatArray, known: IntArray) -> Bars:
    first_of_bar = np.searchsorted(known, known, side="left")
    time = bars.time[known] + np.arange(known.size) - first_of_bar
    open_, high, low, close, volume = rows
    return replace(
        bars, time=time, open=open_, high=high, low=low, close=close, volume=volume,
        session=bars.session[known], columns={name: value[known] for name, value in bars.columns.items()},
    )  # fmt: skip


def _refuse(what: str, bars: Bars, plan: _Plan, atr_length: int | None) -> InputError:
    low, high = (bars.low, bars.high) if plan.ranged else (bars.close, bars.close)
    least, most = float(low.min()), float(high.max())
    return InputError(
        f"{what}: prices lie between {least:.6g} and {most:.6g}, a range of {most - least:.6g}",
        field="renko.size" if atr_length is None else "renko.atr_length",
        value=plan.size if atr_length is None else atr_length, where=bars.symbol,
        hint=f"A brick of {(most - least) / 10:.2g}, a tenth of the range, is usable"
        if most > least else "The price never moves",
    )  # fmt: skip


@functools.cache
def _loop() -> Any:
    from numba import float64, int64  # noqa: PLC0415

    from engine.kernels.candles import lay_bricks  # noqa: PLC0415
    from engine.kernels.compile import compile_loop  # noqa: PLC0415
    from engine.kernels.types import INTEGERS, MATRIX, PRICES, SERIES  # noqa: PLC0415

    numbers = (int64, float64, float64, *(int64,) * 4)
    return compile_loop(lay_bricks, int64(PRICES, SERIES, *numbers, MATRIX, INTEGERS))
