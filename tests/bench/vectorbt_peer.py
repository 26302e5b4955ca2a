"""vectorbt doing the same work, in an environment of its own: JSON lines in, JSON lines out.

Started by `tests.bench.peer`. A request names a ``.npz`` file with ``open`` and ``close``, the spans of
the averages and the slippage; the answer holds the seconds of one run, its metrics and the process's
peak memory. The work: EMA cross (the first value seeds the average, valid from bar window-1), state
signal at the close, fill at the next open, whole equity, a signal on the other side reverses. ``work`` is
"cells" (many spans on one price series), "each" or "portfolio" (one pair of spans on many columns).
"""

from __future__ import annotations

import json
import resource
import sys
import time

import numpy as np
import vectorbt as vbt

CAPITAL = 10_000.0


def positions(close, fast, slow):
    """Return next-bar entry masks, long and short, bool[n, n_cells]."""
    spans = sorted({*fast, *slow})
    lines = vbt.MA.run(close, spans, ewm=True).ma.to_numpy()
    lines = lines.reshape(len(close), len(spans))
    column = {span: k for k, span in enumerate(spans)}
    quick = lines[:, [column[span] for span in fast]]
    late = lines[:, [column[span] for span in slow]]
    above, below = quick > late, quick < late
    none = np.zeros((1, len(fast)), dtype=bool)
    return np.vstack([none, above[:-1]]), np.vstack([none, below[:-1]])


def simulate(prices, request):
    """Run every cell; ``output`` is "final" (equity only), "metrics" (four of them) or "full" (a report)."""
    long_, short = positions(prices["close"], request["fast"], request["slow"])
    book = vbt.Portfolio.from_signals(
        prices["close"][:, None], entries=long_, short_entries=short, price=prices["open"][:, None],
        slippage=request["slippage"], init_cash=CAPITAL, freq=request["freq"],
    )  # fmt: skip
    out = {"final": book.final_value()}
    if request["output"] != "final":
        out["sharpe"], out["max_drawdown"] = book.sharpe_ratio(), book.max_drawdown()
        out["trades"] = book.trades.count()
    if request["output"] == "full":
        out["rows"] = len(book.trades.records_readable) + 0 * len(book.stats())
    return {name: np.atleast_1d(np.asarray(value, dtype=float)).tolist() for name, value in out.items()}


def states(close, request):
    """Return next-bar states of every column: +1 above, -1 below, 0 while warming up; float64[n, assets]."""
    width = close.shape[1]
    lines = vbt.MA.run(close, [*request["fast"], *request["slow"]], ewm=True).ma.to_numpy()
    quick, late = lines[:, :width], lines[:, width:]
    state = (quick > late).astype(float) - (quick < late)
    return np.vstack([np.zeros((1, width)), state[:-1]])


def simulate_each(prices, request):
    """Run one account per column."""
    state = states(prices["close"], request)
    book = vbt.Portfolio.from_signals(
        prices["close"], entries=state > 0, short_entries=state < 0, price=prices["open"],
        slippage=request["slippage"], init_cash=CAPITAL, freq=request["freq"],
    )  # fmt: skip
    out = {"final": book.final_value()}
    if request["output"] == "metrics":
        out["sharpe"], out["max_drawdown"] = book.sharpe_ratio(), book.max_drawdown()
        out["trades"] = book.trades.count()
    return {name: np.asarray(value, dtype=float).tolist() for name, value in out.items()}


def simulate_portfolio(prices, request):
    """Run one account over all columns: an equal share for each, an order when a column's state changes."""
    state = states(prices["close"], request)
    size = np.full(state.shape, np.nan)
    changed = np.vstack([state[:1] != 0.0, state[1:] != state[:-1]])
    size[changed] = state[changed] / state.shape[1]
    book = vbt.Portfolio.from_orders(
        prices["close"], size=size, size_type="targetpercent", price=prices["open"], slippage=request["slippage"],
        init_cash=CAPITAL, freq=request["freq"], group_by=True, cash_sharing=True, call_seq="auto",
    )  # fmt: skip
    out = {"final": book.final_value(), "sharpe": book.sharpe_ratio(), "max_drawdown": book.max_drawdown()}
    out["trades"] = book.trades.count()
    return {name: np.atleast_1d(np.asarray(value, dtype=float)).tolist() for name, value in out.items()}


WORKS = {"cells": simulate, "each": simulate_each, "portfolio": simulate_portfolio}


def main() -> None:
    """Answer requests until standard input ends."""
    print(json.dumps({"vectorbt": vbt.__version__, "numpy": np.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        prices = np.load(request["prices"])
        prices = {name: prices[name] for name in ("open", "close")}
        start = time.perf_counter()
        answer = WORKS[request.get("work", "cells")](prices, request)
        answer["seconds"] = time.perf_counter() - start
        answer["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
