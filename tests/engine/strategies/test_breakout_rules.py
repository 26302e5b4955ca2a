"""Breakout and cloud strategies on prices made by hand: entries, exits, no way back without a new entry."""

import dataclasses
from types import MappingProxyType

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.strategies import load
from tests.conformance.series import bars_of, random_walk, sp500
from tests.engine.strategies.test_rules import entries, run


def wide(close):
    close = np.asarray(close, dtype=float)
    return bars_of(close, high=close + 0.5, low=close - 0.5)


class TestChannelBreakout:
    LENGTHS = MappingProxyType({"long_entry": 10, "long_exit": 5, "short_entry": 10, "short_exit": 5})

    def run(self, tail, **params):
        bars = wide([*([100.0, 101.0] * 10), *tail])
        return run("channel_breakout", bars, **{**self.LENGTHS, **params})[20:].tolist()

    def test_that_a_high_on_the_channel_is_a_touch(self):
        # Swings that shrink touch nothing; the highest high of the last ten bars is 101.5 + 0.5.
        swings = [100.0 + (-1.0) ** i * (2.0 - 0.05 * i) for i in range(20)]
        assert not run("channel_breakout", wide([*swings, 101.49]), **self.LENGTHS).any()
        assert run("channel_breakout", wide([*swings, 101.5]), **self.LENGTHS)[20] == 1.0

    def test_that_a_long_ends_at_the_exit_channel_and_stays_closed(self):
        assert self.run([103.0, 104.0, 105.0, 105.0, 105.0, 102.9, 104.0, 104.0, 104.0]) == [1.0] * 5 + [0.0] * 4

    def test_that_a_short_is_the_mirror_image(self):
        assert self.run([98.0, 97.0, 96.0, 96.0, 96.0, 98.1, 97.0, 97.0, 97.0]) == [-1.0] * 5 + [0.0] * 4

    def test_that_a_fall_through_both_channels_turns_a_long(self):
        assert self.run([103.0, 95.0]) == [1.0, -1.0]

    def test_that_a_bar_that_touches_both_sides_enters_neither(self):
        bars = wide([100.0] * 12)
        high, low = bars.high.copy(), bars.low.copy()
        high[11], low[11] = 105.0, 95.0
        bars = dataclasses.replace(bars, high=high, low=low)
        assert run("channel_breakout", bars, **self.LENGTHS)[11] == 0.0

    @pytest.mark.parametrize("bars", [sp500(), random_walk(1500, 4, 0.03)], ids=["sp500", "walk"])
    def test_that_every_entry_touches_its_own_channel(self, bars):
        target = run("channel_breakout", bars)
        found = entries(target)
        assert found.size > 20
        for t in found:
            long = target[t] > 0
            assert bars.high[t] >= bars.high[t - 20 : t].max() if long else bars.low[t] <= bars.low[t - 20 : t].min()

    def test_that_an_exit_longer_than_its_entry_is_refused(self):
        with pytest.raises(InputError, match="long_exit <= long_entry"):
            load("channel_breakout").parse({"long_entry": 10, "long_exit": 20})


class TestNr7:
    def test_that_the_close_that_leaves_the_narrow_bar_gives_the_side(self):
        close = [100.0] * 5 + [100.4, 100.41, 99.0, 100.0]
        reach = np.array([1.0, 1.0, 1.0, 1.0, 0.4, 1.0, 1.0, 1.0, 1.0])
        bars = bars_of(close, high=np.array(close) + reach, low=np.array(close) - reach)
        assert run("nr7", bars, window=5).tolist() == [0, 0, 0, 0, 0, 0, 1, -1, -1]


class TestDailyHighLow:
    # Highs of 100.5 and lows of 99.5, a break at bar 3, then inside the range of the bars before.
    CLOSE = (100.0, 100.0, 100.0, 101.0, 101.0, 101.0, 101.0, 101.0)

    @pytest.mark.parametrize("days", [1, 2, 4])
    def test_that_a_break_is_held_for_its_sessions_and_stays_closed(self, days):
        assert run("daily_high_low", wide(self.CLOSE), hold_days=days).tolist() == (
            [0.0] * 3 + [1.0] * days + [0.0] * (5 - days)
        )

    def test_that_a_reversal_is_the_opposite_position(self):
        for bars in (sp500(), random_walk()):
            against = run("daily_high_low", bars, reversal=True)
            np.testing.assert_array_equal(against, -run("daily_high_low", bars))

    def test_that_an_opposite_break_turns_and_counts_anew(self):
        close = [*self.CLOSE[:4], 99.0, 99.0, 99.0, 99.0]
        assert run("daily_high_low", wide(close), hold_days=2).tolist() == [0, 0, 0, 1, -1, -1, 0, 0]

    def test_that_breaks_on_the_way_neither_prolong_nor_enter_on_the_bar_of_the_exit(self):
        close = [100.0, 101.0, 102.0, 103.0, 104.0, 105.0]
        assert run("daily_high_low", wide(close), hold_days=2).tolist() == [0, 1, 1, 0, 1, 1]

    def test_that_sessions_and_not_bars_are_counted(self):
        bars = wide([100.0, 100.0, 101.0, 101.0, 101.0, 101.0, 101.0, 101.0])
        session = bars.session[0] + np.array([0, 0, 1, 1, 1, 2, 2, 3])
        bars = dataclasses.replace(bars, session=session)
        assert run("daily_high_low", bars, hold_days=2).tolist() == [0, 0, 1, 1, 1, 1, 1, 0]


class TestSqueeze:
    # Closes that hardly move inside wide bars: narrow Bollinger bands inside wide Keltner channels.
    CLOSE = (100.0, 100.1) * 10 + (100.5, 100.3, 100.0, 100.1, 100.05, 100.1)

    def run(self, close, **params):
        close = np.array(close)
        bars = bars_of(close, high=close + 2.0, low=close - 2.0)
        return run("bb_kc_squeeze", bars, length=10, **params)[20:].tolist()

    @pytest.mark.parametrize(("with_breakout", "side"), [(False, -1.0), (True, 1.0)])
    def test_that_a_close_outside_is_traded_until_the_basis_and_stays_closed(self, with_breakout, side):
        found = self.run(self.CLOSE, with_breakout=with_breakout)
        assert found == [side, side, 0.0, 0.0, 0.0, 0.0]

    def test_that_a_close_below_is_the_mirror_image(self):
        assert self.run(200.0 - np.array(self.CLOSE)) == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]

    def test_that_without_a_squeeze_there_is_no_trade(self):
        assert not any(self.run(self.CLOSE, k_mult=0.5, bb_mult=4.0))
        close = np.array(self.CLOSE)
        assert not run("bb_kc_squeeze", bars_of(close), length=10, k_mult=0.5).any()


class TestIchimokuCloud:
    LENGTHS = MappingProxyType({"tenkan": 5, "kijun": 10, "senkou_b": 20, "displacement": 5})
    RISE = np.linspace(100.0, 140.0, 41)

    def test_that_a_rise_is_bought_once_the_cloud_is_known(self):
        target = run("ichimoku_cloud", wide(self.RISE), **self.LENGTHS)
        assert target.tolist() == [0.0] * 24 + [1.0] * 17

    def test_that_a_fall_is_sold(self):
        target = run("ichimoku_cloud", wide(200.0 - self.RISE), **self.LENGTHS)
        assert target.tolist() == [0.0] * 24 + [-1.0] * 17

    def test_that_a_close_in_the_cloud_ends_the_long_which_stays_closed_without_momentum(self):
        # Into the cloud, then above it again, but below the close five bars earlier.
        close = [*self.RISE, 128.0, 137.0, 137.0]
        target = run("ichimoku_cloud", wide(close), **self.LENGTHS)
        assert target[-5:].tolist() == [1.0, 1.0, 0.0, 0.0, 0.0]

    def test_that_a_fall_through_the_cloud_ends_the_long(self):
        target = run("ichimoku_cloud", wide([*self.RISE, 110.0]), **self.LENGTHS)
        assert target[-2:].tolist() == [1.0, 0.0]

    @pytest.mark.parametrize("bars", [sp500(), random_walk(1500, 4, 0.03)], ids=["sp500", "walk"])
    def test_that_every_entry_has_its_momentum(self, bars):
        target = run("ichimoku_cloud", bars)
        found = entries(target)
        assert found.size > 10
        for t in found:
            assert target[t] * (bars.close[t] - bars.close[t - 26]) > 0
