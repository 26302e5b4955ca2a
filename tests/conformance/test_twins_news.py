"""The news breakout against its twin on bars with a time of day, its orders by hand, and what it refuses."""

import dataclasses
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.backtest.targets import targets_of
from engine.core.bars import Bars
from engine.core.errors import InputError
from engine.core.instrument import AssetClass, Instrument
from engine.core.timeframe import Timeframe
from engine.core.trade import Reason
from engine.strategies import load
from engine.studies.each import run_each
from engine.studies.sweep import sweep_here
from tests.conformance.series import intraday
from tests.conformance.twins_news import NEWS, NEWS_CASES, news_breakout
from tests.engine.cases import FREE

ES = Instrument("ES=F", AssetClass.FUTURE, tick_size=0.25, time_zone="America/New_York")


def around_the_clock(days=12, minutes=30, seed=4, first=datetime(2024, 3, 4, tzinfo=UTC)):
    """Random bars day and night over the change of the clock in New York, some of them missing."""
    rng = np.random.default_rng(seed)
    n = days * 1440 // minutes
    close = np.round(4 * 5000 * np.exp(np.cumsum(rng.normal(0, 0.0008, n)))) / 4
    open_ = np.concatenate(([5000.0], close[:-1]))
    high = np.maximum(open_, close) + rng.integers(0, 8, n) / 4
    low = np.minimum(open_, close) - rng.integers(0, 8, n) / 4
    time = [first + timedelta(minutes=minutes * (k + 1)) for k in range(n)]
    stamps = np.array([int(one.timestamp()) * 1_000_000_000 for one in time])
    kept = rng.random(n) > 0.06
    arrays = (array[kept] for array in (stamps, open_, high, low, close, np.ones(n), stamps // 86_400_000_000_000))
    return Bars(ES, Timeframe(minutes, "m"), *arrays)


SERIES = {
    "intraday": intraday, "half hours": around_the_clock, "hours": lambda: around_the_clock(40, 60),
    "minutes": lambda: around_the_clock(4, 1), "7 minutes": lambda: around_the_clock(12, 7, seed=5),
}  # fmt: skip


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize(("strategy", "params"), NEWS_CASES, ids=str)
def test_that_the_rule_equals_its_twin(strategy, params, name):
    bars, strategy = SERIES[name](), load(strategy)
    checked = strategy.parse(params)
    target = targets_of(strategy, bars, checked)
    np.testing.assert_array_equal(target, np.array(news_breakout(bars, **checked.model_dump())))
    assert target.any()


def test_that_the_release_moves_with_the_clock_of_its_zone():
    bars, strategy = around_the_clock(minutes=30), load("news_breakout")
    params = strategy.parse({"time": "08:30", "use_color": False})
    target = targets_of(strategy, bars, params)
    starts = np.flatnonzero((target[1:] == 1.0) & (target[:-1] == 0.0)) + 1
    clock = [datetime.fromtimestamp(int(bars.time[t]) // 1_000_000_000, UTC) for t in starts]
    before = {one.hour * 60 + one.minute for one in clock if one.day < 10}
    after = {one.hour * 60 + one.minute for one in clock if one.day >= 10}
    assert 14 * 60 in before  # 8:30 to 9:00 in New York
    assert 13 * 60 in after
    assert not {13 * 60, 13 * 60 + 30} & before


def day(*rows, first="12:25", minutes=5):
    """Five-minute bars from a time of day in UTC on, on one day; 12:30 is 8:30 in New York in July."""
    hour, minute = map(int, first.split(":"))
    start = int(datetime(2024, 7, 5, hour, minute, tzinfo=UTC).timestamp())
    time = (start + 60 * minutes * (1 + np.arange(len(rows)))) * 1_000_000_000
    open_, high, low, close = np.array(rows, dtype=float).T
    session = np.full(len(rows), 19_909)
    return Bars(ES, Timeframe(minutes, "m"), time, open_, high, low, close, np.ones(len(rows)), session)


def spec(costs=None, execution=None, **params):
    return BacktestSpec(
        strategy="news_breakout", params={"tp_ticks": 8, "sl_ticks": 4} | params, costs=FREE | (costs or {}),
        execution=execution or {}, capital=10_000,
    )  # fmt: skip


BEFORE, NEWS_BAR = (100, 100, 100, 100), (100, 102, 99, 101.5)


def orders(result):
    return [(int(one["fill_bar"]), one["price"], Reason(one["reason"])) for one in result.orders]


def test_that_a_rise_through_the_high_buys_there_and_leaves_at_the_target_in_ticks():
    result = run_backtest(day(BEFORE, NEWS_BAR, (101.5, 102.5, 101.5, 102.25), (102.25, 104, 102, 103)), spec())
    assert orders(result) == [(2, 102.0, Reason.SIGNAL), (3, 104.0, Reason.TAKE_PROFIT)]
    assert result.spec.execution.stop_loss == 1.0
    assert result.spec.execution.take_profit == 2.0
    assert result.spec.execution.entry_bars == 12
    assert result.equity[-1] == pytest.approx(10_000 * 104 / 102)


def test_that_slippage_in_ticks_worsens_the_stop_entry_and_the_stop_but_not_the_target():
    bars = day(BEFORE, NEWS_BAR, (101.5, 102.5, 101.75, 102.25), (102.25, 102.25, 100, 100))
    result = run_backtest(bars, spec({"slippage_ticks": 1}))
    assert orders(result) == [(2, 102.25, Reason.SIGNAL), (3, 101.0, Reason.STOP_LOSS)]  # 102.25 - 1 - 0.25


def test_that_with_color_a_rising_bar_places_no_order_to_sell():
    bars = day(BEFORE, NEWS_BAR, (101.5, 101.5, 98, 98), (98, 98, 97, 97))
    assert orders(run_backtest(bars, spec())) == []
    found = orders(run_backtest(bars, spec(use_color=False, sl_ticks=100)))
    assert found == [(2, 99.0, Reason.SIGNAL), (3, 97.0, Reason.TAKE_PROFIT)]


def test_that_the_fill_of_one_side_cancels_the_other():
    rows = [BEFORE, NEWS_BAR, (101.5, 102.25, 101.5, 102), (102, 102, 98, 98), (98, 104, 98, 104)]
    result = run_backtest(day(*rows), spec(use_color=False))
    assert orders(result) == [(2, 102.0, Reason.SIGNAL), (3, 101.0, Reason.STOP_LOSS)]
    assert result.positions[-1] == 0


def test_that_orders_are_cancelled_after_their_minutes():
    quiet = (101, 101.5, 100, 101)
    rows = [BEFORE, NEWS_BAR, quiet, quiet, (101, 103, 101, 103)]
    assert orders(run_backtest(day(*rows), spec(cancel_after=10))) == []
    assert orders(run_backtest(day(*rows), spec(cancel_after=11)))[0] == (4, 102.0, Reason.SIGNAL)


def test_that_a_gap_beyond_the_order_fills_at_the_open():
    result = run_backtest(day(BEFORE, NEWS_BAR, (103, 103.5, 102.5, 103)), spec())
    assert orders(result) == [(2, 103.0, Reason.SIGNAL)]


@pytest.mark.parametrize(("time", "bar"), [("08:30", 24), ("08:00", 23)])
def test_that_a_position_is_closed_at_the_last_open_before_the_next_release(time, bar):
    rows = [NEWS_BAR, (101.5, 102.25, 101.5, 102), *[(102, 102, 102, 102)] * 22, (102, 110, 101, 109)]
    result = run_backtest(day(*rows, first="12:00", minutes=60), spec(time=time, sl_ticks=1000, tp_ticks=1000))
    # 8:00 to 9:00 in New York is the news bar; its own open on the next day comes before 8:30, not before 8:00.
    assert orders(result) == [(1, 102.0, Reason.SIGNAL), (bar, 102.0, Reason.SIGNAL)]


def test_that_a_run_of_a_filled_in_spec_is_the_same_run():
    first = run_backtest(intraday(), BacktestSpec(strategy="news_breakout", params=NEWS))
    again = run_backtest(intraday(), first.spec)
    assert first.trades.size > 20
    assert again.receipt == first.receipt
    np.testing.assert_array_equal(again.equity, first.equity)
    other = run_backtest(intraday(), first.spec.replace(strategy={"name": "news_breakout", "params": NEWS | {"sl_ticks": 9}}))
    assert other.spec.execution.stop_loss == pytest.approx(0.09)


@pytest.mark.parametrize(
    ("execution", "field"),
    [
        ({"entry": "limit"}, "execution.entry"),
        ({"stop_loss": 0.02}, "execution.stop_loss"),
        ({"take_profit": 0.02}, "execution.take_profit"),
        ({"entry_bars": 3}, "execution.entry_bars"),
        ({"trailing_stop": 0.02}, "execution.stop_unit"),
        ({"rebalance": "daily"}, "execution.rebalance"),
        ({"fill": "this_close"}, "execution.entry"),
    ],
)
def test_that_settings_that_contradict_its_orders_are_refused_with_the_field(execution, field):
    with pytest.raises(InputError) as caught:
        run_backtest(intraday(), BacktestSpec(strategy="news_breakout", params=NEWS, execution=execution))
    assert caught.value.field == field
    assert caught.value.hint


def test_that_a_bracket_needs_a_strategy_with_prices_of_its_own():
    with pytest.raises(InputError, match="this one gives none"):
        run_backtest(intraday(), BacktestSpec(strategy="ema_cross", execution={"entry": "bracket"}))


def test_that_an_instrument_without_a_tick_size_is_refused():
    bars = dataclasses.replace(intraday(), instrument=Instrument("NONE"))
    with pytest.raises(InputError, match="needs the tick size of NONE") as caught:
        run_backtest(bars, BacktestSpec(strategy="news_breakout", params=NEWS))
    assert "data.instrument.tick_size" in caught.value.hint
    told = BacktestSpec(strategy="news_breakout", params=NEWS, data={"instrument": {"tick_size": 0.01}})
    assert run_backtest(bars, told).trades.size > 20


def test_that_bars_longer_than_an_hour_are_refused():
    bars = dataclasses.replace(intraday(), timeframe=Timeframe(2, "h"))
    with pytest.raises(InputError, match="Use bars of an hour or less"):
        run_backtest(bars, BacktestSpec(strategy="news_breakout", params=NEWS))


@pytest.mark.parametrize("params", [{"time": "8.30"}, {"time": "24:00"}, {"time": "08:5"}, {"tz": "New York"}])
def test_that_what_is_no_time_or_zone_is_refused(params):
    with pytest.raises(InputError) as caught:
        load("news_breakout").parse(params)
    assert caught.value.field == f"strategy.params.{next(iter(params))}"


@pytest.mark.parametrize("costs", [{}, {"slippage_bps": 2, "commission_fixed": 1}])
def test_that_cells_of_a_sweep_equal_single_runs_bit_for_bit(costs):
    base = BacktestSpec(strategy="news_breakout", params=NEWS, costs=FREE | costs)
    for grid in ({"tp_ticks": [5, 40], "sl_ticks": [3, 30]}, {"cancel_after": [7, 60], "time": ["10:00", "11:30"]}):
        study = sweep_here(intraday(), base, grid | {"use_color": [True, False]})
        assert not study.errors
        assert len({*study.metrics["total_return"]}) > 4
        for cell in range(len(study)):
            single = run_backtest(intraday(), study.cell_spec(cell)).metrics
            assert {name: study.metrics[name][cell] for name in ("final_equity", "orders", "sharpe", "turnover")} == {
                name: single[name] for name in ("final_equity", "orders", "sharpe", "turnover")
            }


def test_that_accounts_of_several_instruments_equal_single_runs():
    other = dataclasses.replace(intraday(), instrument=dataclasses.replace(intraday().instrument, symbol="B"))
    base = BacktestSpec(strategy="news_breakout", params=NEWS)
    found = run_each([intraday(), other], base)
    expected = run_backtest(intraday(), base).metrics["final_equity"]
    assert found.metrics["final_equity"].tolist() == [expected] * 2


def test_that_a_portfolio_places_the_orders_of_each_leg():
    bars = intraday()
    moved = {name: getattr(bars, name) * 2.0 for name in ("open", "high", "low", "close")}
    other = dataclasses.replace(bars, instrument=dataclasses.replace(bars.instrument, symbol="B"), **moved)
    base = BacktestSpec(strategy="news_breakout", params=NEWS, costs=FREE, sizing={"fraction": 0.25})
    both = run_backtest([bars, other], base)
    alone = run_backtest(bars, base)
    legs = both.orders[both.orders["asset"] == 0]
    for name in ("fill_bar", "raw_price", "reason"):
        np.testing.assert_array_equal(legs[name], alone.orders[name])
    assert (both.orders["asset"] == 1).sum() > 20


def test_that_a_portfolio_of_different_ticks_or_ways_to_enter_is_refused():
    bars = intraday()
    other = dataclasses.replace(bars, instrument=dataclasses.replace(bars.instrument, symbol="B", tick_size=0.05))
    base = BacktestSpec(strategy="news_breakout", params=NEWS)
    with pytest.raises(InputError, match="differ between"):
        run_backtest([bars, other], base)
    with pytest.raises(InputError, match="beside one without"):
        run_backtest([bars], base.replace(sleeves=[{"name": "ema_cross"}]))


def test_that_a_training_part_and_longer_deciding_bars_keep_the_prices():
    base = BacktestSpec(strategy="news_breakout", params=NEWS, costs=FREE)
    test = base.replace(data={"train_split": 0.5, "run_mode": "test"})
    part = run_backtest(intraday(), test)
    whole = run_backtest(intraday(), base)
    first = len(whole.bars) - len(part.bars)
    later = whole.orders[whole.orders["fill_bar"] > first + 2]
    mine = part.orders[part.orders["fill_bar"] > 2]
    np.testing.assert_array_equal(mine["raw_price"], later["raw_price"])
    longer = run_backtest(intraday(), base.replace(data={"candles": {"timeframe": "15m"}}))
    assert longer.spec.execution.entry_bars == 12
    opened = longer.orders[longer.orders["position"] != 0]
    clock = (longer.bars.time[opened["decision_bar"]] // 60_000_000_000) % 15
    assert opened.size > 10
    assert not clock.any()
