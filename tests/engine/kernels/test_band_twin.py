"""The compiled bound of rule 12: against the plain envelope, and against true paths under every rule it knows."""

from dataclasses import replace

import numpy as np
import pytest

from engine.backtest import account
from engine.backtest.run import simulate_signals
from tests.engine.backtest.test_properties_ticks import BRACKETS, COSTS, DAYS, ENTRIES, TRAILS, path
from tests.engine.cases import random_bars, random_targets
from tests.engine.kernels.twin_band import Envelope
from tests.engine.kernels.twin_compare import spec_with

SLACK = 1e-9
CASES = [
    ({}, {"reentry": "allowed"}),
    ({}, {"time_stop": 3}),
    ({"borrow_rate": 0.05, "margin_rate": 0.06}, {"max_leverage": 2.0}),
    ({"slippage_range": 0.05}, {"maintenance": 0.25, "max_leverage": 3.0}),
    ({"commission_per_unit": 0.01, "sell_fee_bps": 3, "commission_bps": 50}, {"close_at_end": True}),
]
COVERED = [
    (costs, execution | exits)
    for costs, execution in CASES
    for exits in TRAILS + ENTRIES
    if not ("reentry" in execution and "entry" in exits)
]


@pytest.fixture
def bounds(monkeypatch):
    """Every answer of the bound: least, most, whether it could be told."""
    seen, driver = [], account.bound_driver

    def watched():
        def call(*given):
            known = driver()(*given)
            seen.append((given[4].copy(), given[5].copy(), known))
            return known

        return call

    monkeypatch.setattr(account, "bound_driver", watched)
    return seen


@pytest.mark.parametrize("execution", TRAILS + ENTRIES)
def test_that_the_compiled_bound_is_the_plain_envelope_or_narrower(execution, bounds):
    for seed in range(40):
        days, _ = path(seed)
        targets = random_targets(seed, DAYS, whole=True, stay=0.75)
        bounds.clear()
        simulate_signals(days, targets, spec_with(COSTS, execution))
        if not bounds:
            continue
        least, most, known = bounds[0]
        low, high = np.array(Envelope(days, targets, spec_with(COSTS, execution)).run()).T
        wide = np.isfinite(least)
        assert known
        assert (least[wide] >= low[wide] * (1 - 1e-7)).all()  # the envelope sells and buys where one order turns
        assert (most[wide] <= high[wide] * (1 + 1e-7)).all()
        if execution.get("entry") != "limit":  # there the envelope keeps positions that the high has ended
            np.testing.assert_allclose(least[wide], low[wide], rtol=0.01)
            np.testing.assert_allclose(most[wide], high[wide], rtol=0.01)


@pytest.mark.parametrize(("costs", "execution"), COVERED)
def test_that_the_band_holds_true_paths_under_every_rule_that_the_bound_knows(costs, execution, bounds):
    sizing = {"fraction": execution.get("max_leverage", 1.0)}
    for seed in range(16):
        days, pieces = path(seed)
        targets = random_targets(seed + 500, DAYS, whole=seed % 2 == 0, stay=0.75)
        spec = spec_with(COSTS | costs, execution, sizing)
        true = simulate_signals(days, targets, spec, finer=(pieces,)).equity
        result = simulate_signals(days, targets, spec)
        size = min(true.size, result.equity.size)
        assert (result.band.pessimistic[:size] <= true[:size] * (1 + SLACK)).all()
        assert (true[:size] <= result.band.optimistic[:size] * (1 + SLACK)).all()
        assert (result.band.pessimistic <= result.equity).all()
        assert (result.equity <= result.band.optimistic).all()
    assert bounds
    assert all(known for _, _, known in bounds)


@pytest.mark.parametrize("execution", TRAILS + ENTRIES)
def test_that_the_band_is_the_equity_to_the_bit_until_something_was_hidden(execution):
    for seed in range(40):
        days, _ = path(seed)
        targets = random_targets(seed, DAYS, whole=True, stay=0.75)
        result = simulate_signals(days, targets, spec_with(COSTS, execution))
        band, apart = result.band, np.abs(result.band.optimistic / result.band.pessimistic - 1.0) > SLACK
        first = int(np.argmax(apart)) if apart.any() else DAYS
        assert (band.pessimistic[:first] == result.equity[:first]).all()
        assert (band.optimistic[:first] == result.equity[:first]).all()


@pytest.mark.parametrize("execution", TRAILS[:2])
def test_that_bars_of_one_price_leave_no_band(execution):
    bars = random_bars(3, 200, 0.02)
    flat = replace(bars, open=bars.close, high=bars.close, low=bars.close)
    targets = random_targets(3, 200, whole=True, stay=0.75)
    result = simulate_signals(flat, targets, spec_with(COSTS, execution))
    assert (result.band.pessimistic == result.equity).all()
    assert (result.band.optimistic == result.equity).all()


@pytest.mark.parametrize(
    ("costs", "execution"),
    [
        ({"commission_fixed": 1.0}, TRAILS[0]),
        ({"impact_bps": 10.0}, TRAILS[0]),
        ({}, TRAILS[0] | {"lot": 1}),
        ({}, TRAILS[0] | {"fill": "next_close"}),
        ({}, TRAILS[0] | {"rebalance": "daily"}),
        ({}, ENTRIES[0] | {"reentry": "allowed"}),
        ({}, BRACKETS[0]),
    ],
)
def test_that_the_bound_is_not_taken_where_a_rule_is_not_in_proportion_or_not_needed(costs, execution, bounds):
    days, _ = path(0)
    targets = random_targets(0, DAYS, whole=True, stay=0.75)
    assert simulate_signals(days, targets, spec_with(costs, execution)).band is not None
    assert bounds == []


def test_that_a_bound_with_too_many_positions_leaves_the_band_of_the_books(monkeypatch):
    days, _ = path(1)
    targets = random_targets(1, DAYS, whole=True, stay=0.75)
    spec = spec_with(COSTS, TRAILS[0])
    monkeypatch.setattr(account, "is_bounded", lambda *_: False)
    books = simulate_signals(days, targets, spec).band
    monkeypatch.undo()

    def refuses(*given):
        given[4][:], given[5][:] = 0.0, np.inf
        return 0

    monkeypatch.setattr(account, "bound_driver", lambda: refuses)
    band = simulate_signals(days, targets, spec).band
    assert (band.pessimistic == books.pessimistic).all()
    assert (band.optimistic == books.optimistic).all()
