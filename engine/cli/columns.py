"""Text in aligned columns, and numbers as people read them: a dash for what is undefined."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Sequence
from typing import TextIO

DASH = "-"
_GAP = 2
_HEADING = r"\A[^\n]+|(?m:^\S[^\n]*$)(?=\n  )"


def percent(fraction: float) -> str:
    """Return a fraction as percent with two decimals, 0.1234 as ``12.34%``."""
    return f"{fraction * 100:,.2f}%" if math.isfinite(fraction) else DASH


def money(amount: float) -> str:
    """Return an amount with two decimals and thousands separators."""
    return f"{amount:,.2f}" if math.isfinite(amount) else DASH


def number(value: float, digits: int = 2) -> str:
    """Return a number with ``digits`` decimals."""
    return f"{value:,.{digits}f}" if math.isfinite(value) else DASH


def count(value: float) -> str:
    """Return a whole number with thousands separators."""
    return f"{round(value):,}" if math.isfinite(value) else DASH


def short(value: float) -> str:
    """Return a number with up to six significant digits: prices, quantities, parameters."""
    if not math.isfinite(value):
        return DASH
    if abs(value) < 1000:
        return f"{value:.6g}"
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Return lines of a table; the first ``left`` columns are left-aligned, the others right-aligned.

    Parameters
    ----------
    header : sequence of str
        Column names; empty for none.
    rows : sequence of sequences of str
        Cells, as many per row as there are columns.
    left : int, default 1
        How many leading columns hold words.
    """
    lines = [list(header), *map(list, rows)] if header else [list(row) for row in rows]
    if not lines:
        return []
    widths = [max(len(row[i]) for row in lines) for i in range(len(lines[0]))]
    return [
        (" " * _GAP).join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in lines
    ]


def section(title: str, lines: Sequence[str]) -> list[str]:
    """Return a titled block: the title, then the lines indented by two."""
    return [title, *(f"  {line}" for line in lines)]


def side_by_side(blocks: Sequence[Sequence[str]], across: int) -> list[str]:
    """Return blocks in rows of ``across``, each row as high as its highest block."""
    lines: list[str] = []
    for start in range(0, len(blocks), across):
        row = blocks[start : start + across]
        widths = [max(map(len, block)) for block in row]
        for cells in itertools.zip_longest(*row, fillvalue=""):
            padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            lines.append("    ".join(padded).rstrip())
        lines.append("")
    return lines[:-1]


def show(text: str, stream: TextIO | None = None) -> None:
    """Print text for people: with colour on a terminal, plain into a file or a pipe.

    Headings become bold and losses red; on a terminal lines are not wrapped either, so that columns
    stay where they are.
    """
    stream = stream or sys.stdout
    if not stream.isatty():
        print(text, file=stream)
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    styled = Text(text)
    styled.highlight_regex(_HEADING, "bold")
    styled.highlight_regex(r"(?<![\w.-])-\d[\d,.]*%?", "red")
    styled.highlight_regex(r"(?m)^Warning:", "yellow")
    Console(file=stream, soft_wrap=True, highlight=False).print(styled)
