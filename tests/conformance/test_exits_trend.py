"""A trend rule that has left a position takes it again at a new entry only, as its card says.

The entries are replayed with the slow twins, the positions are those of the engine.
"""

import itertools

import numpy as np
import pytest

from engine.backtest.targets import targets_of
from engine.strategies import load
from tests.conformance.series import intraday, random_walk, sp500
from tests.conformance.twins_trend import (
    TREND_CASES,
    double_markov_trend,
    markov_crosses,
    markov_trend_probability,
    newsom_entries,
    tdi_entries,
    tdi_signals,
)

SIDES = {"long": 1.0, "short": -1.0, None: 0.0, "up": 1.0, "down": -1.0}
SERIES = {"sp500": sp500, "intraday": intraday, "walk": random_walk, "wild": lambda: random_walk(900, 8, 0.03)}


@pytest.fixture(params=SERIES, ids=SERIES)
def bars(request):
    return SERIES[request.param]()


def cases(name, *more):
    """The parameter sets of a rule's twin, and further ones."""
    return pytest.mark.parametrize("params", [p for other, p in TREND_CASES if other == name] + list(more), ids=str)


def replay(name, bars, params):
    """Return the targets of the engine and all parameters."""
    checked = load(name).parse(params)
    return targets_of(load(name), bars, checked), checked.model_dump()


def numbers(words):
    return np.array([SIDES[word] for word in words])


def returns_to_a_side(target):
    """Return pairs of bars: where a position ended, and where the next one began, on the same side."""
    found, last, ended = [], 0.0, None
    for t in range(1, target.size):
        if target[t] == 0.0 and target[t - 1] != 0.0:
            last, ended = target[t - 1], t
        if target[t] != 0.0 and target[t - 1] == 0.0 and target[t] == last:
            found.append((ended, t))
    return found


@cases("newsom10")
def test_that_newsom_enters_anew_after_the_direction_has_left_and_come_back(bars, params):
    target, given = replay("newsom10", bars, params)
    entries, directions = map(numbers, newsom_entries(bars, **given))
    begins = np.flatnonzero((target != 0) & (target != np.r_[0.0, target[:-1]]))
    np.testing.assert_array_equal(entries[begins], target[begins])
    for ended, began in returns_to_a_side(target):
        assert directions[ended] == -target[began] == -directions[ended - 1]
        assert directions[began] == entries[began] == target[began]


@cases("newsom10")
def test_that_newsom_leaves_at_every_flip_and_at_nothing_else(bars, params):
    target, given = replay("newsom10", bars, params)
    _, directions = map(numbers, newsom_entries(bars, **given))
    held = target[:-1] != 0
    flipped = directions[1:] != target[:-1]
    np.testing.assert_array_equal((target[1:] != target[:-1])[held], flipped[held])


ONE_WAY = [
    {"take_shorts": False, "lookback": 5, "history": 7}, {"take_longs": False, "lookback": 3, "history": 8},
]  # fmt: skip


@cases("markov_trend_cross", *ONE_WAY)
def test_that_a_markov_cross_that_went_flat_waits_for_the_next_cross(bars, params):
    target, given = replay("markov_trend_cross", bars, params)
    allowed = [side for side, name in ((1.0, "take_longs"), (-1.0, "take_shorts")) if given.pop(name)]
    crosses = numbers(markov_crosses(bars, **given))
    begins = np.flatnonzero((target != 0) & (target != np.r_[0.0, target[:-1]]))
    np.testing.assert_array_equal(crosses[begins], target[begins])
    assert set(target) <= {0.0, *allowed}
    for side in (1.0, -1.0):
        assert (target[crosses == side] == (side if side in allowed else 0.0)).all()
    for ended, began in returns_to_a_side(target):
        assert crosses[ended] == -target[began]
        assert crosses[began] == target[began]
        # The forbidden side stays forbidden until then.
        assert not (crosses[ended + 1 : began] == target[began]).any()


def test_that_one_allowed_direction_is_left_and_taken_again_many_times():
    for params in ONE_WAY:
        assert len(returns_to_a_side(replay("markov_trend_cross", sp500(), params)[0])) > 50


@cases("double_markov_trend")
def test_that_double_markov_returns_when_both_agree_again_after_a_disagreement(bars, params):
    target, given = replay("double_markov_trend", bars, params)
    share = {name: given[name] for name in ("atr_threshold", "history", "atr_length")}
    majority = np.array(markov_trend_probability(bars, lookback=given["trend_lookback"], **share))
    agreed = np.array(double_markov_trend(bars, **given))
    for ended, began in returns_to_a_side(target):
        assert (agreed[ended:began] == 0).all()
        assert agreed[began] == majority[began] == target[began]
    # It never holds against the majority, and the majority alone is not enough.
    held = target != 0
    np.testing.assert_array_equal(target[held], majority[held])
    assert (majority[~held] != 0).any()


MORE_TDI = [{"hold": 2, "slow": 20}, {"hold": 5, "atr": 5, "flat": 0.0}]


@cases("tdi_time_exit", *MORE_TDI)
def test_that_a_tdi_position_returns_at_a_signal_that_the_bar_before_did_not_give(bars, params):
    target, given = replay("tdi_time_exit", bars, params)
    signals = signals_of(bars, given)
    entries = numbers(tdi_entries(signals))
    begins = np.flatnonzero((target != 0) & (target != np.r_[0.0, target[:-1]]))
    np.testing.assert_array_equal(entries[begins], target[begins])
    for _, began in returns_to_a_side(target):
        assert SIDES[signals[began]] == target[began] != SIDES[signals[began - 1]]


@cases("tdi_time_exit", *MORE_TDI)
def test_that_a_tdi_position_lasts_hold_bars_unless_the_other_side_enters(bars, params):
    target, given = replay("tdi_time_exit", bars, params)
    entries = numbers(tdi_entries(signals_of(bars, given)))
    changes = [*np.flatnonzero(target != np.r_[0.0, target[:-1]]).tolist(), target.size]
    for began, ended in itertools.pairwise(changes):
        if target[began] == 0:
            continue
        turned = np.flatnonzero(entries[began + 1 : began + given["hold"]] == -target[began])
        last = began + (turned[0] + 1 if turned.size else given["hold"])
        assert ended == min(last, target.size)


def test_that_tdi_signals_often_outlast_the_position_that_they_opened():
    # Otherwise the tests above would say nothing.
    for params in MORE_TDI:
        target, given = replay("tdi_time_exit", sp500(), params)
        signals = numbers(signals_of(sp500(), given))
        ended = np.flatnonzero((target[1:] == 0) & (target[:-1] != 0)) + 1
        assert (signals[ended] == target[ended - 1]).sum() > 40
        assert (signals[ended] == signals[ended - 1])[signals[ended] == target[ended - 1]].any()


def signals_of(bars, given):
    return tdi_signals(bars, **{name: value for name, value in given.items() if name not in ("bb_std", "hold")})
