"""`CellRunner`: evaluates cells of a grid, chunk after chunk, with what they share prepared once.

Prices, terms and indicator lines are the same for all cells; a line is computed when the first cell needs
it. Over a million bars that costs more than the cells of a small chunk.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.backtest.account import NO_TRACES
from engine.backtest.levels import has_levels
from engine.backtest.market import extra_of, market_of, terms_of
from engine.backtest.run import (
    benchmark_of,
    check_symbols,
    instruments_of,
    is_portfolio,
    periods_of,
    run_backtest,
    select,
)
from engine.backtest.signals import mask_of
from engine.backtest.spec import BacktestSpec, CandleKind
from engine.backtest.targets import blaming
from engine.core.bars import Bars, FloatArray, IntArray
from engine.core.errors import IvyError, StrategyError
from engine.data.split import RunMode
from engine.indicators import KINDS
from engine.indicators.bank import fill_bank
from engine.kernels.bracket_sweep import bracket_sweep_driver
from engine.kernels.performance import FINAL, METRIC_COUNT
from engine.kernels.sweep import sweep_driver
from engine.kernels.terms import record_of
from engine.kernels.types import prices_of
from engine.metrics import METRIC_NAMES
from engine.strategies import Rule, Strategy, load
from engine.studies.bracket_cells import BracketCells, bracket_cells
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


def is_simple(spec: BacktestSpec) -> bool:
    """Return whether cells differ in nothing but a rule's parameters on one instrument's own bars."""
    data = spec.data
    candles = data.candles.kind is not CandleKind.STANDARD or data.candles.timeframe
    return not (candles or is_portfolio(spec) or data.run_mode is not RunMode.FULL)


class CellRunner:
    """Cells of one sweep.

    Parameters
    ----------
    bars : Bars or sequence of Bars
        Several instruments share one account; such cells run one by one.
    spec : BacktestSpec
        What the cells share; its date range is applied.
    params : structured array, one row per cell
        From `engine.studies.grid.build_cells`.

    Raises
    ------
    InputError
        Unknown strategy or parameter, no bars in the date range.
    """

    def __init__(
        self, bars: Bars | Sequence[Bars], spec: BacktestSpec, params: npt.NDArray[Any],
        finer: Sequence[Bars] = (),
    ) -> None:  # fmt: skip
        self._series, self._spec, self._finer = instruments_of(bars, spec), spec, tuple(finer)
        self._is_simple = len(self._series) == 1 and not self._finer and is_simple(spec)
        self._bars = select(self._series[0], spec) if self._is_simple else self._series[0]
        if self._is_simple:
            check_symbols(spec, [self._bars.symbol])
        self._gate: FloatArray | None = None
        self._strategy = load(spec.strategy.name)
        self._columns = full_columns(self._strategy, spec.strategy.params, params)
        if type(self._strategy).references is not Strategy.references and _has_text(self._columns):
            # Each cell reads instruments of its own, and trades the others.
            self._series, self._is_simple = (bars,) if isinstance(bars, Bars) else tuple(bars), False
        self._size = params.size
        self._plan: BankPlan | None = None
        self._lines: Lines | None = None
        self._brackets: BracketCells | None = None

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
        if self._strategy.decide is not None and self._is_simple and self._suits(start, stop):
            with contextlib.suppress(StrategyError), blaming(self._strategy):
                self._run_compiled(self._strategy.decide, start, stop, out)
        for row in np.flatnonzero(np.isnan(out[:, FINAL])).tolist():
            try:
                out[row] = self._run_one(start + row)
            except IvyError as error:
                errors[row] = str(error)
        return out

    def _suits(self, start: int, stop: int) -> bool:
        """Return whether the strategy takes these bars in every cell; else their own runs say why not."""
        strategy = self._strategy
        if type(strategy).check is Strategy.check:
            return True
        kinds: IntArray = np.zeros(stop - start, np.int64)
        for name in strategy.checked:
            if isinstance(column := self._columns[name], np.ndarray):
                # Words that may be missing do not sort.
                part = column[start:stop].astype(str) if column.dtype == object else column[start:stop]
                values, places = np.unique(part, return_inverse=True)
                kinds = kinds * values.size + places
        first_cells = np.unique(kinds, return_index=True)[1] + start
        try:
            with blaming(strategy):
                for cell in first_cells.tolist():
                    strategy.check(self._bars, strategy.parse(cell_params(self._columns, cell)))
        except IvyError:
            return False
        return True

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
        if self._gate is None:
            mask = mask_of(bars, spec)[0]
            self._gate = np.zeros(0) if mask is None else mask.astype(np.float64)
        context = (periods_of(bars, spec), spec.risk_free, benchmark_of(bars))
        if has_levels(self._strategy):
            self._drive_brackets(rule, lines, rows, part, context, out)
            return
        sweep_driver()(
            rule.compiled, prices_of(bars), market_of(bars, spec), extra_of(bars, spec), lines.bank, rows,
            self._matrix(part), self._gate, record_of(terms_of(spec)), NO_TRACES, context, out,
        )  # fmt: skip

    def _drive_brackets(
        self, rule: Rule, lines: Lines, rows: IntArray, part: slice, context: tuple[float, float, float],
        out: FloatArray,
    ) -> None:  # fmt: skip
        bars = self._bars
        if self._brackets is None:
            self._brackets = bracket_cells(self._strategy, bars, self._columns, self._size, self._spec)
        if self._brackets is None:
            return  # every cell says for itself what it places
        spec, named, own = self._brackets
        level = np.full((2, len(bars)), np.nan)
        bracket_sweep_driver()(
            rule.compiled, prices_of(bars), market_of(bars, spec), extra_of(bars, spec, (level[0], level[1])),
            lines.bank, rows, self._matrix(part), named, own[part], level,
            int(level.__array_interface__["data"][0]), self._gate, record_of(terms_of(spec)).copy(),
            NO_TRACES, context, out,
        )  # fmt: skip

    def _matrix(self, part: slice) -> FloatArray:
        some = {k: v[part] if isinstance(v, np.ndarray) else v for k, v in self._columns.items()}
        return param_matrix(self._strategy, some, part.stop - part.start)

    def _run_one(self, cell: int) -> list[float]:
        strategy = self._spec.strategy.model_copy(update={"params": cell_params(self._columns, cell)})
        spec = self._spec.model_copy(update={"strategy": strategy})
        metrics = run_backtest(self._series, spec, self._finer).metrics
        return [metrics[name] for name in METRIC_NAMES]


def _has_text(columns: Mapping[str, Any]) -> bool:
    return any(isinstance(value, np.ndarray) and value.dtype.kind in "UO" for value in columns.values())
