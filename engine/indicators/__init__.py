"""Indicators: the declaration a strategy makes, and the registry of compiled kernels.

A strategy declares ``ema("close", p.fast)``; the declaration is a plain value.
`engine.indicators.bank` turns declarations into rows of a bank; a sweep computes each distinct one once,
the chart draws them.

One family per file. A file adds kinds with `@indicator` and offers a factory for each output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import engine.kernels  # noqa: F401  (chooses numba's cache folder before an indicator compiles)
from engine.core.errors import StrategyError

# Number, or a symbol that stands for a parameter while a sweep plans its bank (`engine.strategies`).
Argument = Any

Pane = Literal["price", "own", "none"]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One declared line.

    Parameters
    ----------
    kind : str
        Name of the registered kernel.
    source : str
        Input series: open, high, low, close, volume, hl2, hlc3, ohlc4 or a column of the file.
    args : tuple
        Numbers in the kernel's order.
    output : int, default 0
        Which of the kernel's outputs.
    """

    kind: str
    source: str
    args: tuple[Argument, ...]
    output: int = 0


def three_lines(
    kind: str, source: str, args: tuple[Argument, ...]
) -> tuple[Indicator, Indicator, Indicator]:
    """Declare all outputs of a kind that has three, in its order; parameters as of `Indicator`."""
    return Indicator(kind, source, args), Indicator(kind, source, args, 1), Indicator(kind, source, args, 2)


@dataclass(frozen=True, slots=True)
class Kind:
    """A registered kernel.

    Parameters
    ----------
    name : str
        Word in declarations.
    function : callable
        Plain Python function ``(prices, source, args, out)`` of signature
        `engine.kernels.types.INDICATOR`; compiled at first use.
    outputs : tuple of str
        Names of the rows it fills.
    warmup : callable
        ``warmup(args) -> int``: bars before the first valid value.
    panes : tuple of {"price", "own", "none"}
        For each output: drawn over the candles, in a pane of its own, or not at all.
    """

    name: str
    function: Callable[..., None]
    outputs: tuple[str, ...]
    warmup: Callable[[tuple[float, ...]], int]
    panes: tuple[Pane, ...]


KINDS: dict[str, Kind] = {}


def full_window(args: tuple[float, ...]) -> int:
    """Return the warm-up of a window whose length is the first argument: length - 1 bars."""
    return int(args[0]) - 1


def indicator(
    *,
    outputs: tuple[str, ...] = ("value",),
    warmup: Callable[[tuple[float, ...]], int],
    pane: Pane = "price",
    panes: tuple[Pane, ...] = (),
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register the decorated kernel under its name without a leading underscore.

    Parameters
    ----------
    outputs : tuple of str, default ("value",)
        Names of the rows it fills.
    warmup : callable
        ``warmup(args) -> int``.
    pane : {"price", "own"}, default "price"
        Where every output is drawn.
    panes : tuple of {"price", "own"}, optional
        One for each output, when they differ.

    Raises
    ------
    StrategyError
        Another module has registered that name.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        name = function.__name__.strip("_")
        if name in KINDS and KINDS[name].function.__module__ != function.__module__:
            raise StrategyError(
                f"there is an indicator '{name}' already", where=function.__module__,
                hint="Rename the function under @indicator",
            )  # fmt: skip
        KINDS[name] = Kind(name, function, outputs, warmup, panes or (pane,) * len(outputs))
        return function

    return register
