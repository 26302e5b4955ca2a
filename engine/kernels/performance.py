"""Metrics of an equity curve and its book, one definition for single runs and sweeps (rule 21).

Everything is summed in a fixed order, in `LANES` parallel sums, so that a grid cell has the bits of a
single run and the loop still uses the processor's vectors.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.compile import loop_kernel
from engine.kernels.positions import (
    COMMISSION,
    EXPOSED,
    FINANCING,
    LOSSES,
    NOTIONAL,
    ORDERS,
    SLIPPAGE,
    SUM_LOSS,
    SUM_PNL,
    SUM_WIN,
    TRADES,
    WINS,
)

# Positions in the metrics vector; `engine.metrics.METRIC_NAMES` has the names in this order.
INITIAL, FINAL, TOTAL_RETURN, ANNUAL_RETURN, CAGR, VOLATILITY, SHARPE, SORTINO, CALMAR = range(9)
MAX_DRAWDOWN, MAX_DRAWDOWN_BARS, VAR_95, CVAR_95, EXPOSURE, TURNOVER, ORDER_COUNT = range(9, 16)
TRADE_COUNT, WIN_RATE, PROFIT_FACTOR, EXPECTANCY, AVG_WIN, AVG_LOSS, COSTS_PAID = range(16, 23)
PERIODS_PER_YEAR, BENCHMARK_RETURN = range(23, 25)
METRIC_COUNT = 25

LANES = 64
BLOCK = 8

# Growth factors carry rounding of this size: a spread or a loss below it is no risk.
FLAT = 1e-14


@loop_kernel
def bar_returns(equity, capital, n, returns, lanes):
    """Write returns[t] = equity[t] / equity[t-1] - 1 with equity[-1] = capital (rule 19).

    Returns the sums of the returns and of the equity; ``lanes`` is float64[2, LANES] scratch.
    """
    gains, levels = lanes[0], lanes[1]
    for k in range(LANES):
        gains[k] = 0.0
        levels[k] = 0.0
    before, after, out = equity[: n - 1], equity[1:n], returns[1:n]
    blocks = (n - 1) // LANES
    for block in range(blocks):
        for k in range(LANES):
            level = after[block * LANES + k]
            gain = level / before[block * LANES + k] - 1.0
            out[block * LANES + k] = gain
            gains[k] += gain
            levels[k] += level
    returns[0] = equity[0] / capital - 1.0
    gained, held = returns[0], equity[0]
    for k in range(LANES):
        gained += gains[k]
        held += levels[k]
    for t in range(blocks * LANES, n - 1):
        gain = after[t] / before[t] - 1.0
        out[t] = gain
        gained += gain
        held += after[t]
    return gained, held


@loop_kernel
def spread_of(x, n, mean, floor, lanes):
    """Return the sums of (x - mean)^2 and of min(x - floor, 0)^2 over x[:n]."""
    squares, below = lanes[0], lanes[1]
    for k in range(LANES):
        squares[k] = 0.0
        below[k] = 0.0
    blocks = n // LANES
    for block in range(blocks):
        for k in range(LANES):
            value = x[block * LANES + k]
            squares[k] += (value - mean) * (value - mean)
            short = value - floor
            short = short if short < 0.0 else 0.0
            below[k] += short * short
    total = total_below = 0.0
    for k in range(LANES):
        total += squares[k]
        total_below += below[k]
    for t in range(blocks * LANES, n):
        short = min(x[t] - floor, 0.0)
        total += (x[t] - mean) * (x[t] - mean)
        total_below += short * short
    return total, total_below


@loop_kernel
def deepest(equity, capital, n):
    """Return the largest drawdown (<= 0) and the longest run of bars below an earlier high."""
    peak = trough = capital
    worst, longest, high_at = 0.0, 0, -1
    blocks = n // BLOCK
    table = equity[: blocks * BLOCK].reshape(blocks, BLOCK)
    for block in range(blocks + 1):
        start, stop = block * BLOCK, min(block * BLOCK + BLOCK, n)
        if block < blocks:
            # Most blocks hold no new high: their lowest value is all that matters.
            a, b, c, d = table[block, 0], table[block, 1], table[block, 2], table[block, 3]
            e, f, g, h = table[block, 4], table[block, 5], table[block, 6], table[block, 7]
            if max(max(max(a, b), max(c, d)), max(max(e, f), max(g, h))) < peak:
                trough = min(trough, min(min(min(a, b), min(c, d)), min(min(e, f), min(g, h))))
                continue
        for t in range(start, stop):
            value = equity[t]
            if value >= peak:
                if trough < peak:
                    worst = min(worst, trough / peak - 1.0)
                    longest = max(longest, t - high_at - 1)
                peak = trough = value
                high_at = t
            elif value < trough:
                trough = value
    if trough < peak:
        worst = min(worst, trough / peak - 1.0)
        longest = max(longest, n - 1 - high_at)
    return worst, longest


@loop_kernel
def ratio(top, bottom):
    """Return top / bottom, NaN where the ratio is undefined (never infinity, never zero)."""
    return top / bottom if bottom != 0.0 else np.nan


@loop_kernel
def risk_ratios(returns, n, mean, periods, risk_free, lanes, out):
    """Write volatility, Sharpe and Sortino of returns[:n] with that mean; NaN for fewer than two."""
    out[VOLATILITY] = out[SHARPE] = out[SORTINO] = np.nan
    if n < 2:
        return
    floor = risk_free / periods
    squares, below = spread_of(returns, n, mean, floor, lanes)
    deviation = np.sqrt(squares / (n - 1))
    downside = np.sqrt(below / n)
    if deviation <= FLAT * (1.0 + abs(mean)):
        deviation = 0.0
    if downside <= FLAT:
        downside = 0.0
    out[VOLATILITY] = deviation * np.sqrt(periods)
    out[SHARPE] = ratio(mean - floor, deviation) * np.sqrt(periods)
    out[SORTINO] = ratio((mean - floor) * periods, downside * np.sqrt(periods))


@loop_kernel
def growth(initial, final, exponent):
    """Return (final / initial) ** exponent - 1; a lost account is -1, a rate beyond all numbers NaN."""
    if final <= 0.0:
        return -1.0
    rate = (final / initial) ** exponent - 1.0
    return rate if rate < np.inf else np.nan


@loop_kernel
def measure(equity, n, book, capital, periods, risk_free, elapsed_days, benchmark, returns, lanes, out):
    """Write all metrics of a run but var_95 and cvar_95, which need sorted returns (NaN here).

    Parameters
    ----------
    equity : float64[>= n]
        Net account value at each close; n bars were simulated.
    book : float64[BOOK_SIZE]
    capital, periods, risk_free, elapsed_days, benchmark : float
        Initial equity, bars per year, yearly rate, days from first to last close, benchmark return.
    returns : float64[>= n]
        Scratch; holds the bar returns afterwards.
    lanes : float64[2, LANES]
        Scratch.
    out : float64[METRIC_COUNT]
    """
    gained, held = bar_returns(equity, capital, n, returns, lanes)
    final = equity[n - 1]
    out[INITIAL], out[FINAL], out[TOTAL_RETURN] = capital, final, final / capital - 1.0
    out[ANNUAL_RETURN] = growth(capital, final, periods / n)
    out[CAGR] = growth(capital, final, 365.2425 / elapsed_days) if elapsed_days > 0.0 else np.nan
    risk_ratios(returns, n, gained / n, periods, risk_free, lanes, out)
    worst, longest = deepest(equity, capital, n)
    out[MAX_DRAWDOWN], out[MAX_DRAWDOWN_BARS] = worst, longest
    out[CALMAR] = ratio(out[ANNUAL_RETURN], -worst if worst < -FLAT else 0.0)
    out[VAR_95] = out[CVAR_95] = np.nan
    out[EXPOSURE] = book[EXPOSED] / n
    out[TURNOVER] = ratio(book[NOTIONAL] * periods, held)
    out[ORDER_COUNT], out[TRADE_COUNT] = book[ORDERS], book[TRADES]
    out[WIN_RATE] = ratio(book[WINS], book[TRADES])
    out[PROFIT_FACTOR] = ratio(book[SUM_WIN], -book[SUM_LOSS])
    out[EXPECTANCY] = ratio(book[SUM_PNL], book[TRADES])
    out[AVG_WIN] = ratio(book[SUM_WIN], book[WINS])
    out[AVG_LOSS] = ratio(book[SUM_LOSS], book[LOSSES])
    out[COSTS_PAID] = book[COMMISSION] + book[SLIPPAGE] + book[FINANCING]
    out[PERIODS_PER_YEAR], out[BENCHMARK_RETURN] = periods, benchmark
