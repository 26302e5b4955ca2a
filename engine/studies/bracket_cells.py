"""Cells of a strategy with entry prices of its own: what its `Levels` say for all cells at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.backtest.levels import Bracket, fill_in_bracket
from engine.backtest.spec import BacktestSpec
from engine.backtest.targets import blaming
from engine.core.bars import Bars, FloatArray
from engine.execution.fills import Entry
from engine.kernels.bracket_sweep import ENTRY_BARS, OWN_COLUMNS, STOP_LOSS, TAKE_PROFIT
from engine.strategies import Levels, Strategy
from engine.studies.symbols import NotSymbolic, Symbol, SymbolicParams

_COLUMNS = {"bars_alive": ENTRY_BARS, "stop_loss": STOP_LOSS, "take_profit": TAKE_PROFIT}


class BracketCells(NamedTuple):
    """Brackets of all cells.

    Parameters
    ----------
    spec : BacktestSpec
        With a bracket's execution filled in; its numbers are those of the first cell.
    lines : int64[2]
        Which declared lines are the price to buy and the price to sell.
    own : float64[n_cells, OWN_COLUMNS]
        Settings of each cell.
    """

    spec: BacktestSpec
    lines: npt.NDArray[np.int64]
    own: FloatArray


def bracket_cells(
    strategy: Strategy, bars: Bars, columns: Mapping[str, Any], n_cells: int, spec: BacktestSpec
) -> BracketCells | None:
    """Return the brackets of cells; None when each has to say for itself, in a run of its own.

    Parameters
    ----------
    strategy : Strategy
        With levels, and a rule.
    bars : Bars
    columns : mapping
        Parameters of the cells (`engine.studies.grid.full_columns`).
    n_cells : int
    spec : BacktestSpec
        What the cells share.

    Raises
    ------
    StrategyError, InputError
        The strategy raised; the spec says otherwise about entries and stops.
    """
    execution = spec.execution
    free = execution.entry_bars == 1 and execution.stop_loss is None and execution.take_profit is None
    if not (free or execution.entry is Entry.BRACKET):
        return None
    with blaming(strategy):
        try:
            given = strategy.levels(bars, SymbolicParams(columns))
            names = list(strategy.indicators(SymbolicParams(columns)))
        except NotSymbolic:
            return None
    own = None if given is None else _settings(given, n_cells)
    if given is None or own is None or not {given.long, given.short} <= set(names):
        return None
    distances = [None if np.isnan(own[0, k]) else float(own[0, k]) for k in (STOP_LOSS, TAKE_PROFIT)]
    first = Bracket(np.empty(0), np.empty(0), int(own[0, ENTRY_BARS]), *distances)
    lines = np.array([names.index(str(line)) for line in (given.long, given.short)])
    filled = fill_in_bracket(spec, first)
    for name, column in (("stop_loss", STOP_LOSS), ("take_profit", TAKE_PROFIT)):
        distance = getattr(filled.execution, name)
        if getattr(given, name) is None and distance is not None:  # left to the spec
            own[:, column] = distance
    return BracketCells(filled, lines, own)


def _settings(given: Levels, n_cells: int) -> FloatArray | None:
    """Return the settings of all cells; None when some cell's are not what a run takes."""
    if not (isinstance(given.long, str) and isinstance(given.short, str)):
        return None
    own = np.full((n_cells, OWN_COLUMNS), np.nan)
    for name, column in _COLUMNS.items():
        value = getattr(given, name)
        if value is not None:
            own[:, column] = value.values if isinstance(value, Symbol) else value
            if not ((own[:, column] > 0.0) & (own[:, column] < np.inf)).all():
                return None
    alive = own[:, ENTRY_BARS]
    return own if ((alive >= 1.0) & (alive == np.floor(alive))).all() else None
