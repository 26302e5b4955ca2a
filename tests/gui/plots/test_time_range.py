import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivybt_desktop.plots.time_range import LATEST, MIN_BARS, TimeRange


@pytest.fixture
def shown():
    made = TimeRange()
    made.set_count(10_000)
    return made


def test_that_a_long_series_opens_on_its_latest_bars(shown):
    assert (shown.first, shown.last) == (9_999.5 - LATEST, 9_999.5)


def test_that_a_short_series_opens_whole():
    shown = TimeRange()
    shown.set_count(252)
    assert (shown.first, shown.last) == (-0.5, 251.5)


@given(st.floats(0.3, 3.0), st.floats(0.0, 1.0))
def test_that_zooming_keeps_the_anchor_in_its_place(factor, share):
    shown = TimeRange()
    shown.set_count(10_000)
    shown.show(4_000, 4_500)
    anchor = shown.first + share * shown.span
    shown.zoom(factor, anchor)
    assert (anchor - shown.first) / shown.span == pytest.approx(share, abs=1e-9)


@given(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_that_the_range_never_leaves_the_data(first, last):
    shown = TimeRange()
    shown.set_count(500)
    shown.show(first, last)
    assert shown.first >= -0.5
    assert shown.last <= 499.5 + 1e-9
    assert MIN_BARS - 1e-9 <= shown.span <= 500


def test_that_zooming_in_ends_at_a_few_bars_and_keeps_its_anchor(shown):
    shown.show(4_000, 4_500)
    for _ in range(40):
        shown.zoom(0.5, 4_100.0)
    assert shown.span == pytest.approx(MIN_BARS)
    assert (4_100.0 - shown.first) / shown.span == pytest.approx(0.2)


def test_that_bringing_a_trade_keeps_the_zoom_and_centres_it(shown):
    shown.show(100, 300)
    shown.bring(5_000, 5_020)
    assert shown.span == pytest.approx(200)
    assert (shown.first + shown.last) / 2 == pytest.approx(5_010)


def test_that_a_trade_longer_than_the_view_shows_its_entry(shown):
    shown.show(100, 300)
    shown.bring(5_000, 7_000)
    assert shown.span == pytest.approx(200)
    assert shown.first < 5_000 < shown.last


def test_that_listeners_hear_of_changes_only(shown):
    heard = []
    shown.changed.connect(lambda: heard.append(shown.first))
    shown.show(10, 300)
    shown.show(10, 300)
    shown.pan(-50)
    assert heard == [10, -0.5]


def test_that_the_visible_bars_are_those_of_which_a_part_is_seen(shown):
    shown.show(9.6, 29.4)
    assert shown.bars == (10, 29)
