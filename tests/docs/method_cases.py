"""Bars, runs and fills for the worked examples of docs/method.md."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.backtest.run import simulate_signals
from engine.core.timeframe import NS_PER_DAY

DAY_0 = int(np.datetime64("2024-01-01", "D").astype(np.int64))  # a Monday


def bars_of(rows, days=None, *, symbol="EX", volume=1.0, target=None, **instrument):
    """Make daily bars from rows of (open, high, low, close), or from one price a bar."""
    rows = [row if isinstance(row, tuple) else (row,) * 4 for row in rows]
    open_, high, low, close = np.array(rows, dtype=float).T
    session = DAY_0 + np.array(days if days is not None else range(len(rows)))
    columns = {} if target is None else {"target": np.array(target, dtype=float)}
    return engine.Bars(
        engine.Instrument(symbol, **instrument), engine.Timeframe.parse("1d"), (session + 1) * NS_PER_DAY,
        open_, high, low, close, np.full(len(rows), float(volume)), session, columns,
    )  # fmt: skip


def spec_of(*, costs=None, execution=None, **parts):
    """Return a spec that takes its targets from the column ``target``; no costs unless told."""
    parts = {"capital": 10_000.0, "periods_per_year": 252} | parts
    return engine.BacktestSpec(
        strategy="external_signals", params={"column": "target"}, costs={"slippage_bps": 0} | (costs or {}),
        execution=execution or {}, **parts,
    )  # fmt: skip


def run(rows, target, *, capital=10_000.0, days=None, costs=None, sizing=None, **execution):
    """Simulate given targets on one instrument; no costs unless told."""
    spec = spec_of(costs=costs, execution=execution, capital=capital, sizing=sizing or {})
    bars = rows if isinstance(rows, engine.Bars) else bars_of(rows, days)
    return simulate_signals(bars, np.array(target, dtype=float), spec)


def fills(result):
    """Return (bar, quantity, price) of every order."""
    return [(int(o["fill_bar"]), o["quantity"], o["price"]) for o in result.orders]


def fills_of_legs(result):
    """Return (symbol, bar, quantity, price) of every order."""
    names = [result.symbols[asset] for asset in result.orders["asset"]]
    return [(name, *fill) for name, fill in zip(names, fills(result), strict=True)]


def about(*numbers):
    """Return the numbers, equal to a relative 1e-9."""
    return pytest.approx(numbers, rel=1e-9)
