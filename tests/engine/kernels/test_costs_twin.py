"""Every cost model and every sizing rule against the plain account (rules 6, 7, 8)."""

import itertools

import pytest

from tests.engine.cases import random_targets
from tests.engine.kernels.twin_compare import compare, market, spec_with

EVERYTHING = {
    "slippage_ticks": 1, "spread_amount": 0.1, "slippage_range": 0.05, "impact_bps": 30, "slippage_bps": 2,
    "spread_bps": 2, "commission_per_unit": 0.01, "commission_min": 1, "commission_max_bps": 40,
    "sell_fee_bps": 0.3, "borrow_rate": 0.05, "margin_rate": 0.05,
}  # fmt: skip
COSTS = [
    {"slippage_ticks": 2},
    {"spread_amount": 0.2},
    {"slippage_range": 0.1},
    {"impact_bps": 50, "commission_bps": 5},
    {"sell_fee_bps": 3, "sell_fee_per_unit": 0.001},
    {"commission_fixed": 5, "commission_max_bps": 20, "sell_fee_bps": 2},
    EVERYTHING,
]
EXECUTIONS = [
    {},
    {"fill": "next_close"},
    {"fill": "this_close", "close_at_end": True},
    {"lot": 1},
    {"stop_loss": 0.03},
    {"trailing_stop": 0.05, "take_profit": 0.06, "reentry": "allowed"},
    {"rebalance": "daily"},
    {"rebalance": "band", "band": 0.1},
]


@pytest.mark.parametrize(("seed", "costs", "execution"), [
    (seed, *pair) for seed, pair in enumerate(itertools.product(COSTS, EXECUTIONS))
])  # fmt: skip
def test_that_every_cost_model_is_charged_as_the_rules_say(seed, costs, execution):
    bars = market(seed + 500, volatility=0.02 + 0.02 * (seed % 3), multiplier=(1.0, 10.0)[seed % 2])
    targets = random_targets(seed + 500, len(bars), whole=seed % 3 == 0, stay=0.85)
    compare(bars, targets, spec_with(costs, execution))


SIZINGS = [
    {"name": "fixed_cash", "amount": 5_000},
    {"name": "fixed_cash", "amount": 50_000},
    {"name": "fixed_units", "units": 4},
    {"name": "fixed_units", "units": 4_000},
    {"name": "volatility_target", "target": 0.2, "length": 10, "cap": 1.5},
    {"name": "volatility_target", "target": 0.2, "length": 20, "method": "rolling", "cap": 1.0},
    {"name": "kelly", "min_trades": 5, "cap": 2},
    {"name": "kelly", "min_trades": 3, "share": 1, "confidence": 0.5, "cap": 1},
    {"name": "risk_per_trade", "risk": 0.01},
    {"name": "risk_per_trade", "risk": 0.05, "cap": 2.0},
]
SIZED = [
    {"stop_loss": 0.05, "lot": 1, "max_leverage": 2},
    {"trailing_stop": 0.05, "take_profit": 0.06, "reentry": "allowed", "max_leverage": 3},
    {"trailing_stop": 4, "stop_loss": 6, "stop_unit": "amount", "fill": "next_close"},
    {"trailing_stop": 2, "stop_unit": "atr", "atr_length": 5, "rebalance": "weekly", "max_leverage": 2},
]


@pytest.mark.parametrize(("seed", "sizing", "execution"), [
    (seed, *pair) for seed, pair in enumerate(itertools.product(SIZINGS, SIZED))
])  # fmt: skip
def test_that_every_sizing_rule_asks_for_what_its_formula_says(seed, sizing, execution):
    bars = market(seed + 900, volatility=0.02 + 0.02 * (seed % 3), multiplier=(1.0, 10.0)[seed % 2])
    targets = random_targets(seed + 900, len(bars), whole=seed % 3 == 0, stay=0.85)
    compare(bars, targets, spec_with((COSTS[3], {"slippage_bps": 5, "commission_min": 2.0}, {})[seed % 3], execution, sizing))


@pytest.mark.parametrize("sizing", SIZINGS[4:8])
def test_that_a_band_is_measured_against_the_exposure_that_the_sizing_asks_for(sizing):
    bars = market(950)
    compare(bars, random_targets(950, len(bars), whole=True, stay=0.9), spec_with(COSTS[0], {"rebalance": "band"}, sizing))
