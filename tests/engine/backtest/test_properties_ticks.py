"""True paths inside the bars: finer bars give them exactly, the band holds them (rule 12).

A path is made of straight pieces, each a bar whose open, high, low and close are its two ends, so that
inside a piece nothing is ambiguous and a level is met at its very price. The engine on the pieces is the
truth; the engine on bars made of the pieces does not know their order.
"""

import functools

import numpy as np
import pytest

from engine.backtest.run import simulate_signals
from engine.core.bars import Bars
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe
from tests.engine.cases import random_targets
from tests.engine.kernels.twin_band import Envelope
from tests.engine.kernels.twin_compare import spec_with

PIECES, DAYS = 10, 40
COSTS = {"slippage_bps": 5, "commission_bps": 1}
BRACKETS = [
    {"stop_loss": 0.02, "take_profit": 0.02},
    {"stop_loss": 0.01, "take_profit": 0.03},
    {"stop_loss": 0.03, "take_profit": 0.015, "close_at_end": True},
]
TRAILS = [
    {"trailing_stop": 0.03},
    {"trailing_stop": 0.03, "take_profit": 0.04},
    {"break_even": 0.015, "stop_loss": 0.03},
    {"trailing_stop": 0.03, "stop_loss": 0.04, "break_even": 0.02, "take_profit": 0.06},
]
ENTRIES = [
    {"entry": kind, "entry_distance": 0.01, "entry_bars": 2} | exits
    for kind in ("limit", "stop")
    for exits in ({"stop_loss": 0.02, "take_profit": 0.02}, {"trailing_stop": 0.02})
]


@functools.cache
def path(seed):
    """Daily bars and the pieces they are made of, with a gap between days."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 0.03 / np.sqrt(PIECES), (DAYS, PIECES + 1))
    steps[:, 0] = rng.normal(0, 0.004, DAYS)
    levels = 100 * np.exp(np.cumsum(steps).reshape(DAYS, PIECES + 1))
    start, end = levels[:, :-1], levels[:, 1:]
    high, low = np.maximum(start, end), np.minimum(start, end)
    session = np.arange(DAYS, dtype=np.int64) + 10_957
    close = (session + 1) * NS_PER_DAY
    what, ones = Instrument("PATH"), np.ones(DAYS)
    days = Bars(
        what, Timeframe(1, "d"), close, start[:, 0], high.max(axis=1), low.min(axis=1), end[:, -1], ones, session
    )
    clock = (session * NS_PER_DAY)[:, None] + np.arange(1, PIECES + 1) * (NS_PER_DAY // PIECES)
    pieces = Bars(
        what, Timeframe(144, "m"), clock.ravel(), start.ravel(), high.ravel(), low.ravel(), end.ravel(),
        np.ones(clock.size), np.repeat(session, PIECES),
    )  # fmt: skip
    return days, pieces


def truth(seed, execution):
    """Equity at each day's close of the account that saw every piece; a day's target is known at its last one."""
    days, pieces = path(seed)
    targets = random_targets(seed, DAYS, whole=True, stay=0.75)
    fine = np.repeat(np.concatenate(([0.0], targets[:-1])), PIECES)
    fine[PIECES - 1 :: PIECES] = targets
    if "entry_bars" in execution:
        execution = execution | {"entry_bars": execution["entry_bars"] * PIECES}
    found = simulate_signals(pieces, fine, spec_with(COSTS, execution))
    return days, pieces, targets, found.equity[PIECES - 1 :: PIECES]


@pytest.mark.parametrize("execution", BRACKETS + TRAILS + ENTRIES)
def test_that_finer_bars_give_the_true_result(execution):
    resolved = 0
    for seed in range(60):
        days, pieces, targets, true = truth(seed, execution)
        result = simulate_signals(days, targets, spec_with(COSTS, execution), finer=(pieces,))
        np.testing.assert_allclose(result.equity, true, rtol=1e-9)
        assert (result.band.pessimistic <= true * (1 + 1e-9)).all()
        assert (true <= result.band.optimistic * (1 + 1e-9)).all()
        resolved += result.band.resolved
    assert resolved > 0


def breaches(execution, seeds):
    """How far each true path leaves the band, as a share of equity; and how many bands are open at all."""
    found, wide = [], 0
    for seed in seeds:
        days, _, targets, true = truth(seed, execution)
        band = simulate_signals(days, targets, spec_with(COSTS, execution)).band
        wide += bool((band.optimistic > band.pessimistic).any())
        found.append(float(np.maximum((band.pessimistic - true) / true, (true - band.optimistic) / true).max()))
    return np.array(found), wide


@pytest.mark.parametrize("execution", BRACKETS)
def test_that_1000_true_paths_lie_in_the_band_of_stop_and_target(execution):
    out, wide = breaches(execution, range(1_000))
    assert wide > 50
    assert out.max() <= 1e-9


@pytest.mark.parametrize("execution", TRAILS + ENTRIES)
def test_that_true_paths_lie_in_the_band_of_trailing_stops_and_entries(execution):
    out, wide = breaches(execution, range(250))
    assert wide > 50
    assert out.max() <= 1e-9, f"{(out > 1e-9).sum()} of {out.size} paths leave the band, by up to {out.max():.2%}"


@pytest.mark.parametrize("execution", BRACKETS[:2] + TRAILS + ENTRIES)
def test_that_the_plain_envelope_of_the_rules_holds_every_true_path(execution):
    """What the band can be: least and most money in and out of the position, carried from bar to bar."""
    for seed in range(150):
        days, _, targets, true = truth(seed, execution)
        low, high = np.array(Envelope(days, targets, spec_with(COSTS, execution)).run()).T
        assert (low * (1 - 1e-9) <= true).all(), seed
        assert (true <= high * (1 + 1e-9)).all(), seed
