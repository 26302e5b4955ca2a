"""Time of one explanation, for every built-in single-asset strategy; prints figures. Run with ``-m bench -s``.

Wall time is what a person feels; the goal is held by the CPU time beside it, because a busy machine lengthens
the first and not the second.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.backtest.why import Explainer
from engine.core.errors import InputError
from engine.strategies import PortfolioStrategy, load, registry
from tests.engine.cases import make_bars

pytestmark = pytest.mark.bench
GOAL_MS = 300.0
SINGLE = [name for name in registry.names() if not isinstance(load(name), PortfolioStrategy)]


def bars_of(size):
    rng = np.random.default_rng(2)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.3 / np.sqrt(size), size)))
    opened = np.concatenate(([100.0], close[:-1]))
    reach = np.abs(rng.normal(0, 0.1 / np.sqrt(size), (2, size)))
    target = np.sign(np.sin(np.arange(size) / 20))
    return make_bars(
        close, opened, np.maximum(opened, close) * (1 + reach[0]), np.minimum(opened, close) * (1 - reach[1]),
        columns={"target": target},
    )  # fmt: skip


def slowest(size, most):
    """Wall and CPU milliseconds of the slowest of some first explanations of a trade and of a bar."""
    bars, found = bars_of(size), {}
    for name in SINGLE:
        try:
            result = run_backtest(bars, BacktestSpec(strategy=name))
        except InputError:
            continue  # it refuses daily bars
        Explainer(result).bar(0, 0)  # what numba loads once is not counted
        times = []
        for place in np.linspace(0.1, 0.9, most):
            row, bar = int(place * result.trades.size), int(place * (result.equity.size - 1))
            for ask in (lambda one, row=row: one.trade(row), lambda one, bar=bar: one.bar(0, bar)):
                if row >= result.trades.size:
                    continue
                explainer, start = Explainer(result), (time.perf_counter(), time.thread_time())
                ask(explainer)
                times.append(((time.perf_counter() - start[0]) * 1e3, (time.thread_time() - start[1]) * 1e3))
        if times:
            found[name] = tuple(max(column) for column in zip(*times, strict=True))
    return found


@pytest.mark.parametrize(("size", "most", "goal"), [(5_000, 5, GOAL_MS), (1_000_000, 2, None)])
def test_that_an_explanation_takes_less_than_300_ms_on_5000_bars(size, most, goal):
    found = slowest(size, most)
    print()
    for name, (wall, cpu) in sorted(found.items(), key=lambda pair: -pair[1][1]):
        print(f"{name:<28} {size:>9,} bars   slowest {wall:8.1f} ms   (CPU {cpu:8.1f} ms)")
    if goal is not None:
        assert max(cpu for _, cpu in found.values()) < goal
