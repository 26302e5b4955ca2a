"""MACD, RSI and z-score rules on prices made by hand, and: no way back into a position that was left."""

import dataclasses
import itertools

import numpy as np
import pytest

from engine.backtest.targets import lines_of, targets_of
from engine.core.errors import InputError
from engine.strategies import load
from tests.conformance.series import bars_of, random_walk, sp500

WALKS = {"sp500": sp500, "wild": lambda: random_walk(1500, 4, 0.03)}


@pytest.fixture(params=WALKS, ids=WALKS)
def bars(request):
    return WALKS[request.param]()


def run(name, bars, **params):
    strategy = load(name)
    return targets_of(strategy, bars, strategy.parse(params))


def lines(name, bars, **params):
    strategy = load(name)
    return {line: values for line, (values, _) in lines_of(strategy, bars, strategy.parse(params)).items()}


def before(values, first=0.0):
    return np.concatenate(([first], values[:-1]))


def entries(target):
    """Return the bars at which a position starts or turns."""
    return np.flatnonzero((target != before(target)) & (target != 0.0))


def returns_without(entry, target):
    """Return the bars at which a position begins although ``entry`` (side by bar, 0 for none) has none there."""
    return [t for t in entries(target) if entry[t] != target[t]]


def assert_has_exits(target):
    """The series must show what the test is about: an exit to flat, and a later entry of the same side."""
    left = np.flatnonzero((target == 0.0) & (before(target) != 0.0))
    assert left.size > 3
    assert any((target[t:] == target[t - 1]).any() for t in left)


def signal_crosses(found):
    lead = found["macd"] - found["signal"]
    earlier = before(lead, np.nan)
    return np.where((lead > 0) & (earlier <= 0), 1.0, 0.0) - np.where((lead < 0) & (earlier >= 0), 1.0, 0.0)


class TestMacdTrend:
    def test_that_every_entry_is_a_cross_on_the_right_side_of_zero(self, bars):
        found, target = lines("macd_trend", bars), run("macd_trend", bars)
        crosses = signal_crosses(found)
        assert_has_exits(target)
        assert not returns_without(np.where(crosses * found["macd"] > 0, crosses, 0.0), target)

    def test_that_a_position_is_held_through_crosses_back_and_left_beyond_zero(self, bars):
        found, target = lines("macd_trend", bars)["macd"], run("macd_trend", bars)
        held = target != 0.0
        assert (np.sign(found[held]) == target[held]).all()
        for t in np.flatnonzero((before(target) != 0.0) & (target == 0.0)):
            assert found[t] * found[t - 1] < 0.0

    def test_that_a_steady_rise_without_a_cross_is_no_entry(self):
        assert not run("macd_trend", bars_of(np.linspace(100.0, 200.0, 34)), fast=5, slow=20, signal=5).any()


class TestMacdReversal:
    def test_that_a_position_left_at_zero_comes_back_with_a_new_cross_only(self, bars):
        found, target = lines("macd_reversal", bars), run("macd_reversal", bars)
        first = int(np.argmax(~np.isnan(found["macd"])))
        crosses = signal_crosses(found)
        crosses[first] = np.sign(found["macd"][first] - found["signal"][first])  # a side, and nothing before it
        assert_has_exits(target)
        assert not returns_without(crosses, target)
        # And no cross is passed over.
        assert (target[crosses != 0.0] == crosses[crosses != 0.0]).all()

    def test_that_it_is_flat_from_a_zero_cross_to_the_next_signal_cross(self, bars):
        found, target = lines("macd_reversal", bars), run("macd_reversal", bars)
        crosses, value = signal_crosses(found), found["macd"]
        zero = np.flatnonzero((value * before(value, np.nan) < 0.0) & (crosses == 0.0))
        assert zero.size > 20
        for t in zero:
            ahead = itertools.takewhile(lambda bar: crosses[bar] == 0.0, range(t, len(target)))
            assert not target[list(ahead)].any()


class TestRsiReversal:
    # RSI of length 2: two falls give 0, the rises after them lead above the midline.
    FALL = (100.0, 101.0, 100.0, 101.0, 95.0, 90.0, 89.0)
    BACK = (93.0, 96.0, 95.5, 95.0)

    def test_that_an_oversold_price_is_bought_and_sold_past_the_midline(self):
        target = run("rsi_reversal", bars_of([*self.FALL, *self.BACK]), length=2)
        assert target[4:7].tolist() == [1.0, 1.0, 1.0]
        # Past 70 after two rises: a new entry, of the other side.
        assert target[7:9].tolist() == [0.0, -1.0]

    def test_that_a_short_is_the_mirror_image(self):
        prices = np.array([*self.FALL, *self.BACK])
        params = {"length": 2, "lower": 20.0, "upper": 80.0}
        expected = -run("rsi_reversal", bars_of(prices), **params)
        assert run("rsi_reversal", bars_of(200.0 - prices), **params).tolist() == expected.tolist()

    def test_that_a_position_comes_back_only_beyond_a_limit(self, bars):
        found, target = lines("rsi_reversal", bars)["rsi"], run("rsi_reversal", bars)
        assert_has_exits(target)
        assert not returns_without(np.where(found < 30, 1.0, np.where(found > 70, -1.0, 0.0)), target)
        assert (found[target > 0] <= 50).all()
        assert (found[target < 0] >= 50).all()

    def test_that_a_midline_outside_the_limits_is_refused(self):
        with pytest.raises(InputError, match="lower < midline and midline < upper"):
            load("rsi_reversal").parse({"midline": 25.0})


BOUNCY = {"ema_long": 50, "ema_fast": 20, "rsi": 5, "rsi_threshold": 50.0, "zone": 0.02}


class TestBouncyBall:
    def test_that_every_entry_is_an_oversold_up_bar_above_the_long_average_and_every_exit_at_the_fast_one(self, bars):
        found, target = lines("bouncy_ball", bars, **BOUNCY), run("bouncy_ball", bars, **BOUNCY)
        distance = bars.close / found["ema_long"] - 1.0
        bounce = (distance >= 0) & (distance <= 0.02) & (found["rsi"] < 50) & (bars.close > bars.open)
        assert set(np.unique(target)) == {0.0, 1.0}
        assert_has_exits(target)
        assert not returns_without(bounce.astype(float), target)
        held = target > 0.0
        assert (bars.close[held] < found["ema_fast"][held]).all()
        left = (before(target) > 0.0) & ~held
        assert (bars.close[left] >= found["ema_fast"][left]).all()

    def test_that_the_default_has_no_trade_in_the_s_and_p_500(self):
        # The card says so; 0.5 % above a 200-bar average is rarely oversold.
        assert not run("bouncy_ball", sp500()).any()
        assert entries(run("bouncy_ball", sp500(), rsi_threshold=40.0)).size > 3


class TestWasherMeanReversion:
    def test_that_an_unusual_fall_is_bought_and_sold_when_returns_are_usual_again(self):
        quiet = [100.0, 100.1] * 10
        target = run("washer_mean_reversion", bars_of([*quiet, 95.0, *([95.0, 95.1] * 8)]), ret_lookback=1, window=10)
        assert target[20:23].tolist() == [1.0, 0.0, 0.0]
        assert not target[22:].any()

    def test_that_a_position_comes_back_only_beyond_the_entry_limit(self, bars):
        found, target = lines("washer_mean_reversion", bars)["zscore"], run("washer_mean_reversion", bars)
        assert_has_exits(target)
        assert not returns_without(np.where(found < -2, 1.0, np.where(found > 2, -1.0, 0.0)), target)
        assert (np.abs(found[target != 0.0]) >= 0.5).all()


class TestIntermarketZscore:
    def test_that_a_position_comes_back_only_beyond_the_threshold(self, bars):
        found, target = lines("intermarket_zscore", bars)["zscore"], run("intermarket_zscore", bars)
        assert_has_exits(target)
        assert not returns_without(np.where(found < -2, 1.0, np.where(found > 2, -1.0, 0.0)), target)
        assert (found[target > 0] <= 0).all()
        assert (found[target < 0] >= 0).all()

    def test_that_a_column_of_the_data_is_the_reference(self):
        close = random_walk(600, 3).close
        bars = bars_of(np.full(600, 100.0), metal=1.0 / close)
        alone = run("intermarket_zscore", bars_of(close))
        assert alone.any()
        assert run("intermarket_zscore", bars, reference="metal").tolist() == alone.tolist()

    def test_that_a_market_that_moves_like_its_reference_is_no_signal(self):
        walk = random_walk(600, 3)
        bars = dataclasses.replace(walk, columns={"same": walk.close * 0.5})
        assert not run("intermarket_zscore", bars, reference="same").any()

    def test_that_bars_without_a_reference_change_nothing(self):
        other = np.ones(40)
        other[26:28] = np.nan
        close = np.array([*([100.0, 101.0] * 12), 90.0, *([91.0] * 15)])
        target = run("intermarket_zscore", bars_of(close, other=other), length=5, threshold=1.5, reference="other")
        assert target[24] == 1.0
        assert target[26:32].tolist() == [1.0] * 6  # every window with bar 26 or 27 is unknown
        assert not np.isnan(target).any()

    def test_that_a_missing_reference_names_the_columns_there(self):
        with pytest.raises(InputError, match=r"no column 'gold'.*Columns there: metal"):
            run("intermarket_zscore", bars_of(np.ones(30), metal=np.ones(30)), reference="gold")


class TestRebalancingPremium:
    def test_that_a_position_comes_back_only_outside_the_bands(self, bars):
        found, target = lines("rebalancing_premium", bars), run("rebalancing_premium", bars)
        outside = np.where(bars.close < found["lower"], 1.0, np.where(bars.close > found["upper"], -1.0, 0.0))
        assert_has_exits(target)
        assert not returns_without(outside, target)
        held = target != 0.0
        assert (((bars.close - found["middle"]) * target)[held] <= 0.0).all()

    def test_that_a_trend_trade_is_on_the_side_of_the_middle(self, bars):
        found, target = lines("rebalancing_premium", bars), run("rebalancing_premium", bars, trend_trade=True)
        np.testing.assert_array_equal(target[19:], np.sign(bars.close - found["middle"])[19:])
        assert not target[:19].any()
