"""`ChunkRunner`: a compiled rule on many instruments, a chunk of them per call.

Simulating a few thousand bars takes microseconds; handing the arrays of one instrument to compiled code takes
several times that. So a table of addresses goes in: one call computes a kind of indicator for the whole
chunk, one more runs all its accounts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from engine.backtest.account import NO_TRACES
from engine.backtest.market import NO_EXTRA, accrues, extra_of, is_plain, market_of, terms_of
from engine.backtest.run import as_traded, check_prices, periods_of
from engine.backtest.signals import mask_of
from engine.backtest.spec import BacktestSpec, InstrumentSpec
from engine.backtest.targets import blaming
from engine.core.bars import OHLCV, Bars, FloatArray
from engine.core.errors import IvyError, StrategyError
from engine.data.split import split_at
from engine.execution.fills import Rebalance, StopUnit
from engine.indicators import KINDS, Indicator
from engine.indicators.bank import distinct, source_series
from engine.kernels.compile import compile_indicator
from engine.kernels.each import WIDTHS, each_driver, fill_driver
from engine.kernels.performance import METRIC_COUNT
from engine.kernels.terms import Extra, Market, record_of
from engine.kernels.types import prices_of
from engine.strategies import Rule, Strategy, StrategyParams

# Indicator lines of a chunk: they are read right after they are written, still in a cache.
CHUNK_BYTES = 2_000_000
MOST_IN_CHUNK = 64

# Asking numpy for an address takes a microsecond. Arrays of `Bars` stay where they are as long as it lives.
_ADDRESSES: WeakKeyDictionary[Bars, list[int]] = WeakKeyDictionary()

_NO_GATE = np.zeros(1)
_NOTHING_WIDE = [1] * WIDTHS


class _Inputs(NamedTuple):
    """Arrays of one instrument and their addresses, valid as long as this is held."""

    bars: Bars
    size: int
    terms: np.void
    addresses: list[int]
    widths: list[int]
    sources: list[int]  # of each request
    held: tuple[npt.NDArray[Any], ...]  # what nothing else keeps alive


class ChunkRunner:
    """Runs a compiled strategy on many instruments.

    Parameters
    ----------
    series : sequence of Bars
        The spec's date range is applied.
    spec : BacktestSpec
        With `engine.studies.cells.is_simple`.
    strategy : Strategy
        Decides by a rule.
    params : StrategyParams

    Raises
    ------
    StrategyError
        The strategy fails in declaring its indicators, or does not compile.
    """

    def __init__(
        self, series: Sequence[Bars], spec: BacktestSpec, strategy: Strategy, rule: Rule,
        params: StrategyParams,
    ) -> None:  # fmt: skip
        self._series, self._spec, self._strategy = series, spec, strategy
        with blaming(strategy):
            lines = list(strategy.indicators(params).values())
            self._warmup = int(strategy.warmup(params))
            self._rule = rule.compiled
        keys, self._rows = distinct(lines)
        self._requests = _requests(keys)
        # Columns of the addresses, when every input is a price.
        self._columns = [OHLCV.index(name) for _, name, _ in self._requests if name in OHLCV]
        self._reads_prices = len(self._columns) == len(self._requests)
        self._height = sum(len(KINDS[key.kind].outputs) for key in keys)
        self._params = params.vector()
        checks = type(strategy).check is not Strategy.check
        self._check = partial(strategy.check, p=params) if checks else None
        self._terms = record_of(terms_of(spec))
        self._other_terms: dict[bytes, np.void] = {}
        self._is_bare = is_bare(spec)
        self._has_own_words = spec.data.instrument != InstrumentSpec()
        self._held: tuple[npt.NDArray[Any], ...] = ()
        self._shared: list[int] = []
        self._bank = np.empty(0)

    def run(self, values: FloatArray) -> None:
        """Fill float64[n_assets, METRIC_COUNT]; a row keeps its NaN where the instrument must run alone."""
        chunk: dict[int, _Inputs] = {}
        size, terms = 0, self._terms
        for row, bars in enumerate(self._series):
            inputs = self._inputs(bars)
            if inputs is None:
                continue
            own = self._height * inputs.size * self._bank.itemsize
            if size + own > CHUNK_BYTES or len(chunk) == MOST_IN_CHUNK or inputs.terms is not terms:
                self._drive(chunk, values)
                chunk, size = {}, 0
            chunk[row] = inputs
            size, terms = size + own, inputs.terms
        self._drive(chunk, values)

    def _inputs(self, bars: Bars) -> _Inputs | None:
        if bars.close.size == 0:
            return None
        spec = self._spec
        try:
            if self._has_own_words:
                bars = as_traded(bars, spec)
            if spec.data.start or spec.data.end:
                bars = bars.between(spec.data.start, spec.data.end)
            if spec.data.train_split is not None:
                split_at(len(bars), spec.data.train_split)
            if self._check is not None:
                with blaming(self._strategy):
                    self._check(bars)
            return self._gathered(check_prices(bars))
        except IvyError:
            # Whatever stops an instrument here stops its own run too, which has the words for it.
            return None

    def _gathered(self, bars: Bars) -> _Inputs:
        prices = _addresses_of(bars)
        if self._is_bare and bars.instrument.multiplier == 1.0:
            # The prices are all that differs between instruments.
            if not self._shared:
                self._held = _account_arrays(market_of(bars, self._spec), NO_EXTRA, _NO_GATE)
                self._shared = [_address(array) for array in self._held[4:]]
            addresses = [*prices, *prices[:4], *self._shared]
            widths, terms = _NOTHING_WIDE, self._terms
            held: tuple[npt.NDArray[Any], ...] = ()
        else:
            own = own_spec(self._spec, bars.symbol)
            mask = mask_of(bars, own)[0]
            gate = _NO_GATE if mask is None else mask.astype(np.float64)
            held = _account_arrays(market_of(bars, own), extra_of(bars, own), gate)
            addresses = [*prices, *map(_address, held)]
            widths, terms = [array.shape[-1] for array in held[-WIDTHS:]], self._terms_of(own)
        if self._reads_prices:
            read = [prices[column] for column in self._columns]
        else:
            lines = [source_series(bars, name) for _, name, _ in self._requests]
            read, held = list(map(_address, lines)), (*held, *lines)
        return _Inputs(bars, bars.close.size, terms, addresses, widths, read, held)

    def _terms_of(self, own: BacktestSpec) -> np.void:
        if not self._spec.symbol_costs:
            return self._terms
        record = record_of(terms_of(own))
        return self._other_terms.setdefault(record.tobytes(), record)

    def _drive(self, chunk: dict[int, _Inputs], values: FloatArray) -> None:
        if not chunk:
            return
        inputs = list(chunk.values())
        table = np.array([one.addresses for one in inputs], np.int64)
        sizes = np.array([one.size for one in inputs], np.int64)
        sources = np.array([one.sources for one in inputs], np.int64).T
        needed = self._height * int(sizes.sum())
        if self._bank.size < needed:
            self._bank = np.empty(needed)
        out, first = np.full((len(inputs), METRIC_COUNT), np.nan), 0
        # A rule that raises on one instrument leaves its chunk to single runs, which say where.
        with contextlib.suppress(StrategyError), blaming(self._strategy):
            for (kind, _, args), source in zip(self._requests, sources, strict=True):
                outputs, compiled = len(KINDS[kind].outputs), compile_indicator(KINDS[kind].function)
                fill_driver()(
                    compiled, table, sizes, np.ascontiguousarray(source), args, outputs, first, self._height,
                    self._bank,
                )  # fmt: skip
                first += len(args) * outputs
            each_driver()(
                self._rule, table, np.array([one.widths for one in inputs], np.int64), sizes, NO_EXTRA,
                self._bank, self._rows, self._height, self._params, self._warmup, inputs[0].terms, NO_TRACES,
                np.array([periods_of(one.bars, self._spec) for one in inputs]), self._spec.risk_free, out,
            )  # fmt: skip
        values[list(chunk)] = out


def is_bare(spec: BacktestSpec) -> bool:
    """Return whether accounts need nothing of an instrument but its prices."""
    execution = spec.execution
    return (
        is_plain(spec)
        and execution.rebalance in (Rebalance.ON_CHANGE, Rebalance.BAND)
        and execution.stop_unit is not StopUnit.ATR
        and not (spec.gates or spec.symbol_costs or spec.costs.slippage_ticks or accrues(spec))
    )


def own_spec(spec: BacktestSpec, symbol: str) -> BacktestSpec:
    """Return the spec of one instrument alone: without what is said about the others."""
    if not spec.symbol_costs and not spec.data.symbols:
        return spec
    costs = {symbol: spec.symbol_costs[symbol]} if symbol in spec.symbol_costs else {}
    data = spec.data.model_copy(update={"symbols": ()})
    return spec.model_copy(update={"symbol_costs": costs, "data": data})


def _requests(keys: Sequence[Indicator]) -> list[tuple[str, str, FloatArray]]:
    """Return (kind, source, args) with neighbours of one kind and source as one: float64[k, n_args]."""
    merged: list[tuple[str, str, list[tuple[Any, ...]]]] = []
    for key in keys:
        if merged and merged[-1][:2] == (key.kind, key.source):
            merged[-1][2].append(key.args)
        else:
            merged.append((key.kind, key.source, [key.args]))
    return [(kind, source, np.array(args, np.float64)) for kind, source, args in merged]


def _account_arrays(market: Market, extra: Extra, gate: FloatArray) -> tuple[npt.NDArray[Any], ...]:
    """Return what an account needs besides `Prices`, in the order of the table's columns."""
    return (
        market.open, market.high, market.low, market.close, market.fees, market.days, market.decides,
        market.atr, extra.gear, extra.level, extra.volume, gate,
    )  # fmt: skip


def _addresses_of(bars: Bars) -> list[int]:
    found = _ADDRESSES.get(bars)
    if found is None:
        found = _ADDRESSES[bars] = list(map(_address, prices_of(bars)))
    return found


def _address(array: npt.NDArray[Any]) -> int:
    return int(array.__array_interface__["data"][0])
