"""The compiled simulator against a plain-Python account written from the rules, on random cases."""

import itertools

import pytest

from tests.engine.cases import random_targets
from tests.engine.kernels.twin_compare import compare, market, spec_with

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
CASES = [
    (seed, costs, execution, whole)
    for seed, (execution, costs, whole) in enumerate(itertools.product(EXECUTIONS, COSTS, (True, False)))
]


@pytest.mark.parametrize(("seed", "costs", "execution", "whole"), CASES)
def test_that_the_simulator_equals_the_plain_account_of_the_rules(seed, costs, execution, whole):
    bars = market(seed, volatility=0.02 + 0.02 * (seed % 3))
    compare(bars, random_targets(seed, len(bars), whole=whole, stay=0.85), spec_with(costs, execution))


@pytest.mark.parametrize("seed", range(60))
def test_that_random_accounts_with_costs_equal_the_plain_account(seed):
    bars = market(seed + 1000, volatility=0.02 + 0.02 * (seed % 3))
    targets = random_targets(seed + 1000, len(bars), whole=seed % 2 == 0, stay=0.85)
    compare(bars, targets, spec_with(COSTS[seed % len(COSTS)]))


@pytest.mark.parametrize("seed", range(12))
def test_that_leveraged_accounts_pay_interest_and_may_be_liquidated(seed):
    costs = {"slippage_bps": 10, "margin_rate": 0.2, "borrow_rate": 0.1}
    bars = market(seed + 3000, volatility=0.02 + 0.02 * (seed % 3))
    targets = random_targets(seed + 3000, len(bars), whole=True, stay=0.85)
    compare(bars, targets, spec_with(costs, {"rebalance": "weekly", "max_leverage": 4.0}, {"fraction": 3.0}))
