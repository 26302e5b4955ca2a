"""Random bars and runs for chart and table tests; no simulator, no numba."""

from __future__ import annotations

import numpy as np

from engine.backtest.result import BacktestResult
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars
from engine.core.instrument import Instrument
from engine.core.timeframe import Timeframe
from engine.core.trade import ORDER_DTYPE, TRADE_DTYPE

NS_PER_DAY = 86_400_000_000_000
BARS_PER_SESSION = 78
FIRST_DAY = 10_959  # Monday 3 January 2000


def random_bars(count=300, *, seed=7, minutes=0, zone="UTC", volume=True):
    """Return a random walk of weekdays, or of sessions of 78 bars of some minutes."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, count)))
    opened = np.concatenate(([100.0], close[:-1])) * (1 + rng.normal(0, 0.002, count))
    high = np.maximum(opened, close) * (1 + np.abs(rng.normal(0, 0.004, count)))
    low = np.minimum(opened, close) * (1 - np.abs(rng.normal(0, 0.004, count)))
    at = np.arange(count)
    days = at // BARS_PER_SESSION if minutes else at
    session = FIRST_DAY + days + 2 * (days // 5)
    time = (session + 1) * NS_PER_DAY - 1
    if minutes:
        time = session * NS_PER_DAY + (14 * 60 + 30 + minutes * (at % BARS_PER_SESSION + 1)) * 60_000_000_000
    frame = Timeframe(minutes, "m") if minutes else Timeframe(1, "d")
    volumes = rng.uniform(1e5, 1e6, count) if volume else np.zeros(count)
    return Bars(Instrument("RND", time_zone=zone), frame, time, opened, high, low, close, volumes, session)


def random_trades(bars, count, *, seed=3):
    """Return round trips, one after the other, with fills at opens; the last one is open."""
    rng = np.random.default_rng(seed)
    size = len(bars)
    marks = np.sort(rng.choice(np.arange(1, size), 2 * count, replace=False))
    trades = np.zeros(count, TRADE_DTYPE)
    trades["entry_bar"], trades["exit_bar"] = marks[::2], marks[1::2]
    trades["entry_decision"], trades["exit_decision"] = marks[::2] - 1, marks[1::2] - 1
    trades["side"] = rng.choice([-1, 1], count)
    trades["quantity"] = rng.uniform(1, 100, count)
    trades["entry_price"] = bars.open[trades["entry_bar"]]
    trades["exit_price"] = bars.open[trades["exit_bar"]]
    move = (trades["exit_price"] - trades["entry_price"]) * trades["side"]
    trades["commission"] = 1.0
    trades["gross_pnl"] = move * trades["quantity"]
    trades["pnl"] = trades["gross_pnl"] - 1.0
    trades["return"] = trades["pnl"] / (trades["quantity"] * trades["entry_price"])
    trades["mae"], trades["mfe"] = -rng.uniform(0, 0.1, count), rng.uniform(0, 0.1, count)
    if count:
        trades["open"][-1] = True
    return trades


def random_result(bars, trades=20, *, seed=3, **spec):
    """Return a run of the EMA cross on some bars whose arrays are random and fit together."""
    rng = np.random.default_rng(seed)
    equity = 10_000 * np.exp(np.cumsum(rng.normal(0, 0.005, len(bars))))
    spec = {"strategy": "ema_cross", "params": {"fast": 10, "slow": 50}} | spec
    return BacktestResult(
        spec=BacktestSpec(**spec), bars=bars, metrics={}, equity=equity, signals=np.ones(len(bars)),
        positions=rng.normal(0, 10, len(bars)), orders=np.zeros(0, ORDER_DTYPE),
        trades=random_trades(bars, trades, seed=seed), receipt=f"sha256:{seed:064x}",
    )  # fmt: skip
