"""The compiled driver of many cells of a rule that gives brackets, with prices and distances of their own."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import int64, types, void

from engine.kernels.addresses import pair_at
from engine.kernels.compile import compile_loop, loop_kernel
from engine.kernels.performance import LANES, measure
from engine.kernels.positions import BOOK_SIZE, LOT_SIZE, STATE_SIZE
from engine.kernels.simulate import simulate
from engine.kernels.sweep import CONTEXT, OPEN_LOTS, elapsed_days, is_lawful
from engine.kernels.terms import (
    EXTRA,
    MARKET,
    ORDER_COLUMNS,
    POINT,
    TERMS,
    TRACES,
    TRADE_COLUMNS,
    Extra,
)
from engine.kernels.types import INTEGER_MATRIX, INTEGERS, MATRIX, PRICES, RULE, VECTOR

# Columns of `own`: settings of the execution that differ between cells, NaN for none.
ENTRY_BARS, STOP_LOSS, TAKE_PROFIT = 0, 1, 2
OWN_COLUMNS = 3


@loop_kernel
def place(buy_at, sell_at, point, level):
    """Write the levels of a cell in money per unit; return whether they are prices, the upper one to buy."""
    wrong = 0
    for t in range(buy_at.shape[0]):
        buy, sell = buy_at[t], sell_at[t]
        # NaN compares false.
        wrong += (buy <= sell) | (buy <= 0.0) | (sell <= 0.0) | np.isinf(buy) | np.isinf(sell)
        level[0, t], level[1, t] = buy * point, sell * point
    return wrong == 0


def _sweep_brackets(
    rule, prices, market, extra, bank, cell_rows, cell_params, lines, own, level, address, gate, terms,
    traces, context, out,
):  # fmt: skip
    n_bars = prices.close.shape[0]
    targets = np.empty((1, n_bars))
    equity, returns = np.empty(n_bars), np.empty(n_bars)
    trades, orders = np.empty((0, TRADE_COLUMNS)), np.empty((0, ORDER_COLUMNS))
    lots, state = np.empty((1, OPEN_LOTS, LOT_SIZE)), np.empty((1, STATE_SIZE))
    lanes, book = np.empty((2, LANES)), np.empty(BOOK_SIZE)
    periods, risk_free, benchmark = context
    placed = Extra(
        extra.gear, pair_at(address, n_bars), extra.volume, extra.alive, extra.rank, extra.fine,
        extra.fine_first,
    )  # fmt: skip
    buy_row, sell_row = -1, -1
    for cell in range(cell_params.shape[0]):
        targets[:] = 0.0  # what a rule leaves out is flat, and not what the cell before held
        rule(prices, bank, cell_rows[cell], cell_params[cell], targets[0])
        above, below = cell_rows[cell, lines[0]], cell_rows[cell, lines[1]]
        if above != buy_row or below != sell_row:
            buy_row = sell_row = -1
            if not place(bank[above], bank[below], market.fees[0, POINT], level):
                out[cell, :] = np.nan
                continue
            buy_row, sell_row = above, below
        if not is_lawful(targets[0]):
            out[cell, :] = np.nan
            continue
        if gate.shape[0] == n_bars:
            for t in range(n_bars):
                targets[0, t] *= gate[t]
        terms.entry_bars = int(own[cell, ENTRY_BARS])
        terms.stop_loss, terms.take_profit = own[cell, STOP_LOSS], own[cell, TAKE_PROFIT]
        n = simulate(market, placed, targets, terms, equity, trades, orders, traces, lots, state, book)
        while n < 0:
            lots = np.empty((1, 2 * lots.shape[1], LOT_SIZE))
            n = simulate(market, placed, targets, terms, equity, trades, orders, traces, lots, state, book)
        days = elapsed_days(prices.time, n)
        measure(
            equity, n, book, terms.capital, periods, risk_free, days, benchmark, returns, lanes, out[cell]
        )


@functools.cache
def bracket_sweep_driver() -> Any:
    """Return the compiled evaluation of many cells of one rule with levels on one instrument.

    ``(rule, prices, market, extra, bank, cell_rows, cell_params, lines, own, level, address, gate, terms,
    traces, context, out)``: as in `sweep_driver`; ``lines`` int64[2] says which of a cell's lines are the
    price to buy and the price to sell, ``own`` is float64[n_cells, OWN_COLUMNS], ``level``
    float64[2, n_bars] is scratch at the given ``address``, and the record ``terms`` is written to. A cell
    whose rule leaves [-1, 1] or whose levels are no prices is a row of NaN.
    """
    signature = void(
        types.FunctionType(RULE), PRICES, MARKET, EXTRA, MATRIX, INTEGER_MATRIX, MATRIX, INTEGERS, MATRIX,
        MATRIX, int64, VECTOR, TERMS, TRACES, CONTEXT, MATRIX,
    )  # fmt: skip
    return compile_loop(_sweep_brackets, signature)
