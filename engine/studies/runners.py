"""Who evaluates the cells of a sweep: the compiled sweep of one instrument, or whole runs one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from engine.backtest.run import instruments_of, run_backtest, select
from engine.backtest.spec import BacktestSpec, CandleKind
from engine.core.bars import Bars, FloatArray
from engine.core.errors import IvyError
from engine.data.split import RunMode, span
from engine.metrics import METRIC_NAMES, TAIL_NAMES
from engine.sizing import FixedFraction
from engine.strategies import load
from engine.studies.cells import CellRunner
from engine.studies.grid import full_columns
from engine.studies.plan import cell_params


class Cells(Protocol):
    """Cells of one sweep, ready to be evaluated."""

    def run(self, start: int, stop: int, errors: dict[int, str]) -> FloatArray:
        """Return the metrics of cells ``start : stop``; see `engine.studies.cells.CellRunner.run`."""
        ...


def cells_of(
    bars: Bars | Sequence[Bars], spec: BacktestSpec, params: npt.NDArray[Any], finer: Sequence[Bars] = ()
) -> Cells:
    """Return what evaluates the cells of a sweep.

    Parameters
    ----------
    bars : Bars or sequence of Bars
        One instrument, or those that share the account.
    spec : BacktestSpec
        What the cells share; its date range is applied.
    params : structured array, one row per cell
        From `engine.studies.grid.build_cells`.
    finer : sequence of Bars, default ()
        Shorter bars that decide what came first inside a bar.

    Raises
    ------
    InputError
        Unknown strategy or parameter, no bars in the date range.
    """
    if needs_whole_runs(bars, spec, finer):
        return WholeRuns(bars, spec, params, finer)
    return CellRunner(_one(bars), spec, params)


def needs_whole_runs(bars: Bars | Sequence[Bars], spec: BacktestSpec, finer: Sequence[Bars] = ()) -> bool:
    """Return whether a cell is more than targets and fixed terms on the bars of one instrument."""
    data = spec.data
    return bool(
        (not isinstance(bars, Bars) and len(bars) != 1)
        or finer
        or data.formula
        or spec.sleeves
        or spec.strategy.symbols
        or spec.gates
        or spec.symbol_costs
        or data.candles.kind is not CandleKind.STANDARD
        or data.candles.timeframe
        or data.run_mode is not RunMode.FULL
        or not isinstance(spec.sizing, FixedFraction)
    )


def length_of(
    bars: Bars | Sequence[Bars], spec: BacktestSpec, finer: Sequence[Bars] = ()
) -> tuple[int, bool]:
    """Return how many bars a cell works on, and whether its loops are compiled as one.

    Raises
    ------
    InputError, DataError
        The spec and the bars do not go together: no bar in the date range, an unknown symbol.
    """
    if not needs_whole_runs(bars, spec, finer):
        return len(select(bars, spec)), load(spec.strategy.name).decide is not None
    series = instruments_of(bars, spec)
    span(len(series[0]), spec.data.train_split, spec.data.run_mode)
    return sum(map(len, series)), False


class WholeRuns:
    """Cells that are whole runs: portfolios, formulas, gates, derived candles.

    Parameters
    ----------
    bars, spec, params, finer
        As in `cells_of`.
    """

    def __init__(
        self,
        bars: Bars | Sequence[Bars],
        spec: BacktestSpec,
        params: npt.NDArray[Any],
        finer: Sequence[Bars] = (),
    ) -> None:
        self._bars, self._spec, self._finer = bars, spec, tuple(finer)
        self._columns = full_columns(load(spec.strategy.name), spec.strategy.params, params)

    def run(self, start: int, stop: int, errors: dict[int, str]) -> FloatArray:
        """Return the metrics of cells ``start : stop``, those of `run_backtest` bit for bit.

        Parameters
        ----------
        start, stop : int
        errors : dict
            Receives the message of each failed cell, by its row in the answer; such rows are NaN.

        Returns
        -------
        float64[stop - start, len(METRIC_NAMES)]
            Tail metrics are NaN, as in the compiled sweep.
        """
        out = np.full((stop - start, len(METRIC_NAMES)), np.nan)
        for row in range(stop - start):
            spec = with_params(self._spec, cell_params(self._columns, start + row))
            try:
                metrics = run_with(self._bars, spec, self._finer).metrics
            except IvyError as error:
                errors[row] = str(error)
                continue
            out[row] = [np.nan if name in TAIL_NAMES else metrics[name] for name in METRIC_NAMES]
        return out


def run_with(bars: Bars | Sequence[Bars], spec: BacktestSpec, finer: Sequence[Bars]) -> Any:
    """Return `run_backtest` of the bars, with finer ones where there are any."""
    return run_backtest(bars, spec, tuple(finer)) if finer else run_backtest(bars, spec)


def with_params(spec: BacktestSpec, params: dict[str, Any]) -> BacktestSpec:
    """Return the spec with parameters of its strategy set; its instruments and its share stay."""
    strategy = spec.strategy.model_copy(update={"params": dict(spec.strategy.params) | params})
    return spec.replace(strategy=strategy.model_dump(mode="json"))


def _one(bars: Bars | Sequence[Bars]) -> Bars:
    return bars if isinstance(bars, Bars) else bars[0]
