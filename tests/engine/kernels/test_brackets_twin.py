"""Brackets: stop entries on both sides at given prices against the plain account, and true paths in their band."""

import itertools

import numpy as np
import pytest

from engine.backtest.run import simulate_signals
from engine.core.trade import Reason
from tests.engine.backtest.test_properties_ticks import COSTS, DAYS, PIECES, path
from tests.engine.cases import random_targets
from tests.engine.kernels.twin_compare import compare, market, spec_with

FEES = [{}, {"slippage_bps": 5, "commission_bps": 5, "commission_min": 2, "slippage_range": 0.02}]
EXITS = [
    {},
    {"stop_loss": 2.0, "take_profit": 2.0, "stop_unit": "amount"},
    {"stop_loss": 0.5, "take_profit": 4.0, "stop_unit": "amount"},
    {"take_profit": 1.0, "stop_unit": "amount", "reentry": "allowed"},
    {"stop_loss": 0.03, "trailing_stop": 0.02},
    {"break_even": 0.01, "stop_loss": 0.03, "take_profit": 0.05},
    {"stop_loss": 0.02, "time_stop": 3, "close_at_end": True},
    {"stop_loss": 1, "stop_unit": "atr", "atr_length": 5, "lot": 1, "min_notional": 500},
]
MORE = [
    {"max_participation": 0.1, "stop_loss": 0.02},
    {"max_participation": 0.1, "unfilled": "cancel", "take_profit": 0.02},
    {"maintenance": 0.4, "max_leverage": 3, "stop_loss": 0.1},
]


def prices(bars, seed, near=0.006):
    """Random entry prices around each close; some missing on one side or on both."""
    rng = np.random.default_rng(seed + 5_000)
    buy = bars.close * (1 + rng.uniform(0.1, 1, len(bars)) * near)
    sell = bars.close * (1 - rng.uniform(0.1, 1, len(bars)) * near)
    buy[rng.random(len(bars)) < 0.15], sell[rng.random(len(bars)) < 0.15] = np.nan, np.nan
    return buy, sell


def against(seed, execution, costs, **fields):
    bars = market(seed, volatility=0.01 + 0.01 * (seed % 3))
    targets = np.abs(random_targets(seed, len(bars), whole=seed % 2 == 0, stay=0.75))
    targets[:20] = 0.0
    spec = spec_with(costs, {"entry": "bracket", "entry_bars": 1 + seed % 4} | execution, **fields)
    return compare(bars, targets, spec, levels=prices(bars, seed))


@pytest.mark.parametrize(("execution", "costs", "seed"), list(itertools.product(EXITS, FEES, (0, 1, 2))))
def test_that_brackets_fill_cancel_and_leave_as_the_rules_say(execution, costs, seed):
    against(2500 + seed, execution, costs)


@pytest.mark.parametrize(("execution", "seed"), list(itertools.product(MORE, range(3))))
def test_that_brackets_keep_the_volume_cap_and_the_maintenance_level(execution, seed):
    costs = {"slippage_bps": 5, "commission_bps": 5, "commission_min": 2}
    against(2600 + seed, execution, costs, sizing={"fraction": execution.get("max_leverage", 1)})


def test_that_random_brackets_meet_every_case():
    sides, ambiguous, reasons, inside = set(), 0, set(), 0
    for seed in range(6):
        result, twin = against(2700 + seed, EXITS[1], {})
        sides |= set(result.trades["side"])
        ambiguous += twin.ambiguous
        reasons |= set(result.trades["exit_reason"])
        opened = result.orders["position"] != 0
        inside += int((result.orders["raw_price"][opened] != result.bars.open[result.orders["fill_bar"][opened]]).sum())
        assert result.band.trades > 0
    assert sides == {-1, 1}
    assert {Reason.STOP_LOSS, Reason.TAKE_PROFIT, Reason.SIGNAL} <= reasons
    assert ambiguous > 5
    assert inside > 20


def test_that_a_bracket_is_the_same_whatever_the_sign_of_its_target():
    bars, spec = market(1), spec_with({}, {"entry": "bracket", "entry_bars": 3, "stop_loss": 0.02})
    targets = np.abs(random_targets(1, len(bars), whole=True, stay=0.75))
    levels = prices(bars, 1)
    one, other = (simulate_signals(bars, sign * targets, spec, levels=levels) for sign in (1, -1))
    np.testing.assert_array_equal(one.equity, other.equity)
    assert one.orders.size > 10


# True paths: the band of whole bars holds what finer bars show.

PATHS = [
    {},
    {"stop_loss": 1.0, "take_profit": 1.5, "stop_unit": "amount"},
    {"stop_loss": 0.3, "take_profit": 3.0, "stop_unit": "amount"},
    {"take_profit": 1.0, "stop_unit": "amount"},
    {"trailing_stop": 0.02},
    {"break_even": 0.01, "stop_loss": 0.02, "close_at_end": True},
]


def true_path(seed, execution):
    """Bars, levels and targets, and the equity at each close of the account that saw every piece."""
    days, pieces = path(seed)
    targets = np.abs(random_targets(seed, DAYS, whole=True, stay=0.6))
    levels = prices(days, seed, near=0.012)
    fine = np.repeat(np.concatenate(([0.0], targets[:-1])), PIECES)
    fine[PIECES - 1 :: PIECES] = targets
    placed = tuple(np.repeat(np.concatenate(([np.nan], line[:-1])), PIECES) for line in levels)
    for one, line in zip(placed, levels, strict=True):
        one[PIECES - 1 :: PIECES] = line
    bars = {"entry": "bracket", "entry_bars": 2}
    found = simulate_signals(pieces, fine, spec_with(COSTS, execution | bars | {"entry_bars": 2 * PIECES}), levels=placed)
    return days, pieces, targets, levels, spec_with(COSTS, execution | bars), found.equity[PIECES - 1 :: PIECES]


@pytest.mark.parametrize("execution", PATHS)
def test_that_finer_bars_decide_which_side_of_a_bracket_came_first(execution):
    for seed in range(30):
        days, pieces, targets, levels, spec, true = true_path(seed, execution)
        result = simulate_signals(days, targets, spec, finer=(pieces,), levels=levels)
        np.testing.assert_allclose(result.equity, true, rtol=1e-9)


@pytest.mark.parametrize("execution", PATHS)
def test_that_true_paths_lie_in_the_band_of_brackets(execution):
    wide, both = 0, 0
    for seed in range(150):
        days, _, targets, levels, spec, true = true_path(seed, execution)
        result = simulate_signals(days, targets, spec, levels=levels)
        band = result.band
        assert (band.pessimistic <= true * (1 + 1e-9)).all(), seed
        assert (true <= band.optimistic * (1 + 1e-9)).all(), seed
        assert (band.pessimistic <= result.equity).all()
        assert (result.equity <= band.optimistic).all()
        wide += bool((band.optimistic > band.pessimistic * (1 + 1e-9)).any())
        both += int(result.trades["ambiguous"].sum())
    assert wide > 30
    assert both > 30


def test_that_the_band_of_a_bracket_is_as_wide_as_its_two_sides():
    days, _ = path(3)
    spec = spec_with({}, {"entry": "bracket"})
    high, low, close = days.high[1], days.low[1], days.close[1]
    levels = (np.full(DAYS, high), np.full(DAYS, low))
    targets = np.zeros(DAYS)
    targets[0] = 1.0
    band = simulate_signals(days, targets, spec, levels=levels).band
    bought, sold = 10_000 * close / high, 10_000 * (2 - close / low)
    assert band.pessimistic[1] == pytest.approx(min(bought, sold))
    assert band.optimistic[1] == pytest.approx(max(bought, sold))
