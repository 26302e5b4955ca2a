"""Several instruments for the twin: bars with holes, and the targets of a close scaled down together."""

from dataclasses import replace

import numpy as np

from engine.backtest.run import run_backtest
from tests.engine.cases import random_targets
from tests.engine.kernels.twin import Twin
from tests.engine.kernels.twin_compare import assert_same_account, market


def with_targets(bars, targets):
    return replace(bars, columns={"target": np.asarray(targets, float)})


def thinned(bars, seed, share=0.15, *, first=0, last=None):
    """Leave out some bars at random, those before ``first`` and those from ``last`` on."""
    keep = np.random.default_rng(seed).random(len(bars)) > share
    keep[:first] = False
    keep[len(bars) if last is None else last :] = False
    at = np.flatnonzero(keep)
    names = ("time", "session", "open", "high", "low", "close", "volume")
    columns = {name: column[at] for name, column in bars.columns.items()}
    return replace(bars, **{name: getattr(bars, name)[at] for name in names}, columns=columns)


def family(seed, n=3, size=100, *, whole=True, long_only=False, holes=False):
    """A few instruments with a column of targets; with ``holes`` on calendars of their own."""
    found = []
    for k in range(n):
        targets = random_targets(seed * 10 + k, size, whole=whole, stay=0.85)
        bars = with_targets(market(seed * 10 + k, size), np.abs(targets) if long_only else targets)
        if holes:
            bars = thinned(bars, seed * 10 + k, first=15 * (k == 1), last=60 if k == 2 else None)
        found.append(bars)
    return found


def exposures(series, spec):
    """Exposure targets on each instrument's own bars, scaled down together where their sum exceeds the limit."""
    axis = sorted({int(t) for bars in series for t in bars.time})
    place = {t: bar for bar, t in enumerate(axis)}
    table = np.zeros((len(series), len(axis)))
    for row, bars in zip(table, series, strict=True):
        known = dict(zip(bars.time.tolist(), bars.columns["target"].tolist(), strict=True))
        held = 0.0
        for bar, t in enumerate(axis):
            held = row[bar] = known.get(t, held)
    if spec.portfolio.when_short == "scale":
        gross = np.abs(table * getattr(spec.sizing, "fraction", 1.0)).sum(axis=0)
        limit = spec.execution.max_leverage
        table = table * np.where(gross > limit, limit / np.maximum(gross, limit), 1.0)
    return [row[[place[int(t)] for t in bars.time]].tolist() for row, bars in zip(table, series, strict=True)]


def compare_shared(series, spec, *, ranks=None):
    """Run both on one shared account and compare, rejected candidates too; returns both."""
    result = run_backtest(series, spec)
    twin = Twin(series, exposures(series, spec), spec, ranks=ranks).run()
    assert_same_account(result, twin, rtol=1e-10)
    found = [(int(r["asset"]), int(r["decision_bar"]), int(r["bar"])) for r in result.rejected]
    assert found == [row[:3] for row in twin.rejected]
    np.testing.assert_allclose(result.rejected["filled"], [row[3] for row in twin.rejected], atol=1e-9)
    np.testing.assert_allclose(result.rejected["price"], [row[4] for row in twin.rejected], rtol=1e-9)
    return result, twin
