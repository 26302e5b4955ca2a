"""`CellRunner`: evaluates cells of a grid, chunk after chunk, with what they share prepared once.

Prices, terms and indicator lines are the same for all cells; a line is computed when the first cell needs
it. Over a million bars that costs more than the cells of a small chunk.
"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtest.market import market_of, terms_of
from engine.backtest.run import benchmark_of, periods_of, run_backtest, select
from engine.backtest.spec import BacktestSpec
from engine.backtest.targets import blaming
from engine.core.bars import Bars, FloatArray, IntArray
from engine.core.errors import IvyError, StrategyError
from engine.indicators import KINDS
from engine.indicators.bank import fill_bank
from engine.kernels.performance import FINAL, METRIC_COUNT
from engine.kernels.sweep import sweep_driver
from engine.kernels.types import prices_of
from engine.metrics import METRIC_NAMES
from engine.strategies import Rule, load
from engine.studies.grid import full_columns
from engine.studies.plan import BankPlan, cell_params, param_matrix, plan_bank

# Lines held at once; cells that need more are worked off in parts, each with lines of its own.
BANK_BYTES = 192_000_000


class Lines:
    """The indicator lines of a plan; computed when a cell first reads them.

    Parameters
    ----------
    bars : Bars
    plan : BankPlan
    """

    def __init__(self, bars: Bars, plan: BankPlan) -> None:
        self._bars, self._plan = bars, plan
        self.bank = np.empty((max(plan.size, 1), len(bars)))
        self._is_filled = np.zeros(plan.size, np.bool_)

    def fill(self, rows: IntArray) -> None:
        """Compute the lines that ``rows`` (positions in the bank) name, unless they are there."""
        wanted = np.zeros(self._plan.size, np.bool_)
        wanted[rows.ravel()] = True
        wanted &= ~self._is_filled
        if not wanted.any():
            return
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
                    fill_bank(self._bars, [(kind, source, args[run[0] : run[-1] + 1])], self.bank[part])
                    self._is_filled[part] = True


class CellRunner:
    """Cells of one sweep on one instrument.

    Parameters
    ----------
    bars : Bars
    spec : BacktestSpec
        What the cells share; its date range is applied.
    params : structured array, one row per cell
        From `engine.studies.grid.build_cells`.

    Raises
    ------
    InputError
        Unknown strategy or parameter, no bars in the date range.
    """

    def __init__(self, bars: Bars, spec: BacktestSpec, params: npt.NDArray[Any]) -> None:
        self._bars, self._spec = select(bars, spec), spec
        self._strategy = load(spec.strategy.name)
        self._columns = full_columns(self._strategy, spec.strategy.params, params)
        self._size = params.size
        self._plan: BankPlan | None = None
        self._lines: Lines | None = None

    def run(self, start: int, stop: int, errors: dict[int, str]) -> FloatArray:
        """Return the metrics of cells ``start : stop``, equal bit for bit to single runs.

        Parameters
        ----------
        start, stop : int
        errors : dict
            Receives the message of each failed cell, by its row in the answer; such rows are NaN.

        Returns
        -------
        float64[stop - start, len(METRIC_NAMES)]
            Tail metrics are NaN.
        """
        out = np.full((stop - start, METRIC_COUNT), np.nan)
        # A rule that raised in one cell spoils the compiled call: its cells then run one by one. A cell
        # that left [-1, 1] is a row of NaN, and its own run finds the bar and the words.
        if self._strategy.decide is not None:
            with contextlib.suppress(StrategyError), blaming(self._strategy):
                self._run_compiled(self._strategy.decide, start, stop, out)
        for row in np.flatnonzero(np.isnan(out[:, FINAL])).tolist():
            try:
                out[row] = self._run_one(start + row)
            except IvyError as error:
                errors[row] = str(error)
        return out

    def _run_compiled(self, rule: Rule, start: int, stop: int, out: FloatArray) -> None:
        if self._plan is None:
            self._plan = plan_bank(self._strategy, self._columns, self._size)
        if self._fits(self._plan):
            self._lines = self._lines or Lines(self._bars, self._plan)
            self._drive(rule, self._lines, self._plan.cell_rows[start:stop], slice(start, stop), out)
            return
        part = {k: v[start:stop] if isinstance(v, np.ndarray) else v for k, v in self._columns.items()}
        plan = plan_bank(self._strategy, part, stop - start)
        if self._fits(plan) or stop - start == 1:
            self._drive(rule, Lines(self._bars, plan), plan.cell_rows, slice(start, stop), out)
            return
        middle = (start + stop) // 2
        self._run_compiled(rule, start, middle, out[: middle - start])
        self._run_compiled(rule, middle, stop, out[middle - start :])

    def _fits(self, plan: BankPlan) -> bool:
        return plan.size * len(self._bars) * 8 <= BANK_BYTES

    def _drive(self, rule: Rule, lines: Lines, rows: IntArray, part: slice, out: FloatArray) -> None:
        bars, spec = self._bars, self._spec
        lines.fill(rows)
        sweep_driver()(
            rule.compiled, prices_of(bars), market_of(bars, spec), lines.bank, rows, self._matrix(part),
            terms_of(spec), (periods_of(bars, spec), spec.risk_free, benchmark_of(bars)), out,
        )  # fmt: skip

    def _matrix(self, part: slice) -> FloatArray:
        some = {k: v[part] if isinstance(v, np.ndarray) else v for k, v in self._columns.items()}
        return param_matrix(self._strategy, some, part.stop - part.start)

    def _run_one(self, cell: int) -> list[float]:
        strategy = {"name": self._spec.strategy.name, "params": cell_params(self._columns, cell)}
        metrics = run_backtest(self._bars, self._spec.replace(strategy=strategy)).metrics
        return [metrics[name] for name in METRIC_NAMES]
