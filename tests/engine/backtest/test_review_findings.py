"""Narrow cases that a review of the run layer found."""

import numpy as np
import pytest

from engine.backtest.run import run_backtest, simulate_signals
from engine.backtest.spec import BacktestSpec
from engine.cli.summary import tear_sheet_text
from engine.core.bars import Bars
from engine.core.errors import InputError
from engine.core.timeframe import NS_PER_DAY, Timeframe
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


def halves(bars):
    """Each daily bar as two pieces: from the open to an extreme, and on to the close."""
    middle = (bars.high + bars.low) / 2
    rows = [np.ravel(pair, order="F") for pair in (
        (bars.time - NS_PER_DAY // 2, bars.time), (bars.open, middle), (bars.high, np.maximum(middle, bars.close)),
        (np.minimum(bars.open, middle), bars.low), (middle, bars.close), (bars.session, bars.session),
    )]  # fmt: skip
    time, open_, high, low, close, session = rows
    return Bars(
        bars.instrument, Timeframe.parse("12h"), time, open_, np.maximum.reduce([open_, high, close]),
        np.minimum.reduce([open_, low, close]), close, np.ones(time.size), session,
    )  # fmt: skip


def test_that_finer_bars_after_the_training_part_do_not_reach_into_it_rule_12():
    family = [random_bars(seed, 100) for seed in (1, 2)]
    spec = BacktestSpec(
        strategy="buy_and_hold", execution={"stop_loss": 0.08, "take_profit": 0.08, "reentry": "allowed"},
        data={"train_split": 0.5, "run_mode": "train"},
    )  # fmt: skip
    finer = [halves(bars) for bars in family]
    trained = run_backtest(family, spec, finer)
    cut = BacktestSpec.parse(spec.to_dict() | {"data": {}})
    alone = run_backtest([bars.slice(0, 50) for bars in family], cut, [pieces.slice(0, 100) for pieces in finer])
    assert trained.equity.tolist() == alone.equity.tolist()
    whole = run_backtest(family, cut, finer)
    assert trained.equity.tolist() == whole.equity[:50].tolist()


def test_that_a_formula_is_sized_on_its_legs_and_not_on_the_spread_rule_7():
    rises, falls = np.linspace(100, 120, 81), np.linspace(120, 100, 81)
    spec = BacktestSpec(
        strategy="buy_and_hold", data={"formula": "A - B"}, sizing={"name": "volatility_target", "length": 10}
    )
    legs = [make_bars(rises, symbol="A"), make_bars(falls, symbol="B")]
    result = run_backtest(legs, spec)  # the spread is zero at bar 40: it has no returns
    assert result.orders["decision_bar"].tolist() == [10, 10]


def test_that_the_weight_of_the_only_strategy_counts_rule_17():
    bars = random_bars(3, 60)
    half = BacktestSpec(strategy={"name": "buy_and_hold", "weight": 0.5}, costs={"slippage_bps": 0})
    result = run_backtest(bars, half)
    assert result.orders["quantity"][0] * bars.open[1] == pytest.approx(5_000)


def test_that_instruments_without_a_name_may_share_an_account():
    family = [make_bars(np.full(10, 50.0), symbol=""), make_bars(np.full(10, 40.0), symbol="")]
    assert len(run_backtest(family, BacktestSpec(strategy="buy_and_hold")).legs) == 2
