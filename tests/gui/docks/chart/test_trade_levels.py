import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.trade import Reason
from ivybt_desktop.docks.chart.presenter import lines_and_atr
from ivybt_desktop.docks.chart.trade_levels import needs_atr, trade_levels
from tests.gui.plots.samples import random_bars, random_result

STOPS = {Reason.STOP_LOSS, Reason.TRAILING_STOP, Reason.BREAK_EVEN}


def run(execution, bars=3_000):
    spec = BacktestSpec(strategy="ema_cross", params={"fast": 5, "slow": 20}, execution=execution)
    return run_backtest(random_bars(bars), spec)


def levels_of(result, row, atr=None):
    return {path.kind: path for path in trade_levels(result, row, atr)}


def raw_prices(result):
    """Raw price of an order by its bar and reason; several on one bar are left out."""
    found = {}
    for order in result.orders:
        found.setdefault((int(order["fill_bar"]), int(order["reason"])), []).append(float(order["raw_price"]))
    return {key: prices[0] for key, prices in found.items() if len(prices) == 1}


@pytest.mark.parametrize(
    "execution",
    [
        {"stop_loss": 0.03},
        {"stop_loss": 0.04, "take_profit": 0.06},
        {"trailing_stop": 0.05},
        {"stop_loss": 0.04, "trailing_stop": 0.03, "take_profit": 0.08, "reentry": "allowed"},
        {"stop_loss": 3.0, "trailing_stop": 2.5, "stop_unit": "amount"},
        {"stop_loss": 2.0, "trailing_stop": 2.5, "take_profit": 4.0, "stop_unit": "atr"},
        {"stop_loss": 0.03, "trailing_stop": 0.04, "fill": "next_close"},
        {"stop_loss": 0.04, "break_even": 0.01},
        {"stop_loss": 0.03, "take_profit": 0.05, "entry": "limit", "entry_distance": 0.004, "entry_bars": 3},
        {"stop_loss": 0.03, "take_profit": 0.05, "entry": "stop", "entry_distance": 0.004, "entry_bars": 3},
    ],
    ids=str,
)
def test_that_every_stopped_trade_left_at_the_level_that_is_drawn(execution):
    result = run(execution)
    atr, prices = lines_and_atr(result)[1], raw_prices(result)
    seen = 0
    for row, trade in enumerate(result.trades):
        reason, bar = Reason(int(trade["exit_reason"])), int(trade["exit_bar"])
        raw = prices.get((bar, int(reason)))
        if trade["open"] or raw is None or reason not in STOPS | {Reason.TAKE_PROFIT}:
            continue
        path = levels_of(result, row, atr)["target" if reason is Reason.TAKE_PROFIT else "stop"]
        level = path.values[bar - path.first]
        assert raw == pytest.approx(level, rel=1e-12) or raw == result.bars.open[bar]
        seen += raw != result.bars.open[bar]
    assert seen > 10


@pytest.mark.parametrize("kind", ["limit", "stop"])
@pytest.mark.parametrize(("unit", "away"), [("fraction", 0.004), ("amount", 0.5), ("atr", 0.3)])
def test_that_an_entry_was_filled_at_the_level_that_is_drawn_or_at_a_better_open(kind, unit, away):
    result = run({"entry": kind, "entry_distance": away, "entry_bars": 4, "stop_unit": unit})
    atr, seen = lines_and_atr(result)[1], 0
    entries = {int(order["fill_bar"]): order for order in result.orders if order["position"] != 0}
    for row, trade in enumerate(result.trades):
        bar = int(trade["entry_bar"])
        path, raw = levels_of(result, row, atr)["entry"], float(entries[bar]["raw_price"])
        assert path.first == trade["entry_decision"] + 1
        assert path.last == bar
        level = path.values[0]
        assert raw == pytest.approx(level, rel=1e-12) or raw == result.bars.open[bar]
        seen += raw != result.bars.open[bar]
    assert seen > 10
    assert path.name == f"{kind} entry"


def test_that_a_break_even_stop_stands_at_the_fill_price_at_the_end():
    result = run({"stop_loss": 0.05, "break_even": 0.01})
    rows = np.flatnonzero(result.trades["exit_reason"] == Reason.BREAK_EVEN)
    assert rows.size > 5
    for row in rows.tolist():
        stop, trade = levels_of(result, row)["stop"].values, result.trades[row]
        assert stop[-1] == pytest.approx(trade["entry_price"], rel=1e-12)
        if stop.size > 1:
            assert stop[0] != stop[-1]


def test_that_the_stop_of_a_reversal_at_the_open_is_the_new_trades():
    result = run({"stop_loss": 0.5})
    trades = result.trades
    row = int(np.flatnonzero(trades["exit_reason"][:-1] == Reason.SIGNAL)[0])
    before, after = levels_of(result, row)["stop"], levels_of(result, row + 1)["stop"]
    assert before.last == trades["exit_bar"][row] - 1
    assert after.first == trades["exit_bar"][row]


def test_that_a_trailing_stop_never_moves_against_the_trade():
    result = run({"trailing_stop": 0.05}, 2_000)
    for row in range(result.trades.size):
        path = levels_of(result, row).get("stop")
        if path is not None and path.values.size > 1:
            assert (np.diff(path.values) * result.trades["side"][row] >= -1e-12).all()


def test_that_a_run_without_orders_in_the_market_has_no_levels():
    assert trade_levels(run({}, 500), 0) == []
    assert trade_levels(random_result(random_bars(100), 3, execution={"stop_loss": 0.1}), 1) == []


def test_that_atr_is_asked_for_only_where_a_level_needs_it():
    def execution(**fields):
        return BacktestSpec(strategy="ema_cross", execution=fields).execution

    assert not needs_atr(execution(stop_loss=2, stop_unit="atr"))
    assert needs_atr(execution(take_profit=2, stop_unit="atr"))
    assert needs_atr(execution(entry="limit", stop_unit="atr"))
    assert not needs_atr(execution(take_profit=0.02))
