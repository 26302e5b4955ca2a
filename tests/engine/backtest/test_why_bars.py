"""Why a bar caused no order: each reason once, with its numbers by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.backtest.why import explain_bar
from engine.core.errors import InputError
from engine.core.instrument import Instrument
from tests.engine.cases import make_bars, random_bars

CLOSE = [100.0, 101.0, 102.0, 103.0, 104.0, 105.0, 106.0, 107.0]


def run(target, close=CLOSE, *, gates=(), sizing=None, capital=10_000.0, bars=None, costs=None, **execution):
    prices = make_bars(close, columns={"target": np.array(target, float)}) if bars is None else bars
    return run_backtest(
        prices,
        BacktestSpec(
            strategy="external_signals", costs={"slippage_bps": 0.0} | (costs or {}), capital=capital,
            sizing=sizing or {}, gates=list(gates), execution=execution,
        ),
    )  # fmt: skip


def test_that_a_close_that_sent_an_order_says_so_with_its_fill():
    told = explain_bar(run([0, 1, 1, 1, 0, 0, 0, 0]), 0, 1)
    assert told.kind == "ordered"
    assert told.verdict.value("price") == 101.0  # the open of bar 2
    assert told.verdict.bar == 2
    assert told.trade == 0


def test_that_no_wish_is_no_signal_and_an_unchanged_target_is_held():
    result = run([0, 1, 1, 1, 0, 0, 0, 0])
    assert explain_bar(result, 0, 6).kind == "no_signal"
    held = explain_bar(result, 0, 3)
    assert held.kind == "held"
    assert held.verdict.value("units") == pytest.approx(10_000 / 101)
    assert held.verdict.value("value") == pytest.approx(10_000 / 101 * 103)
    assert held.trade == 0


def test_that_a_shut_gate_is_told_with_its_line():
    close = [100, 99, 98, 97, 96, 110, 111, 112.0]
    result = run([1] * 8, close, gates=[{"name": "moving_average", "length": 3}])
    told = explain_bar(result, 0, 3)
    assert told.kind == "gate_shut"
    assert told.decision.said == 1.0
    assert told.decision.target == 0.0
    [gate] = told.decision.gates
    assert not gate.open
    assert gate.figures[0].value == pytest.approx((99 + 98 + 97) / 3)
    assert "Moving average" in told.verdict.sentence


def test_that_a_stopped_position_waits_for_a_new_signal():
    close = [100, 100, 100, 90, 90, 90, 90, 90.0]
    result = run([0, 1, 1, 1, 1, 1, 1, 1], close, stop_loss=0.05)
    told = explain_bar(result, 0, 5)
    assert told.kind == "banned"
    assert told.verdict.value("price") == 95.0
    assert told.verdict.bar == 3
    again = run([0, 1, 1, 1, 1, 1, 1, 1], close, stop_loss=0.05, reentry="allowed")
    assert explain_bar(again, 0, 3).kind == "ordered"


def test_that_an_order_below_the_minimum_is_told_with_both_numbers():
    result = run([0, 1, 1, 1, 1, 1, 1, 1], min_notional=20_000)
    told = explain_bar(result, 0, 1)
    assert told.kind == "too_small"
    assert told.verdict.value("change") == pytest.approx(10_000 / 101)
    assert told.verdict.value("change_value") == pytest.approx(10_000)
    assert told.verdict.value("least_value") == 20_000
    later = explain_bar(result, 0, 4)
    assert later.kind == "too_small"
    assert later.verdict.bar == 1


def test_that_less_than_one_lot_is_nothing_to_trade():
    told = explain_bar(run([0, 1, 1, 1, 1, 1, 1, 1], lot=1, capital=50), 0, 1)
    assert told.kind == "nothing_to_trade"
    assert told.verdict.value("unrounded") == pytest.approx(50 / 101)
    assert told.verdict.value("asked") == 0.0


def test_that_a_waiting_limit_is_told_with_its_price_and_how_near_it_was():
    result = run([0, 1, 1, 1, 1, 1, 1, 1], entry="limit", entry_distance=0.05, entry_bars=2)
    told = explain_bar(result, 0, 2)
    assert told.kind == "waiting"
    assert "stands" in told.verdict.sentence
    assert told.verdict.value("level") == pytest.approx(101 * 0.95)
    assert told.verdict.value("nearest") == 101.0  # the low of bar 2, its open
    assert "lapsed" in explain_bar(result, 0, 5).verdict.sentence


def test_that_a_calendar_close_that_does_not_decide_is_not_due():
    result = run([0, 1, 1, 1, 1, 1, 1, 1], rebalance="weekly")
    kinds = [explain_bar(result, 0, bar).kind for bar in range(8)]
    assert "not_due" in kinds
    # 2000-01-01 is a Saturday: the week begins at bar 2.
    assert kinds[1] == "not_due"
    assert kinds[2] == "ordered"


def test_that_drift_within_the_band_is_told_with_its_exposure():
    result = run([0.5] * 8, rebalance="band", band=0.05)
    told = explain_bar(result, 0, 5)
    units = 0.5 * 10_000 / 100.0
    equity = 5_000 + units * 105
    assert told.kind == "not_due"
    assert told.verdict.value("exposure") == pytest.approx(units * 105 / equity)
    assert told.verdict.value("wanted") == 0.5


def test_that_the_last_close_has_no_bar_to_fill_at_and_a_run_that_ended_says_so():
    result = run([0, 0, 0, 0, 0, 0, 0, 1])
    assert explain_bar(result, 0, 7).kind == "last_bar"
    close = [100, 100, 40, 30, 30, 30, 30, 30.0]
    ruined = run([1] * 8, close, sizing={"fraction": 3.0}, max_leverage=3.0)
    assert ruined.equity.size < 8
    assert explain_bar(ruined, 0, 6).kind == "ended"


def test_that_a_bar_without_volume_fills_nothing():
    bars = make_bars(CLOSE, columns={"target": np.array([0, 1, 1, 1, 1, 1, 1, 1.0])})
    bars = replace(bars, volume=np.array([100.0, 100, 0, 0, 0, 0, 0, 0]))
    result = run([], bars=bars, max_participation=0.5, unfilled="cancel")
    told = explain_bar(result, 0, 1)
    assert told.kind == "no_volume"
    assert told.verdict.value("volume") == 0.0


def portfolio():
    series = []
    for symbol, target in (("A", [0, 0.6, 0.6, 0.6, 0, 0]), ("B", [0, 0.6, 0.6, 0.6, 0.6, 0]), ("C", [0, 0, 1, 1, 1, 0])):
        bars = make_bars(CLOSE[:6], columns={"target": np.array(target, float)})
        series.append(replace(bars, instrument=Instrument(symbol)))
    series[2] = replace(series[2].slice(0, 6), columns=dict(series[2].columns))
    return run_backtest(
        series,
        BacktestSpec(
            strategy="external_signals", costs={"slippage_bps": 0.0}, portfolio={"when_short": "rank"},
        ),
    )  # fmt: skip


def test_that_a_candidate_without_room_is_told_with_what_it_missed():
    result = portfolio()
    told = explain_bar(result, 2, 2)
    row = result.rejected[result.rejected["asset"] == 2][0]
    assert told.kind == "no_room"
    assert told.verdict.value("exposure") == row["exposure"]
    assert told.verdict.value("filled") == row["filled"] == 0.0
    assert told.verdict.value("missed_pnl") == row["missed_pnl"]


def test_that_a_leg_without_a_bar_says_which_was_its_last():
    long_, short = random_bars(1, 60), random_bars(2, 60)
    keep = np.arange(60) % 5 != 3
    short = replace(
        short, time=short.time[keep], session=short.session[keep], open=short.open[keep], high=short.high[keep],
        low=short.low[keep], close=short.close[keep], volume=short.volume[keep],
    )
    result = run_backtest([long_, short], BacktestSpec(strategy="sma_cross", params={"fast": 2, "slow": 5}))
    told = explain_bar(result, 1, 3)
    assert told.kind == "absent"
    assert told.verdict.bar == 2
    assert told.decision is None


def test_that_every_bar_of_a_run_has_a_reason_and_positions_agree_with_it():
    bars = random_bars(9, 260)
    spec = BacktestSpec(
        strategy="bollinger_reversion", gates=[{"name": "moving_average", "length": 30}],
        execution={"stop_loss": 0.03, "take_profit": 0.04},
    )
    result = run_backtest(bars, spec)
    orders = set(result.orders["decision_bar"][np.isin(result.orders["reason"], (0, 1))].tolist())
    for bar in range(0, len(bars), 3):
        told = explain_bar(result, 0, bar)
        assert (told.kind == "ordered") == (bar in orders)
        if told.kind == "held":
            assert result.positions[bar] != 0.0
        if told.kind in ("no_signal", "gate_shut", "banned"):
            assert result.positions[bar] == 0.0
        if told.kind == "gate_shut":
            assert told.decision.said != 0.0
        assert told.kind in ("ordered", "held", "no_signal", "gate_shut", "banned")


def test_that_an_unknown_bar_is_refused():
    with pytest.raises(InputError, match="bar"):
        explain_bar(run([0] * 8), 0, 8)


def news_bars(days=40):
    """Hourly bars, a day of eight, that now and then leave the range of the first one."""
    from engine.core.bars import Bars
    from engine.core.timeframe import NS_PER_DAY, Timeframe

    rng = np.random.default_rng(3)
    hour = NS_PER_DAY // 24
    time = np.concatenate([np.arange(8) * hour + (8 + 24 * day) * hour + 20_000 * NS_PER_DAY for day in range(days)])
    close = 100 + np.cumsum(rng.normal(0, 0.3, time.size))
    opened = np.concatenate(([100.0], close[:-1]))
    reach = np.abs(rng.normal(0, 0.2, (2, time.size)))
    return Bars(
        Instrument("NEWS", tick_size=0.01), Timeframe(1, "h"), time + hour, opened, np.maximum(opened, close) + reach[0],
        np.minimum(opened, close) - reach[1], close, np.full(time.size, 100.0), time // NS_PER_DAY,
    )  # fmt: skip


def test_that_a_bracket_is_told_with_both_its_prices_and_its_fill_with_its_own_side():
    from engine.backtest.why import explain_trade

    bars = news_bars()
    params = {"time": "08:00", "use_color": False, "cancel_after": 240, "tp_ticks": 40, "sl_ticks": 30}
    spec = BacktestSpec(strategy="news_breakout", params=params, costs={"slippage_bps": 1})
    result = run_backtest(bars, spec)
    sides = set()
    for row in range(0, result.trades.size, 3):
        told, trade = explain_trade(result, row), result.trades[row]
        assert told.size.value("asked") == pytest.approx(trade["side"] * trade["quantity"])
        assert told.levels.value("stop") == pytest.approx(trade["entry_price"] - trade["side"] * 0.30)
        assert told.costs.value("net") == pytest.approx(trade["pnl"], abs=1e-9)
        assert "bracket" in told.fill.sentence
        sides.add(int(trade["side"]))
    assert sides == {1, -1}
    waits = [bar for bar in range(len(bars)) if result.signals[bar] and explain_bar(result, 0, bar).kind == "waiting"]
    told = explain_bar(result, 0, waits[0])
    news = told.verdict.bar
    assert told.verdict.value("buy_at") == bars.high[news]
    assert told.verdict.value("sell_at") == bars.low[news]


def two(size=300):
    return [replace(random_bars(seed, size), instrument=Instrument(f"S{seed}")) for seed in (1, 2)]


def test_that_both_legs_of_a_formula_are_held_whichever_side_they_are_on_and_sized_by_their_share():
    from engine.backtest.why import explain_trade

    spec = BacktestSpec(strategy="bollinger_reversion", data={"formula": "S1 - 0.5*S2"}, costs={"slippage_bps": 0})
    series = two()
    result = run_backtest(series, spec)
    kinds = {explain_bar(result, 1, bar).kind for bar in np.flatnonzero(result.holdings[1])[::7]}
    assert kinds <= {"held", "ordered"}
    shares = {0: 1.0, 1: -0.5}
    for row in range(0, result.trades.size, 5):
        told, trade = explain_trade(result, row), result.trades[row]
        asset, decision = int(trade["asset"]), int(trade["entry_decision"])
        gross = sum(abs(share) * series[one].close[decision] for one, share in shares.items())
        assert told.size.value("gear") == pytest.approx(shares[asset] * series[asset].close[decision] / gross)
        assert told.size.value("position") == pytest.approx(told.size.value("asked"), rel=0.02)


def test_that_a_sizing_rule_that_asks_for_nothing_says_so():
    close = [100, 100, 110, 100, 100, 110, 100, 100, 100, 100, 100, 100.0]
    target = [1, 1, 0, 1, 1, 0, -1, -1, 0, 1, 1, 0]
    result = run(target, close, sizing={"name": "kelly", "min_trades": 2, "confidence": 0.999})
    flat = [bar for bar in range(12) if result.signals[bar] and explain_bar(result, 0, bar).kind == "nothing_to_trade"]
    assert flat
    told = explain_bar(result, 0, flat[0])
    assert "asks for no position" in told.verdict.sentence
    assert told.verdict.value("kelly") == 0.0
