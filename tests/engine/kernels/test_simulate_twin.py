"""The compiled simulator against a plain-Python account written from the rules, on random cases."""

import itertools

import numpy as np
import pytest

from engine.backtest.run import simulate_signals
from engine.core.trade import Reason
from tests.engine.cases import random_bars, random_targets, spec_of
from tests.engine.kernels.twin import Twin

COSTS = [
    {"slippage_bps": 10},
    {"slippage_bps": 3, "spread_bps": 8, "commission_bps": 5, "commission_min": 1.0},
    {"commission_fixed": 2.0, "commission_per_unit": 0.01, "commission_max": 9.0, "slippage_bps": 1},
    {"slippage_bps": 10, "borrow_rate": 0.05, "margin_rate": 0.08},
]
EXECUTIONS = [
    {},
    {"fill": "next_close"},
    {"fill": "this_close"},
    {"lot": 1},
    {"lot": 0.01, "min_notional": 500},
    {"stop_loss": 0.03},
    {"stop_loss": 0.04, "take_profit": 0.05, "reentry": "allowed"},
    {"trailing_stop": 0.05, "stop_loss": 0.08},
    {"trailing_stop": 4.0, "stop_unit": "amount", "fill": "next_close"},
    {"time_stop": 5},
    {"rebalance": "daily"},
    {"rebalance": "weekly", "stop_loss": 0.03},
    {"rebalance": "monthly", "close_at_end": True},
    {"rebalance": "band", "band": 0.1},
    {"rebalance": "band", "band": 0.03, "fill": "this_close", "lot": 1},
    {"close_at_end": True, "take_profit": 0.02, "trailing_stop": 0.03},
]
CASES = list(
    itertools.islice(
        ((seed, costs, execution, whole)
         for seed, (execution, costs, whole) in enumerate(itertools.product(EXECUTIONS, COSTS, (True, False)))),
        None,
    )
)  # fmt: skip


def compare(seed, costs, execution, whole, *, leverage=1.0, fraction=1.0):
    bars = random_bars(seed, size=160, volatility=0.02 + 0.02 * (seed % 3))
    targets = random_targets(seed, len(bars), whole=whole, stay=0.85)
    spec = spec_of(costs, sizing={"fraction": fraction}, max_leverage=leverage, **execution)
    result = simulate_signals(bars, targets, spec)
    twin = Twin(bars, targets.tolist(), spec).run()
    np.testing.assert_allclose(result.equity, twin.equity, rtol=1e-12)
    assert len(result.orders) == len(twin.orders)
    for order, expected in zip(result.orders, twin.orders, strict=True):
        reason, decided, bar, change, price, fee, slippage = expected
        assert Reason(order["reason"]).label == reason
        assert (order["decision_bar"], order["fill_bar"]) == (decided, bar)
        np.testing.assert_allclose(
            [order["quantity"], order["price"], order["commission"], order["slippage"]],
            [change, price, fee, slippage], rtol=1e-10, atol=1e-9,
        )  # fmt: skip
    closed = result.trades[~result.trades["open"]]
    assert len(closed) == len(twin.trades)
    for trade, expected in zip(closed, twin.trades, strict=True):
        assert Reason(trade["exit_reason"]).label == expected["reason"]
        assert (trade["entry_bar"], trade["exit_bar"]) == (expected["entry_bar"], expected["exit_bar"])
        for name, key in [("quantity", "quantity"), ("pnl", "pnl"), ("gross_pnl", "gross"),
                          ("commission", "commission"), ("slippage", "slippage"),
                          ("financing", "financing"), ("side", "side")]:  # fmt: skip
            assert trade[name] == pytest.approx(expected[key], rel=1e-9, abs=1e-8), name
    assert result.metrics["orders"] == len(twin.orders)
    return result


@pytest.mark.parametrize(("seed", "costs", "execution", "whole"), CASES)
def test_that_the_simulator_equals_the_plain_account_of_the_rules(seed, costs, execution, whole):
    compare(seed, costs, execution, whole)


@pytest.mark.parametrize("seed", range(200))
def test_that_200_random_accounts_with_costs_equal_the_plain_account(seed):
    compare(seed + 1000, COSTS[seed % len(COSTS)], {}, whole=seed % 2 == 0)


@pytest.mark.parametrize("seed", range(12))
def test_that_leveraged_accounts_pay_interest_and_may_be_liquidated(seed):
    costs = {"slippage_bps": 10, "margin_rate": 0.2, "borrow_rate": 0.1}
    compare(seed + 3000, costs, {"rebalance": "weekly"}, whole=True, leverage=4.0, fraction=3.0)
