"""The compiled drivers of many instruments with an account each: a chunk of them in one call.

They call the same rule, `simulate` and `measure` as a single run; only how the arrays come in differs.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import float64, int64, types, void

from engine.kernels.addresses import flags_at, pair_at, prices_at, row_at, series_at
from engine.kernels.compile import compile_loop, kernel, loop_kernel
from engine.kernels.performance import LANES, measure
from engine.kernels.positions import BOOK_SIZE, LOT_SIZE, STATE_SIZE
from engine.kernels.simulate import simulate
from engine.kernels.sweep import OPEN_LOTS, elapsed_days, is_lawful
from engine.kernels.terms import (
    EXTRA,
    FEE_COLUMNS,
    ORDER_COLUMNS,
    TERMS,
    TRACES,
    TRADE_COLUMNS,
    Extra,
    Market,
)
from engine.kernels.types import INDICATOR, INTEGER_MATRIX, INTEGERS, MATRIX, RULE, VECTOR

# Columns of a table of addresses, after those of `Prices`: what `Market` and `Extra` hold for one instrument,
# and the gate. From DAYS on an array has a value for every bar, or a single one where the run needs none;
# the table of widths, int64[m, WIDTHS], says which, in the same order.
MARKET_OPEN, MARKET_HIGH, MARKET_LOW, MARKET_CLOSE, FEES = 7, 8, 9, 10, 11
DAYS, DECIDES, ATR, GEAR, LEVEL, TRADED, GATE = 12, 13, 14, 15, 16, 17, 18
COLUMNS, WIDTHS = 19, 7


@kernel
def market_at(row, widths, n):
    """Return the `Market` of one instrument from its addresses, int64[COLUMNS]."""
    return Market(
        row_at(row[MARKET_OPEN], n), row_at(row[MARKET_HIGH], n), row_at(row[MARKET_LOW], n),
        row_at(row[MARKET_CLOSE], n), series_at(row[DAYS], widths[0]), flags_at(row[DECIDES], widths[1]),
        row_at(row[ATR], widths[2]), row_at(row[FEES], FEE_COLUMNS),
    )  # fmt: skip


@kernel
def extra_at(row, widths, shared):
    """Return the `Extra` of one instrument: its own arrays, the rest from ``shared``."""
    return Extra(
        row_at(row[GEAR], widths[3]), pair_at(row[LEVEL], widths[4]), row_at(row[TRADED], widths[5]),
        shared.alive, shared.rank, shared.fine, shared.fine_first,
    )  # fmt: skip


@loop_kernel
def is_flat(target, bars):
    """Return whether the first targets are zero."""
    held = 0
    for t in range(min(bars, target.shape[0])):
        held += target[t] != 0.0
    return held == 0


@loop_kernel
def read_ahead(prices):
    """Return the sum of every eighth price.

    The simulator jumps from order to order, and each fill would wait for memory. Read in order, the prices
    of all bars come in the time of a few such waits: a third of the run of an instrument.
    """
    total = 0.0
    for t in range(0, prices.shape[0], 8):
        total += prices[t]
    return total


def _fill_each(indicator, table, sizes, sources, args, outputs, first, height, bank):
    start = 0
    for row in range(sizes.shape[0]):
        n = sizes[row]
        prices, source = prices_at(table[row], n), series_at(sources[row], n)
        own = bank[start : start + height * n].reshape(height, n)
        for k in range(args.shape[0]):
            indicator(prices, source, args[k], own[first + k * outputs : first + (k + 1) * outputs])
        start += height * n


def _run_each(
    rule, table, widths, sizes, shared, bank, rows, height, params, warmup, terms, traces, periods, risk_free,
    out,
):
    longest = 0
    for row in range(sizes.shape[0]):
        longest = max(longest, sizes[row])
    signals, curve, returns = np.empty(longest), np.empty(longest), np.empty(longest)
    trades, orders = np.empty((0, TRADE_COLUMNS)), np.empty((0, ORDER_COLUMNS))
    lots, state = np.empty((1, OPEN_LOTS, LOT_SIZE)), np.empty((1, STATE_SIZE))
    lanes, book = np.empty((2, LANES)), np.empty(BOOK_SIZE)
    start = 0
    for row in range(sizes.shape[0]):
        n_bars = sizes[row]
        prices = prices_at(table[row], n_bars)
        own = bank[start : start + height * n_bars].reshape(height, n_bars)
        start += height * n_bars
        target, equity = signals[:n_bars], curve[:n_bars]
        target[:] = 0.0
        rule(prices, own, rows, params, target)
        if not (is_lawful(target) and is_flat(target, warmup)):
            continue
        gate = series_at(table[row, GATE], widths[row, 6])
        if gate.shape[0] == n_bars:
            for t in range(n_bars):
                target[t] = target[t] if gate[t] != 0.0 else 0.0
        targets = target.reshape(1, n_bars)
        market = market_at(table[row], widths[row], n_bars)
        extra = extra_at(table[row], widths[row], shared)
        if not read_ahead(market.open[0]) > 0.0:
            continue
        n = simulate(market, extra, targets, terms, equity, trades, orders, traces, lots, state, book)
        while n < 0:
            lots = np.empty((1, 2 * lots.shape[1], LOT_SIZE))
            n = simulate(market, extra, targets, terms, equity, trades, orders, traces, lots, state, book)
        days = elapsed_days(prices.time, n)
        benchmark = prices.close[n_bars - 1] / prices.close[0] - 1.0
        measure(
            equity, n, book, terms.capital, periods[row], risk_free, days, benchmark, returns, lanes, out[row]
        )


@functools.cache
def fill_driver() -> Any:
    """Return the compiled computation of one kind of indicator on many instruments.

    ``(indicator, table, sizes, sources, args, outputs, first, height, bank)``: the indicator is compiled;
    ``table`` int64[m, COLUMNS] holds the addresses of each instrument's arrays, ``sizes`` int64[m] its bars,
    ``sources`` int64[m] the address of its input series; ``args`` is float64[k, n_args], one set per row. In
    ``bank``, flat float64, an instrument has ``height`` rows of its own length, after those of the one
    before; rows ``first : first + k x outputs`` of each are filled.
    """
    signature = void(
        types.FunctionType(INDICATOR), INTEGER_MATRIX, INTEGERS, INTEGERS, MATRIX, int64, int64, int64, VECTOR
    )
    return compile_loop(_fill_each, signature)


@functools.cache
def each_driver() -> Any:
    """Return the compiled run of one rule on many instruments, an account each.

    ``(rule, table, widths, sizes, shared, bank, rows, height, params, warmup, terms, traces, periods,
    risk_free, out)``: ``table``, ``sizes``, ``bank`` and ``height`` as in `fill_driver`; ``widths`` int64[m,
    WIDTHS] is the length of each array from column DAYS on; ``shared`` is an `Extra`, ``rows``
    int64[lines] the bank rows of the rule's lines, ``params`` float64[parameters], ``warmup`` bars that must
    be flat, ``periods`` float64[m] bars per year. ``out`` float64[m, METRIC_COUNT] is filled; an instrument
    whose targets are not lawful keeps its row.
    """
    signature = void(
        types.FunctionType(RULE), INTEGER_MATRIX, INTEGER_MATRIX, INTEGERS, EXTRA, VECTOR, INTEGERS, int64,
        VECTOR, int64, TERMS, TRACES, VECTOR, float64, MATRIX,
    )  # fmt: skip
    return compile_loop(_run_each, signature)
