"""The gates of a run as rows of the strip under the chart. Plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ivybt_desktop.plots.gate_row import GateRow
from ivybt_desktop.widgets.run_words import gate_titles

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult


def gate_rows(result: BacktestResult) -> list[GateRow]:
    """Return one row per gate of a run; none when they belong to other bars than the run's."""
    rows = []
    for title, series in zip(gate_titles(result), result.gates, strict=True):
        if series.open.size != len(result.bars):
            continue
        known = np.ones(series.open.size, np.bool_)
        if series.lines:
            known = np.any([np.isfinite(line) for line in series.lines.values()], axis=0) | series.open
        legend = series.legend or title
        if series.failed_fits:
            legend += f"; {series.failed_fits} fits found no solution, the one before stayed in force"
        rows.append(GateRow(title, legend, series.open, known, series.refits))
    return rows


def gate_tip(rows: list[GateRow], bar: int) -> list[tuple[str, str]]:
    """Return name and state of each gate at a bar, and its sentence below."""
    said: list[tuple[str, str]] = []
    for row in rows:
        refit = ", fitted at this close" if row.refits.size and bar in row.refits else ""
        said.append((row.name, row.state_at(bar) + refit))
    return said
