"""Grid, swing and TDI rules on prices made by hand: every sentence of their cards."""

import numpy as np
import pytest

from engine.backtest.targets import lines_of, targets_of
from engine.core.errors import InputError
from engine.strategies import load
from tests.conformance.series import bars_of, random_walk, sp500


def targets(name, bars, **params):
    strategy = load(name)
    return targets_of(strategy, bars, strategy.parse(params)).tolist()


GRID = {"grid_count": 4, "upper": 1.10, "lower": 0.90}  # levels 90, 95, 100, 105, 110 around 100


def test_that_a_trend_grid_follows_crossings_and_a_reversal_grid_opposes_them():
    close = [100, 104, 106, 104, 104.5, 99, 101]
    expected = [0, 1, 1, -1, -1, -1, 1]
    assert targets("trend_grid", bars_of(close), **GRID) == expected
    assert targets("reversal_grid", bars_of(close), **GRID) == [-side for side in expected]


def test_that_nothing_is_crossed_between_levels_and_outside_the_grid():
    close = [100, 96, 99, 97, 80, 70, 89, 88, 91, 150, 120, 111, 200]
    assert targets("trend_grid", bars_of(close), **GRID) == [0, 0, 0, 0, -1, -1, -1, -1, 1, 1, 1, 1, 1]


def test_that_a_close_on_a_level_is_not_above_it():
    assert targets("trend_grid", bars_of([98, 98 * 1.1, 98 * 1.2]), **GRID)[1:] == [1, 1]
    assert targets("trend_grid", bars_of([64, 64, 64]), grid_count=4, upper=1.5, lower=0.5) == [0, 0, 0]
    assert targets("trend_grid", bars_of([64, 64, 64.01, 64]), grid_count=4, upper=1.5, lower=0.5) == [0, 0, 1, -1]


def test_that_a_rolling_grid_follows_the_price_and_waits_for_its_anchor():
    close = 100.0 * 1.01 ** np.arange(600)  # leaves a grid of 20 % around its first close after ten bars
    close[500:] = close[500] * 0.99 ** np.arange(100)
    first = np.array(targets("trend_grid", bars_of(close)))
    rolling = np.array(targets("trend_grid", bars_of(close), anchor="rolling", n=20))
    assert (first[1:] == 1).all()
    assert not rolling[:20].any()
    assert (rolling[510:530] == -1).any()


def test_that_the_lowest_level_is_below_the_highest():
    with pytest.raises(InputError, match="parameters must satisfy lower < upper"):
        load("trend_grid").parse({"lower": 1.2, "upper": 1.1})


def falling_then(close):
    """A swing low at bar 3 with a high of 19 and a low of 17, known at bar 5, then the closes given."""
    low = [20, 19, 18, 17, 17.5, 17.5]
    closes = [21, 20, 19, 18, 18.5, 18.5, *close]
    low += [value - 1.0 for value in close]
    high = [value + 2.0 for value in low[:6]] + [value + 0.5 for value in close]
    return bars_of(closes, low=np.array(low, float), high=np.maximum(high, closes))


def test_that_a_swing_is_bought_when_a_close_takes_out_its_bar():
    assert targets("swing_point", falling_then([19, 19.5, 20])) == [0] * 7 + [1, 1]


def test_that_a_long_ends_below_the_lows_of_the_previous_bars_and_does_not_come_back():
    # Lows of the three bars before the last but one: 18.5, 19, 19.
    found = targets("swing_point", falling_then([19.5, 20, 20, 18.4, 19.6, 20.5]))
    assert found[6:] == [1, 1, 1, 0, 0, 0]


def test_that_a_swing_of_few_falling_lows_needs_a_shorter_lookback():
    bars = falling_then([19, 19.5, 20])
    assert not any(targets("swing_point", bars, trend_lookback=4))
    assert targets("swing_point", bars, trend_lookback=2)[7] == 1


@pytest.mark.parametrize("name", ["swing_point", "tdi_heikin_ashi"])
def test_that_shorts_are_longs_of_the_mirrored_prices(name):
    bars = random_walk(1500, 17)
    top = 2.0 * float(bars.high.max())
    mirrored = bars_of(top - bars.close, open=top - bars.open, high=top - bars.low, low=top - bars.high)
    again = bars_of(top - mirrored.close, open=top - mirrored.open, high=top - mirrored.low, low=top - mirrored.high)
    own = np.array(targets(name, again))
    assert np.abs(own).sum() > 100
    assert {1.0, -1.0} <= set(own.tolist())
    np.testing.assert_array_equal(targets(name, mirrored), -own)


def events(bars, **params):
    """Return the lines and the target of the TDI rule."""
    strategy = load("tdi_heikin_ashi")
    checked = strategy.parse(params)
    lines = {name: values for name, (values, _) in lines_of(strategy, bars, checked).items()}
    return lines, targets_of(strategy, bars, checked)


def test_that_a_position_needs_turn_cross_slope_and_side_together():
    lines, target = events(sp500())
    begins = [t for t in range(1, target.size) if target[t] not in (0.0, target[t - 1])]
    assert len(begins) > 100
    for t in begins:
        side = target[t]
        green, red = lines["green"], lines["red"]
        assert side * (green[t] - green[t - 1]) >= 1.0 - 1e-9
        assert side * (green[t] - red[t]) > 0.0
        assert side * (lines["ha_close"][t] - lines["late_ema"][t]) > 0.0
        body = side * (lines["ha_close"] - lines["ha_open"])
        assert body[t] >= 0.0
        assert min(body[t - 3 : t]) < 0.0  # turned two bars ago at most
        assert min(side * (green - red)[t - 3 : t]) <= 0.0  # crossed two bars ago at most


def test_that_a_position_ends_on_a_flat_slope_or_an_opposite_cross():
    lines, target = events(sp500())
    slope = np.diff(lines["green"], prepend=np.nan)
    for t in np.flatnonzero(target[1:] * target[:-1] > 0.0) + 1:
        assert target[t] * slope[t] > 0.2
        assert target[t] * (lines["green"][t] - lines["red"][t]) > -1e-9
    ends = np.flatnonzero((target[1:] == 0.0) & (target[:-1] != 0.0)) + 1
    assert ends.size > 100
    assert (target[ends - 1] * slope[ends] <= 0.2 + 1e-9).mean() > 0.9


def test_that_the_green_line_is_the_faster_one_and_a_strong_slope_is_more_than_a_flat_one():
    for params in ({"green": 7, "red": 7}, {"slope_flat": 1.0}):
        with pytest.raises(InputError, match="green < red and slope_flat < slope_strong"):
            load("tdi_heikin_ashi").parse(params)
