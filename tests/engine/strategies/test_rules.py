"""Each strategy on prices made by hand: entries, exits, and no way back into an old position."""

import numpy as np
import pytest

from engine.backtest.targets import targets_of
from engine.core.errors import InputError, StrategyError
from engine.strategies import load
from tests.conformance.series import bars_of, random_walk, sp500


def run(name, bars, **params):
    strategy = load(name)
    return targets_of(strategy, bars, strategy.parse(params))


def entries(target):
    """Return the bars at which a position starts or turns."""
    before = np.concatenate(([0.0], target[:-1]))
    return np.flatnonzero((target != before) & (target != 0.0))


def test_that_buy_and_hold_is_long_on_every_bar():
    assert run("buy_and_hold", bars_of([3.0, 2.0, 1.0])).tolist() == [1.0, 1.0, 1.0]


class TestExternalSignals:
    def test_that_the_column_is_the_target(self):
        signals = np.array([0.0, 1.0, -0.5, 0.25])
        assert run("external_signals", bars_of(np.ones(4), target=signals)).tolist() == signals.tolist()

    def test_that_another_column_can_be_named(self):
        bars = bars_of(np.ones(2), target=np.zeros(2), model=np.array([1.0, -1.0]))
        assert run("external_signals", bars, column="model").tolist() == [1.0, -1.0]

    def test_that_bars_before_the_first_value_are_flat(self):
        signals = np.array([np.nan, np.nan, 1.0, 0.0])
        assert run("external_signals", bars_of(np.ones(4), target=signals)).tolist() == [0.0, 0.0, 1.0, 0.0]

    def test_that_a_missing_value_after_the_first_one_is_refused_with_its_bar(self):
        signals = np.array([np.nan, 1.0, np.nan, 0.0])
        with pytest.raises(StrategyError, match=r"External signals, bar 2 \(1997-05-21\): the target is not a number"):
            run("external_signals", bars_of(np.ones(4), target=signals))

    def test_that_a_value_outside_the_range_is_refused_with_its_bar(self):
        with pytest.raises(StrategyError, match=r"bar 1 \(1997-05-20\): the target is 3, outside \[-1, 1\]"):
            run("external_signals", bars_of(np.ones(3), target=np.array([0.0, 3.0, 0.0])))

    def test_that_a_missing_column_names_the_columns_there(self):
        with pytest.raises(InputError, match=r"no column 'target'.*Columns there: signal, score"):
            run("external_signals", bars_of(np.ones(2), signal=np.zeros(2), score=np.zeros(2)))


class TestCrosses:
    @pytest.mark.parametrize("name", ["sma_cross", "ema_cross"])
    def test_that_the_side_follows_the_averages_and_starts_after_the_warm_up(self, name):
        prices = np.concatenate([np.linspace(100, 120, 20), np.linspace(119, 90, 30)])
        target = run(name, bars_of(prices), fast=3, slow=10)
        assert (target[:9] == 0.0).all()
        assert (target[9:20] == 1.0).all()
        assert (target[-15:] == -1.0).all()
        assert len(entries(target)) == 2

    @pytest.mark.parametrize("name", ["sma_cross", "ema_cross"])
    @pytest.mark.parametrize("price", [100.0, 0.1, 1 / 3, 123.456])
    def test_that_a_price_that_does_not_move_is_no_signal(self, name, price):
        assert not run(name, bars_of(np.full(80, price)), fast=7, slow=30).any()


class TestBollingerReversion:
    # Ten quiet bars, a fall out of the lower band, back above the middle, then sideways.
    QUIET = (100.0, 101.0) * 5
    DIP = (90.0, 91.0, 92.0, 97.5, 98.0, 97.0, 97.8, 97.2, 97.6, 97.4)

    def test_that_a_close_below_the_lower_band_is_bought_and_sold_past_the_middle(self):
        target = run("bollinger_reversion", bars_of([*self.QUIET, *self.DIP]), length=10, std=2.0)
        assert target[10:].tolist() == [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]

    def test_that_a_short_is_the_mirror_image(self):
        prices = 200.0 - np.array([*self.QUIET, *self.DIP])
        target = run("bollinger_reversion", bars_of(prices), length=10, std=2.0)
        assert target[10:].tolist() == [-1.0, -1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]

    def test_that_a_jump_from_band_to_band_turns_the_position(self):
        target = run("bollinger_reversion", bars_of([*self.QUIET, 90.0, 120.0]), length=10, std=1.5)
        assert target[-2:].tolist() == [1.0, -1.0]

    def test_that_every_entry_is_a_close_outside_the_bands(self):
        bars = sp500()
        target = run("bollinger_reversion", bars)
        windows = np.lib.stride_tricks.sliding_window_view(bars.close, 20)
        middle, width = windows.mean(axis=1), 2.0 * windows.std(axis=1)
        for t in entries(target):
            beyond = (middle[t - 19] - bars.close[t]) * target[t]
            assert beyond > width[t - 19] * (1 - 1e-9)


class TestSupertrend:
    def test_that_it_is_flat_until_a_band_is_left_and_then_on_the_side_of_the_break(self):
        quiet = np.full(20, 100.0)
        rise, fall = np.linspace(101, 140, 30), np.linspace(139, 80, 40)
        close = np.concatenate([quiet, rise, fall])
        bars = bars_of(close, high=close + 1.0, low=close - 1.0)
        target = run("supertrend", bars, atr_length=5, factor=2.0)
        first = int(np.argmax(target != 0.0))
        assert not target[:20].any()
        assert 20 <= first < 30
        assert (target[first:50] == 1.0).all()
        assert target[-1] == -1.0
        assert len(entries(target)) == 2

    def test_that_it_is_never_flat_again_once_it_has_a_side(self):
        target = run("supertrend", sp500())
        first = int(np.argmax(target != 0.0))
        assert (np.abs(target[first:]) == 1.0).all()


class TestTurtle:
    @staticmethod
    def bars(tail):
        close = np.array([*([100.0, 101.0] * 10), *tail])
        return bars_of(close, high=close + 0.5, low=close - 0.5)

    def run(self, tail, **params):
        given = {"entry": 10, "exit": 5, "atr": 10, "stop_atr": None} | params
        return run("turtle", self.bars(tail), **given)[20:].tolist()

    def test_that_a_close_equal_to_the_channel_is_no_breakout(self):
        assert self.run([101.5, 101.6]) == [0.0, 0.0]
        assert self.run([101.51]) == [1.0]

    def test_that_a_long_is_closed_below_the_exit_channel_and_stays_closed(self):
        tail = [103.0, 104.0, 105.0, 105.0, 105.0, 105.0, 103.0, 104.0, 104.0, 104.0]
        assert self.run(tail) == [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]

    def test_that_a_short_is_the_mirror_image(self):
        tail = [98.0, 97.0, 96.0, 96.0, 96.0, 96.0, 98.0, 97.0, 97.0, 97.0]
        assert self.run(tail) == [-1.0, -1.0, -1.0, -1.0, -1.0, -1.0, 0.0, 0.0, 0.0, 0.0]

    def test_that_a_break_of_both_channels_turns_the_position(self):
        assert self.run([103.0, 95.0]) == [1.0, -1.0]

    def test_that_a_close_on_the_stop_is_stopped_out(self):
        # Every true range is 1.5, so that the stop lies at 102 - 1 x 1.5.
        assert self.run([102.0, 100.5], stop_atr=1.0) == [1.0, 0.0]
        assert self.run([102.0, 100.51], stop_atr=1.0) == [1.0, 1.0]

    def test_that_the_stop_closes_before_the_channel_does(self):
        tail = [102.0, 101.0, 100.0, 99.9, 100.0]
        assert self.run(tail) == [1.0, 1.0, 1.0, 1.0, 1.0]
        # Every true range is 1.5: a stop of half an ATR lies 0.75 below the entry.
        assert self.run(tail, stop_atr=0.5) == [1.0, 0.0, 0.0, 0.0, 0.0]

    def test_that_an_exit_never_enters_the_same_side_on_its_own_bar(self):
        for bars in (sp500(), random_walk(1500, 4, 0.03)):
            for params in ({}, {"entry": 10, "exit": 10, "stop_atr": 0.5, "atr": 5}, {"skip_after_winner": True}):
                strategy = load("turtle")
                checked = strategy.parse(params)
                target = targets_of(strategy, bars, checked)
                n = checked.entry
                for t in entries(target):
                    channel = bars.high[t - n : t].max() if target[t] > 0 else -bars.low[t - n : t].min()
                    assert target[t] * bars.close[t] > channel

    def test_that_a_breakout_after_a_winner_is_passed_over_and_the_one_after_a_loser_taken(self):
        winner = [103.0, 106.0, 109.0, 112.0, 115.0, 118.0, 104.0]  # sold above the entry
        pause = [104.0, 105.0] * 6
        loser = [107.0, 104.6]  # stopped out below its entry, taken or not
        again = [109.0, 110.0]
        tail = [*winner, *pause, *loser, *pause, *again]
        taken = self.run(tail, stop_atr=0.5)
        skipped = self.run(tail, stop_atr=0.5, skip_after_winner=True)
        first, second, third = len(winner), len(winner) + len(pause), len(tail) - len(again)
        assert taken[:first] == skipped[:first] == [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]
        assert taken[second : second + len(loser)] == [1.0, 0.0]
        assert skipped[second : second + len(loser)] == [0.0] * len(loser)
        assert skipped[third:] == [1.0, 1.0]
