"""Narrow cases that a review of the run layer found."""

import numpy as np
import pytest

from engine.backtest.run import run_backtest, simulate_signals
from engine.backtest.spec import BacktestSpec
from engine.cli.summary import tear_sheet_text
from engine.core.bars import Bars
from engine.core.errors import InputError
from tests.engine.cases import make_bars, random_bars, spec_of


def kept(bars, keep):
    """Only some of the bars, on their own days."""
    at = np.asarray(keep)
    return Bars(
        bars.instrument, bars.timeframe, bars.time[at], bars.open[at], bars.high[at], bars.low[at],
        bars.close[at], bars.volume[at], bars.session[at], {name: line[at] for name, line in bars.columns.items()},
    )  # fmt: skip


def test_that_an_instrument_without_a_complete_longer_bar_stays_flat_rule_2():
    spec = BacktestSpec(strategy="buy_and_hold", data={"candles": {"timeframe": "1mo"}})
    short = random_bars(1, 10)
    assert not run_backtest(short, spec).signals.any()
    both = run_backtest([random_bars(2, 100), short], spec)
    assert both.orders["asset"].tolist() == [0]


def test_that_a_summary_tells_a_leg_without_a_bar_in_the_traded_part():
    spec = BacktestSpec(strategy="buy_and_hold", data={"train_split": 0.5, "run_mode": "test"})
    result = run_backtest([random_bars(1, 80), random_bars(2, 20)], spec)
    assert len(result.legs[1]) == 0
    assert "RND2" in tear_sheet_text(result)


def test_that_an_exit_as_large_as_the_cap_leaves_no_dust_rule_9():
    bars = make_bars(np.full(8, 100.0))
    volume = np.array([10, 1, 2, 10, 3, 10, 10, 10], dtype=float)
    bars = Bars(
        bars.instrument, bars.timeframe, bars.time, bars.open, bars.high, bars.low, bars.close, volume, bars.session
    )
    targets = np.array([1, 1, 1, 0, 0, 0, 0, 0], dtype=float)
    spec = spec_of({"commission_fixed": 1.0}, max_participation=0.1, unfilled="cancel", rebalance="daily")
    result = simulate_signals(bars, targets, spec)
    assert result.positions[-1] == 0.0
    assert np.abs(result.orders["quantity"]).min() > 1e-6
    assert result.trades["pnl"].sum() == pytest.approx(result.equity[-1] - 10_000, abs=1e-9)


@pytest.mark.parametrize(("fill", "exit_bar", "missed"), [
    ("next_open", 7, 85 / 50 - 1), ("next_close", 7, 90 / 50 - 1), ("this_close", 6, 80 / 50 - 1),
])  # fmt: skip
def test_that_a_missed_trade_ends_where_its_order_would_have_been_filled_rule_17(fill, exit_bar, missed):
    on = {"target": np.ones(10)}
    first = make_bars(np.full(10, 100.0), symbol="A", columns=on)
    close = np.array([50, 50, 50, 50, 50, 50, 80, 90, 90, 90], dtype=float)
    open_ = np.array([50, 50, 50, 50, 50, 50, 70, 85, 90, 90], dtype=float)
    until = {"target": np.array([0, 0, 1, 1, 1, 1, 0, 0, 0, 0], dtype=float)}
    second = make_bars(close, open_, symbol="B", columns=until)
    spec = BacktestSpec(
        strategy="external_signals", costs={"slippage_bps": 0}, execution={"fill": fill},
        portfolio={"when_short": "rank"},
    )  # fmt: skip
    row = run_backtest([first, second], spec).rejected[0]
    assert (row["exit_bar"], row["missed_return"]) == (exit_bar, pytest.approx(missed))


def test_that_a_missed_trade_never_ends_before_it_began_rule_17():
    family = [random_bars(seed, 120) for seed in range(4)]
    rng = np.random.default_rng(5)
    family = [family[0], *(kept(bars, np.flatnonzero(rng.random(120) < 0.6)) for bars in family[1:])]
    spec = BacktestSpec(strategy="ema_cross", params={"fast": 3, "slow": 8}, portfolio={"when_short": "rank"})
    rejected = run_backtest(family, spec).rejected
    assert len(rejected)
    assert (rejected["exit_bar"] >= rejected["bar"]).all()


def test_that_one_instrument_twice_is_refused():
    with pytest.raises(InputError, match="given twice"):
        run_backtest([random_bars(1, 50), random_bars(1, 50)], BacktestSpec(strategy="buy_and_hold"))
