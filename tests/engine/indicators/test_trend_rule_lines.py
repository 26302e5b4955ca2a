"""Lines of the Markov, chandelier and TDI rules against exact windows, TA-Lib and pandas; holes, standstill, warm-up."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import talib

from engine.indicators import KINDS
from engine.indicators.bank import compute
from engine.indicators.chandelier import chandelier
from engine.indicators.extreme import extremes
from engine.indicators.markov import expected_move, markov_share
from engine.indicators.spread import range_share, variance_step
from engine.indicators.traders_index import rsi_mean
from tests.conformance.series import bars_of, intraday, random_walk, sp500

LINES = [
    markov_share("close", 14, 0.0, 33, 14), markov_share("close", 40, 0.0, 5, 50), expected_move("close", 90, 20),
    expected_move("close", 2, 1), *chandelier(22, 3.0), *chandelier(5, 1.0), *extremes("high", 20), *extremes("low", 1),
    variance_step("close", 20), variance_step("close", 2), *range_share("close", 22, 20), *range_share("close", 3, 1),
    rsi_mean("close", 21, 7), rsi_mean("close", 3, 1),
]  # fmt: skip


def line(bars, indicator):
    return compute(bars, [indicator])[0]


def with_column(values):
    """Real bars whose column ``x`` is given."""
    return dataclasses.replace(sp500().slice(0, len(values)), columns={"x": np.asarray(values, float)})


def windows(values, n):
    return np.lib.stride_tricks.sliding_window_view(np.asarray(values, float), n)


def shares(close, atr, lookback, threshold, history):
    """Share of up states, one window after the other."""
    moves = (close - pd.Series(close).shift(lookback).to_numpy()) / atr
    states = pd.Series(np.where(moves > threshold, 1.0, np.where(moves < -threshold, 0.0, np.nan))).ffill()
    return states.rolling(history, min_periods=history).apply(lambda window: window.sum() / history, raw=True).to_numpy()


@pytest.mark.parametrize("args", [(14, 0.5, 33, 14), (3, 0.0, 6, 30), (60, 3.0, 99, 5), (1, 1.25, 1, 2)])
@pytest.mark.parametrize("series", [sp500, intraday], ids=["sp500", "intraday"])
def test_that_the_share_of_up_states_is_counted_over_exact_windows(series, args):
    bars, (lookback, threshold, history, length) = series(), args
    atr = talib.ATR(bars.high, bars.low, bars.close, length)
    found = line(bars, markov_share("close", *args))
    np.testing.assert_array_equal(found, shares(bars.close, atr, lookback, threshold, history))


def test_that_a_move_inside_the_threshold_keeps_the_state():
    # Up by 5 ranges, 40 bars of nothing, down by 5: with a lookback of 1 only two moves count.
    close = np.concatenate([100 + 0.01 * (np.arange(10) % 2), np.full(40, 200.0), np.full(40, 50.0)])
    found = line(bars_of(close), markov_share("close", 1, 3.0, 10, 5))
    assert np.isnan(found[:19]).all()  # the state is known from bar 10 on
    assert (found[19:50] == 1.0).all()
    np.testing.assert_array_equal(found[50:60], np.arange(9, -1, -1) / 10)
    assert (found[60:] == 0.0).all()


def test_that_a_price_that_stands_still_has_no_share():
    assert np.isnan(line(bars_of(np.full(80, 0.1)), markov_share("close", 5, 0.0, 10, 5))).all()


def test_that_a_hole_hides_the_windows_that_count_it_and_keeps_the_state():
    values = sp500().close[:300].copy()
    whole = line(with_column(values), markov_share("x", 10, 0.5, 20, 10))
    values[150] = np.nan
    found = line(with_column(values), markov_share("x", 10, 0.5, 20, 10))
    # The moves at bars 150 and 160 are unknown.
    assert np.flatnonzero(np.isnan(found) & ~np.isnan(whole)).tolist() == list(range(150, 180))
    np.testing.assert_array_equal(found[180:], whole[180:])


def expectation(close, lookback):
    """The expected move of every window, from its own rises and falls."""
    out = np.full(close.size, np.nan)
    for t, changes in enumerate(windows(np.diff(close), lookback), start=lookback):
        rises, falls = changes[changes > 0], -changes[changes < 0]
        up, down = rises.size * rises.sum(), falls.size * falls.sum()
        parts = [share / (up + down) * moves.mean() if moves.size else 0.0 for share, moves in ((up, rises), (down, falls))]
        out[t] = parts[0] - parts[1]
    return out


@pytest.mark.parametrize(("lookback", "n"), [(90, 20), (10, 5), (1, 1), (250, 100)])
def test_that_the_expected_move_is_made_of_the_rises_and_falls_of_each_window(lookback, n):
    bars = sp500().slice(0, 1200)
    expected = pd.Series(expectation(bars.close, lookback)).rolling(n).mean().to_numpy()
    found = line(bars, expected_move("close", lookback, n))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-11)


def test_that_rises_only_expect_their_mean_and_falls_only_the_opposite():
    steps = np.tile([1.0, 3.0], 30)
    rising = line(bars_of(100.0 + np.cumsum(steps)), expected_move("close", 10, 4))
    falling = line(bars_of(900.0 - np.cumsum(steps)), expected_move("close", 10, 4))
    np.testing.assert_allclose(rising[13:], 2.0, rtol=1e-12)
    np.testing.assert_array_equal(falling, -rising)


def test_that_nothing_is_expected_of_a_price_that_stands_still():
    assert (line(bars_of(np.full(40, 0.1)), expected_move("close", 6, 3))[8:] == 0.0).all()


def test_that_a_hole_hides_the_expected_moves_of_its_windows_only():
    values = sp500().close[:120].copy()
    whole = line(with_column(values), expected_move("x", 8, 3))
    values[50] = np.nan
    found = line(with_column(values), expected_move("x", 8, 3))
    assert np.flatnonzero(np.isnan(found) & ~np.isnan(whole)).tolist() == list(range(50, 61))
    np.testing.assert_allclose(found[61:], whole[61:], rtol=1e-12)


@pytest.mark.parametrize(("length", "multiple"), [(22, 3.0), (5, 1.0), (50, 2.0)])
def test_that_the_chandelier_trails_from_highest_and_lowest_closes(length, multiple):
    bars = sp500()
    close, atr = bars.close, talib.ATR(bars.high, bars.low, bars.close, length)
    lower, upper = talib.MAX(close, length) - multiple * atr, talib.MIN(close, length) + multiple * atr
    direction, stop, way = np.full(close.size, np.nan), np.full(close.size, np.nan), 0.0
    for t in range(length, close.size):
        if t > length:
            way = 1.0 if close[t] > upper[t - 1] else -1.0 if close[t] < lower[t - 1] else way
            lower[t] = max(lower[t], lower[t - 1]) if close[t - 1] > lower[t - 1] else lower[t]
            upper[t] = min(upper[t], upper[t - 1]) if close[t - 1] < upper[t - 1] else upper[t]
        direction[t] = way
        stop[t] = {1.0: lower[t], -1.0: upper[t], 0.0: np.nan}[way]
    found_stop, found = compute(bars, chandelier(length, multiple))
    np.testing.assert_array_equal(found, direction)
    np.testing.assert_allclose(found_stop, stop, rtol=1e-9)
    assert {-1.0, 0.0, 1.0} == set(found[length:])


def test_that_a_stop_only_moves_toward_the_price_while_its_direction_lasts():
    stop, direction = compute(sp500(), chandelier(22, 3.0))
    close = sp500().close
    # The bar before must have closed on its own side: beyond a stop the stop starts anew.
    for side in (1.0, -1.0):
        held = (direction[1:] == side) & (direction[:-1] == side) & (side * (close[:-1] - stop[:-1]) > 0)
        assert held.sum() > 500
        assert (side * np.diff(stop)[held] >= 0).all()


@pytest.mark.parametrize("n", [1, 2, 20, 100])
def test_that_extremes_are_ta_libs_max_and_min(n):
    highest, lowest = compute(sp500(), extremes("close", n))
    judges = (sp500().close, sp500().close) if n == 1 else (talib.MAX(sp500().close, n), talib.MIN(sp500().close, n))
    np.testing.assert_array_equal(highest, judges[0])
    np.testing.assert_array_equal(lowest, judges[1])


def test_that_a_hole_hides_the_extremes_of_its_windows_only():
    values = sp500().close[:60].copy()
    values[[0, 20, 22]] = np.nan
    judge = pd.Series(values).rolling(5)
    highest, lowest = compute(with_column(values), extremes("x", 5))
    np.testing.assert_array_equal(highest, judge.max().to_numpy())
    np.testing.assert_array_equal(lowest, judge.min().to_numpy())


@pytest.mark.parametrize("n", [2, 10, 20, 100])
def test_that_a_variance_step_is_the_difference_of_two_variances(n):
    close = sp500().close
    found = line(sp500(), variance_step("close", n))
    assert np.isnan(found[:n]).all()
    variance = windows(close - close.mean(), n).var(axis=1)
    np.testing.assert_allclose(found[n:], np.diff(variance), rtol=1e-6, atol=1e-7)


def test_that_a_value_that_replaces_its_equal_leaves_the_variance_as_it_is():
    values = np.round(100 + np.cumsum(np.sin(np.arange(300.0))), 1) + 0.1
    values[40:] = np.tile(values[20:40], 13)
    assert (line(with_column(values), variance_step("x", 20))[40:] == 0.0).all()


@pytest.mark.parametrize("n", [2, 3, 5, 20])
@pytest.mark.parametrize("tick", [0.01, 0.1, 1e-5])
def test_that_a_variance_of_prices_in_ticks_stays_exactly_where_whole_numbers_say_so(tick, n):
    rng = np.random.default_rng(n)
    ticks = 13_000 + np.cumsum(rng.integers(-3, 4, 1500))
    steps = np.diff([n * int((window**2).sum()) - int(window.sum()) ** 2 for window in windows(ticks, n).astype(np.int64)])
    values = np.array([round(tick * count, 8) for count in ticks.tolist()])
    found = line(bars_of(values), variance_step("close", n))[n:]
    np.testing.assert_array_equal(np.sign(found), np.sign(steps))
    assert (steps == 0).sum() > 10


def test_that_a_hole_hides_the_variance_steps_of_its_windows_only():
    values = sp500().close[:60].copy()
    values[30] = np.nan
    unknown = np.isnan(line(with_column(values), variance_step("x", 5)))
    assert np.flatnonzero(unknown).tolist() == [0, 1, 2, 3, 4, *range(30, 36)]


@pytest.mark.parametrize(("length", "n"), [(22, 20), (5, 5), (50, 100)])
def test_that_a_range_share_is_ta_libs_natr_with_an_average_seeded_by_the_first(length, n):
    bars = sp500()
    judge = talib.NATR(bars.high, bars.low, bars.close, length) / 100.0
    average = pd.Series(judge).ewm(span=n, adjust=False, min_periods=n).mean().to_numpy()
    share, found = compute(bars, range_share("close", length, n))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(average))
    np.testing.assert_allclose(found, average, rtol=1e-10)
    np.testing.assert_allclose(share, np.where(np.isnan(average), np.nan, judge), rtol=1e-10)


@pytest.mark.parametrize("hole", [np.nan, 0.0])
def test_that_a_price_without_a_share_makes_both_lines_unknown_from_there_on(hole):
    values = sp500().close[:80].copy()
    values[50] = hole
    for found in compute(with_column(values), range_share("x", 5, 4)):
        assert np.isfinite(found[8:50]).all()
        assert np.isnan(found[50:]).all()


@pytest.mark.parametrize(("length", "n"), [(21, 2), (21, 7), (3, 1), (14, 50)])
def test_that_an_rsi_average_is_the_mean_of_ta_libs_rsi(length, n):
    judge = talib.RSI(sp500().close, length)
    expected = judge if n == 1 else pd.Series(judge).rolling(n).mean().to_numpy()
    found = line(sp500(), rsi_mean("close", length, n))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_that_averages_of_an_rsi_meet_exactly_while_the_price_stands_still():
    bars = random_walk()  # with a halt of 30 bars from bar 750 on
    fast, slow = compute(bars, [rsi_mean("close", 9, 2), rsi_mean("close", 9, 7)])
    assert (np.diff(bars.close[750:780]) == 0).all()
    assert (fast[757:780] == slow[757:780]).all()
    assert len(set(slow[757:780])) == 1


def test_that_series_shorter_than_a_window_are_all_unknown():
    for size in (0, 1, 4):
        bars = bars_of(np.linspace(1.0, 2.0, size))
        for indicator in (markov_share("close", 3, 0.5, 5, 3), markov_share("close", 1, 0.0, 1, 5), expected_move("close", 3, 5),
                          chandelier(5, 3.0)[1], extremes("close", 5)[0], variance_step("close", 5),
                          range_share("close", 3, 5)[0], rsi_mean("close", 3, 5)):  # fmt: skip
            assert np.isnan(line(bars, indicator)).all(), indicator


def test_that_lengths_below_one_are_all_unknown():
    for indicator in (markov_share("close", 0, 0.5, 5, 3), markov_share("close", 3, 0.5, 0, 3),
                      markov_share("close", 3, 0.5, 5, 0), expected_move("close", 0, 5), expected_move("close", 5, 0)):  # fmt: skip
        assert np.isnan(line(sp500().slice(0, 50), indicator)).all(), indicator


@pytest.mark.parametrize("indicator", LINES, ids=str)
def test_that_the_declared_warm_up_is_the_first_number(indicator):
    found, first = line(sp500().slice(0, 400), indicator), KINDS[indicator.kind].warmup(indicator.args)
    assert np.isnan(found[:first]).all()
    if indicator.kind == "chandelier":
        # The direction is 0 and there is no stop until a close has gone through one.
        assert indicator.output == 0 or found[first] == 0.0
    else:
        assert np.isfinite(found[first:]).all()


@pytest.mark.parametrize("indicator", LINES, ids=str)
def test_that_later_bars_never_change_a_line(indicator):
    bars = random_walk()
    whole = line(bars, indicator)
    for cut in (1, 7, 40, 333, 760, 1499):
        np.testing.assert_array_equal(line(bars.slice(0, cut), indicator), whole[:cut])
