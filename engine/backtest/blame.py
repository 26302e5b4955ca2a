"""At which bar a user's Python code raised: read from the loop that the failing line stands in."""

from __future__ import annotations

import ast
import traceback
from collections.abc import Iterator
from types import FrameType

import numpy as np

from engine.core.bars import Bars


def failing_bar(error: BaseException, file: str, source: bytes, bars: Bars) -> int | None:
    """Return the bar that the innermost loop over bars was at when the code raised.

    Parameters
    ----------
    error : BaseException
        With its traceback.
    file : str
        The strategy's file.
    source : bytes
        Its text as it was loaded.
    bars : Bars

    Returns
    -------
    int or None
        `None` when the line stands in no loop over ``range`` or ``enumerate``.
    """
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__) if _is_in(frame, file)]
    if not frames:
        return None
    frame, line = frames[-1]
    for name in _loop_names(source, line):
        value = frame.f_locals.get(name)
        if isinstance(value, int | np.integer) and not isinstance(value, bool) and 0 <= value < len(bars):
            return int(value)
    return None


def _is_in(frame: FrameType, file: str) -> bool:
    return frame.f_code.co_filename == file


def _loop_names(source: bytes, line: int) -> Iterator[str]:
    """Return the counters of the loops around a line, the innermost first."""
    loops = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.For) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    for loop in sorted(loops, key=lambda node: node.lineno, reverse=True):
        call = loop.iter.func if isinstance(loop.iter, ast.Call) else None
        counts = isinstance(call, ast.Name) and call.id in ("range", "enumerate")
        first = loop.target.elts[0] if isinstance(loop.target, ast.Tuple) else loop.target
        if counts and isinstance(first, ast.Name):
            yield first.id
