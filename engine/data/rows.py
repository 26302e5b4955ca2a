"""Every row judged: which are faulty, for what reason, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from engine.data.numbers import Numbers
from engine.data.options import BadRows
from engine.data.report import REASONS, Refused

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

# Rounding of an export: six digits after a price of one.
DUST = 1e-6


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a file as numbers, in the file's order.

    Parameters
    ----------
    readable : bool[n]
        The time could be read.
    key : int64[n]
        What may stand only once and must rise: the session day of daily bars, else UTC nanoseconds.
    prices : mapping of str to Numbers
        Open, high, low and close.
    volume : Numbers or None
        None where the file has none.
    may_be_negative : bool
        Prices at or below zero are possible (futures).
    """

    readable: BoolArray
    key: IntArray
    prices: Mapping[str, Numbers]
    volume: Numbers | None
    may_be_negative: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which rows are used, and with which prices.

    Parameters
    ----------
    kept : int64[m]
        Positions in the file of the rows that are used, in time order.
    prices : dict of str to float64[n]
        Open, high, low and close after widening and repair, in the file's order.
    faults : dict of str to int64[k]
        Positions of the faulty rows by reason.
    order_reversed : bool
        The file stood newest first.
    dust : int
        Rows widened by rounding dust.
    repaired : int
        Rows changed by repair.
    """

    kept: IntArray
    prices: dict[str, FloatArray]
    faults: dict[str, IntArray]
    order_reversed: bool
    dust: int
    repaired: int = 0


@dataclass(slots=True)
class _Bench:
    """Faults found so far: a row counts for the first reason that applies."""

    sound: BoolArray
    faults: dict[str, IntArray] = field(default_factory=dict)

    def fault(self, reason: str, mask: BoolArray) -> IntArray:
        found = np.flatnonzero(mask & self.sound)
        if found.size:
            self.faults[reason] = np.union1d(self.faults.get(reason, found), found)
            self.sound[found] = False
        return found


def judge(rows: Rows, bad_rows: BadRows) -> Verdict:
    """Judge every row; nothing is raised here.

    Parameters
    ----------
    rows : Rows
        Times and numbers.
    bad_rows : {"refuse", "drop", "repair"}
        What to do with faults; see `ReadOptions`. With ``refuse`` the verdict lists them.
    """
    bench = _Bench(np.ones(len(rows.key), bool))
    bench.fault("time", ~rows.readable)
    _judge_values(rows, bench)
    prices = {name: column.values.copy() for name, column in rows.prices.items()}
    dust = _widen(prices, bench.sound, DUST)
    curable = _judge_ranges(prices, bench)
    repaired = 0
    if bad_rows == "repair" and curable.size:
        _repair(prices, curable)
        bench.sound[curable] = True
        repaired = int(curable.size)
    if rows.volume is not None:
        bench.fault("volume", rows.volume.text | (rows.volume.values < 0))
    kept, order_reversed = _in_time_order(rows.key, bench, keep_last=bad_rows == "repair")
    if bad_rows == "repair":
        repaired += bench.faults.get("unsorted", np.empty(0)).size
    return Verdict(kept, prices, bench.faults, order_reversed, dust, repaired)


def _judge_values(rows: Rows, bench: _Bench) -> None:
    columns = list(rows.prices.values())
    bench.fault("text", np.logical_or.reduce([column.text for column in columns]))
    bench.fault("missing", np.logical_or.reduce([column.missing for column in columns]))
    if not rows.may_be_negative:
        with np.errstate(invalid="ignore"):
            bench.fault("negative", np.logical_or.reduce([column.values <= 0 for column in columns]))


def _limits(prices: Mapping[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
    return np.fmax(prices["open"], prices["close"]), np.fmin(prices["open"], prices["close"])


def _widen(prices: dict[str, FloatArray], sound: BoolArray, share: float) -> int:
    """Widen high and low where open or close leave them by rounding only; return the rows."""
    top, bottom = _limits(prices)
    with np.errstate(invalid="ignore"):
        over, under = top - prices["high"], prices["low"] - bottom
        tiny = share * np.fmax(np.abs(top), np.abs(bottom))
        widened = sound & ((over > 0) | (under > 0)) & (over <= tiny) & (under <= tiny)
    prices["high"][widened] = np.fmax(prices["high"], top)[widened]
    prices["low"][widened] = np.fmin(prices["low"], bottom)[widened]
    return int(widened.sum())


def _judge_ranges(prices: Mapping[str, FloatArray], bench: _Bench) -> IntArray:
    top, bottom = _limits(prices)
    with np.errstate(invalid="ignore"):
        inverted = bench.fault("inverted", prices["high"] < prices["low"])
        outside = bench.fault("outside", (top > prices["high"]) | (bottom < prices["low"]))
    return np.concatenate([inverted, outside])


def _repair(prices: dict[str, FloatArray], rows: IntArray) -> None:
    every = np.vstack([column[rows] for column in prices.values()])
    prices["high"][rows], prices["low"][rows] = every.max(axis=0), every.min(axis=0)


def _in_time_order(key: IntArray, bench: _Bench, *, keep_last: bool) -> tuple[IntArray, bool]:
    kept = np.flatnonzero(bench.sound)
    order_reversed = False
    steps = np.diff(key[kept])
    if kept.size > 1 and (steps <= 0).all() and (steps < 0).any():
        kept, order_reversed = kept[::-1], True
    elif (steps < 0).any():
        before = np.maximum.accumulate(key[kept])[:-1]
        late = kept[1:][key[kept][1:] < before]
        bench.faults["unsorted"] = late
        kept = kept[np.argsort(key[kept], kind="stable")]
    same = np.flatnonzero(np.diff(key[kept]) == 0)
    if same.size:
        # Of two rows of one time the first of the file is kept, with repair the last.
        out = same if keep_last != order_reversed else same + 1
        bench.faults["duplicate"] = np.sort(kept[same if order_reversed else same + 1])
        kept = np.delete(kept, out)
    return kept, order_reversed


def describe(
    faults: Mapping[str, IntArray],
    line_of: Callable[[int], int],
    example_of: Callable[[str, int], str],
    place: str,
) -> tuple[Refused, ...]:
    """Return counts, first lines and examples by reason, in the order of `REASONS`."""
    told = []
    for reason in REASONS:
        rows = faults.get(reason)
        if rows is not None and rows.size:
            first = int(rows.min())
            told.append(Refused(reason, int(rows.size), line_of(first), example_of(reason, first), place))
    return tuple(told)
