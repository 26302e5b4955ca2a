"""Works A, B and C of the performance goals beside vectorbt, measured in the same run.

``uv run pytest tests/bench -m bench -s`` prints the figures; docs/performance.md keeps them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pytest

import engine
from tests.bench.peer import ROOT, Figure, Peer, alternate, median

pytestmark = pytest.mark.bench

CAPITAL = 10_000.0
FASTS, SLOWS = list(range(5, 55)), list(range(60, 260, 5))  # 50 x 40, all with fast < slow
PERIODS = {"1d": 252, "1m": 252 * 390}


def walk(n, step_s, seed=7):
    """Return open, high, low, close and time of a random walk with gaps at the open."""
    rng = np.random.default_rng(seed)
    scale = 0.01 * np.sqrt(step_s / 86_400)
    close = 100 * np.exp(np.cumsum(rng.normal(0, scale, n)))
    open_ = np.concatenate(([100.0], close[:-1])) * np.exp(rng.normal(0, scale / 5, n))
    high, low = np.maximum(open_, close) * (1 + scale / 3), np.minimum(open_, close) * (1 - scale / 3)
    time_ns = (np.int64(1_262_649_600) + np.arange(1, n + 1) * step_s) * 1_000_000_000
    return open_, high, low, close, time_ns


def make_bars(n, timeframe, step_s):
    """Return the walk as bars."""
    open_, high, low, close, time_ns = walk(n, step_s)
    return engine.Bars(
        engine.Instrument(symbol="WALK"), engine.Timeframe.parse(timeframe), time_ns, open_, high, low, close,
        np.ones(n), time_ns // 86_400_000_000_000,
    )  # fmt: skip


def spec_of(timeframe, slippage_bps):
    """Return the EMA cross of the comparison."""
    return engine.BacktestSpec(
        strategy="ema_cross", params={"fast": 10, "slow": 50}, capital=CAPITAL,
        costs={"slippage_bps": slippage_bps}, periods_per_year=PERIODS[timeframe],
    )  # fmt: skip


def seconds_of(work):
    """Return how long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@pytest.fixture(scope="module")
def peer():
    with Peer() as running:
        print(f"\nvectorbt {running.version}, Python {sys.version.split()[0]}, numpy of ours {np.__version__}")
        yield running


@pytest.fixture(scope="module")
def daily(tmp_path_factory):
    bars = make_bars(2_520, "1d", 86_400)
    return bars, save(bars, tmp_path_factory.mktemp("daily") / "prices.npz")


def save(bars, path):
    np.savez(path, open=bars.open, close=bars.close)
    return str(path)


def request(prices, *, output, fast=(10,), slow=(50,), slippage=0.001, freq="1D"):
    return {"prices": prices, "fast": list(fast), "slow": list(slow), "slippage": slippage, "freq": freq, "output": output}


def test_a_one_run_over_2520_bars(peer, daily):
    bars, prices = daily
    spec = spec_of("1d", 10)
    result = engine.run_backtest(bars, spec)
    for output, what in (("metrics", "4 metrics"), ("full", "stats and trades")):
        asked = request(prices, output=output)
        answer = peer.ask(**asked)  # compiles
        np.testing.assert_allclose(result.metrics["final_equity"], answer["final"][0], rtol=1e-9)
        ours, theirs = alternate(
            lambda: median([seconds_of(lambda: engine.run_backtest(bars, spec)) for _ in range(20)]),
            lambda asked=asked: peer.ask(**asked)["seconds"], rounds=9,
        )  # fmt: skip
        print(Figure(f"A  1 x 2,520 bars ({what})", f"{ours * 1e3:.3f} ms", "< 1 ms", f"{theirs * 1e3:.1f} ms", theirs / ours))
    assert ours < 1e-3


def test_a_a_cold_process_takes_less_than_3_s(daily, tmp_path):
    bars, _ = daily
    rows = zip(bars.session, bars.open, bars.high, bars.low, bars.close, bars.volume, strict=True)
    lines = [f"{np.datetime64(int(day), 'D')},{o!r},{h!r},{lo!r},{c!r},{v!r}" for day, o, h, lo, c, v in (map(float, r) for r in rows)]
    file = tmp_path / "prices.csv"
    file.write_text("Date,Open,High,Low,Close,Volume\n" + "\n".join(lines) + "\n")
    command = [
        sys.executable, "-m", "ivybt_desktop", "backtest", "--data", str(file), "--strategy", "ema_cross",
        "--slippage-bps", "10", "--json",
    ]  # fmt: skip

    def run():
        start = time.perf_counter()
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - start
        assert json.loads(told.stdout)["bars"] == len(bars)
        return seconds

    run()  # writes the cache of compiled kernels
    cold = median([run() for _ in range(5)])
    print(f"A  a cold process, start to JSON                {cold:.2f} s  goal < 3 s")
    assert cold < 3


def test_b_one_run_over_1_000_000_bars(peer, tmp_path):
    bars = make_bars(1_000_000, "1m", 60)
    prices, spec = save(bars, tmp_path / "prices.npz"), spec_of("1m", 0.1)
    result = engine.run_backtest(bars, spec)
    asked = request(prices, output="metrics", slippage=1e-5, freq="1min")
    answer = peer.ask(**asked)
    np.testing.assert_allclose(result.metrics["final_equity"], answer["final"][0], rtol=1e-9)
    ours, theirs = alternate(
        lambda: median([seconds_of(lambda: engine.run_backtest(bars, spec)) for _ in range(3)]),
        lambda: peer.ask(**asked)["seconds"], rounds=5,
    )  # fmt: skip
    print(Figure("B  1 x 1,000,000 bars", f"{ours * 1e3:.1f} ms", "< 20 ms", f"{theirs * 1e3:.0f} ms", theirs / ours))
    assert ours < 0.020


# Only what a user's process holds: the bars, the engine and one run after another.
MEMORY = """
import sys, numpy as np, engine
from pathlib import Path
a = np.load(sys.argv[1])
bars = engine.Bars(engine.Instrument("WALK"), engine.Timeframe.parse("1m"), a["time"], a["open"], a["high"],
                   a["low"], a["close"], a["volume"], a["session"])
spec = engine.BacktestSpec(strategy="ema_cross", params={"fast": 10, "slow": 50}, costs={"slippage_bps": 0.1})
for _ in range(3):
    result = engine.run_backtest(bars, spec)
# Not ru_maxrss: over fork and exec a child inherits the peak of the process that started it.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) / 1024)
"""


def test_b_needs_less_than_300_mb(tmp_path):
    bars = make_bars(1_000_000, "1m", 60)
    file = tmp_path / "bars.npz"
    np.savez(file, **{name: getattr(bars, name) for name in ("time", "open", "high", "low", "close", "volume", "session")})
    command = [sys.executable, "-c", MEMORY, str(file)]
    # The first process may compile, which takes memory of its own.
    peak = [float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout) for _ in "ab"][1]
    print(f"B  peak memory of the whole process             {peak:.0f} MB  goal < 300 MB")
    assert peak < 300


def test_c_two_thousand_parameter_pairs(peer, daily):
    bars, prices = daily
    spec = spec_of("1d", 10)
    grid = {"fast": FASTS, "slow": SLOWS}
    study = engine.sweep(bars, spec, grid, workers=1)
    cells = study.params
    assert len(cells) == 2_000
    fast, slow = [int(cell["fast"]) for cell in cells], [int(cell["slow"]) for cell in cells]
    asked = request(prices, output="final", fast=fast, slow=slow)
    answer = peer.ask(**asked)
    np.testing.assert_allclose(study.metrics["final_equity"], answer["final"], rtol=1e-9)

    for output, what in (("final", "their fastest: final equity only"), ("metrics", "4 metrics")):
        asked = request(prices, output=output, fast=fast, slow=slow)
        ours, theirs = alternate(
            lambda: median([seconds_of(lambda: engine.sweep(bars, spec, grid, workers=1)) for _ in range(5)]),
            lambda asked=asked: peer.ask(**asked)["seconds"], rounds=3 if output == "metrics" else 5,
        )  # fmt: skip
        print(Figure(f"C  2,000 cells ({what})", f"{2_000 / ours:,.0f}/s", ">= 150,000/s", f"{2_000 / theirs:,.0f}/s", theirs / ours))
    assert 2_000 / ours >= 150_000
