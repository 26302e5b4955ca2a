"""The bank: declared indicator lines as rows of one matrix, each distinct one computed once.

A single run calls `compute`. A sweep knows its distinct argument sets, and fills a bank with `fill_bank`:
one compiled call for each kind and source, whatever the number of lines (`engine.studies.plan` says which
row is which)::

    requests = [Request("ema", "close", spans)]     # float64[m, 1]
    bank = np.empty((len(spans), len(bars)))
    fill_bank(bars, requests, bank)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from engine.core.bars import OHLCV, Bars, FloatArray, IntArray
from engine.core.errors import InputError, StrategyError, nearest
from engine.indicators import KINDS, Indicator, Kind

# Inputs made from prices, by the prices they average.
BLENDS = {
    "hl2": ("high", "low"),
    "hlc3": ("high", "low", "close"),
    "ohlc4": ("open", "high", "low", "close"),
}
SOURCES = (*OHLCV, *BLENDS)

# First word of a series that marks the bars of a time of day (`engine.indicators.release`).
RELEASE = "release"

# A call of the driver, which takes a compiled function as an argument, costs ten plain calls.
_FEW = 10


class Request(NamedTuple):
    """Lines of one kind and source that one compiled call computes.

    Parameters
    ----------
    kind, source : str
        As in `Indicator`.
    args : float64[m, n_args]
        One distinct set of arguments per row. Each takes as many rows of the bank as the kind has outputs.
    """

    kind: str
    source: str
    args: FloatArray


def source_series(bars: Bars, name: str) -> FloatArray:
    """Return an input series, float64[n], read-only.

    Parameters
    ----------
    bars : Bars
    name : str
        open, high, low, close, volume, hl2, hlc3, ohlc4, or a column of the data file. A column that
        is called like a price does not hide the price.

    Raises
    ------
    InputError
        There is no such series; the message names the columns of the file.
    """
    if name in OHLCV:
        return np.asarray(getattr(bars, name))
    if name in BLENDS:
        parts = [getattr(bars, part) for part in BLENDS[name]]
        blend: FloatArray = sum(parts[1:], parts[0]) / len(parts)
        blend.flags.writeable = False
        return blend
    if name in bars.columns:
        return bars.columns[name]
    if name.startswith(f"{RELEASE} "):
        from engine.indicators.release import release_series  # noqa: PLC0415  (a kind of this package itself)

        return release_series(bars, name)
    there = ", ".join(bars.columns) if bars.columns else "none besides the prices"
    guess = nearest(name, bars.columns)
    hint = f"{guess} " if guess.startswith("Did") else ""
    raise InputError(
        f"no column '{name}' in the data of {bars.symbol or 'this instrument'}", field="column", value=name,
        hint=f"{hint}Columns there: {there}",
    )  # fmt: skip


def distinct(lines: Sequence[Indicator]) -> tuple[list[Indicator], IntArray]:
    """Return what must be computed for some lines, and each line's row in the bank.

    Parameters
    ----------
    lines : sequence of Indicator
        Arguments are numbers.

    Returns
    -------
    keys : list of Indicator
        Distinct (kind, source, args) in order of appearance, with ``output=0``. A key takes as many
        rows as its kind has outputs.
    rows : int64[n_lines]
        Row of each line.

    Raises
    ------
    StrategyError
        A kind is not registered, a line's output does not exist, or an argument is not a number.
    """
    starts: dict[Indicator, int] = {}
    rows, height = [], 0
    for line in lines:
        kind = kind_of(line)
        key = Indicator(line.kind, line.source, _numbers(line))
        if key not in starts:
            starts[key] = height
            height += len(kind.outputs)
        rows.append(starts[key] + line.output)
    return list(starts), np.array(rows, dtype=np.int64)


def fill_bank(bars: Bars, requests: Iterable[tuple[str, str, FloatArray]], bank: FloatArray) -> None:
    """Fill a bank: the rows of each request follow those of the one before.

    Parameters
    ----------
    bars : Bars
    requests : iterable of Request
        Or plain tuples (kind, source, args).
    bank : float64[height, n]
        Output, C-contiguous; NaN during each line's warm-up.

    Raises
    ------
    InputError
        A source is neither a price nor a column of the file.
    """
    from engine.kernels.compile import compile_indicator  # noqa: PLC0415  (numba only when used)
    from engine.kernels.lines import fill_lines  # noqa: PLC0415
    from engine.kernels.types import prices_of  # noqa: PLC0415

    prices, row = prices_of(bars), 0
    for name, source, args in requests:
        kind, series = KINDS[name], source_series(bars, source)
        outputs, compiled = len(kind.outputs), compile_indicator(kind.function)
        block = bank[row : row + len(args) * outputs]
        row += len(block)
        if len(args) > _FEW:
            fill_lines(compiled, prices, series, args, outputs, block)
            continue
        for i, own in enumerate(args):
            compiled(prices, series, own, block[i * outputs : (i + 1) * outputs])


def compute(bars: Bars, lines: Sequence[Indicator]) -> FloatArray:
    """Compute indicator lines, each distinct (kind, source, args) once.

    Parameters
    ----------
    bars : Bars
    lines : sequence of Indicator

    Returns
    -------
    float64[k, n]
        One row per line, in their order; NaN during warm-up.

    Raises
    ------
    InputError
        A source is neither a price nor a column of the file.
    StrategyError
        A kind is not registered, or an argument is not a number.
    """
    keys, rows = distinct(lines)
    height = sum(len(KINDS[key.kind].outputs) for key in keys)
    bank = np.empty((height, len(bars)))
    fill_bank(bars, [(key.kind, key.source, np.array([key.args])) for key in keys], bank)
    in_order = height == rows.size and bool((rows == np.arange(height)).all())
    return bank if in_order else bank[rows]


def kind_of(line: Indicator) -> Kind:
    """Return the registered kind of a line.

    Raises
    ------
    StrategyError
        The kind or the output does not exist.
    """
    kind = KINDS.get(line.kind)
    if kind is None:
        raise StrategyError(f"unknown indicator '{line.kind}'", hint=nearest(line.kind, KINDS))
    if not 0 <= line.output < len(kind.outputs):
        raise StrategyError(
            f"indicator '{line.kind}' has no output {line.output}",
            hint=f"Outputs: {', '.join(kind.outputs)}",
        )
    return kind


def _numbers(line: Indicator) -> tuple[float, ...]:
    try:
        return tuple(float(value) for value in line.args)
    except (TypeError, ValueError):
        raise StrategyError(
            f"indicator '{line.kind}' needs numbers, was given {line.args}",
            hint="Give the length and the other arguments as numbers",
        ) from None
