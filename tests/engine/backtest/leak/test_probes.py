"""Cuts and scrambled futures: the past is the same, the future is another lawful one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backtest.leak_parts import Rows
from engine.backtest.leak_probes import SCRAMBLES, altered, choose_cuts, differing, since, touched
from engine.core.bars import OHLCV
from tests.conformance.series import bars_of
from tests.engine.backtest.leak.fixtures import series

BARS = series("moody")


@given(kind=st.sampled_from(SCRAMBLES), cut=st.integers(0, 598), seed=st.integers(0, 2**32 - 1))
def test_that_a_scrambled_copy_keeps_the_past_and_has_another_lawful_future(kind, cut, seed):
    [found] = altered((BARS,), int(BARS.time[cut]), kind, seed)
    for name in OHLCV:
        np.testing.assert_array_equal(getattr(found, name)[: cut + 1], getattr(BARS, name)[: cut + 1])
    np.testing.assert_array_equal(found.time, BARS.time)
    np.testing.assert_array_equal(np.isnan(found.columns["mood"]), np.isnan(BARS.columns["mood"]))
    np.testing.assert_array_equal(found.columns["mood"][: cut + 1], BARS.columns["mood"][: cut + 1])
    assert (found.high >= np.maximum(found.open, found.close)).all()
    assert (found.low <= np.minimum(found.open, found.close)).all()
    assert (found.low > 0.0).all()
    if cut < 590:
        assert not np.array_equal(found.close[cut + 1 :], BARS.close[cut + 1 :])
        assert np.nanmin(found.columns["mood"]) >= np.nanmin(BARS.columns["mood"]) - 1e-12


@pytest.mark.parametrize("kind", SCRAMBLES)
def test_that_prices_below_zero_are_scrambled_too(kind):
    bars = bars_of(np.cumsum(np.random.default_rng(1).normal(0.0, 1.0, 200)))
    [found] = altered((bars,), int(bars.time[80]), kind, 5)
    np.testing.assert_array_equal(found.close[:81], bars.close[:81])
    assert np.isfinite(found.close).all()
    assert not np.array_equal(found.close[81:], bars.close[81:])


def test_that_a_cut_ends_at_its_bar_and_a_later_start_begins_at_its_own():
    [cut] = altered((BARS,), int(BARS.time[10]), "cut", 0)
    assert len(cut) == 11
    [late] = since((BARS,), int(BARS.time[10]))
    assert (len(late), late.time[0]) == (590, BARS.time[10])


@pytest.mark.parametrize(
    ("what", "changed"),
    [("prices", set(OHLCV)), ("extremes", {"high", "low"}), ("body", {"open", "close"}), ("columns", set())],
)
def test_that_a_touch_changes_what_it_names_and_only_there(what, changed):
    [found] = touched((BARS,), int(BARS.time[101]), int(BARS.time[103]), what)
    for name in OHLCV:
        differs = np.flatnonzero(getattr(found, name) != getattr(BARS, name))
        assert set(differs.tolist()) <= {101, 102, 103}
        assert bool(differs.size) == (name in changed)
    assert (found.high >= np.maximum(found.open, found.close)).all()


def test_that_rounding_is_no_difference_and_a_missing_value_is_one():
    whole = np.array([[1.0, 100.0, np.nan, 0.0, np.inf, np.nan]])
    other = np.array([[1.0 + 1e-12, 100.0 + 1e-9, np.nan, 1e-12, np.inf, 0.0]])
    assert differing(whole, other).tolist() == [False] * 5 + [True]
    assert differing(np.array([[1.0, 0.0]]), np.array([[1.0 + 1e-6, 0.0]])).tolist() == [True, False]


def test_that_cuts_fall_where_decisions_change_and_at_random():
    target = np.zeros(1000)
    target[[200, 431, 700, 901]] = 1.0  # each one bar long
    cuts = choose_cuts({"signals": Rows(target.reshape(1, -1), 1)}, 0, 40, np.random.default_rng(0))
    assert len(cuts) == 40
    assert {200, 201, 431, 432, 700, 701, 901, 902} <= set(cuts)
    assert cuts == sorted(set(cuts))
    assert max(cuts) <= 998
    assert len([cut for cut in cuts if target[cut] == target[cut - 1]]) >= 20


def test_that_short_data_is_cut_at_every_bar():
    rows = {"signals": Rows(np.ones((1, 30)), 1)}
    assert choose_cuts(rows, 2, 40, np.random.default_rng(0)) == list(range(2, 29))
