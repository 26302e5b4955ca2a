"""Lines of the grid, swing and TDI rules: worked examples, and equal to what TA-Lib and the candles give."""

import numpy as np
import pytest
import talib

from engine.data.heikin_ashi import heikin_ashi as candles
from engine.indicators.anchor import grid_anchor
from engine.indicators.bank import compute
from engine.indicators.heikin_ashi import heikin_ashi
from engine.indicators.swing import swing_triggers
from engine.indicators.traders_index import late_ema, rsi_mean
from engine.kernels.grid import grid_level, levels_below
from tests.conformance.series import bars_of, random_walk, sp500

NONE = np.nan


def swing_bars(low, close, high=None):
    low, close = np.array(low, float), np.array(close, float)
    return bars_of(close, low=low, high=np.maximum(low + 2.0, close) if high is None else np.array(high, float))


def test_that_heikin_ashi_lines_are_those_of_the_candles():
    bars = sp500()
    made = candles(bars)
    for line, name in zip(compute(bars, heikin_ashi()), ("open", "high", "low", "close"), strict=True):
        np.testing.assert_array_equal(line, getattr(made, name), err_msg=name)


@pytest.mark.parametrize(("rsi", "length"), [(13, 2), (13, 7), (2, 1), (30, 34)])
def test_that_the_average_of_the_rsi_is_that_of_talib(rsi, length):
    bars = sp500()
    [line] = compute(bars, [rsi_mean("close", rsi, length)])
    strength = talib.RSI(bars.close, rsi)
    expected = strength if length == 1 else talib.SMA(strength, length)
    first = rsi + length - 1
    assert np.isnan(line[:first]).all()
    np.testing.assert_allclose(line[first:], expected[first:], rtol=0, atol=1e-8)


@pytest.mark.parametrize("offset", [0, 1, 7])
def test_that_a_late_average_is_the_average_of_earlier_bars(offset):
    bars = random_walk()
    late, own = compute(bars, [late_ema("close", 9, offset), late_ema("close", 9, 0)])
    assert np.isnan(late[: 8 + offset]).all()
    np.testing.assert_array_equal(late[8 + offset :], own[8 : own.size - offset])
    short = compute(bars.slice(0, 3), [late_ema("close", 9, offset)])
    assert np.isnan(short).all()


def test_that_the_first_anchor_is_the_first_close_and_the_rolling_one_a_mean():
    bars = random_walk()
    first, rolling = compute(bars, [grid_anchor(False, 50), grid_anchor(True, 50)])
    assert (first == bars.close[0]).all()
    assert np.isnan(rolling[:49]).all()
    np.testing.assert_allclose(rolling[49:], talib.SMA(bars.close, 50)[49:], rtol=1e-12)
    assert compute(bars.slice(0, 0), [grid_anchor(False, 50)]).size == 0


@pytest.mark.parametrize("guess", [0.0, 3.0, 11.0])
def test_that_levels_are_counted_from_any_guess(guess):
    # Levels 90, 92, ... 110: a price on a level is not above it.
    for price, count in [(89, 0), (90, 0), (90.5, 1), (100, 5), (100.01, 6), (110, 10), (110.1, 11), (900, 11)]:
        assert levels_below(price, 100.0, 0.875, 0.025, 10.0, guess) == sum(
            price > grid_level(100.0, 0.875, 0.025, k) for k in range(11)
        )
        assert levels_below(price, 1.0, 90.0, 2.0, 10.0, guess) == count


def test_that_a_swing_low_arms_its_high_two_bars_later_until_a_close_takes_it_out():
    low = [20, 19, 18, 17, 18, 19, 20, 21, 22]
    close = [21, 20, 19, 18, 19, 19, 19, 20, 25]
    buy, sell = compute(swing_bars(low, close), swing_triggers(3))
    # The swing at bar 3 has a high of 19; bars 5 and 6 close at it, bar 7 above it.
    np.testing.assert_array_equal(buy, [NONE, NONE, NONE, NONE, NONE, 19, 19, 19, NONE])
    assert np.isnan(sell).all()


def test_that_a_swing_without_enough_falling_lows_is_none():
    low = [18, 19, 18, 17, 18, 19, 20, 21, 22]
    close = [21, 20, 19, 18, 19, 19, 19, 20, 25]
    assert np.isnan(compute(swing_bars(low, close), swing_triggers(3))[0]).all()
    assert compute(swing_bars(low, close), swing_triggers(2))[0][5] == 19


@pytest.mark.parametrize("at", [1, 2, 4, 5])
def test_that_an_equal_low_beside_it_is_no_swing(at):
    low = [20.0, 19, 18, 17, 18, 19, 20, 21]
    low[at] = 17.0
    assert np.isnan(compute(swing_bars(low, np.array(low) + 1), swing_triggers(2))[0]).all()


def test_that_a_close_below_the_swing_ends_its_trigger():
    low = [20, 19, 18, 17, 17.5, 17.2, 16, 15.5, 18, 19]
    close = [21, 20, 19, 18, 18, 18, 16.5, 16, 25, 26]
    buy, _ = compute(swing_bars(low, close), swing_triggers(3))
    np.testing.assert_array_equal(buy[5:8], [19, 19, NONE])


def test_that_a_newer_swing_takes_the_place_of_an_older_one():
    low = [20, 19, 18, 17, 17.6, 17.5, 17.4, 17.3, 17.8, 18, 19]
    close = np.minimum(np.array(low) + 1.0, 18.5)
    high = np.array(low) + 2.0
    high[3] = 30.0
    buy, _ = compute(swing_bars(low, close, np.maximum(high, close)), swing_triggers(3))
    np.testing.assert_allclose(buy[5:], [30, 30, 30, 30, 19.3, 19.3])


def test_that_highs_are_mirrored():
    bars = random_walk(1200, 31)
    top = 1000.0
    mirrored = bars_of(top - bars.close, open=top - bars.open, high=top - bars.low, low=top - bars.high)
    exact = bars_of(top - mirrored.close, high=top - mirrored.low, low=top - mirrored.high)
    buy, sell = compute(exact, swing_triggers(2))
    other_buy, other_sell = compute(mirrored, swing_triggers(2))
    np.testing.assert_allclose(other_sell, top - buy, atol=1e-9)
    np.testing.assert_allclose(other_buy, top - sell, atol=1e-9)
    assert np.isfinite(buy).sum() > 100
