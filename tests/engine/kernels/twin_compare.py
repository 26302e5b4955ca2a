"""Engine against twin: equity, every order, every closed and open trade."""

from dataclasses import replace

import numpy as np

from engine.backtest.run import simulate_signals
from engine.backtest.spec import BacktestSpec
from engine.core.trade import Reason
from tests.engine.cases import FREE, random_bars
from tests.engine.kernels.twin import Twin

ORDER_BARS = ("asset", "decision_bar", "fill_bar")
ORDER_NUMBERS = ("quantity", "position", "raw_price", "price", "commission", "slippage")
TRADE_NUMBERS = (
    "quantity", "entry_price", "exit_price", "gross_pnl", "commission", "slippage", "financing", "pnl", "return",
)  # fmt: skip
TRADE_BARS = ("asset", "side", "entry_decision", "entry_bar", "exit_decision", "exit_bar")


def market(seed, size=160, *, volatility=0.02, tick=0.05, multiplier=1.0, volume=(50.0, 500.0)):
    """Random bars whose instrument has a tick, a multiplier and a volume thin enough to matter."""
    bars = random_bars(seed, size, volatility)
    what = replace(bars.instrument, tick_size=tick, multiplier=multiplier)
    return replace(bars, instrument=what, volume=np.random.default_rng(seed + 99).uniform(*volume, size))


def spec_with(costs=None, execution=None, sizing=None, **fields):
    """A spec without costs but those given."""
    return BacktestSpec(
        strategy="external_signals", costs=FREE | (costs or {}), execution=execution or {}, sizing=sizing or {},
        periods_per_year=252, **fields,
    )  # fmt: skip


def assert_same_rows(found, expected, reason, whole, numbers, *, rtol, atol):
    assert len(found) == len(expected)
    assert [Reason(code).label for code in found[reason]] == [row["reason"] for row in expected]
    for name in whole:
        assert found[name].tolist() == [row[name] for row in expected], name
    for name in numbers:
        np.testing.assert_allclose(found[name], [row[name] for row in expected], rtol=rtol, atol=atol, err_msg=name)


def assert_same_orders(found, expected):
    assert_same_rows(found, expected, "reason", ORDER_BARS, ORDER_NUMBERS, rtol=1e-9, atol=1e-8)


def assert_same_trades(found, expected):
    assert_same_rows(found, expected, "exit_reason", TRADE_BARS, TRADE_NUMBERS, rtol=1e-8, atol=1e-7)


def assert_same_account(result, twin, *, rtol=1e-12):
    """Equity to ``rtol``; orders and trades row by row; closed trades before open ones, as they arise."""
    np.testing.assert_allclose(result.equity, twin.equity, rtol=rtol)
    assert_same_orders(result.orders, twin.orders)
    is_open = result.trades["open"]
    assert_same_trades(result.trades[~is_open], twin.trades)
    assert_same_trades(result.trades[is_open], twin.open_trades)
    assert result.metrics["orders"] == len(twin.orders)
    assert any("not sent" in text for text in result.warnings) == (twin.unsent > 0)


def compare(bars, targets, spec, *, rtol=1e-12, levels=None):
    """Run both on one instrument and compare; returns both."""
    result = simulate_signals(bars, np.array(targets, float), spec, levels=levels)
    twin = Twin(bars, targets, spec, levels=[levels] if levels else ()).run()
    assert_same_account(result, twin, rtol=rtol)
    return result, twin
