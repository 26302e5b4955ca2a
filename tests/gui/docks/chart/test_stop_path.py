import numpy as np
import pytest

from engine.backtest.run import run_backtest
from engine.backtest.spec import BacktestSpec
from engine.core.trade import Reason
from ivybt_desktop.docks.chart.presenter import lines_and_atr
from ivybt_desktop.docks.chart.stop_path import stop_path
from tests.gui.plots.samples import random_bars, random_result

EXITS = {Reason.STOP_LOSS, Reason.TRAILING_STOP, Reason.TAKE_PROFIT}


def exits_of(result):
    """Raw price of the order that closed each stopped trade, by row."""
    orders = {(int(o["fill_bar"]), int(o["reason"])): o for o in result.orders}
    for row, trade in enumerate(result.trades):
        if not trade["open"] and Reason(int(trade["exit_reason"])) in EXITS:
            yield row, trade, orders[int(trade["exit_bar"]), int(trade["exit_reason"])]["raw_price"]


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
    ],
    ids=str,
)
def test_that_every_stopped_trade_left_at_the_level_that_is_drawn(execution):
    bars = random_bars(3_000)
    spec = BacktestSpec(strategy="ema_cross", params={"fast": 5, "slow": 20}, execution=execution)
    result = run_backtest(bars, spec)
    atr = lines_and_atr(result)[1]
    seen = 0
    for row, trade, raw in exits_of(result):
        path = stop_path(result, row, atr)
        at = int(trade["exit_bar"]) - path.first
        level = path.target[at] if trade["exit_reason"] == Reason.TAKE_PROFIT else path.stop[at]
        gapped = bars.open[int(trade["exit_bar"])]
        assert raw == pytest.approx(level, rel=1e-12) or raw == gapped
        seen += raw != gapped
    assert seen > 10


def test_that_a_run_without_stops_has_no_path():
    result = run_backtest(random_bars(500), BacktestSpec(strategy="ema_cross", params={"fast": 5, "slow": 20}))
    assert stop_path(result, 0) is None


def test_that_a_run_without_orders_has_no_path():
    assert stop_path(random_result(random_bars(100), 3, execution={"stop_loss": 0.1}), 1) is None


def test_that_a_trailing_stop_never_moves_against_the_trade():
    execution = {"trailing_stop": 0.05}
    spec = BacktestSpec(strategy="ema_cross", params={"fast": 5, "slow": 20}, execution=execution)
    result = run_backtest(random_bars(2_000), spec)
    for row in range(result.trades.size):
        path = stop_path(result, row)
        if path is not None and path.stop.size > 1:
            steps = np.diff(path.stop) * result.trades["side"][row]
            assert (steps >= -1e-12).all()
