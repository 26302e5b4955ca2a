"""Published order cases: backtesting.py issues 1157 and 1335, and the order of events in RealTest's guide.

RealTest's user guide (topics 1071, 1800 and 1420 of its documentation): at the open exits come first, then
entries; inside a bar entries come first, then exits, because nobody knows that an exit freed its money in
time; a limit entry fills at the open if that is at or beyond its price, else at its price if the range
reaches it; where the order of events is not known, ``Stop`` takes the stop (its most pessimistic choice),
``Target`` the target (its most optimistic one). `Stop` is our base, and the two are the ends of the band.
RealTest's own default guesses from open and close and is not offered here.
"""

from dataclasses import replace

import numpy as np
import pytest

from engine.backtest.run import run_backtest, simulate_signals
from engine.core.trade import Reason
from tests.engine.cases import make_bars
from tests.engine.kernels.twin_compare import spec_with

ONE = {"name": "fixed_units", "units": 1.0}


def reasons(result):
    return [Reason(code).label for code in result.orders["reason"]]


def issue_1157():
    """The four bars of the issue."""
    return make_bars([18, 12, 15, 11], [14, 16, 15, 11], [19, 17, 16, 11], [13, 10, 14, 11])


@pytest.mark.parametrize(("stop", "bar", "price"), [
    (16.0, 1, 16.0),  # the open stands at the stop itself
    (15.0, 1, 15.0),
    (10.0, 1, 10.0),  # the low touches it: a price equal to the stop triggers it
    (9.99, None, None),
])  # fmt: skip
def test_that_a_sell_stop_of_issue_1157_is_filled_one_bar_after_its_signal(stop, bar, price):
    """The order of bar 0's close works from bar 1 on, and a trade never ends before it began."""
    bars = issue_1157()
    execution = {"entry": "stop", "entry_distance": 18 - stop, "stop_unit": "amount", "entry_bars": 3}
    result = simulate_signals(bars, np.array([-1.0, -1, -1, -1]), spec_with({}, execution, ONE))
    if bar is None:
        assert result.orders.size == 0
        return
    assert (result.orders["decision_bar"][0], result.orders["fill_bar"][0]) == (0, bar)
    assert result.orders["price"][0] == price
    assert (result.trades["exit_bar"] >= result.trades["entry_bar"]).all()


def test_that_the_buy_at_16_of_issue_1157_is_filled_at_bar_1():
    """The issue sends a buy stop at 16 while the close is 18: already triggered, it buys at the next open.

    A stop below the close cannot be asked for here, where a stop entry stands beyond the close; the order
    that waits for 16 from above is the limit entry, and it gives the issue's expected fill: bar 1, at 16.
    """
    execution = {"entry": "limit", "entry_distance": 2, "stop_unit": "amount"}
    result = simulate_signals(issue_1157(), np.array([1.0, 1, 1, 1]), spec_with({}, execution, ONE))
    assert result.orders["fill_bar"].tolist() == [1]
    assert result.orders["price"].tolist() == [16.0]


@pytest.mark.parametrize(("distance", "price"), [(4.0, 16.0), (3.5, 15.5), (3.0, 15.0), (2.0, 15.0), (4.01, None)])
def test_that_a_buy_stop_on_the_bars_of_issue_1157_needs_high_at_or_above_the_stop(distance, price):
    """Decided at bar 1's close of 12, working in bar 2: open 15, high 16. A stop passed by the open fills there."""
    execution = {"entry": "stop", "entry_distance": distance, "stop_unit": "amount"}
    result = simulate_signals(issue_1157(), np.array([0.0, 1, 1, 1]), spec_with({}, execution, ONE))
    assert result.orders["price"].tolist() == ([] if price is None else [price])
    assert result.orders["fill_bar"].tolist() == ([] if price is None else [2])


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize("spread", [{"spread_bps": 100}, {"spread_amount": 1.0}])
def test_that_a_flat_market_loses_one_spread_and_two_commissions_half_of_it_at_entry_issue_1335(side, spread):
    """40 bars at 100, a spread of 1.00, 20 basis points of commission a side, one round trip of 10 units."""
    bars = make_bars(np.full(40, 100.0))
    targets = np.zeros(40)
    targets[5:10] = side
    spec = spec_with(spread | {"commission_bps": 20}, {"max_leverage": 5}, ONE | {"units": 10.0})
    result = simulate_signals(bars, targets, spec)
    paid = result.orders["commission"]
    assert result.orders["price"].tolist() == pytest.approx([100 + side / 2, 100 - side / 2])
    assert paid.tolist() == pytest.approx([0.002 * 10 * (100 + side / 2), 0.002 * 10 * (100 - side / 2)])
    np.testing.assert_allclose(result.equity[:6], 10_000.0)
    np.testing.assert_allclose(result.equity[6:11], 10_000.0 - 5.0 - paid[0])
    np.testing.assert_allclose(result.equity[11:], 10_000.0 - 10.0 - paid.sum())
    assert result.trades["slippage"].tolist() == pytest.approx([10.0])


def test_that_at_the_open_exits_come_before_entries_as_in_realtest():
    """All cash is in A; at one open A is sold and B bought with its money, though B is listed first."""
    a = replace(make_bars([100.0] * 5, symbol="A"), columns={"target": np.array([1.0, 1, 0, 0, 0])})
    b = replace(make_bars([50.0] * 5, symbol="B"), columns={"target": np.array([0.0, 0, 1, 1, 1])})
    result = run_backtest([b, a], spec_with())
    assert result.orders["quantity"].tolist() == [100.0, -100.0, 200.0]
    assert result.orders["asset"].tolist() == [1, 1, 0]
    assert result.orders["fill_bar"].tolist() == [1, 3, 3]


@pytest.mark.parametrize("listed", ["held first", "waiting first"])
def test_that_inside_a_bar_an_exit_frees_no_money_for_an_entry_as_in_realtest(listed):
    """A holds the whole account and is stopped inside bar 3, inside which B's limit is touched too.

    Nobody knows which came first, so B finds no money, whichever of the two is listed first.
    """
    a = make_bars([100.0, 100, 100, 92], [100.0] * 4, [100.0] * 4, [100.0, 100, 100, 90], symbol="A")
    b = make_bars([50.0] * 4, [50.0] * 4, [50.0] * 4, [50.0, 50, 50, 48], symbol="B")
    a = replace(a, columns={"target": np.array([1.0, 1, 1, 1])})
    b = replace(b, columns={"target": np.array([0.0, 0, 1, 1])})
    execution = {
        "entry": "limit", "entry_distance": 0.0, "entry_bars": 1, "stop_loss": 5.0, "stop_unit": "amount",
    }  # fmt: skip
    b = replace(b, open=np.array([50.0, 50, 50, 50.5]), high=np.array([50.0, 50, 50, 50.5]))
    series = [a, b] if listed == "held first" else [b, a]
    result = run_backtest(series, spec_with({}, execution, portfolio={"when_short": "rank"}))
    bought = {result.symbols[order["asset"]] for order in result.orders if order["quantity"] > 0}
    assert bought == {"A"}
    assert reasons(result)[-1] == "stop_loss"


@pytest.mark.parametrize(("open_", "low", "price"), [(97.0, 96.0, 97.0), (99.0, 98.0, 98.0), (99.0, 97.5, 98.0), (99.0, 98.01, None)])
def test_that_a_limit_entry_fills_at_the_open_or_its_price_as_in_realtest(open_, low, price):
    bars = make_bars([100, 99], [100, open_], [100, 99], [100, low])
    execution = {"entry": "limit", "entry_distance": 2, "stop_unit": "amount"}
    result = simulate_signals(bars, np.array([1.0, 1.0]), spec_with({}, execution, ONE))
    assert result.orders["price"].tolist() == ([] if price is None else [price])


def test_that_stop_and_target_in_one_bar_give_realtests_stop_and_target_choices():
    """One unit at 100; a bar from 94 to 111 with the stop at 95 and the target at 110."""
    bars = make_bars([100, 100, 101, 101], [100, 100, 100, 101], [100, 100, 111, 101], [100, 100, 94, 101])
    execution = {"stop_loss": 5.0, "take_profit": 10.0, "stop_unit": "amount"}
    result = simulate_signals(bars, np.ones(4), spec_with({}, execution, ONE))
    assert reasons(result) == ["signal", "stop_loss"]
    assert result.equity.tolist() == [10_000.0, 10_000.0, 9_995.0, 9_995.0]
    assert result.band.pessimistic.tolist() == result.equity.tolist()
    assert result.band.optimistic.tolist() == [10_000.0, 10_000.0, 10_010.0, 10_010.0]
    assert result.trades["ambiguous"].tolist() == [True]


def test_that_a_limit_entry_and_its_target_in_one_bar_give_realtests_choices():
    """Bought at 98 inside a bar that also traded at 103: the target of 102 may have come before the entry."""
    bars = make_bars([100, 99, 99], [100, 100, 99], [100, 103, 99], [100, 97, 99])
    execution = {"entry": "limit", "entry_distance": 2, "take_profit": 4, "stop_unit": "amount"}
    result = simulate_signals(bars, np.ones(3), spec_with({}, execution, ONE))
    assert reasons(result) == ["signal"]
    assert result.equity.tolist() == [10_000.0, 10_001.0, 10_001.0]
    assert result.band.optimistic.tolist() == [10_000.0, 10_004.0, 10_004.0]
    assert result.band.pessimistic.tolist() == result.equity.tolist()
