"""The null model: the exposure, holding time and sides that were asked for, and no trace of the price."""

import itertools

import numpy as np
import pytest

from engine.backtest.targets import targets_of
from engine.kernels.chance import scatter, uniform
from engine.strategies import load
from tests.conformance.series import bars_of, random_walk

BARS = bars_of(np.full(100_000, 100.0))


def run(bars=BARS, **params):
    strategy = load("random_entry")
    return targets_of(strategy, bars, strategy.parse(params))


def held(target):
    """Return the lengths of all runs with one position."""
    return np.array([len(list(group)) for side, group in itertools.groupby(target.tolist()) if side])


@pytest.mark.parametrize("side", ["both", "long", "short"])
@pytest.mark.parametrize(("exposure", "hold"), [(0.5, 10), (0.1, 3), (0.9, 9), (0.3, 1), (0.7, 40)])
def test_that_share_and_holding_time_are_the_ones_asked_for(exposure, hold, side):
    target = run(exposure=exposure, hold=hold, side=side)
    lengths = held(target)
    # Some 2 deviations of the mean of geometric runs are 2 hold / sqrt(runs); allow 5.
    assert np.mean(target != 0) == pytest.approx(exposure, rel=5 * np.sqrt(2.0 / lengths.size))
    assert lengths.mean() == pytest.approx(hold, rel=5 / np.sqrt(lengths.size))


@pytest.mark.parametrize(("exposure", "hold"), [(1.0, 10), (0.95, 3), (0.8, 2)])
def test_that_a_gap_below_one_bar_keeps_both_when_both_sides_are_allowed(exposure, hold):
    target = run(exposure=exposure, hold=hold)
    assert np.mean(target != 0) == pytest.approx(exposure, abs=0.01)
    assert held(target).mean() == pytest.approx(hold, rel=0.04)


def test_that_the_whole_time_on_one_side_is_buy_and_hold():
    assert (run(exposure=1.0, side="long") == 1.0).all()
    assert (run(exposure=1.0, side="short") == -1.0).all()


def test_that_both_sides_are_equally_likely():
    target = run(hold=1)
    assert np.mean(target[target != 0] > 0) == pytest.approx(0.5, abs=0.01)


def test_that_the_first_bar_has_a_position_as_often_as_any_bar():
    firsts = [run(bars_of([1.0]), seed=seed, exposure=0.3)[0] != 0 for seed in range(1, 1001)]
    assert np.mean(firsts) == pytest.approx(0.3, abs=0.07)


def test_that_the_price_is_not_looked_at():
    one, other = random_walk(800, 1), random_walk(800, 2)
    assert run(one, seed=5).tolist() == run(other, seed=5).tolist()


def test_that_the_numbers_of_two_seeds_have_nothing_in_common():
    numbers = np.array([[uniform(seed, position) for position in range(2000)] for seed in range(1, 41)])
    related = np.corrcoef(numbers)[np.triu_indices(40, 1)] * np.sqrt(2000)
    # 780 correlations, each in units of its own deviation.
    assert np.abs(related).max() < 4.5
    assert related.std() == pytest.approx(1.0, abs=0.1)
    assert np.unique(numbers).size > numbers.size - 10


def test_that_a_position_that_was_left_comes_back_with_a_new_draw_only():
    # A flat bar is entered with the chance 1 / gap: the gaps must be as long as that, not one bar.
    target = run(hold=10, exposure=0.1)
    gaps = [len(list(group)) for side, group in itertools.groupby(target.tolist()) if not side]
    assert np.mean(gaps) == pytest.approx(90.0, rel=5 / np.sqrt(len(gaps)))


def test_that_numbers_are_spread_evenly_and_follow_no_order():
    numbers = np.array([uniform(1, t) for t in range(40_000)])
    counts = np.histogram(numbers, bins=50, range=(0.0, 1.0))[0]
    assert (((counts - 800) ** 2) / 800).sum() < 90  # chi squared with 49 degrees of freedom, 0.999
    for lag in (1, 2, 3, 16):
        assert abs(np.corrcoef(numbers[:-lag], numbers[lag:])[0, 1]) < 0.02
    assert len({scatter(number) for number in range(10_000)}) == 10_000
