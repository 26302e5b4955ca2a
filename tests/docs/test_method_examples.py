"""The worked examples of docs/method.md, run as printed: time, decision, fill, stops, money, numbers.

Those of sizes, costs and entries are in test_method_orders.py, those of several instruments in
test_method_portfolio.py.
"""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.core.framing import close_instants
from engine.core.instrument import AssetClass
from engine.core.trade import Reason
from engine.data.closes import find_closes
from engine.metrics import returns as measures
from tests.docs.method_cases import about, bars_of, fills, run


def test_rule_1_times_are_closes():
    stamp = np.array([np.datetime64("2024-01-02T14:30", "ns").astype(np.int64)])
    time, session = close_instants(stamp, engine.Timeframe.parse("5m"), "open")
    assert str(time.view("M8[ns]")[0]).startswith("2024-01-02T14:35")
    day = np.array([np.datetime64("2024-01-02", "ns").astype(np.int64)])
    time, session = close_instants(day, engine.Timeframe.parse("1d"), "open")
    assert str(time.view("M8[ns]")[0]).startswith("2024-01-03T00:00")
    assert str(session.view("M8[D]")[0]) == "2024-01-02"


def test_rule_1_a_daily_bar_closes_with_its_session_where_the_calendar_is_known():
    days = np.array(["2024-01-02", "2024-01-03"], "M8[ns]").astype(np.int64)
    new_york = engine.Instrument("SPY", calendar="XNYS", time_zone="America/New_York")
    closes = find_closes(days, days, engine.Timeframe.parse("1d"), stamp="open", instrument=new_york)
    assert str(closes.time.view("M8[ns]")[0]).startswith("2024-01-02T21:00")
    assert str(closes.session.view("M8[D]")[0]) == "2024-01-02"


def test_rule_2_a_column_acts_at_the_open_after_its_bar(tmp_path):
    file = tmp_path / "prices.csv"
    file.write_text(
        "Date,Open,High,Low,Close,target\n"
        + "".join(f"2024-01-0{2 + k},{100 + k},{100 + k},{100 + k},{100 + k},{int(k > 0)}\n" for k in range(4))
    )
    spec = engine.BacktestSpec(
        strategy="external_signals", params={"column": "target"}, costs={"slippage_bps": 0}
    )
    result = engine.run_backtest(engine.read_bars(file), spec)
    assert [(order["decision_bar"], order["fill_bar"], order["price"]) for order in result.orders] == [(1, 2, 102.0)]


def test_rule_3_bad_rows_are_named_and_counted(tmp_path):
    file = tmp_path / "prices.csv"
    file.write_text(
        "Date,Open,High,Low,Close\n2024-01-02,10,11,9,10\n2024-01-03,10,11,9,10\n2024-01-04,10,11,9,-3\n"
        "2024-01-05,10,11,9,10\n2024-01-05,10,11,9,10\n"
    )
    with pytest.raises(engine.DataError) as told:
        engine.read_bars(file)
    text = str(told.value)
    assert "2" in text
    assert "line 4" in text
    assert "line 6" in text
    assert len(engine.read_bars(file, bad_rows="drop")) == 3


@pytest.mark.parametrize(
    ("fill", "expected"),
    [("next_open", (1, 100.0, 101.0)), ("next_close", (1, 10_100 / 104, 104.0)), ("this_close", (0, 101.0, 100.0))],
)
def test_rule_4_where_the_target_of_a_close_is_filled(fill, expected):
    result = run([(100, 100, 100, 100), (101, 104, 101, 104)], [1, 1], capital=10_100, fill=fill)
    assert fills(result) == [about(*expected)]
    assert bool(result.warnings) is True  # zero costs, and the deciding close where it applies
    assert any("same close" in text for text in result.warnings) is (fill == "this_close")


def test_rule_5_a_band_sells_what_drifted():
    rows = [100, 100, (100, 130, 100, 130), 130]
    assert len(run(rows, [0.5] * 4).orders) == 1
    result = run(rows, [0.5] * 4, rebalance="band")
    assert result.orders["position"].tolist() == about(50.0, 0.5 * 11_500 / 130)
    assert fills(result)[1][0] == 3


def test_rule_6_slippage_and_half_the_spread():
    result = run([100] * 4, [1, 0, 0, 0], costs={"slippage_bps": 10, "spread_bps": 4})
    assert result.orders["price"].tolist() == about(100.12, 99.88)


def test_rule_7_the_commission_comes_out_of_the_position():
    result = run([100] * 3, [1, 1, 1], costs={"commission_bps": 10})
    assert fills(result) == [about(1, 99.9, 100.0)]
    assert result.orders["commission"][0] == pytest.approx(9.99)
    assert result.equity[-1] - 99.9 * 100 == pytest.approx(0.01)


def test_rule_7_a_reversal_is_one_order_and_lots_round_toward_zero():
    result = run([100, 100, 110, 110], [1, -1, -1, -1])
    assert fills(result) == [about(1, 100.0, 100.0), about(2, -200.0, 110.0)]
    assert fills(run([33] * 2, [1, 1], lot=1)) == [about(1, 303.0, 33.0)]
    assert fills(run([0.01, 0.01], [1, 1], capital=0.0003, lot=0.01)) == [about(1, 0.03, 0.01)]
    assert len(run([100] * 3, [1, 1, 1], min_quantity=101).orders) == 0


@pytest.mark.parametrize(("bounds", "expected"), [({}, 3.0), ({"commission_min": 5}, 5.0), ({"commission_max": 2}, 2.0)])
def test_rule_8_the_parts_of_a_commission(bounds, expected):
    costs = {"commission_fixed": 1, "commission_per_unit": 0.005, "commission_bps": 1} | bounds
    result = run([50] * 2, [1, 1], capital=10_000 + 10, lot=100, costs=costs)
    assert result.orders["quantity"][0] == 200
    assert result.orders["commission"][0] == pytest.approx(expected)


STOPS = {"stop_loss": 0.05, "take_profit": 0.10}
ENTRY = (100, 101, 99, 100)


def exit_of(bar, *, slippage=10, entry=ENTRY, **execution):
    """Return bar, price and reason of the exit when ``bar`` follows an entry at 100."""
    result = run([100, entry, bar, 100], [1] * 4, costs={"slippage_bps": slippage}, **(execution or STOPS))
    trade = result.trades[0]
    return int(trade["exit_bar"]), float(trade["exit_price"]), Reason(trade["exit_reason"])


def test_rule_10_stops_stand_at_distances_from_the_fill_and_live_in_the_entry_bar():
    at, price, reason = exit_of((100, 100, 100, 100), entry=(100, 101, 95, 96))
    assert (at, reason) == (1, Reason.STOP_LOSS)
    assert price == pytest.approx(95.095 * 0.999)
    at, price, reason = exit_of((109, 112, 108, 111))
    assert (at, reason) == (2, Reason.TAKE_PROFIT)
    assert price == pytest.approx(110.11)


@pytest.mark.parametrize(
    ("bar", "price", "reason"),
    [
        ((94, 96, 93, 95), 93.906, Reason.STOP_LOSS),
        ((98, 99, 95, 96), 94.999905, Reason.STOP_LOSS),
        ((108, 112, 107, 110), 110.11, Reason.TAKE_PROFIT),
        ((115, 116, 114, 115), 115.0, Reason.TAKE_PROFIT),
    ],
)
def test_rule_11_first_the_open_then_the_range(bar, price, reason):
    assert exit_of(bar) == (2, pytest.approx(price, rel=1e-9), reason)


def test_rule_12_the_stop_is_taken_when_one_bar_holds_both():
    assert exit_of((100, 111, 94, 105), slippage=0) == (2, pytest.approx(95.0), Reason.STOP_LOSS)


def test_rule_13_the_trailing_stop_waits_for_the_next_bar():
    found = exit_of((103, 110, 98, 109), slippage=0, entry=(100, 104, 100, 103), trailing_stop=0.05)
    assert found == (2, pytest.approx(99.0), Reason.TRAILING_STOP)


@pytest.mark.parametrize(("reentry", "bars"), [("on_new_signal", [1, 3]), ("allowed", [1, 3, 4])])
def test_rule_14_a_time_stop_and_entering_again(reentry, bars):
    result = run([100] * 6, [1] * 6, time_stop=2, reentry=reentry)
    assert result.orders["fill_bar"].tolist() == bars
    assert result.trades["exit_reason"][0] == Reason.TIME_STOP


def test_rule_15_a_short_sale_credits_cash_and_pays_for_the_weekend():
    rows, days = [(100,) * 4, (100, 100, 98, 98), (98,) * 4], [3, 4, 7]  # Thursday, Friday, Monday
    result = run(rows, [-1] * 3, days=days, costs={"borrow_rate": 0.0365})
    assert result.positions.tolist() == about(0.0, -100.0, -100.0)
    assert result.equity[1] == pytest.approx(10_200)
    assert result.equity[1] - result.equity[2] == pytest.approx(2.94)


def test_rule_16_a_ruined_account_is_closed_out_and_the_run_ends():
    result = run([100, 100, 250, 100], [-1] * 4)
    assert result.equity.size == 3
    assert Reason(result.trades["exit_reason"][0]) is Reason.LIQUIDATION


def test_rule_18_what_is_open_at_the_end():
    rows = [100, 100, (100, 107, 100, 107)]
    result = run(rows, [1] * 3)
    trade = result.trades[0]
    assert (bool(trade["open"]), trade["pnl"]) == (True, pytest.approx(700))
    assert (result.metrics["final_equity"], result.metrics["trades"]) == about(10_700, 0)
    closed = run(rows, [1] * 3, costs={"slippage_bps": 10}, close_at_end=True).trades[0]
    assert (bool(closed["open"]), Reason(closed["exit_reason"])) == (False, Reason.END)
    assert closed["exit_price"] == pytest.approx(106.893)


def test_rule_19_returns_are_net_and_start_from_the_capital():
    result = run([100, (100, 102, 100, 102), (102, 102, 100.98, 100.98)], [1] * 3)
    assert result.equity.tolist() == about(10_000, 10_200, 10_098)
    assert result.returns.tolist() == pytest.approx([0, 0.02, -0.01])


@pytest.mark.parametrize(
    ("kind", "timeframe", "bars"),
    [
        (AssetClass.EQUITY, "1d", 252), (AssetClass.EQUITY, "1h", 1_764), (AssetClass.EQUITY, "5m", 19_656),
        (AssetClass.CRYPTO, "1d", 365), (AssetClass.CRYPTO, "1h", 8_760), (AssetClass.EQUITY, "1wk", 52),
        (AssetClass.EQUITY, "1mo", 12),
    ],
)  # fmt: skip
def test_rule_20_bars_in_a_year(kind, timeframe, bars):
    assert engine.Instrument("X", kind).periods_per_year(engine.Timeframe.parse(timeframe)) == bars


def test_rule_21_the_definitions_on_three_bars():
    equity = np.array([110, 99, 108.9])
    returns = equity / np.array([100, 110, 99]) - 1
    assert measures.volatility(returns, 252) == pytest.approx(1.833030, rel=1e-6)
    assert measures.sharpe(returns, 252) == pytest.approx(4.582576, rel=1e-6)
    assert measures.sortino(returns, 252) == pytest.approx(9.165151, rel=1e-6)
    assert measures.max_drawdown(equity, 100) == pytest.approx(-0.1)
    assert measures.tail_risk(returns) == pytest.approx((-0.08, -0.1))


def test_rule_21_the_same_three_bars_as_a_run():
    rows = [(100,) * 4, (100, 110, 100, 110), (110, 110, 99, 99), (99, 108.9, 99, 108.9)]
    found = run(rows, [1] * 4, capital=100).metrics
    names = ("total_return", "max_drawdown", "max_drawdown_bars", "exposure", "orders", "trades", "benchmark_return")
    assert [found[name] for name in names] == about(0.089, -0.1, 2, 0.75, 1, 0, 0.089)
    assert np.isnan(found["win_rate"])


def test_rule_22_the_oldest_units_are_sold_first():
    result = run([10, 10, 12, 15, 15], [0.6, 1.0, 0.3, 0.3, 0.3], capital=1_000, lot=10)
    assert fills(result) == [about(1, 60, 10), about(2, 30, 12), about(3, -70, 15)]
    rows = [(t["quantity"], t["entry_price"], t["pnl"], bool(t["open"])) for t in result.trades]
    assert rows == [(60, 10, 300, False), (10, 12, 30, False), (20, 12, 60, True)]


def walk(n=300):
    rng = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, n)))
    open_ = np.concatenate(([100], close[:-1]))
    return bars_of(list(zip(open_, np.maximum(open_, close), np.minimum(open_, close), close, strict=True)))


@pytest.mark.slow
def test_rule_23_workers_do_not_change_a_bit():
    bars, spec = walk(), engine.BacktestSpec(strategy="ema_cross")
    grid = {"fast": range(5, 15), "slow": range(20, 40, 5)}
    one, two = (engine.sweep(bars, spec, grid, workers=workers) for workers in (1, 2))
    assert len(one.params) == 40
    for name, values in one.metrics.items():
        assert values.tobytes() == two.metrics[name].tobytes(), name
    for cell in (0, 17, 39):
        params = {name: int(one.params[name][cell]) for name in ("fast", "slow")}
        single = engine.run_backtest(bars, engine.BacktestSpec(strategy="ema_cross", params=params))
        assert single.metrics["final_equity"] == one.metrics["final_equity"][cell]
        assert single.metrics["sharpe"] == one.metrics["sharpe"][cell]


def test_rule_24_what_the_receipt_covers():
    bars = walk()
    spec = engine.BacktestSpec(strategy="ema_cross", data={"file": "a.csv"})
    receipt = engine.run_backtest(bars, spec).receipt
    assert receipt.startswith("sha256:")
    assert engine.run_backtest(bars, spec.replace(data={"file": "b.csv"})).receipt == receipt
    assert engine.run_backtest(bars, spec.replace(costs={"slippage_bps": 11})).receipt != receipt
    rows = [(o, h, lo, c) for o, h, lo, c in zip(bars.open, bars.high, bars.low, bars.close, strict=True)]
    rows[7] = (*rows[7][:3], rows[7][3] + 0.01)
    assert engine.run_backtest(bars_of(rows), spec).receipt != receipt
