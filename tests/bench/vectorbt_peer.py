"""vectorbt doing the same work, in an environment of its own: JSON lines in, JSON lines out.

Started by `tests.bench.peer`. A request names a ``.npz`` file with ``open`` and ``close``, the spans of
the averages and the slippage; the answer holds the seconds of one run, its metrics and the process's
peak memory. The work: EMA cross (the first value seeds the average, valid from bar window-1), state
signal at the close, fill at the next open, whole equity, a signal on the other side reverses.
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


def main() -> None:
    """Answer requests until standard input ends."""
    print(json.dumps({"vectorbt": vbt.__version__, "numpy": np.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        prices = np.load(request["prices"])
        prices = {name: prices[name] for name in ("open", "close")}
        start = time.perf_counter()
        answer = simulate(prices, request)
        answer["seconds"] = time.perf_counter() - start
        answer["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
