"""Finer bars inside the bars of a run: which pieces belong to which bar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.core.bars import Bars, FloatArray, IntArray
from engine.core.errors import InputError
from engine.kernels.terms import Extra


def fine_columns(
    extra: Extra, legs: Sequence[Bars], finer: Sequence[Bars], positions: Sequence[IntArray] | None = None,
    size: int | None = None,
) -> Extra:  # fmt: skip
    """Return ``extra`` with the pieces of every bar, where finer bars are there.

    Parameters
    ----------
    extra : Extra
    legs : sequence of Bars
        One per asset.
    finer : sequence of Bars
        At most one per symbol; a bar without pieces is treated as a whole.
    positions : sequence of int64[k], optional
        Where each leg's bars lie on a common axis of ``size`` bars.

    Raises
    ------
    InputError
        Finer bars are not finer, or of no symbol of the run.
    """
    by_symbol = {one.symbol: one for one in finer}
    for one in finer:
        if one.symbol not in {leg.symbol for leg in legs} and not (len(finer) == len(legs) == 1):
            raise InputError(
                f"finer bars of '{one.symbol}', which is not traded", field="data.finer", value=one.symbol,
                hint="Give finer bars of the instruments of the run",
            )  # fmt: skip
    columns: list[FloatArray] = []
    first = np.zeros((len(legs), (size or len(legs[0])) + 1), np.int64)
    at = 0
    for row, leg in enumerate(legs):
        pieces = by_symbol.get(leg.symbol) or (finer[0] if len(finer) == len(legs) == 1 else None)
        if pieces is None:
            first[row] = at
            continue
        if pieces.timeframe.seconds >= leg.timeframe.seconds:
            raise InputError(
                f"bars of {pieces.timeframe} are not finer than {leg.timeframe}", field="data.finer",
                value=str(pieces.timeframe), hint="Give bars of a shorter length",
            )  # fmt: skip
        point = leg.instrument.multiplier
        columns.append(np.stack([pieces.open, pieces.high, pieces.low, pieces.close]) * point)
        starts = _starts(leg, pieces) + at
        first[row] = _on_axis(starts, positions[row], first.shape[1]) if positions is not None else starts
        at += len(pieces)
    fine = np.ascontiguousarray(np.concatenate(columns, axis=1)) if columns else np.zeros((4, 0))
    for array in (fine, first):
        array.flags.writeable = False
    return extra._replace(fine=fine, fine_first=first)


def _starts(leg: Bars, pieces: Bars) -> IntArray:
    """Return the first piece of each bar and one past the last: pieces within (close before, close]."""
    edges = np.searchsorted(pieces.time, leg.time, side="right")
    begin = leg.time[0] - leg.timeframe.seconds * 1_000_000_000
    first: IntArray = np.searchsorted(pieces.time, [begin], side="right")
    return np.concatenate((first, edges)).astype(np.int64)


def _on_axis(starts: IntArray, at: IntArray, size: int) -> IntArray:
    """Return the bounds on the axis: the pieces of a leg's bar lie at that bar, none at bars it lacks."""
    return starts[np.searchsorted(at, np.arange(size), side="left")]
