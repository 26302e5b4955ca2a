"""A small portfolio run made by hand: one cash account kept bar by bar in plain Python."""

from __future__ import annotations

import numpy as np

from engine.allocation import WeightSeries
from engine.backtest.result import BacktestResult, Band
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe
from engine.core.trade import ORDER_DTYPE, REJECTED_DTYPE, TRADE_DTYPE, Reason

CAPITAL = 100_000.0
SYMBOLS = ("SPY", "TLT", "GLD", "EFA", "EEM", "IYR", "DBC", "UUP")
SLIP = 0.001
FEE = 1.0
CARRY = 0.37


def leg_bars(symbol, days, seed, multiplier=1.0):
    """Daily bars of a random walk on some days."""
    rng = np.random.default_rng(seed)
    close = (40 + 60 * rng.random()) * np.exp(np.cumsum(rng.normal(0.0003, 0.012, days.size)))
    opened = np.concatenate((close[:1], close[:-1])) * (1 + rng.normal(0, 0.002, days.size))
    high, low = np.maximum(opened, close) * 1.004, np.minimum(opened, close) * 0.996
    return Bars(
        Instrument(symbol, multiplier=multiplier), Timeframe(1, "d"), (days + 1) * NS_PER_DAY - 1, opened, high,
        low, close, np.full(days.size, 1e6), days,
    )  # fmt: skip


def axis_of(legs):
    """The union of the legs' bars; price = an equal stake in each."""
    time = np.unique(np.concatenate([leg.time for leg in legs]))
    at = [np.maximum(np.searchsorted(leg.time, time, side="right") - 1, 0) for leg in legs]
    close = 100.0 * np.mean([leg.close[rows] / leg.close[0] for leg, rows in zip(legs, at, strict=True)], axis=0)
    session = (time + 1) // NS_PER_DAY - 1
    return Bars(
        Instrument("PORTFOLIO"), Timeframe(1, "d"), time, close, close, close, close, np.zeros(time.size), session
    )


def round_trips(axis, leg, asset, rng):
    """Entry and exit bars of a leg on the axis, in its own bars only, never touching."""
    own = np.searchsorted(axis.time, leg.time)
    marks = np.sort(rng.choice(own[1:-1], 2 * max(1, own.size // 40), replace=False))
    return [(asset, int(entry), int(leave)) for entry, leave in zip(marks[::2], marks[1::2], strict=True)]


class Account:
    """Cash, holdings, orders and trades."""

    def __init__(self, legs, axis):
        self.legs, self.axis = legs, axis
        self.cash, self.held = CAPITAL, np.zeros(len(legs))
        self.orders, self.open, self.trades = [], {}, []

    def fill(self, asset, bar, quantity):
        leg = self.legs[asset]
        raw = float(leg.open[int(np.searchsorted(leg.time, self.axis.time[bar]))])
        price = raw * (1 + SLIP * np.sign(quantity))
        size = leg.instrument.multiplier
        self.cash -= quantity * price * size + FEE
        self.held[asset] += quantity
        slipped = abs(quantity) * raw * SLIP * size
        signal = (asset, Reason.SIGNAL, bar - 1, bar)
        self.orders.append((*signal, quantity, self.held[asset], raw, price, FEE, slipped))
        return raw, price, slipped

    def enter(self, asset, bar, quantity):
        self.open[asset] = (bar, quantity, *self.fill(asset, bar, quantity))

    def leave(self, asset, bar, charged):
        entry, quantity, raw, price, slipped = self.open.pop(asset)
        out_raw, out_price, out_slipped = self.fill(asset, bar, -quantity)
        size = self.legs[asset].instrument.multiplier
        gross = quantity * (out_raw - raw) * size
        pnl = gross - (2 * FEE + slipped + out_slipped + charged)
        self.trades.append((
            asset, int(np.sign(quantity)), False, Reason.SIGNAL, abs(quantity), entry - 1, entry, bar - 1, bar,
            price, out_price, gross, 2 * FEE, slipped + out_slipped, charged, pnl,
            pnl / (abs(quantity) * price * size), -0.01, 0.02, len(self.trades) % 5 == 0,
        ))  # fmt: skip


def made_portfolio(count=4, days=300, *, seed=5, same_days=False, multiplier=1.0, **spec):
    """Return a run of some legs whose orders, holdings, charges, equity and trades belong together."""
    rng = np.random.default_rng(seed)
    all_days = 14_610 + np.arange(days) + 2 * (np.arange(days) // 5)
    legs = []
    for k in range(count):
        chosen = all_days if same_days else all_days[np.sort(rng.choice(days, days - 5 * k, replace=False))]
        legs.append(leg_bars(SYMBOLS[k % 8] + "X" * (k // 8), chosen, seed + k, multiplier))
    axis = axis_of(legs)
    account, entries, exits = Account(legs, axis), {}, {}
    for k, leg in enumerate(legs):
        for asset, entry, leave in round_trips(axis, leg, k, rng):
            entries.setdefault(entry, []).append(asset)
            exits.setdefault(leave, []).append(asset)
    n = len(axis)
    equity, held, charges, paid = np.empty(n), np.zeros((count, n)), np.zeros((count, n)), np.zeros(count)
    for bar in range(n):
        for asset in np.flatnonzero(account.held < 0).tolist():
            charges[asset, bar] = CARRY
            account.cash -= CARRY
            paid[asset] += CARRY
        for asset in exits.get(bar, []):
            account.leave(asset, bar, paid[asset])
            paid[asset] = 0.0
        for asset in entries.get(bar, []):
            account.enter(asset, bar, float(np.round(rng.normal(0, 150), 2)) or 1.0)
        held[:, bar] = account.held
        marks = np.array([_mark(leg, axis, bar) for leg in legs])
        equity[bar] = account.cash + float(np.sum(account.held * marks * multiplier))
    trades = np.array(sorted(account.trades, key=lambda trade: trade[8]), TRADE_DTYPE)
    return _result(legs, axis, (equity, held, charges), (np.array(account.orders, ORDER_DTYPE), trades), spec)


def _mark(leg, axis, bar):
    at = int(np.searchsorted(leg.time, axis.time[bar], side="right")) - 1
    return float(leg.close[at]) if at >= 0 else 0.0


def _rejected(count):
    rejected = np.zeros(6, REJECTED_DTYPE)
    rejected["asset"], rejected["bar"] = np.arange(6) % count, 20 + 15 * np.arange(6)
    rejected["decision_bar"], rejected["exit_bar"] = rejected["bar"] - 1, rejected["bar"] + 12
    rejected["exposure"], rejected["filled"] = 0.25, [0, 0, 0.5, 0, 0.2, 0]
    rejected["price"], rejected["missed_return"] = 100.0, [0.02, -0.01, 0.03, 0.004, -0.02, 0.01]
    rejected["missed_pnl"] = rejected["missed_return"] * 20_000
    return rejected


def _result(legs, axis, account, tables, spec):
    equity, held, charges = account
    orders, trades = tables
    n, count = equity.size, len(legs)
    lost = np.cumsum(np.where(np.arange(n) % 40 == 7, 60.0, 0.0))
    weights = np.repeat(np.arange(1.0, count + 1)[:, None] / sum(range(1, count + 1)), n, axis=1)
    spec = {"strategy": "ema_cross", "params": {"fast": 10, "slow": 50}, "capital": CAPITAL} | spec
    doubtful = trades[trades["ambiguous"]]
    return BacktestResult(
        spec=BacktestSpec(**spec), bars=axis, metrics={}, equity=equity, signals=np.sign(held), positions=held,
        orders=orders, trades=trades, receipt=f"sha256:{count:064x}", legs=tuple(legs),
        sleeves=("ema_cross",) * count, rejected=_rejected(count),
        band=Band(equity - lost, equity + lost / 2, int(doubtful.size), float(doubtful["pnl"].sum())),
        allocation=WeightSeries(weights, np.array([0])), scaling=np.where(np.arange(n) % 50 < 5, 0.8, 1.0),
        charges=charges,
    )  # fmt: skip
