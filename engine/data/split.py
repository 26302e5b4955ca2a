"""Train and test: the first share of the bars to choose on, the rest to judge on."""

from __future__ import annotations

import math
from enum import StrEnum

from engine.core.errors import InputError, nearest

# 100 x 0.29 is 28.999999999999996 in a computer.
_DUST = 1e-9


class RunMode(StrEnum):
    """Which side of the split a run uses."""

    TRAIN = "train"
    TEST = "test"
    FULL = "full"


def split_at(bars_count: int, share: float) -> int:
    """Return the position of the first test bar.

    Parameters
    ----------
    bars_count : int
        Number of bars.
    share : float
        Share of the bars to train on, between 0 and 1; rounded down to whole bars.

    Raises
    ------
    InputError
        The share is not between 0 and 1, or leaves one side without a bar.
    """
    if not 0.0 < share < 1.0:
        raise InputError(
            f"a training share of {share:g} leaves nothing to train on or nothing to test on",
            field="train_split", value=share, hint="Give a share between 0 and 1, such as 0.7",
        )  # fmt: skip
    cut = math.floor(bars_count * share + _DUST)
    if not 0 < cut < bars_count:
        side = "train" if cut <= 0 else "test"
        raise InputError(
            f"{share:g} of {bars_count} bars leaves no bar to {side} on", field="train_split", value=share,
            hint="Load more bars or move the split",
        )  # fmt: skip
    return cut


def span(bars_count: int, train_split: float | None, mode: RunMode | str) -> tuple[int, int]:
    """Return the first and one past the last bar that a run uses.

    Parameters
    ----------
    bars_count : int
        Number of bars.
    train_split : float or None
        Share of the bars to train on; `None` when there is no split.
    mode : {"train", "test", "full"}
        Bars before the split, from it on, or all.

    Raises
    ------
    InputError
        The mode is not known, train or test is asked without a split, or the split leaves one side empty.
    """
    if mode not in RunMode:
        known = [str(item) for item in RunMode]
        raise InputError(
            f"unknown run mode '{mode}'", field="run_mode", value=mode, hint=nearest(str(mode), known)
        )
    if train_split is None:
        if mode != RunMode.FULL:
            raise InputError(
                f"run mode '{mode}' needs a split", field="train_split", value=None,
                hint="Give train_split, such as 0.7, or use run mode full",
            )  # fmt: skip
        return 0, bars_count
    cut = split_at(bars_count, train_split)
    if mode == RunMode.FULL:
        return 0, bars_count
    return (0, cut) if mode == RunMode.TRAIN else (cut, bars_count)
