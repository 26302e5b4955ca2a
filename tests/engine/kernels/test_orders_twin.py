"""Entries, exits, volume caps and maintenance margin against the plain account (rules 9, 10 to 14, 16)."""

import itertools

import pytest

from tests.engine.cases import random_targets
from tests.engine.kernels.twin_compare import compare, market, spec_with

COSTS = [{}, {"slippage_bps": 5, "commission_bps": 5, "commission_min": 2, "slippage_range": 0.02}]
EXITS = [
    {"break_even": 0.02},
    {"break_even": 0.03, "stop_loss": 0.05},
    {"break_even": 0.02, "trailing_stop": 0.05, "take_profit": 0.08, "reentry": "allowed"},
    {"break_even": 3, "stop_unit": "amount", "stop_loss": 4, "fill": "next_close"},
    {"break_even": 1, "stop_unit": "atr", "stop_loss": 2, "atr_length": 5, "fill": "this_close", "reentry": "allowed"},
    {"break_even": 0.02, "time_stop": 6, "rebalance": "daily"},
]
ENTRIES = [
    {"entry_distance": 0.01},
    {"entry_distance": 0.01, "entry_bars": 3, "lot": 1, "min_notional": 500},
    {"entry_distance": 0.01, "entry_bars": 3, "stop_loss": 0.02, "take_profit": 0.02},
    {"entry_distance": 0.0, "entry_bars": 2, "stop_loss": 0.02, "take_profit": 0.02, "reentry": "allowed"},
    {"entry_distance": 1, "entry_bars": 2, "stop_loss": 2, "stop_unit": "amount", "take_profit": 2},
    {"entry_distance": 0.5, "entry_bars": 2, "stop_loss": 1, "stop_unit": "atr", "atr_length": 5, "time_stop": 3},
    {"entry_distance": 0.01, "entry_bars": 3, "trailing_stop": 0.03},
    {"entry_distance": 0.01, "entry_bars": 3, "break_even": 0.02, "stop_loss": 0.04},
    {"entry_distance": 0.01, "entry_bars": 2, "rebalance": "daily"},
    {"entry_distance": 0.01, "entry_bars": 2, "rebalance": "band", "stop_loss": 0.03},
]


def against(seed, execution, costs, **fields):
    bars = market(seed, volatility=0.02 + 0.02 * (seed % 3))
    targets = random_targets(seed, len(bars), whole=seed % 2 == 0, stay=0.85)
    targets[:20] = 0.0  # an ATR is known before the first order
    return compare(bars, targets, spec_with(costs, execution, **fields))


@pytest.mark.parametrize(("execution", "costs", "seed"), list(itertools.product(EXITS, COSTS, (1, 2))))
def test_that_break_even_stops_stand_at_the_fill_price(execution, costs, seed):
    against(2000 + seed, execution, costs)


@pytest.mark.parametrize(("kind", "execution", "seed"), list(itertools.product(("limit", "stop"), ENTRIES, (1, 2, 3))))
def test_that_limit_and_stop_entries_fill_and_leave_as_the_rules_say(kind, execution, seed):
    against(2100 + seed, execution | {"entry": kind}, COSTS[seed % 2])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("execution", [
    {"maintenance": 0.3, "max_leverage": 3, "rebalance": "weekly"},
    {"maintenance": 0.5, "max_leverage": 2},
    {"maintenance": 0.25, "max_leverage": 4, "stop_loss": 0.1, "fill": "next_close"},
    {"maintenance": 0.3, "max_leverage": 4, "fill": "this_close", "close_at_end": True},
])  # fmt: skip
def test_that_equity_at_the_maintenance_level_ends_the_run(execution, seed):
    costs = {"slippage_bps": 5, "slippage_range": 0.1, "margin_rate": 0.1, "impact_bps": 20}
    against(2200 + seed, execution, costs, sizing={"fraction": 3.0})


CAPPED = [
    {"max_participation": 0.1},
    {"max_participation": 0.3, "lot": 1},
    {"max_participation": 0.1, "fill": "next_close"},
    {"max_participation": 0.1, "fill": "this_close", "close_at_end": True},
    {"max_participation": 0.1, "stop_loss": 0.03},
    {"max_participation": 0.05, "rebalance": "daily"},
    {"max_participation": 0.05, "rebalance": "band"},
    {"max_participation": 0.1, "entry": "stop", "entry_distance": 0.01, "entry_bars": 3},
]


@pytest.mark.parametrize(("execution", "unfilled", "seed"), list(itertools.product(CAPPED, ("carry", "cancel"), (0, 1, 2))))
def test_that_a_volume_cap_fills_its_share_and_always_carries_exits_rule_9(execution, unfilled, seed):
    costs = ({}, {"slippage_bps": 5, "commission_bps": 5, "commission_min": 2}, {"impact_bps": 30})[seed]
    against(2300 + seed, execution | {"unfilled": unfilled}, costs)


@pytest.mark.parametrize(("execution", "seed"), list(itertools.product(CAPPED, range(2))))
def test_that_a_carried_rest_slips_by_the_range_of_the_bar_that_decided_rule_6(execution, seed):
    against(2400 + seed, execution | {"unfilled": "carry"}, {"slippage_range": 0.1})
