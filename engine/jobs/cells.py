"""`PreparedCells`: the cells of a sweep where chunk after chunk is evaluated.

`engine.studies.sweep.run_cells` prepares prices and indicator lines anew in each call. Over a million bars
that costs more than the cells of a small chunk, so what chunks share is kept here, and lines are computed
when the first cell needs them. Whatever is out of the ordinary is left to `run_cells`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtest.market import market_of, terms_of
from engine.backtest.run import benchmark_of, periods_of, select
from engine.backtest.spec import BacktestSpec
from engine.backtest.targets import blaming
from engine.core.bars import Bars, FloatArray
from engine.core.errors import StrategyError
from engine.indicators import KINDS
from engine.indicators.bank import fill_bank
from engine.kernels.performance import FINAL, METRIC_COUNT
from engine.kernels.sweep import sweep_driver
from engine.kernels.types import prices_of
from engine.strategies import Rule, Strategy, load
from engine.studies.grid import full_columns
from engine.studies.plan import BankPlan, param_matrix, plan_bank
from engine.studies.sweep import BANK_BYTES, run_cells


class PreparedCells:
    """Cells of one sweep.

    Parameters
    ----------
    bars : Bars
    spec : BacktestSpec
        What the cells share.
    params : structured array, one row per cell
        From `engine.studies.grid.build_cells`.
    """

    def __init__(self, bars: Bars, spec: BacktestSpec, params: npt.NDArray[Any]) -> None:
        self._bars, self._spec, self._params = bars, spec, params
        self._compiled: _CompiledCells | None = None
        strategy = load(spec.strategy.name)
        if strategy.decide is None:
            return
        series = select(bars, spec)
        columns = full_columns(strategy, spec.strategy.params, params)
        try:
            plan = plan_bank(strategy, columns, params.size)
        except StrategyError:
            return
        if plan.size * len(series) * 8 <= BANK_BYTES:
            matrix = param_matrix(strategy, columns, params.size)
            self._compiled = _CompiledCells(series, spec, strategy, strategy.decide, plan, matrix)

    def run(self, start: int, stop: int, errors: dict[int, str]) -> FloatArray:
        """Return the metrics of cells ``start : stop``, the same bits as `run_cells`.

        Parameters
        ----------
        start, stop : int
        errors : dict
            Receives the message of each failed cell, by its row in the answer.

        Returns
        -------
        float64[stop - start, metrics]
        """
        if self._compiled is not None:
            try:
                values = self._compiled.run(start, stop)
            except StrategyError:
                self._compiled = None
            else:
                if not np.isnan(values[:, FINAL]).any():
                    return values
        return run_cells(self._bars, self._spec, self._params[start:stop], errors)


class _CompiledCells:
    """A rule's cells with one bank for all of them; a line is computed when a chunk first reads it."""

    def __init__(
        self,
        bars: Bars,
        spec: BacktestSpec,
        strategy: Strategy,
        rule: Rule,
        plan: BankPlan,
        matrix: FloatArray,
    ) -> None:
        self._bars, self._strategy, self._rule, self._plan = bars, strategy, rule, plan
        self._matrix = matrix
        self._prices, self._market, self._terms = prices_of(bars), market_of(bars, spec), terms_of(spec)
        self._context = (periods_of(bars, spec), spec.risk_free, benchmark_of(bars))
        self._bank = np.empty((max(plan.size, 1), len(bars)))
        self._is_filled = np.zeros(plan.size, np.bool_)

    def run(self, start: int, stop: int) -> FloatArray:
        """Return the metrics of some cells; NaN for a cell that must be looked at on its own.

        Raises
        ------
        StrategyError
            The rule or a declared line raised.
        """
        rows = self._plan.cell_rows[start:stop]
        out = np.full((stop - start, METRIC_COUNT), np.nan)
        with blaming(self._strategy):
            self._fill(rows)
            sweep_driver()(
                self._rule.compiled, self._prices, self._market, self._bank, rows, self._matrix[start:stop],
                self._terms, self._context, out,
            )  # fmt: skip
        return out

    def _fill(self, rows: npt.NDArray[np.int64]) -> None:
        wanted = np.zeros(self._plan.size, np.bool_)
        wanted[rows.ravel()] = True
        wanted &= ~self._is_filled
        first = 0
        for kind, source, args in self._plan.requests:
            outputs = len(KINDS[kind].outputs)
            block = slice(first, first + len(args) * outputs)
            first = block.stop
            missing = np.flatnonzero(wanted[block].reshape(len(args), outputs).any(axis=1))
            # Neighbours are computed in one call.
            for run in np.split(missing, np.flatnonzero(np.diff(missing) > 1) + 1):
                if run.size:
                    part = slice(block.start + run[0] * outputs, block.start + (run[-1] + 1) * outputs)
                    fill_bank(self._bars, [(kind, source, args[run[0] : run[-1] + 1])], self._bank[part])
                    self._is_filled[part] = True
