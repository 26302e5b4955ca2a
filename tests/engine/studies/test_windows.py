"""Windows of a walk-forward: which bars train, which test, and what is refused."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.studies.windows import Fold, Windows, divide


def days(n):
    return np.arange(20_000, 20_000 + n)


def parts(folds):
    return [(fold.train_start, fold.train_stop, fold.test_start, fold.test_stop) for fold in folds]


def test_that_rolling_windows_move_on_by_the_test_and_leave_the_rest_unused():
    folds = divide(days(13), Windows(train=4, test=3))
    assert folds[0] == Fold(1, 0, 4, 4, 7)
    assert parts(folds) == [(0, 4, 4, 7), (3, 7, 7, 10), (6, 10, 10, 13)]
    assert parts(divide(days(15), Windows(train=4, test=3))) == parts(folds)


def test_that_anchored_windows_all_begin_at_the_first_bar():
    folds = divide(days(13), Windows(train=4, test=3, kind="anchored"))
    assert parts(folds) == [(0, 4, 4, 7), (0, 7, 7, 10), (0, 10, 10, 13)]


def test_that_purge_shortens_the_training_and_embargo_moves_the_test():
    folds = divide(days(15), Windows(train=4, test=3, purge=1, embargo=2))
    assert parts(folds) == [(0, 3, 6, 9), (3, 6, 9, 12), (6, 9, 12, 15)]


def test_that_a_number_of_folds_uses_every_bar_to_the_end():
    # 102 bars, training 4 times the test: test = floor(102 / 9) = 11, training = 102 - 5 x 11 = 47.
    folds = divide(days(102), Windows("folds", folds=5, ratio=4.0))
    assert parts(folds)[0] == (0, 47, 47, 58)
    assert parts(folds)[-1] == (44, 91, 91, 102)
    assert len(folds) == 5


def test_that_days_are_those_of_the_calendar():
    session = np.array([0, 1, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15]) + 20_000  # two weekends
    folds = divide(session, Windows("days", train=7, test=5))
    # Days 0 to 6 train, 7 to 11 test; then 5 to 11 and 12 to 16, of which day 16 is beyond the data.
    assert parts(folds) == [(0, 5, 5, 8)]
    folds = divide(session, Windows("days", train=7, test=4))
    assert parts(folds) == [(0, 5, 5, 7), (2, 7, 7, 11)]


def test_that_a_test_window_without_a_bar_makes_no_fold():
    session = np.array([0, 1, 2, 3, 10, 11, 12, 13]) + 20_000
    assert parts(divide(session, Windows("days", train=4, test=2, kind="anchored"))) == [(0, 4, 4, 6), (0, 6, 6, 8)]
    with pytest.raises(InputError, match="fold 1 has 0 bars to train on"):
        divide(session, Windows("days", train=4, test=2))  # days 6 to 9 before the test of days 10 and 11


def by_hand(session, windows):
    """Slow twin: ask bar by bar which fold trains on it and which tests on it."""
    n, gap = len(session), windows.embargo
    found = []
    for k in range(max(n, int(session[-1] - session[0])) + 1):
        train, test = set(), set()
        for bar in range(n):
            # A bar of the test part is `embargo` bars later than the window says.
            early = bar - gap
            if windows.unit == "days":
                where = session[bar] - session[0] - k * windows.test
                late = session[early] - session[0] - k * windows.test if early >= 0 else -1
                whole = session[n - 1 - gap] - session[0] >= windows.train + (k + 1) * windows.test - 1
            else:
                where, late = bar - k * windows.test, early - k * windows.test
                whole = n - gap >= windows.train + (k + 1) * windows.test
            if not whole:
                continue
            if (where >= 0 or windows.kind == "anchored") and where < windows.train and bar < n - gap:
                train.add(bar)
            if early >= 0 and windows.train <= late < windows.train + windows.test:
                test.add(bar)
        if test:
            found.append((sorted(train)[: len(train) - windows.purge], sorted(test)))
    return found


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_that_windows_purge_and_embargo_are_those_of_the_bar_by_bar_twin(data):
    steps = data.draw(st.lists(st.sampled_from([0, 1, 1, 1, 3, 6]), min_size=12, max_size=50))
    session = 20_000 + np.cumsum([0, *steps])
    purge, embargo = data.draw(st.integers(0, 2)), data.draw(st.integers(0, 3))
    windows = Windows(
        data.draw(st.sampled_from(["bars", "days"])), data.draw(st.integers(5, 20)), data.draw(st.integers(2, 9)),
        kind=data.draw(st.sampled_from(["rolling", "anchored"])), purge=purge, embargo=embargo,
    )  # fmt: skip
    expected = by_hand(session, windows)
    try:
        folds = divide(session, windows)
    except InputError:
        assert not expected or min(len(train) for train, _ in expected) < 2
        return
    assert [(list(range(*f.train.indices(99))), list(range(*f.test.indices(99)))) for f in folds] == expected
    for fold in folds:
        assert fold.test_start - fold.train_stop == purge + embargo
    for fold, later in itertools.pairwise(folds):
        assert later.test_start == fold.test_stop


@pytest.mark.parametrize(
    ("more", "field", "message"),
    [
        ({"train": 10, "test": 5}, "windows.train", "one fold needs 15 bars, the data has 14 bars"),
        ({"train": 10, "test": 4, "embargo": 1}, "windows.train", "one fold needs 15 bars, the data has 14"),
        ({"train": 2, "test": 2, "embargo": 99}, "windows.train", "the data has 14 bars"),
        ({"unit": "days", "train": 10, "test": 5}, "windows.train", "one fold needs 15 days, the data has 14 days"),
        ({"unit": "folds", "folds": 7}, "windows.folds", "7 folds leave 1 bars for each test part"),
        ({"unit": "folds", "folds": 2, "embargo": 20}, "windows.folds", "leave 0 bars"),
        ({"unit": "folds", "folds": 2, "purge": 9}, "windows.folds", "2 folds leave"),
        ({"unit": "folds"}, "windows.folds", "must be a whole number from 1, was 0"),
        ({"unit": "folds", "folds": 2, "ratio": 0.0}, "windows.ratio", "must be above 0, was 0"),
        ({"unit": "folds", "folds": 2, "ratio": float("nan")}, "windows.ratio", "must be above 0"),
        ({"unit": "weeks", "train": 4, "test": 2}, "windows.unit", "unknown unit of windows 'weeks'"),
        ({"kind": "anchor", "train": 4, "test": 2}, "windows.kind", "Did you mean 'anchored'"),
        ({"train": 0, "test": 2}, "windows.train", "must be a whole number from 2, was 0"),
        ({"train": 4, "test": 1}, "windows.test", "must be a whole number from 2, was 1"),
        ({"train": 4.5, "test": 2}, "windows.train", "must be a whole number from 2, was 4.5"),
        ({"train": 4, "test": 2, "purge": -1}, "windows.purge", "from 0, was -1"),
        ({"train": 4, "test": 2, "purge": 3}, "windows.purge", "a purge of 3 bars leaves fewer than 2 of 4"),
        ({"unit": "days", "train": 4, "test": 2, "purge": 4}, "windows.train", "fold 1 has 0 bars to train on"),
    ],
)  # fmt: skip
def test_that_windows_that_make_no_fold_are_refused(more, field, message):
    with pytest.raises(InputError, match=message) as caught:
        divide(days(14), Windows(**more))
    assert caught.value.field == field
    assert caught.value.hint


def test_that_no_bars_and_too_many_folds_are_refused():
    with pytest.raises(InputError, match="the data has 0 days"):
        divide(days(0), Windows("days", train=4, test=2))
    with pytest.raises(InputError, match="make 10,050 folds, at most 10,000"):
        divide(days(20_102), Windows(train=2, test=2))
