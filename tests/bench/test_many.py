"""Work D of the performance goals: many instruments, beside vectorbt in the same run.

``uv run pytest tests/bench -m bench -s`` prints the figures; docs/performance.md keeps them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

import engine
from tests.bench.peer import Figure, Peer, alternate, median
from tests.bench.test_engine import CAPITAL, seconds_of, spec_of, walk

pytestmark = pytest.mark.bench

ASSETS, BARS = 500, 2_520
DAY_S = 86_400
REFERENCE = os.environ.get("IVYBT_REFERENCE_DATA", "")


def instrument(k):
    """Return one of many walks as bars."""
    open_, high, low, close, time = walk(BARS, DAY_S, seed=k)
    return engine.Bars(
        engine.Instrument(symbol=f"W{k:03d}"), engine.Timeframe.parse("1d"), time, open_, high, low, close,
        np.ones(BARS), time // (DAY_S * 1_000_000_000),
    )  # fmt: skip


@pytest.fixture(scope="module")
def series():
    return [instrument(k) for k in range(ASSETS)]


@pytest.fixture(scope="module")
def prices(series, tmp_path_factory):
    path = tmp_path_factory.mktemp("many") / "prices.npz"
    np.savez(path, **{name: np.column_stack([getattr(one, name) for one in series]) for name in ("open", "close")})
    return str(path)


@pytest.fixture(scope="module")
def peer():
    with Peer() as running:
        print(f"\nvectorbt {running.version}, Python {sys.version.split()[0]}, numpy of ours {np.__version__}")
        yield running


def request(prices, work, output="metrics", slippage=0.001):
    return {"prices": prices, "work": work, "fast": [10], "slow": [50], "slippage": slippage, "freq": "1D", "output": output}


def test_d_500_independent_accounts(peer, series, prices):
    spec = spec_of("1d", 10)
    result = engine.run_each(series, spec)
    assert result.errors == {}
    for output, what in (("final", "final equity only"), ("metrics", "4 metrics")):
        asked = request(prices, "each", output)
        answer = peer.ask(**asked)  # compiles
        np.testing.assert_allclose(result.metrics["final_equity"], answer["final"], rtol=1e-9)
        ours, theirs = alternate(
            lambda: median([seconds_of(lambda: engine.run_each(series, spec)) for _ in range(7)]),
            lambda asked=asked: peer.ask(**asked)["seconds"], rounds=7,
        )  # fmt: skip
        print(Figure(f"D  500 accounts ({what})", f"{ours * 1e3:.1f} ms", "< 20 ms", f"{theirs * 1e3:.0f} ms", theirs / ours))
    assert ours < 0.020


def test_d_500_accounts_of_instruments_that_were_never_run():
    spec, seconds = spec_of("1d", 10), []
    engine.run_each([instrument(0)], spec)
    for _ in range(5):
        fresh = [instrument(k) for k in range(ASSETS)]
        seconds.append(seconds_of(lambda fresh=fresh: engine.run_each(fresh, spec)))
    print(f"D  500 accounts, the first run of new bars        {median(seconds) * 1e3:.1f} ms")


def test_d_one_account_of_500(peer, series, prices):
    spec = spec_of("1d", 10).replace(portfolio={"allocation": "equal_weight"})
    # vectorbt sizes at the price before slippage and does not hold short positions to equity; without either
    # both do the same.
    alike = spec.replace(costs={"slippage_bps": 0}, execution={"max_leverage": 3.0})
    answer = peer.ask(**request(prices, "portfolio", slippage=0.0))
    np.testing.assert_allclose(engine.run_backtest(series, alike).metrics["final_equity"], answer["final"][0], rtol=1e-9)
    asked = request(prices, "portfolio")
    gap = engine.run_backtest(series, spec).metrics["final_equity"] / peer.ask(**asked)["final"][0] - 1.0
    ours, theirs = alternate(
        lambda: median([seconds_of(lambda: engine.run_backtest(series, spec)) for _ in range(3)]),
        lambda: peer.ask(**asked)["seconds"], rounds=5,
    )  # fmt: skip
    print(Figure("D  1 account of 500 instruments", f"{ours * 1e3:.0f} ms", "< 100 ms", f"{theirs * 1e3:.0f} ms", theirs / ours))
    print(f"D  with slippage and the limit on exposure our final equity is {gap:+.3%} from vectorbt's")
    assert ours < 0.100


@pytest.mark.skipif(not REFERENCE, reason="IVYBT_REFERENCE_DATA is not set")
def test_d_600_stocks_from_file_to_result():
    path = Path(REFERENCE) / "equities_daily" / "us_stocks_600_2007_2017.parquet"
    spec = engine.BacktestSpec(
        strategy="ema_cross", capital=100 * CAPITAL, costs={"slippage_bps": 10}, portfolio={"allocation": "equal_weight"}
    )

    def read():
        return engine.read_series(path, bad_rows="drop")

    stocks = read()
    engine.run_backtest(stocks, spec)
    each = engine.run_each(stocks, spec)
    reading = median([seconds_of(read) for _ in range(3)])
    running = median([seconds_of(lambda: engine.run_backtest(stocks, spec)) for _ in range(3)])
    alone = median([seconds_of(lambda: engine.run_each(stocks, spec)) for _ in range(5)])
    whole = median([seconds_of(lambda: engine.run_backtest(read(), spec)) for _ in range(3)])
    bars = sum(map(len, stocks))
    print(
        f"D  {len(stocks)} stocks, {bars:,} bars of Parquet: read {reading:.2f} s, one account {running * 1e3:.0f} ms, "
        f"an account each {alone * 1e3:.1f} ms ({len(each.errors)} refused); from file to result {whole:.2f} s"
    )
