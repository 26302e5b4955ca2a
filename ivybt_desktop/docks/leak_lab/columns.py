"""The table of findings. Plain arrays, no widgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ivybt_desktop.widgets.table_model import QUIET, WARN, Column

if TYPE_CHECKING:
    from ivybt_desktop.docks.leak_lab.state import LabRow


def lab_columns(rows: Sequence[LabRow]) -> list[Column]:
    """Return one row per finding."""
    return [
        _texts("output", "Output", [row.output for row in rows], "What changes when later bars change"),
        _texts("first", "First affected bar", [row.first for row in rows],
               "A click on the row brings the chart there"),
        _texts("reads", "Reads", [row.reads for row in rows], "How far into the future", tone=WARN),
        _texts("cause", "Likely cause", [row.cause for row in rows]),
        _texts("where", "Where", [row.where or "\N{EN DASH}" for row in rows],
               "File and line that look like the cause", tone=QUIET),
        _texts("todo", "What to do", [row.todo for row in rows]),
    ]  # fmt: skip


def _texts(name: str, title: str, values: list[str], help_: str = "", tone: int = 0) -> Column:
    tones = np.full(len(values), tone, np.int8) if tone else None
    return Column(name, title, np.array(values, object), str, numeric=False, help=help_, tones=tones)
