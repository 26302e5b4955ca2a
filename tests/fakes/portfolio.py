"""A portfolio result made by hand: three legs on three calendars, the last one ends early."""

from __future__ import annotations

import numpy as np

from engine.allocation import WeightSeries
from engine.backtest.result import BacktestResult, Band
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe
from engine.core.trade import ORDER_DTYPE, REJECTED_DTYPE, TRADE_DTYPE, Reason
from engine.regimes import GateSeries

LATE = 2
DAYS = 120


def bars_on(days, symbol: str, seed: int) -> Bars:
    """Daily bars of a random walk on given days."""
    days = np.asarray(days)
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, days.size)))
    opened = np.concatenate(([100.0], close[:-1]))
    return Bars(
        Instrument(symbol), Timeframe(1, "d"), (days + 1) * NS_PER_DAY, opened, np.maximum(opened, close) * 1.003,
        np.minimum(opened, close) * 0.997, close, rng.integers(1, 1_000, days.size).astype(float), days,
    )  # fmt: skip


def legs() -> tuple[Bars, ...]:
    """Every day; without every fourth; the first half only, without every third."""
    days = 10_000 + np.arange(DAYS)
    return (
        bars_on(days, "AAA", 1), bars_on(days[np.arange(DAYS) % 4 != 1], "BBB", 2),
        bars_on(days[(np.arange(DAYS) % 3 != 2) & (np.arange(DAYS) < 60)], "CCC", 3),
    )  # fmt: skip


def a_portfolio() -> BacktestResult:
    """A result with every optional part; its numbers are made up."""
    members = legs()
    time = np.unique(np.concatenate([leg.time for leg in members]))
    n, rng = time.size, np.random.default_rng(5)
    price = 100 * np.exp(np.cumsum(rng.normal(0, 0.005, n)))
    axis = Bars(
        Instrument("AAA, BBB, CCC"), Timeframe(1, "d"), time, price, price, price, price, np.zeros(n),
        time // NS_PER_DAY - 1,
    )  # fmt: skip
    on_axis = [np.searchsorted(time, leg.time) for leg in members]
    trades, orders = np.zeros(7, TRADE_DTYPE), np.zeros(7, ORDER_DTYPE)
    rows = [(0, 2, 10), (0, 20, 30), (1, 3, 9), (1, 12, 40), (1, 41, 60), (2, 1, 8), (2, 20, 39)]
    for row, (asset, begin, end) in enumerate(rows):
        own = on_axis[asset]
        trades[row]["asset"] = orders[row]["asset"] = asset
        trades[row]["side"], trades[row]["quantity"] = 1, 2.0
        trades[row]["entry_decision"], trades[row]["entry_bar"] = own[begin - 1], own[begin]
        trades[row]["exit_decision"], trades[row]["exit_bar"] = own[end - 1], own[end]
        trades[row]["entry_price"], trades[row]["exit_price"] = 100.0, 101.0
        trades[row]["gross_pnl"], trades[row]["commission"], trades[row]["pnl"] = row + 2.0, 1.0, row + 1.0
        trades[row]["ambiguous"] = row == 1
        orders[row]["decision_bar"], orders[row]["fill_bar"] = own[begin - 1], own[begin]
        orders[row]["quantity"] = orders[row]["position"] = 2.0
        orders[row]["raw_price"] = orders[row]["price"] = 100.0
    # Closed ten days after its last bar, where it has no bar of its own.
    trades[-1]["exit_decision"] = trades[-1]["exit_bar"] = on_axis[2][-1] + 11
    trades[-1]["exit_reason"] = Reason.DATA_ENDED
    rejected = np.zeros(2, REJECTED_DTYPE)
    for row, (asset, bar) in enumerate([(1, 20), (2, 12)]):
        rejected[row]["asset"], rejected[row]["exposure"], rejected[row]["filled"] = asset, 0.5, 0.25
        rejected[row]["decision_bar"], rejected[row]["bar"] = on_axis[asset][bar - 1], on_axis[asset][bar]
        rejected[row]["exit_bar"], rejected[row]["price"] = on_axis[asset][bar + 3], 99.0
        rejected[row]["missed_return"], rejected[row]["missed_pnl"] = 0.01, 12.5
    equity = 10_000 * np.exp(np.cumsum(rng.normal(0.0005, 0.004, n)))
    weights = np.repeat(rng.dirichlet(np.ones(3), size=n // 20 + 1).T, 20, axis=1)[:, :n].copy()
    spec = BacktestSpec(
        strategy="ema_cross", params={"fast": 5, "slow": 20}, portfolio={"allocation": "equal_weight"},
        gates=[{"name": "moving_average", "length": 20}], data={"train_split": 0.5},
    )  # fmt: skip
    metrics = {
        "initial_equity": 10_000.0, "final_equity": float(equity[-1]), "total_return": float(equity[-1] / 1e4 - 1),
        "sharpe": float("nan"), "max_drawdown": -0.1, "cagr": 0.1, "trades": 7, "orders": 7, "max_drawdown_bars": 3,
        "costs_paid": 7.0,
    }  # fmt: skip
    gate = GateSeries(
        members[0].close > 100.0, {"average": np.where(np.arange(DAYS) < 20, np.nan, 100.0)},
        np.array([30, 60]), "open above its average",
    )  # fmt: skip
    return BacktestResult(
        spec=spec, bars=axis, metrics=metrics, equity=equity, signals=rng.choice([0.0, 1.0], (3, n)),
        positions=rng.choice([0.0, 2.0], (3, n)), orders=orders, trades=trades,
        receipt="sha256:" + "ab" * 32, warnings=("Made by hand",), legs=members,
        sleeves=("ema_cross",) * 3, rejected=rejected, band=Band(equity * 0.99, equity * 1.02, 1, 2.0, resolved=4),
        gates=(gate,), allocation=WeightSeries(weights, np.arange(0, n, 20)), scaling=np.linspace(0.5, 1, n),
        stops=np.where(rng.random((3, n)) < 0.5, np.nan, 95.0), charges=rng.random((3, n)) / 100, split=60,
    )  # fmt: skip
