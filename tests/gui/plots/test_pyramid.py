import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ivybt_desktop.plots.pyramid import FANOUT, Pyramid, group_bounds

VALUES = st.one_of(st.floats(-1e6, 1e6), st.just(np.nan))


def brute(values, first, last, reduce):
    part = values[max(first, 0) : max(last + 1, 0)]
    part = part[~np.isnan(part)]
    return reduce(part) if part.size else np.nan


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 3_000), st.integers(0, 2**32 - 1), st.data())
def test_that_the_extent_of_any_range_equals_a_plain_scan(size, seed, data):
    rng = np.random.default_rng(seed)
    low = rng.normal(size=size)
    low[rng.random(size) < 0.2] = np.nan
    high = low + rng.random(size)
    first, last = sorted((data.draw(st.integers(-5, size + 5)), data.draw(st.integers(-5, size + 5))))
    found = Pyramid(low, high).extent(first, last)
    np.testing.assert_array_equal(found, (brute(low, first, last, np.min), brute(high, first, last, np.max)))


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, st.integers(1, 2_000), elements=VALUES))
def test_that_every_level_holds_every_bar_and_the_last_shorter_group(values):
    for level in Pyramid(values, values).levels:
        assert level.low.size == -(-values.size // level.factor)
        last = values[(level.low.size - 1) * level.factor :]
        np.testing.assert_array_equal(level.low[-1], np.fmin.reduce(last))
        np.testing.assert_array_equal(level.high[-1], np.fmax.reduce(last))


def test_that_a_level_has_groups_of_at_least_the_asked_size():
    pyramid = Pyramid(np.zeros(100_000), np.zeros(100_000))
    assert pyramid.level_for(1.0).factor == 1
    assert pyramid.level_for(1.1).factor == FANOUT
    assert pyramid.level_for(1e9) is pyramid.levels[-1]


def test_that_an_extent_of_nothing_but_gaps_is_not_a_number():
    values = np.full(50, np.nan)
    assert np.isnan(Pyramid(values, values).extent(0, 49)).all()


def test_that_groups_start_at_the_same_bars_while_one_pans():
    starts, ends = group_bounds(4, 5, 13, 15)
    assert starts.tolist() == [4, 8, 12]
    assert ends.tolist() == [7, 11, 14]
    assert group_bounds(4, 20, 30, 15)[0].size == 0
