import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivybt_desktop.plots.pane_scale import PaneScale
from ivybt_desktop.plots.scale import (
    View,
    log_ticks,
    percent_text,
    price_decimals,
    round_ticks,
    short_text,
    value_text,
)


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(2, 20))
def test_that_ticks_lie_inside_and_are_as_many_as_asked(low, span, count):
    high = low + span
    values, _ = round_ticks(low, high, count)
    assert values.size <= count + 1
    slack = span * 1e-6 + abs(low) * 1e-9
    assert ((values >= low - slack) & (values <= high + slack)).all()


def test_that_ticks_are_round_numbers_with_the_decimals_they_need():
    values, decimals = round_ticks(98.2, 104.9, 7)
    assert values.tolist() == [99, 100, 101, 102, 103, 104]
    assert decimals == 0
    values, decimals = round_ticks(1.0001, 1.0009, 5)
    assert decimals == 4
    assert value_text(values[0], decimals) == "1.0002"


def test_that_log_ticks_spread_over_decades():
    values, _ = log_ticks(0.0, 4.0, 6)
    assert values.tolist() == [1, 10, 100, 1_000, 10_000]


@pytest.mark.parametrize("log", [False, True])
def test_that_pixels_and_values_are_inverse(log):
    view = View(800, 600, 10, 110, 1.0, 3.0, log)
    for y in (0.0, 123.0, 600.0):
        assert view.y(view.value(y)) == pytest.approx(y)
    assert view.bar(view.x(42.0)) == pytest.approx(42.0)


def test_that_numbers_are_written_with_separators_and_a_true_minus():
    assert value_text(-1234.5, 2) == "\N{MINUS SIGN}1,234.50"
    assert value_text(-0.001, 2) == "0.00"
    assert value_text(np.nan, 2) == "\N{EN DASH}"
    assert percent_text(-0.123, 1) == "\N{MINUS SIGN}12.3%"
    assert short_text(3_710_000_000) == "3.71B"
    assert short_text(999_999) == "1M"
    assert short_text(950) == "950"


@pytest.mark.parametrize(
    ("prices", "decimals"),
    [([2_000.12, 2_001.5], 2), ([1.23456, 1.23461], 4), ([0.000123, 0.000125], 6), ([0.00012345, 0.00012349], 8), ([100.0, 101.0], 2)],
)
def test_that_prices_have_the_decimals_that_tell_them_apart(prices, decimals):
    assert price_decimals(np.array(prices)) == decimals


def test_that_the_tick_size_gives_the_decimals_when_it_is_known():
    assert price_decimals(np.array([1.5]), tick=0.00001) == 5
    assert price_decimals(np.array([1.5]), tick=0.25) == 2


def test_that_a_log_scale_is_refused_for_values_at_or_below_zero():
    scale = PaneScale()
    scale.wants_log = True
    scale.fit(-5.0, 10.0)
    assert not scale.log
    scale.fit(5.0, 10.0)
    assert scale.log


def test_that_a_held_scale_does_not_follow():
    scale = PaneScale()
    scale.fit(0.0, 10.0)
    scale.stretch(2.0)
    held = (scale.low, scale.high)
    scale.fit(100.0, 200.0)
    assert (scale.low, scale.high) == held


def test_that_a_flat_series_has_room_around_it():
    scale = PaneScale()
    scale.fit(50.0, 50.0)
    assert scale.low < 50.0 < scale.high
