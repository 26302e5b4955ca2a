"""The rules of docs/method.md, one by one, on cases small enough to check by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest.run import run_backtest, simulate_signals
from engine.backtest.spec import BacktestSpec
from engine.core.errors import DataError, InputError
from engine.core.instrument import AssetClass, Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe
from engine.core.trade import Reason
from tests.engine.cases import make_bars, random_bars, random_targets, spec_of


def simulate(bars, targets, costs=None, capital=10_000.0, sizing=None, **execution):
    return simulate_signals(bars, np.asarray(targets, float), spec_of(costs, capital, sizing, **execution))


# Rules 1 and 4: a target known at the close of bar t fills at the open of bar t+1.
def test_that_a_target_fills_at_the_next_open_by_rule_4():
    bars = make_bars([100, 102, 104, 106], open_=[99, 101, 103, 105])
    order = simulate(bars, [0, 1, 1, 1]).orders[0]
    assert (order["decision_bar"], order["fill_bar"], order["price"]) == (1, 2, 103.0)


@pytest.mark.parametrize(("fill", "bar", "price"), [("next_close", 2, 104.0), ("this_close", 1, 102.0)])
def test_that_other_fill_timings_of_rule_4_fill_at_their_close(fill, bar, price):
    bars = make_bars([100, 102, 104, 106], open_=[99, 101, 103, 105])
    result = simulate(bars, [0, 1, 1, 1], fill=fill)
    assert (result.orders[0]["fill_bar"], result.orders[0]["price"]) == (bar, price)
    assert any("same close" in warning for warning in result.warnings) == (fill == "this_close")


# Rule 5
def test_that_quantities_stay_between_orders_and_exposure_drifts_by_rule_5():
    bars = make_bars([100, 100, 100, 150, 200])
    result = simulate(bars, [0.5] * 5)
    assert len(result.orders) == 1
    assert set(result.positions[1:]) == {50.0}
    assert result.positions[-1] * 200 / result.equity[-1] == pytest.approx(10_000 / 15_000)


def test_that_a_band_rebalances_once_drift_exceeds_it_by_rule_5():
    bars = make_bars([100, 100, 100, 150, 150, 150])
    result = simulate(bars, [0.5] * 6, rebalance="band", band=0.05)
    assert [Reason(r).label for r in result.orders["reason"]] == ["signal", "rebalance"]
    assert result.orders["decision_bar"].tolist() == [0, 3]  # 7,500 of 12,500 is 0.6
    assert result.positions[-1] * 150 / result.equity[-1] == pytest.approx(0.5)


def test_that_a_monthly_calendar_acts_after_the_first_bar_of_a_month_by_rule_5():
    bars = make_bars(np.linspace(100, 120, 70))  # sessions run on from 2000-01-01, weekends included
    result = simulate(bars, np.tile([0.2, 0.4], 35), rebalance="monthly")
    assert [bars.label(bar) for bar in result.orders["decision_bar"]] == ["2000-01-01", "2000-02-01", "2000-03-01"]


# Rule 6
def test_that_slippage_and_half_the_spread_worsen_every_fill_by_rule_6():
    bars = make_bars([100, 100, 100, 100, 100])
    orders = simulate(bars, [1, 1, 0, 0, 0], {"slippage_bps": 10, "spread_bps": 20}).orders
    assert orders["price"].tolist() == pytest.approx([100 * 1.002, 100 * 0.998])
    assert orders["slippage"][0] == pytest.approx(0.2 * orders["quantity"][0])


# Rule 7
def test_that_a_fully_invested_account_never_borrows_its_commission_by_rule_7():
    bars = make_bars([100, 100, 100, 100])
    result = simulate(bars, [1, 1, 1, 1], {"commission_bps": 100})
    # k = 1 % of 10,000 = 100, so 9,900 are invested and 99 are charged: 1 is left.
    assert result.positions[-1] == pytest.approx(99.0)
    assert result.equity[-1] - 9_900 == pytest.approx(1.0)


def test_that_a_reversal_is_one_order_sized_on_what_closing_leaves_by_rule_7():
    bars = make_bars([100, 100, 110, 110, 110], open_=[100, 100, 100, 110, 110])
    result = simulate(bars, [1, 1, -1, -1, -1])
    assert result.orders["quantity"].tolist() == pytest.approx([100.0, -200.0])
    assert result.orders["position"][-1] == pytest.approx(-100.0)
    assert len(result.trades) == 2


def test_that_quantities_are_rounded_toward_zero_to_the_lot_by_rule_7():
    bars = make_bars([30, 30, 30, 30])
    assert simulate(bars, [1, 1, -1, -1], capital=100, lot=1).orders["position"].tolist() == [3.0, -3.0]
    assert simulate(bars, [1, 1, 1, 1], capital=0.9, lot=0.01).positions[-1] == pytest.approx(0.03)


def test_that_orders_below_the_minimum_are_not_sent_and_counted_by_rule_7():
    result = simulate(make_bars([100.0] * 4), [0.001, 0.001, 1, 1], min_notional=50)
    assert len(result.orders) == 1
    assert any("1 orders were below the minimum" in warning for warning in result.warnings)


# Rule 8
@pytest.mark.parametrize(
    ("costs", "fee"),
    [
        ({"commission_fixed": 7}, 7.0),
        ({"commission_per_unit": 0.05}, 50 * 0.05),
        ({"commission_bps": 20}, 5_000 * 0.002),
        ({"commission_bps": 1, "commission_min": 4}, 4.0),
        ({"commission_bps": 100, "commission_max": 30}, 30.0),
    ],
)
def test_that_commission_is_charged_per_order_within_its_bounds_by_rule_8(costs, fee):
    result = simulate(make_bars([100.0] * 4), [0.5] * 4, costs)
    exact = result.orders["commission"][0]
    assert exact == pytest.approx(fee, rel=0.01)  # sized on equity less the commission, so a touch less
    assert result.equity[-1] == pytest.approx(10_000 - exact)


# Rules 10 and 11
def test_that_a_stop_is_live_on_its_entry_bar_by_rule_10():
    bars = make_bars([100, 94, 94], open_=[100, 100, 94], low=[100, 93, 94])
    trade = simulate(bars, [1, 1, 1], stop_loss=0.05).trades[0]
    assert (trade["entry_bar"], trade["exit_bar"], trade["exit_price"]) == (1, 1, 95.0)


def test_that_a_gap_through_the_stop_fills_at_the_open_by_rule_11():
    bars = make_bars([100, 100, 90, 90], open_=[100, 100, 91, 90])
    trade = simulate(bars, [1, 1, 1, 1], stop_loss=0.05).trades[0]
    assert (trade["exit_bar"], trade["exit_price"]) == (2, 91.0)
    assert Reason(trade["exit_reason"]) is Reason.STOP_LOSS


def test_that_a_stop_slips_and_a_limit_target_does_not_by_rule_11():
    falling = make_bars([100, 100, 94, 94], open_=[100, 100, 100, 94])
    stopped = simulate(falling, [1, 1, 1, 1], {"slippage_bps": 100}, stop_loss=0.05).trades[0]
    assert stopped["exit_price"] == pytest.approx(101 * 0.95 * 0.99)
    rising = make_bars([100, 100, 110, 110], open_=[100, 100, 100, 110])
    taken = simulate(rising, [1, 1, 1, 1], {"slippage_bps": 100}, take_profit=0.05).trades[0]
    assert taken["exit_price"] == pytest.approx(101 * 1.05)


def test_that_a_gap_beyond_the_target_fills_at_the_open_by_rule_11():
    bars = make_bars([100, 100, 120, 120], open_=[100, 100, 118, 120])
    assert simulate(bars, [1] * 4, take_profit=0.05).trades[0]["exit_price"] == 118.0


def test_that_atr_distances_use_the_atr_known_at_the_decision_by_rule_10():
    bars = random_bars(5, 60)
    targets = np.r_[np.zeros(30), np.ones(30)]
    result = simulate(bars, targets, stop_loss=1.5, stop_unit="atr", atr_length=14)
    ranges = np.maximum(bars.high[1:], bars.close[:-1]) - np.minimum(bars.low[1:], bars.close[:-1])
    value = ranges[:14].mean()
    for width in ranges[14:30]:
        value += (width - value) / 14  # Wilder's average, at bar 30
    stop = result.orders["price"][0] - 1.5 * value
    exits = [bar for bar in range(31, 60) if bars.low[bar] <= stop]
    if exits:
        assert result.trades[0]["exit_bar"] == exits[0]
        assert result.trades[0]["exit_price"] == pytest.approx(min(stop, bars.open[exits[0]]))
    else:
        assert result.trades[0]["open"]


# Rule 12
def test_that_stop_and_target_in_one_bar_take_the_stop_by_rule_12():
    bars = make_bars([100, 100, 100, 100], high=[100, 100, 112, 100], low=[100, 100, 90, 100])
    trade = simulate(bars, [1] * 4, stop_loss=0.05, take_profit=0.05).trades[0]
    assert Reason(trade["exit_reason"]) is Reason.STOP_LOSS


# Rule 13
def test_that_a_trailing_stop_never_uses_the_high_of_its_own_bar_by_rule_13():
    # Bar 2 spans 90..120 from an open of 100: trailing from its own high would stop at 108.
    bars = make_bars([100, 100, 100, 100, 107], high=[100, 100, 120, 120, 110], low=[100, 100, 96, 100, 100])
    trade = simulate(bars, [1] * 5, trailing_stop=0.1).trades[0]
    assert Reason(trade["exit_reason"]) is Reason.TRAILING_STOP
    assert (trade["exit_bar"], trade["exit_price"]) == (3, 100.0)  # 120 - 10 = 110 is above the open of bar 3


# Rule 14
def test_that_a_time_stop_exits_at_the_open_after_n_bars_by_rule_14():
    bars = make_bars(np.arange(100, 110.0))
    trade = simulate(bars, [1] * 10, time_stop=3).trades[0]
    assert (trade["entry_bar"], trade["exit_bar"]) == (1, 4)
    assert trade["exit_price"] == bars.open[4]


def test_that_the_same_signal_does_not_enter_again_after_a_stop_by_rule_14():
    bars = make_bars([100, 100, 90, 90, 90, 90, 90])
    waiting = simulate(bars, [1, 1, 1, 1, 1, 1, 1], stop_loss=0.05)
    assert len(waiting.trades) == 1
    changed = simulate(bars, [1, 1, 1, 0, 1, 1, 1], stop_loss=0.05)
    assert changed.trades["entry_bar"].tolist() == [1, 5]
    allowed = simulate(bars, [1, 1, 1, 1, 1, 1, 1], stop_loss=0.05, reentry="allowed")
    assert allowed.trades["entry_bar"].tolist() == [1, 3]


# Rule 15
def test_that_equity_is_cash_plus_marked_positions_and_shorts_credit_cash_by_rule_15():
    bars = make_bars([100, 100, 110, 120])
    result = simulate(bars, [-0.5] * 4)
    assert result.equity.tolist() == pytest.approx([10_000, 10_000, 9_500, 9_000])


def test_that_borrow_accrues_per_day_on_the_previous_close_by_rule_15():
    result = simulate(make_bars([100.0] * 4), [-1.0] * 4, {"borrow_rate": 0.365})
    assert result.equity.tolist() == pytest.approx([10_000, 10_000, 9_990, 9_980])
    assert result.trades["financing"][0] == pytest.approx(20.0)


# Rule 16
def test_that_a_short_that_loses_everything_is_liquidated_and_ends_the_run_by_rule_16():
    result = simulate(make_bars([100, 100, 150, 210, 400, 100]), [-1] * 6)
    assert len(result.equity) == 4
    assert Reason(result.orders["reason"][-1]) is Reason.LIQUIDATION
    assert any(warning.startswith("Liquidated at the close of") for warning in result.warnings)


def test_that_exposure_never_exceeds_the_leverage_at_the_fill_by_rule_16():
    result = simulate(make_bars([100.0] * 4), [1] * 4, sizing={"fraction": 5.0}, max_leverage=2.0)
    assert result.positions[-1] == pytest.approx(200.0)


# Rule 17
def test_that_two_instruments_share_one_account_and_one_limit_by_rule_17():
    a, b = make_bars([100, 100, 110, 110.0], symbol="A"), make_bars([50, 50, 50, 40.0], symbol="B")
    result = run_backtest([a, b], spec_of().replace(strategy="buy_and_hold"))
    assert result.positions[:, -1].tolist() == [50.0, 100.0]
    assert result.equity.tolist() == pytest.approx([10_000, 10_000, 10_500, 9_500])
    assert result.symbols == ("A", "B")


def test_that_what_stands_for_one_instrument_is_not_listed_as_a_leg_by_rule_17():
    bars = random_bars(1, 60)
    spec = BacktestSpec(strategy="ema_cross", params={"fast": 5, "slow": 20})
    alone, listed = run_backtest(bars, spec), run_backtest([bars], spec)
    assert listed.legs == ()
    assert listed.receipt == alone.receipt


# Rule 18
def test_that_an_open_position_is_marked_or_closed_with_costs_by_rule_18():
    bars = make_bars([100, 100, 110, 120])
    marked = simulate(bars, [1] * 4, {"slippage_bps": 100})
    assert marked.trades["open"].tolist() == [True]
    assert marked.metrics["trades"] == 0
    closed = simulate(bars, [1] * 4, {"slippage_bps": 100}, close_at_end=True)
    assert closed.trades["exit_price"][0] == pytest.approx(120 * 0.99)
    assert Reason(closed.trades["exit_reason"][0]) is Reason.END
    assert closed.equity[-1] < marked.equity[-1]


# Rule 19
def test_that_the_first_return_is_against_the_initial_capital_by_rule_19():
    result = simulate(make_bars([100, 110], open_=[100, 100]), [1, 1], fill="this_close")
    assert result.returns.tolist() == pytest.approx([0.0, 0.1])


# Rule 20
@pytest.mark.parametrize(
    ("kind", "timeframe", "expected"),
    [
        (AssetClass.EQUITY, "1d", 252), (AssetClass.CRYPTO, "1d", 365), (AssetClass.EQUITY, "1h", 252 * 7),
        (AssetClass.EQUITY, "5m", 252 * 78), (AssetClass.CRYPTO, "1m", 365 * 1440), (AssetClass.FX, "1h", 260 * 24),
        (AssetClass.EQUITY, "1wk", 52), (AssetClass.EQUITY, "1mo", 12),
    ],
)  # fmt: skip
def test_that_periods_per_year_come_from_calendar_and_timeframe_by_rule_20(kind, timeframe, expected):
    assert Instrument("X", kind).periods_per_year(Timeframe.parse(timeframe)) == expected


def test_that_periods_per_year_can_be_set_by_rule_20():
    bars = make_bars([100.0, 101, 103, 102])
    spec = BacktestSpec(strategy="buy_and_hold", periods_per_year=100)
    assert run_backtest(bars, spec).metrics["periods_per_year"] == 100


# Rule 21
def test_that_every_metric_of_rule_21_has_its_definition():
    bars = random_bars(3, 300)
    result = simulate(bars, random_targets(3, 300, whole=True), {"slippage_bps": 10, "commission_bps": 5})
    r, equity, m = result.returns, result.equity, result.metrics
    days = (bars.time[-1] - bars.time[0]) / NS_PER_DAY
    peak = np.maximum.accumulate(np.r_[10_000, equity])[1:]
    closed = result.trades[~result.trades["open"]]["pnl"]
    wins, losses = closed[closed > 0], closed[closed < 0]
    downside = math.sqrt(np.mean(np.minimum(r, 0) ** 2)) * math.sqrt(252)
    under = np.flatnonzero(equity >= peak)
    edges = np.r_[-1, under, len(equity)]
    expected = {
        "initial_equity": 10_000, "final_equity": equity[-1], "total_return": equity[-1] / 10_000 - 1,
        "annual_return": (equity[-1] / 10_000) ** (252 / 300) - 1,
        "cagr": (equity[-1] / 10_000) ** (365.2425 / days) - 1,
        "volatility": r.std(ddof=1) * math.sqrt(252), "sharpe": r.mean() / r.std(ddof=1) * math.sqrt(252),
        "sortino": r.mean() * 252 / downside,
        "calmar": ((equity[-1] / 10_000) ** (252 / 300) - 1) / abs((equity / peak - 1).min()),
        "max_drawdown": (equity / peak - 1).min(), "max_drawdown_bars": (np.diff(edges) - 1).max(),
        "var_95": np.percentile(r, 5), "cvar_95": np.sort(r)[: int(299 * 0.05) + 1].mean(),
        "exposure": np.mean(result.positions != 0),
        "turnover": np.sum(np.abs(result.orders["quantity"]) * result.orders["price"]) / equity.mean() * 252 / 300,
        "orders": len(result.orders), "trades": len(closed), "win_rate": len(wins) / len(closed),
        "profit_factor": wins.sum() / -losses.sum(), "expectancy": closed.mean(), "avg_win": wins.mean(),
        "avg_loss": losses.mean(),
        "costs_paid": result.orders["commission"].sum() + result.orders["slippage"].sum(),
        "periods_per_year": 252, "benchmark_return": bars.close[-1] / bars.close[0] - 1,
    }  # fmt: skip
    assert dict(m) == pytest.approx(expected, rel=1e-10)
    assert result.drawdown.min() == m["max_drawdown"]


def test_that_undefined_ratios_are_nan_and_never_infinite_by_rule_21():
    flat = simulate(make_bars([100.0, 101, 99, 100]), [0, 0, 0, 0]).metrics
    for name in ("sharpe", "sortino", "calmar", "win_rate", "profit_factor", "expectancy", "avg_win", "avg_loss"):
        assert math.isnan(flat[name]), name
    assert flat["max_drawdown"] == 0.0
    one = simulate(make_bars([100.0]), [1]).metrics
    assert math.isnan(one["volatility"])
    assert not any(math.isinf(value) for value in one.values())


# Rule 22
def test_that_partial_closes_split_trades_first_in_first_out_by_rule_22():
    bars = make_bars([100, 100, 100, 100, 100, 100, 100])
    result = simulate(bars, [0.2, 0.5, 0.3, 0.3, 0.0, 0, 0], {"commission_fixed": 1.0})
    first, rest, last = result.trades
    assert (first["entry_bar"], first["exit_bar"]) == (1, 3)
    assert (rest["entry_bar"], last["entry_bar"]) == (2, 2) or (rest["entry_bar"], last["entry_bar"]) == (1, 2)
    assert first["quantity"] + rest["quantity"] + last["quantity"] == pytest.approx(50, abs=0.1)
    assert result.trades["commission"].sum() == pytest.approx(4.0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.sampled_from(["on_change", "daily", "weekly", "band"]))
def test_that_trade_parts_sum_to_net_and_trades_to_the_change_of_equity_by_rule_22(seed, whole, rebalance):
    bars = random_bars(seed, 120)
    costs = {"slippage_bps": 7, "spread_bps": 4, "commission_bps": 3, "commission_min": 0.5,
             "borrow_rate": 0.08, "margin_rate": 0.05}  # fmt: skip
    result = simulate(
        bars, random_targets(seed, 120, whole=whole), costs, rebalance=rebalance, stop_loss=0.06, max_leverage=2.0,
        sizing={"fraction": 1.5},
    )  # fmt: skip
    t = result.trades
    np.testing.assert_allclose(
        t["gross_pnl"] - t["commission"] - t["slippage"] - t["financing"], t["pnl"], atol=1e-9
    )
    assert t["pnl"].sum() == pytest.approx(result.equity[-1] - 10_000, abs=1e-7)


# Rules 23 and 24
def test_that_the_same_spec_on_the_same_bars_gives_the_same_bits_by_rule_23():
    bars = random_bars(1, 400)
    spec = BacktestSpec(strategy="ema_cross", params={"fast": 5, "slow": 20})
    one, two = run_backtest(bars, spec), run_backtest(bars, spec)
    assert one.equity.tobytes() == two.equity.tobytes()
    assert one.trades.tobytes() == two.trades.tobytes()
    assert one.receipt == two.receipt
    assert repr(one.metrics) == repr(two.metrics)


def test_that_a_receipt_changes_with_a_price_a_parameter_and_a_cost_and_not_with_the_path_by_rule_24():
    bars = random_bars(1, 200)
    close = bars.close.copy()
    close[77] = np.nextafter(close[77], np.inf)
    other = make_bars(close, bars.open, np.maximum(bars.high, close), bars.low, symbol=bars.symbol)
    spec = BacktestSpec(strategy="ema_cross", params={"fast": 5, "slow": 20})
    base = run_backtest(bars, spec).receipt
    assert run_backtest(other, spec).receipt != base
    assert run_backtest(bars, spec.replace(costs={"slippage_bps": 11})).receipt != base
    changed = spec.replace(strategy={"name": "ema_cross", "params": {"fast": 6, "slow": 20}})
    assert run_backtest(bars, changed).receipt != base
    moved = spec.replace(data={"file": "/elsewhere/prices.csv"})
    assert run_backtest(bars, moved).receipt == base
    filled = spec.replace(strategy={"name": "ema_cross", "params": {"fast": 5, "slow": 20}}, periods_per_year=252)
    assert run_backtest(bars, filled).receipt == base


# Properties of the account as a whole
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 100))
def test_that_scaling_the_capital_scales_profit_with_fractional_lots(seed, factor):
    bars, targets = random_bars(seed, 100), random_targets(seed, 100, whole=False)
    costs = {"slippage_bps": 10, "commission_bps": 5}
    one, many = (simulate(bars, targets, costs, capital=10_000 * k, stop_loss=0.05) for k in (1, factor))
    np.testing.assert_allclose(many.equity, one.equity * factor, rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(20, 119))
def test_that_later_bars_never_change_earlier_equity_orders_or_stops(seed, cut):
    bars, targets = random_bars(seed, 120), random_targets(seed, 120, whole=True)
    costs = {"slippage_bps": 10, "borrow_rate": 0.05}
    for options in ({}, {"stop_loss": 0.03, "take_profit": 0.04}, {"rebalance": "weekly", "trailing_stop": 0.05},
                    {"rebalance": "band", "band": 0.05}):  # fmt: skip
        whole = simulate(bars, targets, costs, **options)
        part = simulate(bars.slice(0, cut), targets[:cut], costs, **options)
        assert whole.equity[:cut].tobytes() == part.equity.tobytes()
        assert whole.orders[whole.orders["fill_bar"] < cut].tobytes() == part.orders.tobytes()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_that_a_signal_and_its_negative_sum_to_minus_the_costs_of_fixed_quantities(seed):
    bars = random_bars(seed, 80, volatility=0.005)
    long, short = (simulate(bars, [0.0] + [sign * 0.5] * 78 + [0.0], {"slippage_bps": 10}) for sign in (1, -1))
    gross = long.trades["gross_pnl"].sum() / long.trades["quantity"].sum()
    mirrored = short.trades["gross_pnl"].sum() / short.trades["quantity"].sum()
    assert gross + mirrored == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 50), st.floats(0.5, 50))
def test_that_more_cost_never_raises_final_equity(seed, bps, more):
    bars, targets = random_bars(seed, 100), random_targets(seed, 100, whole=True)
    cheap = simulate(bars, targets, {"slippage_bps": bps}).equity[-1]
    dear = simulate(bars, targets, {"slippage_bps": bps + more}).equity[-1]
    assert dear <= cheap * (1 + 1e-12)


def test_that_buy_and_hold_is_the_price_ratio():
    bars = random_bars(9, 500)
    result = simulate(bars, np.ones(500))
    assert result.equity[-1] / 10_000 == pytest.approx(bars.close[-1] / bars.open[1], rel=1e-12)


def test_that_fills_lie_inside_the_bar_or_at_the_open_when_gapped():
    for seed in range(30):
        bars = random_bars(seed, 150, volatility=0.03)
        result = simulate(bars, random_targets(seed, 150, whole=True), stop_loss=0.02, take_profit=0.03)
        bar, raw = result.orders["fill_bar"], result.orders["raw_price"]
        assert ((raw >= bars.low[bar] - 1e-9) & (raw <= bars.high[bar] + 1e-9)).all()


# Bad input
def test_that_prices_at_or_below_zero_are_refused_by_name():
    bars = make_bars([10, 5, -3, 4.0], high=[10, 10, 6, 6], low=[4, 4, -5, -4])
    with pytest.raises(DataError, match="the price is -5 or less at 2000-01-03"):
        run_backtest(bars, BacktestSpec(strategy="buy_and_hold"))


def test_that_an_empty_date_range_names_the_range_there_is():
    spec = BacktestSpec(strategy="buy_and_hold", data={"start": "2031-01-01"})
    with pytest.raises(InputError, match="TEST has bars from 2000-01-01 to 2000-01-03"):
        run_backtest(make_bars([1.0, 2, 3]), spec)


def test_that_an_instrument_without_a_time_in_common_is_refused_by_rule_17():
    early, late = make_bars([1.0, 2, 3], symbol="EARLY"), random_bars(1, 40).slice(20, 40)
    with pytest.raises(InputError, match="no two instruments have a time in common"):
        run_backtest([early, late], BacktestSpec(strategy="buy_and_hold"))
