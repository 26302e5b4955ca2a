"""The compiled drivers: one run with its records, and many cells with their metrics only.

Both call the same `simulate` and `measure`; a sweep enters Python once for all its cells.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import float64, int64, types, void

from engine.kernels.compile import compile_loop, loop_kernel
from engine.kernels.performance import LANES, measure
from engine.kernels.positions import BOOK_SIZE, END, LIQUIDATION, LOT_SIZE, REBALANCE, STATE_SIZE
from engine.kernels.simulate import simulate
from engine.kernels.terms import EXTRA, MARKET, ORDER_COLUMNS, TERMS, TRACES, TRADE_COLUMNS
from engine.kernels.types import INTEGER_MATRIX, MATRIX, PRICES, RULE, STAMPS, VECTOR

NS_PER_DAY = 86_400_000_000_000
OPEN_LOTS = 16

# Bars per year, yearly risk-free rate, benchmark return.
CONTEXT = types.UniTuple(float64, 3)
TABLE = types.Array(float64, 2, "C", readonly=True)


@loop_kernel
def elapsed_days(time, n):
    """Return the days from the first to the n-th close."""
    return (time[n - 1] - time[0]) / NS_PER_DAY


@loop_kernel
def is_lawful(target):
    """Return whether every target is a number in [-1, 1]."""
    wrong = 0
    for t in range(target.shape[0]):
        wrong += not abs(target[t]) <= 1.0  # also true for NaN
    return wrong == 0


def _sweep(rule, prices, market, extra, bank, cell_rows, cell_params, gate, terms, traces, context, out):
    n_bars = prices.close.shape[0]
    targets = np.empty((1, n_bars))
    equity, returns = np.empty(n_bars), np.empty(n_bars)
    trades, orders = np.empty((0, TRADE_COLUMNS)), np.empty((0, ORDER_COLUMNS))
    lots, state = np.empty((1, OPEN_LOTS, LOT_SIZE)), np.empty((1, STATE_SIZE))
    lanes, book = np.empty((2, LANES)), np.empty(BOOK_SIZE)
    periods, risk_free, benchmark = context
    for cell in range(cell_params.shape[0]):
        targets[:] = 0.0  # what a rule leaves out is flat, and not what the cell before held
        rule(prices, bank, cell_rows[cell], cell_params[cell], targets[0])
        if not is_lawful(targets[0]):
            out[cell, :] = np.nan
            continue
        if gate.shape[0] == n_bars:
            for t in range(n_bars):
                targets[0, t] *= gate[t]
        n = simulate(market, extra, targets, terms, equity, trades, orders, traces, lots, state, book)
        while n < 0:
            lots = np.empty((1, 2 * lots.shape[1], LOT_SIZE))
            n = simulate(market, extra, targets, terms, equity, trades, orders, traces, lots, state, book)
        days = elapsed_days(prices.time, n)
        measure(
            equity, n, book, terms.capital, periods, risk_free, days, benchmark, returns, lanes, out[cell]
        )


def _run(market, extra, targets, terms, context, time, equity, returns, trades, orders, traces, book, out):
    n_assets = targets.shape[0]
    lots, state = np.empty((n_assets, OPEN_LOTS, LOT_SIZE)), np.empty((n_assets, STATE_SIZE))
    n = simulate(market, extra, targets, terms, equity, trades, orders, traces, lots, state, book)
    while n < 0:
        lots = np.empty((n_assets, 2 * lots.shape[1], LOT_SIZE))
        n = simulate(market, extra, targets, terms, equity, trades, orders, traces, lots, state, book)
    lanes = np.empty((2, LANES))
    days = elapsed_days(time, n)
    measure(
        equity, n, book, terms.capital, context[0], context[1], days, context[2], returns, lanes, out
    )
    return n


def _excursions(high, low, trades, count, filled_at_close, worst, best):
    for row in range(count):
        asset, side, reason = int(trades[row, 0]), trades[row, 1], trades[row, 3]
        entry, exit_ = trades[row, 9], trades[row, 10]
        at_close = reason in (LIQUIDATION, END) or (filled_at_close != 0 and reason <= REBALANCE)
        first = int(trades[row, 6]) + filled_at_close
        stop = int(trades[row, 8]) + (1 if at_close else 0)
        lowest, highest = min(entry, exit_), max(entry, exit_)
        for t in range(first, stop):
            lowest = min(lowest, low[asset, t])
            highest = max(highest, high[asset, t])
        down, up = lowest / entry - 1.0, highest / entry - 1.0
        worst[row] = down if side > 0.0 else -up
        best[row] = up if side > 0.0 else -down


@functools.cache
def sweep_driver() -> Any:
    """Return the compiled evaluation of many cells of one rule on one instrument.

    ``(rule, prices, market, extra, bank, cell_rows, cell_params, gate, terms, traces, context, out)``: the
    rule is
    compiled, ``bank`` is float64[k, n_bars], ``cell_rows`` int64[n_cells, lines] names the bank rows of
    each cell, ``cell_params`` is float64[n_cells, parameters], ``gate`` float64[n_bars] multiplies the
    targets (another length: no gate), ``context`` holds bars per year, the yearly
    risk-free rate and the benchmark return, and ``out`` float64[n_cells, METRIC_COUNT] is filled. A cell
    whose rule leaves [-1, 1] is a row of NaN.
    """
    signature = void(
        types.FunctionType(RULE), PRICES, MARKET, EXTRA, MATRIX, INTEGER_MATRIX, MATRIX, VECTOR, TERMS,
        TRACES, CONTEXT, MATRIX,
    )  # fmt: skip
    return compile_loop(_sweep, signature)


@functools.cache
def run_driver() -> Any:
    """Return the compiled single run.

    ``(market, extra, targets, terms, context, time, equity, returns, trades, orders, traces, book, out)``
    gives ``n``: arrays as in `simulate` and `measure`; ``n`` is the number of bars simulated.
    """
    signature = int64(
        MARKET, EXTRA, MATRIX, TERMS, CONTEXT, STAMPS, VECTOR, VECTOR, MATRIX, MATRIX, TRACES, VECTOR, VECTOR
    )
    return compile_loop(_run, signature)


@functools.cache
def excursion_driver() -> Any:
    """Return the compiled search for the best and worst price during each trade.

    ``(high, low, trades, count, filled_at_close, worst, best)``: prices float64[n_assets, n_bars]; rows of
    `simulate`'s trades; outputs float64[count] as fractions of the entry price, <= 0 and >= 0. Bars between
    entry and exit count whole; the bar of a fill counts up to its price where the path inside is not known.
    """
    signature = void(TABLE, TABLE, MATRIX, int64, int64, VECTOR, VECTOR)
    return compile_loop(_excursions, signature)
