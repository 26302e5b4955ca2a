"""Cuts and scrambles: the data as it would have been known at a bar, or with another future after it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from engine.backtest.leak_parts import Outputs, Series
from engine.core.bars import PRICE_COLUMNS, Bars, FloatArray, IntArray

BoolArray = npt.NDArray[np.bool_]
Kind = Literal["cut", "permuted", "mirrored", "jump", "drop"]
Touch = Literal["prices", "extremes", "body", "columns"]

SCRAMBLES: tuple[Kind, ...] = ("permuted", "mirrored", "jump", "drop")
# A future that stands eight times higher or lower moves any mean, rank or deviation that reads it.
STRONG: tuple[Kind, ...] = ("jump", "drop")

_LEVEL = {"permuted": 1.0, "mirrored": 1.0, "jump": 8.0, "drop": 0.125}
_STRETCH = 3.0
# Values that are equal but for rounding: of the value itself, and of the largest value of its line.
RELATIVE, ABSOLUTE = 1e-9, 1e-12


def altered(series: Series, now: int, kind: Kind, seed: int) -> Series:
    """Return bars that agree with the given ones up to an instant.

    Parameters
    ----------
    series : tuple of Bars
    now : int
        Last instant that is kept, ns UTC; every instrument has a bar by then.
    kind : {"cut", "permuted", "mirrored", "jump", "drop"}
        End there; or go on with permuted returns, with returns permuted, turned round and stretched, or with
        permuted returns on eight times or an eighth of the price. Times stay as they are.
    seed : int
    """
    kept = [int(np.searchsorted(bars.time, now, side="right")) for bars in series]
    if kind == "cut":
        return tuple(bars.slice(0, count) for bars, count in zip(series, kept, strict=True))
    rng = np.random.default_rng(seed)
    return tuple(
        _scrambled(bars, count, kind, rng) if count < len(bars) else bars
        for bars, count in zip(series, kept, strict=True)
    )


def since(series: Series, first: int) -> Series:
    """Return the bars from an instant on (ns UTC)."""
    return tuple(bars.slice(int(np.searchsorted(bars.time, first)), len(bars)) for bars in series)


def touched(series: Series, first: int, last: int, what: Touch) -> Series:
    """Return bars of which only those that close from ``first`` to ``last`` (ns UTC, inclusive) are changed.

    Parameters
    ----------
    series : tuple of Bars
    first, last : int
    what : {"prices", "extremes", "body", "columns"}
        Prices and volume by eight; high and low further out; open and close elsewhere between the same high
        and low; further columns.
    """
    found = []
    for bars in series:
        part = slice(*np.searchsorted(bars.time, [first, last + 1]).tolist())
        new = {name: getattr(bars, name).copy() for name in (*PRICE_COLUMNS, "volume")}
        columns = {name: values.copy() for name, values in bars.columns.items()}
        reach = np.abs(new["close"][part]) * 0.5
        if what == "prices":
            for values in new.values():
                values[part] *= 8.0
        elif what == "extremes":
            new["high"][part] += reach
            new["low"][part] -= reach
        elif what == "body":
            low, high = new["low"][part], new["high"][part]
            was_high = new["close"][part] > (low + high) / 2
            new["open"][part], new["close"][part] = low, np.where(was_high, low, high)
        else:
            for values in columns.values():
                values[part] = _turned(values[part], values)
        found.append(replace(bars, **new, columns=columns))
    return tuple(found)


def differing(one: FloatArray, other: FloatArray) -> BoolArray:
    """Return the columns in which two matrices differ by more than rounding, bool[n].

    Parameters
    ----------
    one, other : float64[k, n]
        NaN equals NaN.
    """
    unequal = (one != other) & ~(np.isnan(one) & np.isnan(other))
    if not unequal.any():
        return np.zeros(one.shape[1], np.bool_)
    with np.errstate(invalid="ignore"):
        finite = np.where(np.isfinite(one), np.abs(one), 0.0)
        scale = finite.max(axis=1, keepdims=True)
        allowance = RELATIVE * np.maximum(finite, np.abs(other)) + ABSOLUTE * scale
        # NaN against a number is no small difference.
        unequal &= ~(np.abs(one - other) <= allowance)
    return np.asarray(unequal.any(axis=0))


def choose_cuts(outputs: Outputs, first: int, count: int, rng: np.random.Generator) -> list[int]:
    """Return bars at which to cut: where decisions change, at random bars, and a few early ones; increasing.

    Parameters
    ----------
    outputs : Outputs
        Of the whole data, on n bars.
    first : int
        Earliest bar that can be the last one.
    count : int
        How many.
    rng : numpy.random.Generator
    """
    n = next(iter(outputs.values())).values.shape[1]
    last = n - 2  # a cut at the last bar is the whole
    if last - first + 1 <= count:
        return list(range(first, last + 1))
    changes = _changes(outputs)
    changes = changes[(changes >= first) & (changes <= last)]
    early = [first, first + 2, first + 10, first + 40]
    chosen = {cut for cut in early if cut <= last} | set(changes[:4].tolist())
    busy = min(changes.size, max(count * 6 // 10 - len(chosen), 0))
    if busy:  # one from each stretch of as many changes
        edges = np.linspace(0, changes.size, busy + 1).astype(int)
        chosen |= {int(changes[rng.integers(a, b)]) for a, b in itertools.pairwise(edges)}
    while len(chosen) < count:
        chosen.add(int(rng.integers(first, last + 1)))
    return sorted(chosen)


def _changes(outputs: Outputs) -> IntArray:
    """Return the bars at which a decision changes; series that change at every other bar do not count."""
    found: list[IntArray] = [np.empty(0, np.int64)]
    for rows in outputs.values():
        for row in np.nan_to_num(rows.values[: rows.decisions]):
            at = np.flatnonzero(np.diff(row, prepend=0.0))
            if at.size <= row.size // 2:
                found.append(at)
    return np.unique(np.concatenate(found))


def _scrambled(bars: Bars, kept: int, kind: Kind, rng: np.random.Generator) -> Bars:
    """Return bars of which those from ``kept`` on are other ones, each with a high and low that fit."""
    order = rng.permutation(len(bars) - kept)
    prices = {name: getattr(bars, name) for name in PRICE_COLUMNS}
    made = (_by_ratio if bars.lowest > 0.0 else _by_difference)(prices, kept, order, kind)
    made["high"] = np.maximum(made["high"], np.maximum(made["open"], made["close"]))
    made["low"] = np.minimum(made["low"], np.minimum(made["open"], made["close"]))
    made["volume"] = bars.volume[kept:][order] * _LEVEL[kind]
    new: dict[str, Any] = {
        name: np.concatenate((getattr(bars, name)[:kept], future)) for name, future in made.items()
    }
    columns = {name: _scrambled_column(values, kept, kind, rng) for name, values in bars.columns.items()}
    return replace(bars, **new, columns=columns)


def _by_ratio(
    prices: dict[str, FloatArray], kept: int, order: IntArray, kind: Kind
) -> dict[str, FloatArray]:
    before = prices["close"][kept - 1 : -1]
    steps = {name: np.log(values[kept:] / before)[order] for name, values in prices.items()}
    if kind == "mirrored":
        steps = _turned_round(steps)
    steps["close"] = steps["close"] - steps["close"].mean()  # stretched returns must not run away
    path = np.log(before[0] * _LEVEL[kind]) + np.cumsum(steps["close"])
    start = path - steps["close"]
    return {name: np.exp(start + step) for name, step in steps.items()}


def _by_difference(
    prices: dict[str, FloatArray], kept: int, order: IntArray, kind: Kind
) -> dict[str, FloatArray]:
    before = prices["close"][kept - 1 : -1]
    steps = {name: (values[kept:] - before)[order] for name, values in prices.items()}
    if kind == "mirrored":
        steps = _turned_round(steps)
    steps["close"] = steps["close"] - steps["close"].mean()
    width = float(np.ptp(prices["close"])) or 1.0
    path = before[0] + width * np.log2(_LEVEL[kind]) + np.cumsum(steps["close"])
    start = path - steps["close"]
    return {name: start + step for name, step in steps.items()}


def _turned_round(steps: dict[str, FloatArray]) -> dict[str, FloatArray]:
    turned = {name: -_STRETCH * step for name, step in steps.items()}
    turned["high"], turned["low"] = turned["low"], turned["high"]
    return turned


def _scrambled_column(values: FloatArray, kept: int, kind: Kind, rng: np.random.Generator) -> FloatArray:
    """Permute the known values among themselves; every other kind also turns them round within their range.

    A column may have a lawful range (a target in [-1, 1]) and lawful gaps: both stay.
    """
    new, future = values.copy(), values[kept:]
    known = np.flatnonzero(~np.isnan(future))
    drawn = rng.permutation(future[known])
    new[kept + known] = _turned(drawn, values) if kind in ("mirrored", "drop") else drawn
    return new


def _turned(values: FloatArray, among: FloatArray) -> FloatArray:
    known = among[~np.isnan(among)]
    return known.min() + known.max() - values if known.size else values
