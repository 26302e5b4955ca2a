"""Corners where a plausible engine gives a wrong number: ruin without a position, dust, rounding, one bar."""

import math

import numpy as np
import pytest

from engine.backtest.run import run_backtest, simulate_signals
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars
from engine.core.errors import InputError
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, NS_PER_SECOND, Timeframe
from engine.core.trade import Reason
from tests.engine.cases import make_bars, random_bars, random_targets, spec_of


def simulate(close, targets, costs=None, capital=100.0, **execution):
    bars = close if isinstance(close, Bars) else make_bars(close)
    return simulate_signals(bars, np.array(targets, dtype=float), spec_of(costs, capital=capital, **execution))


@pytest.mark.parametrize(("fee", "left"), [(50.0, 0.0), (60.0, -20.0)])
def test_that_an_account_eaten_by_commission_ends_there_and_says_so_rule_15(fee, left):
    result = simulate([10] * 6, [1, 0, 1, 0, 1, 1], {"commission_fixed": fee})
    assert result.equity.tolist() == [100.0, 100.0 - fee, left]
    assert result.warnings == ("Nothing is left at the close of 2000-01-03: the run ends there",)
    assert not np.isnan(result.returns).any()


def test_that_a_liquidation_on_the_last_bar_is_told_also_when_it_closes_at_the_end():
    result = simulate([10, 10, 10], [1, 1, 1], {"commission_fixed": 60.0}, close_at_end=True)
    assert Reason(result.orders["reason"][-1]) is Reason.END
    assert result.equity[-1] == -20.0
    assert result.warnings[-1].startswith("Nothing is left at the close of 2000-01-03")


def test_that_a_gap_beyond_the_account_is_a_debt_of_one_last_bar_rule_15():
    bars = make_bars([100, 100, 250, 100], [100, 100, 250, 100])
    result = simulate(bars, [-1, -1, -1, -1])
    assert result.equity.tolist() == [100.0, 100.0, -50.0]
    assert Reason(result.orders["reason"][-1]) is Reason.LIQUIDATION
    assert result.metrics["total_return"] == -1.5
    assert result.metrics["exposure"] == 1 / 3  # held at the close of bar 1 only
    assert result.metrics["annual_return"] == result.metrics["cagr"] == -1.0


def test_that_rounding_of_lots_leaves_no_trades_of_dust_rule_22():
    # 6.9 - 3.9 is 3 and a little more: the rest is no trade of 4e-16 units.
    result = simulate([100] * 6, [0.3, 0.7, 0.4, 0.0, 0.0, 0.0], capital=1_000.0, lot=0.3)
    assert result.positions.tolist() == pytest.approx([0, 3.0, 6.9, 3.9, 0, 0])
    assert result.trades["quantity"].tolist() == pytest.approx([3.0, 3.9])
    assert result.metrics["trades"] == 2


@pytest.mark.parametrize("price", [99.3, 101.3, 103.3])
def test_that_a_rebalance_at_an_unchanged_price_sends_nothing_rule_7(price):
    # Rounding asks for 1e-17 units; a fixed commission would then be paid on each of them.
    result = simulate([price] * 9, [-0.7] * 9, {"commission_fixed": 1.0}, capital=1_234.5, rebalance="daily")
    assert result.metrics["orders"] == 1
    assert result.metrics["costs_paid"] == 1.0


@pytest.mark.parametrize(("least", "orders"), [(100.0, 1), (101.0, 0)])
def test_that_an_order_of_just_the_least_quantity_is_sent_rule_7(least, orders):
    result = simulate([10, 10, 10], [1, 1, 1], capital=1_000.0, lot=1, min_quantity=least)
    assert result.metrics["orders"] == orders
    assert any("below the minimum" in text for text in result.warnings) == (orders == 0)


@pytest.mark.parametrize("lot", [0.0, 1.0])
def test_that_a_flat_position_is_never_minus_zero(lot):
    result = simulate([10, 10, 10, 10], [1, 0, -1, 0], lot=lot)
    flat = result.positions[result.positions == 0.0]
    assert flat.size
    assert not np.signbit(flat).any()


def test_that_an_allowed_reentry_is_decided_after_the_exit_also_with_next_close_rule_14():
    bars = make_bars([100] * 6, [100] * 6, [100] * 6, [100, 100, 90, 100, 100, 100])
    result = simulate(bars, [1] * 6, fill="next_close", stop_loss=0.05, reentry="allowed")
    stopped, again = result.orders[1], result.orders[2]
    assert Reason(stopped["reason"]) is Reason.STOP_LOSS
    assert (stopped["fill_bar"], again["decision_bar"], again["fill_bar"]) == (2, 2, 3)


def test_that_an_order_decided_before_a_stop_is_still_filled_with_next_close():
    bars = make_bars([100] * 5, [100] * 5, [100] * 5, [100, 100, 90, 100, 100])
    result = simulate(bars, [1, -1, -1, -1, -1], fill="next_close", stop_loss=0.05, reentry="allowed")
    assert [Reason(r).label for r in result.orders["reason"]] == ["signal", "stop_loss", "signal"]
    assert result.orders["fill_bar"].tolist() == [1, 2, 2]
    assert result.positions[2] < 0


def test_that_the_first_high_is_the_capital_rule_21():
    result = simulate([10.0] * 12, [1] * 12, {"commission_fixed": 5.0}, fill="this_close")
    assert result.equity.tolist() == [95.0] * 12
    assert result.metrics["max_drawdown"] == pytest.approx(-0.05)
    assert result.metrics["max_drawdown_bars"] == 12


def test_that_the_range_of_the_last_bar_counts_when_a_trade_ends_at_its_close():
    bars = make_bars([100] * 4, [100] * 4, [100, 100, 120, 130], [100, 100, 90, 80])
    closed = simulate(bars, [1] * 4, close_at_end=True).trades[0]
    assert (closed["mae"], closed["mfe"]) == (pytest.approx(-0.2), pytest.approx(0.3))
    left = simulate(bars, [1, 1, 0, 0]).trades[0]  # sold at the open of bar 3
    assert (left["mae"], left["mfe"]) == (pytest.approx(-0.1), pytest.approx(0.2))


@pytest.mark.parametrize("prices", ["prices.csv", [1.0, 2.0], make_bars([1.0, 2.0]).to_frame()])
def test_that_prices_that_are_no_bars_are_refused_in_words(prices):
    with pytest.raises(InputError, match=r"prices must be Bars.*from_frame"):
        run_backtest(prices, BacktestSpec(strategy="buy_and_hold"))


@pytest.mark.parametrize(("start", "end", "part"), [(5, 40, slice(5, 41)), (None, 40, slice(0, 41)), (5, None, slice(5, 60))])
def test_that_a_date_range_runs_just_those_sessions_with_both_ends(start, end, part):
    bars = random_bars(3, size=60)
    label = [None if at is None else bars.label(at) for at in (start, end)]
    values = {"strategy": "sma_cross", "params": {"fast": 2, "slow": 5}}
    ranged = run_backtest(bars, BacktestSpec(**values, data={"start": label[0], "end": label[1]}))
    alone = run_backtest(bars.slice(part.start, part.stop), BacktestSpec(**values))
    assert ranged.equity.tobytes() == alone.equity.tobytes()
    assert ranged.metrics["benchmark_return"] == alone.metrics["benchmark_return"]


def minutes(close):
    size = len(close)
    time = np.arange(1, size + 1, dtype=np.int64) * 60 * NS_PER_SECOND + 20_000 * NS_PER_DAY
    prices = np.asarray(close, dtype=float)
    session = np.full(size, 20_000)
    return Bars(Instrument("X"), Timeframe(1, "m"), time, prices, prices, prices, prices, prices * 0, session)


def test_that_a_yearly_rate_beyond_all_numbers_is_undefined_rule_21():
    metrics = run_backtest(minutes([1.0, 1.1, 1.2]), BacktestSpec(strategy="buy_and_hold")).metrics
    assert metrics["total_return"] > 0.08
    for name in ("annual_return", "cagr", "calmar"):
        assert math.isnan(metrics[name]), name


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("fill", ["next_open", "next_close", "this_close"])
def test_that_no_metric_of_a_tiny_run_is_infinite(size, fill):
    metrics = simulate([10.0, 11.0, 10.5][:size], [1.0] * size, fill=fill, close_at_end=True).metrics
    assert not any(math.isinf(value) for value in metrics.values())
    assert metrics["final_equity"] == pytest.approx(100.0 + 0.0 + metrics["total_return"] * 100.0)


def test_that_rounding_noise_has_no_ratio_rule_21():
    # A constant price: what daily rebalancing with slippage 0 adds to equity is rounding.
    equity = 1e4 + np.array([0, 1.8e-12, -1.8e-12, 0, 1.8e-12])
    from engine.metrics.returns import sharpe, sortino

    returns = np.diff(equity) / equity[:-1]
    assert math.isnan(sharpe(returns, 252))
    assert math.isnan(sortino(returns, 252))
    assert math.isnan(sharpe(np.full(50, 1e-3), 252))


@pytest.mark.parametrize("seed", range(6))
def test_that_profits_of_all_trades_add_up_to_the_change_of_equity_rule_22(seed):
    execution = [{}, {"lot": 0.1, "rebalance": "daily"}, {"stop_loss": 0.03, "reentry": "allowed"}][seed % 3]
    costs = {"slippage_bps": 7, "commission_fixed": 0.5, "borrow_rate": 0.1, "margin_rate": 0.1}
    bars = random_bars(seed, size=120)
    targets = random_targets(seed, 120, whole=False, stay=0.5)
    spec = spec_of(costs, max_leverage=2.0, sizing={"fraction": 2.0}, **execution)
    result = simulate_signals(bars, targets, spec)
    trades = result.trades
    assert trades["pnl"].sum() == pytest.approx(result.equity[-1] - spec.capital, abs=1e-7)
    parts = trades["gross_pnl"] - trades["commission"] - trades["slippage"] - trades["financing"]
    np.testing.assert_allclose(parts, trades["pnl"], atol=1e-9)
    assert trades["quantity"].min() > 1e-9
