"""The worked examples of docs/method.md, run as printed: entries, sizes, costs, volume cap, what one bar hides."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import engine
from engine.backtest.run import simulate_signals
from engine.core.timeframe import NS_PER_DAY
from engine.core.trade import Reason
from engine.execution.costs import CostModel
from tests.docs.method_cases import DAY_0, about, bars_of, fills, run, spec_of

QUIET = (100, 100, 100, 100)


def exit_of(result, trade=0):
    """Return bar, price and reason of the exit of a trade."""
    row = result.trades[trade]
    return int(row["exit_bar"]), float(row["exit_price"]), Reason(row["exit_reason"])


@pytest.mark.parametrize(
    ("entry", "bar", "price"),
    [
        ("limit", (99, 100, 97, 99), 98.0),
        ("limit", (97, 99, 96, 98), 97.0),
        ("stop", (101, 103, 100, 102), 102 * 1.001),
        ("stop", (103, 104, 102, 103), 103 * 1.001),
    ],
)
def test_rule_4_a_limit_and_a_stop_entry(entry, bar, price):
    result = run([QUIET, bar], [1, 1], costs={"slippage_bps": 10}, entry=entry, entry_distance=0.02)
    assert fills(result) == [about(1, 10_000 / price, price)]


@pytest.mark.parametrize(("entry_bars", "orders"), [(1, 0), (2, 1)])
def test_rule_4_an_entry_that_is_not_reached_lapses(entry_bars, orders):
    rows = [QUIET, (99, 100, 98.5, 99), (99, 99, 97, 98), (97, 98, 96, 97)]
    result = run(rows, [1] * 4, entry="limit", entry_distance=0.02, entry_bars=entry_bars)
    assert [(bar, price) for bar, _, price in fills(result)] == [(2, 98.0)][:orders]


NEWS = [(100, 100.5, 99, 100.4), (100.4, 100.75, 100.3, 100.6), (100.6, 101, 100.5, 101)]


def placed(rows, target, levels, finer=(), **execution):
    """Simulate targets whose entries are a bracket: (price to buy, price to sell) of each bar, None for none."""
    prices = tuple(np.array(side, dtype=float) for side in zip(*(pair or (np.nan, np.nan) for pair in levels), strict=True))
    spec = spec_of(execution={"entry": "bracket"} | execution)
    return simulate_signals(bars_of(rows), np.array(target, dtype=float), spec, finer=finer, levels=prices)


def test_rule_4_a_bracket_buys_cancels_the_other_order_and_takes_its_target():
    stops = {"stop_loss": 0.25, "take_profit": 0.5, "stop_unit": "amount", "entry_bars": 12}
    result = placed([*NEWS, (101, 101, 98, 98)], [1] * 4, [(100.5, 99), None, None, None], **stops)
    assert fills(result) == [about(1, 10_000 / 100.5, 100.5), about(2, -10_000 / 100.5, 101)]


def test_rule_4_a_target_that_changes_brings_the_held_side_of_a_bracket_to_its_size():
    rows = [QUIET, (100, 100, 98, 98), (98, 98, 98, 98), (98, 98, 98, 98), (98, 98, 98, 98)]
    result = placed(rows, [1, 0.5, 0.5, 0, 0], [(102, 98), (99, 97), None, None, None])
    assert fills(result) == [about(1, -10_000 / 98, 98), about(2, 5_000 / 98, 98), about(4, 5_000 / 98, 98)]


def test_rule_6_ticks_spread_and_range_are_added_up():
    costs = {"slippage_ticks": 2, "spread_amount": 0.02, "slippage_range": 0.1}
    bars = bars_of([(100, 101, 99, 100)] * 4, tick_size=0.25)
    result = run(bars, [1, 0, 0, 0], costs=costs)
    assert result.orders["price"].tolist() == about(100.71, 99.29)


def test_rule_6_impact_grows_with_the_root_of_the_share_of_volume():
    result = run(bars_of([100] * 3, volume=400), [1] * 3, costs={"impact_bps": 100})
    assert fills(result) == [about(1, 10_000 / 100.5, 100.5)]


def sized(rows, target, sizing, **more):
    return fills(run(rows, target, sizing=sizing, **more))


def test_rule_7_fixed_cash_and_fixed_units():
    assert sized([50] * 2, [1, 1], {"name": "fixed_cash", "amount": 2_500}) == [about(1, 50, 50)]
    assert sized([50] * 2, [0.5] * 2, {"name": "fixed_units", "units": 30}) == [about(1, 15, 50)]
    assert sized([50] * 2, [1, 1], {"name": "fixed_units", "units": 300}) == [about(1, 200, 50)]


def test_rule_7_a_volatility_target():
    sizing = {"name": "volatility_target", "target": 0.15, "length": 2}
    filled = sized([100, 102, 99.96, 99.96], [1] * 4, sizing | {"method": "ewma"}, rebalance="daily")
    share = 0.15 / (0.02 * 252**0.5)
    assert share == pytest.approx(0.4725, abs=5e-5)
    assert filled[0] == about(3, share * 10_000 / 99.96, 99.96)


@pytest.mark.parametrize(("confidence", "share"), [(0.5, 0.5 * 0.01 / 0.0162), (0.9, 0.0)])
def test_rule_7_kelly_after_two_trades(confidence, share):
    sizing = {"name": "kelly", "share": 0.5, "min_trades": 2, "start": 0.1, "confidence": confidence}
    filled = sized([100, 100, 110, 100, 92, 100], [1, 0, 1, 0, 1, 1], sizing)
    assert filled[:4] == [about(1, 10, 100), about(2, -10, 110), about(3, 10.1, 100), about(4, -10.1, 92)]
    assert filled[4:] == ([about(5, share * 10_019.2 / 100, 100)] if share else [])
    assert share in (0.0, pytest.approx(0.3086, abs=5e-5))


def test_rule_7_risk_per_trade():
    result = run([100, 100, (100, 100, 94, 94)], [1] * 3, sizing={"name": "risk_per_trade"}, stop_loss=0.05)
    assert fills(result) == [about(1, 20, 100), about(2, -20, 95)]
    assert result.equity[-1] == pytest.approx(9_900)


def test_rule_7_a_contract_is_worth_its_multiplier():
    bars = bars_of([4_000, 4_000, 4_010], multiplier=50)
    result = run(bars, [1] * 3, capital=500_000, lot=1)
    assert fills(result) == [about(1, 2, 4_000)]
    assert result.equity[-1] == pytest.approx(501_000)


@pytest.mark.parametrize(
    ("more", "buy", "sell"),
    [
        ({"commission_max_bps": 1}, 1.0, 1.0),
        ({"sell_fee_bps": 1, "sell_fee_per_unit": 0.001}, 3.0, 4.2),
    ],
)
def test_rule_8_a_cap_by_value_and_fees_on_sales(more, buy, sell):
    costs = {"commission_fixed": 1, "commission_per_unit": 0.005, "commission_bps": 1} | more
    result = run([50] * 3, [1, 0, 0], capital=10_010, lot=100, costs=costs)
    assert result.orders["quantity"].tolist() == [200, -200]
    assert result.orders["commission"].tolist() == about(buy, sell)


def test_rule_8_a_preset_and_a_field_beside_it():
    found = CostModel(preset="ibkr_us_fixed", slippage_bps=5)
    assert (found.commission_per_unit, found.commission_min, found.commission_max_bps) == (0.005, 1, 100)
    assert found.slippage_bps == 5


@pytest.mark.parametrize(
    ("unfilled", "expected"),
    [("carry", [(1, 40), (2, 40), (3, 20), (5, -40), (6, -40), (7, -20)]), ("cancel", [(1, 40), (5, -40)])],
)
def test_rule_9_a_volume_cap_carries_or_cancels_the_rest(unfilled, expected):
    rows = bars_of([100] * 9, volume=400)
    result = run(rows, [1] * 4 + [0] * 5, max_participation=0.1, unfilled=unfilled)
    assert [(bar, pytest.approx(quantity)) for bar, quantity, _ in fills(result)] == expected


def test_rule_9_exits_are_carried_even_when_the_rest_of_an_entry_is_cancelled():
    rows = bars_of([100] * 7, volume=400)
    thin = engine.Bars(
        rows.instrument, rows.timeframe, rows.time, rows.open, rows.high, rows.low, rows.close,
        np.array([400, 400, 400, 200, 200, 200, 200.0]), rows.session,
    )  # fmt: skip
    result = run(thin, [1, 1, 0, 0, 0, 0, 0], max_participation=0.1, unfilled="cancel")
    assert fills(result) == [about(1, 40, 100), about(3, -20, 100), about(4, -20, 100)]


def test_rule_12_the_band_holds_the_stop_and_the_target():
    result = run([QUIET, QUIET, (100, 111, 94, 105), 105], [1] * 4, stop_loss=0.05, take_profit=0.10)
    assert exit_of(result) == (2, 95.0, Reason.STOP_LOSS)
    assert result.band.pessimistic.tolist() == about(10_000, 10_000, 9_500, 9_500)
    assert result.band.optimistic.tolist() == about(10_000, 10_000, 11_000, 11_000)
    assert (result.band.trades, result.band.profit) == about(1, -500)
    assert result.trades["ambiguous"].tolist() == [True]


def test_rule_12_finer_bars_decide():
    rows = [QUIET, QUIET, (100, 111, 94, 105), 105]
    halves = [(100, 111, 100, 108), (108, 108, 94, 105)]
    at = np.array([DAY_0 + 2, DAY_0 + 2])
    open_, high, low, close = np.array(halves, dtype=float).T
    time = (at + np.array([0.5, 1.0])) * NS_PER_DAY
    finer = engine.Bars(
        engine.Instrument("EX"), engine.Timeframe.parse("12h"), time.astype(np.int64), open_, high, low, close,
        np.ones(2), at,
    )  # fmt: skip
    spec = spec_of(execution={"stop_loss": 0.05, "take_profit": 0.10})
    result = engine.run_backtest(bars_of(rows, target=[1] * 4), spec, finer=finer)
    assert exit_of(result) == (2, pytest.approx(110.0), Reason.TAKE_PROFIT)
    assert result.band.pessimistic.tolist() == result.band.optimistic.tolist()
    assert (result.band.trades, result.band.resolved) == (0, 1)


def test_rule_12_what_its_own_high_would_have_done_to_a_trailing_stop():
    result = run([QUIET, (100, 108, 99, 107)], [1, 1], trailing_stop=0.05)
    assert result.band.pessimistic.tolist() == about(10_000, 9_900)
    assert result.equity.tolist() == result.band.optimistic.tolist() == about(10_000, 10_700)


@pytest.mark.parametrize(
    ("bar", "base", "optimistic"),
    [((100, 109, 97, 105), 105, 107.8), ((100, 109, 97, 108), 107.8, 107.8), ((100, 101, 92, 99), 93.1, 93.1)],
)
def test_rule_12_a_limit_entry_takes_only_the_target_that_is_certain(bar, base, optimistic):
    stops = {"stop_loss": 0.05, "take_profit": 0.10}
    result = run([QUIET, bar], [1, 1], entry="limit", entry_distance=0.02, **stops)
    units = 10_000 / 98
    assert result.equity[-1] == pytest.approx(units * base)
    assert result.band.optimistic[-1] == pytest.approx(units * optimistic)
    assert result.band.pessimistic[-1] == result.equity[-1]


@pytest.mark.parametrize(
    ("bar", "base", "optimistic"), [((100, 104, 96, 103), 96.9, 103), ((100, 113, 99, 110), 112.2, 112.2)]
)
def test_rule_12_a_stop_entry_takes_the_loss_that_is_only_possible(bar, base, optimistic):
    stops = {"stop_loss": 0.05, "take_profit": 0.10}
    result = run([QUIET, bar], [1, 1], entry="stop", entry_distance=0.02, **stops)
    units = 10_000 / 102
    assert result.equity[-1] == pytest.approx(units * base)
    assert result.band.optimistic[-1] == pytest.approx(units * optimistic)


SWEPT = (100, 103, 97, 101.5)


@pytest.mark.parametrize(("stops", "base"), [({}, 3.5), ({"stop_loss": 1.0, "stop_unit": "amount"}, 1.0)])
def test_rule_12_a_bar_that_reaches_both_prices_of_a_bracket_takes_the_worse_side(stops, base):
    result = placed([QUIET, SWEPT], [1, 1], [(102, 98), None], **stops)
    assert fills(result)[0] == about(1, -10_000 / 98, 98)
    assert result.equity[1] == result.band.pessimistic[1] == pytest.approx(10_000 * (1 - base / 98))
    assert result.band.optimistic[1] == pytest.approx(10_000 * (1 - 0.5 / 102))
    assert result.trades["ambiguous"].tolist() == [True]


def test_rule_12_finer_bars_say_which_price_of_a_bracket_came_first():
    halves = bars_of([(100, 103, 99, 103), (103, 103, 97, 101.5)])
    time = (DAY_0 + np.array([1.5, 2.0])) * NS_PER_DAY
    finer = dataclasses.replace(halves, timeframe=engine.Timeframe.parse("12h"), time=time.astype(np.int64))
    result = placed([QUIET, SWEPT], [1, 1], [(102, 98), None], finer=(finer,))
    assert fills(result) == [about(1, 10_000 / 102, 102)]
    assert result.band.trades == 0


def test_rule_13_a_break_even_stop_waits_for_the_next_bar():
    rows = [QUIET, (100, 104, 100, 103), (102, 102, 99, 99)]
    result = run(rows, [1] * 3, stop_loss=0.05, break_even=0.03)
    assert exit_of(result) == (2, pytest.approx(100.0), Reason.BREAK_EVEN)
