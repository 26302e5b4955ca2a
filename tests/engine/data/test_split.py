"""Train and test: where the split lies, and what each run mode uses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.data.split import RunMode, span, split_at


def test_that_the_first_share_trains_and_the_rest_tests():
    assert split_at(10, 0.7) == 7
    assert span(10, 0.7, RunMode.TRAIN) == (0, 7)
    assert span(10, 0.7, "test") == (7, 10)
    assert span(10, 0.7, "full") == (0, 10)
    assert span(10, None, RunMode.FULL) == (0, 10)


def test_that_a_share_is_rounded_down_to_whole_bars_and_29_percent_of_100_is_29():
    assert split_at(101, 0.5) == 50
    assert split_at(100, 0.29) == 29


@given(st.integers(2, 10_000), st.floats(0.0, 1.0))
def test_that_both_sides_are_whole_or_the_split_is_refused(count, share):
    try:
        cut = split_at(count, share)
    except InputError:
        return
    assert 0 < cut < count
    assert span(count, share, "train")[1] == span(count, share, "test")[0] == cut


@pytest.mark.parametrize("share", [0.0, 1.0, -0.2, 70.0, float("nan"), float("inf")])
def test_that_a_share_outside_0_to_1_is_refused(share):
    with pytest.raises(InputError, match="leaves nothing to train on or nothing to test on") as caught:
        split_at(100, share)
    assert caught.value.field == "train_split"


def test_that_an_empty_side_is_refused():
    with pytest.raises(InputError, match=r"0\.1 of 5 bars leaves no bar to train on"):
        split_at(5, 0.1)
    with pytest.raises(InputError, match="no bar to train on"):
        split_at(0, 0.5)
    with pytest.raises(InputError, match="no bar to test on"):
        split_at(1, 1 - 1e-12)


@pytest.mark.parametrize("mode", ["train", "test"])
def test_that_a_side_without_a_split_is_refused(mode):
    with pytest.raises(InputError, match=f"run mode '{mode}' needs a split"):
        span(100, None, mode)


def test_that_an_unknown_run_mode_is_refused():
    with pytest.raises(InputError, match="unknown run mode 'tran'") as caught:
        span(100, 0.5, "tran")
    assert "'train'" in caught.value.hint


def test_that_a_split_is_checked_in_a_full_run_too():
    with pytest.raises(InputError):
        span(100, 1.5, "full")
