"""The worked examples of docs/method.md, run as printed: what a strategy sees, and several instruments."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.backtest.caps import cap_targets
from engine.backtest.contribution import contributions
from engine.backtest.portfolio import PortfolioSpec
from engine.core.trade import Reason
from engine.strategies import PortfolioStrategy, registry
from tests.docs.method_cases import about, bars_of, fills, fills_of_legs, spec_of


def leg(symbol, rows, target, days=None):
    """Return the bars of one instrument with its targets."""
    return bars_of(rows, days, symbol=symbol, target=target)


def test_rule_2_a_weekly_decision_is_filled_on_monday():
    days, target = [0, 1, 2, 3, 4, 7, 8], [0, 0, 1, 1, 1, 1, 1]
    spec = spec_of(data={"candles": {"timeframe": "1wk"}})
    result = engine.run_backtest(leg("EX", [100, 101, 102, 103, 104, 105, 106], target, days), spec)
    assert [(order["decision_bar"], order["fill_bar"], order["price"]) for order in result.orders] == [(4, 5, 105.0)]


def test_rule_2_a_shut_gate_makes_the_target_zero():
    spec = spec_of(gates=[{"name": "moving_average", "length": 2}])
    result = engine.run_backtest(leg("EX", [100, 102, 101, 101.5, 103], [1] * 5), spec)
    assert result.signals.tolist() == [0, 1, 0, 1, 1]
    assert [(bar, price) for bar, _, price in fills(result)] == [(2, 101.0), (3, 101.5), (4, 103.0)]


def test_rule_2_the_test_part_starts_with_the_capital():
    prices, target = [100.0 + k for k in range(10)], [0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
    spec = spec_of(data={"train_split": 0.6, "run_mode": "test"})
    result = engine.run_backtest(leg("EX", prices, target), spec)
    assert len(result.equity) == 4
    assert fills(result) == [about(1, 10_000 / 107, 107)]
    assert result.bars.label(0) == "2024-01-07"


def test_rule_15_each_leg_bears_its_share_of_the_interest():
    legs = [leg("A", [100] * 3, [1] * 3), leg("B", [50] * 3, [1 / 3] * 3)]
    spec = spec_of(costs={"margin_rate": 0.073}, execution={"max_leverage": 2}, sizing={"fraction": 1.2})
    result = engine.run_backtest(legs, spec)
    assert result.equity.tolist() == about(10_000, 10_000, 9_998.8)
    assert result.charges[:, 2].tolist() == about(0.9, 0.3)


def test_rule_16_targets_are_scaled_down_together():
    legs = [leg("A", [100] * 5, [1] * 5), leg("B", [50, 50, 50, 60, 60], [1, 1, 0, 0, 0])]
    result = engine.run_backtest(legs, spec_of())
    assert result.scaling.tolist() == [0.5, 0.5, 1, 1, 1]
    assert fills_of_legs(result) == [("A", 1, 50, 100), ("B", 1, 100, 50), ("B", 3, -100, 60), ("A", 3, 60, 100)]


def test_rule_16_caps_come_in_their_order():
    asked = np.array([[0.5], [0.5], [-0.2]])
    names = dict.fromkeys("AB", "tech")
    steps = [
        ({"max_name": 0.4}, [0.4, 0.4, -0.2]),
        ({"max_name": 0.4, "max_group": 0.6, "groups": names}, [0.3, 0.3, -0.2]),
        ({"max_name": 0.4, "max_group": 0.6, "groups": names, "max_net": 0.3}, [0.25, 0.25, -0.2]),
    ]
    for fields, expected in steps:
        found, scaling = cap_targets(asked, ["A", "B", "C"], PortfolioSpec(**fields), 1.0)
        assert found[:, 0] == pytest.approx(expected)
        assert scaling[0] == 1.0


def test_rule_16_a_maintenance_level_closes_everything():
    spec = spec_of(execution={"max_leverage": 2, "maintenance": 0.25}, sizing={"fraction": 2})
    result = engine.run_backtest(leg("EX", [100, 100, 70, 65, 90], [1] * 5), spec)
    assert result.equity.tolist() == about(10_000, 10_000, 4_000, 3_000)
    assert Reason(result.trades["exit_reason"][0]) is Reason.LIQUIDATION
    assert any("equity fell to 25% of the positions" in warning for warning in result.warnings)


def test_rule_17_the_second_in_rank_gets_what_room_is_left():
    legs = [leg("A", [100] * 5, [0.6] * 5), leg("B", [50, 50, 50, 60, 66], [0.6, 0.6, 0, 0, 0])]
    result = engine.run_backtest(legs, spec_of(portfolio={"when_short": "rank"}))
    assert [fill[:2] for fill in fills_of_legs(result)] == [("A", 1), ("B", 1), ("B", 3)]
    assert result.orders["position"][:2].tolist() == about(60, 80)
    (row,) = result.rejected
    assert (row["asset"], row["bar"], row["exposure"], row["price"]) == (1, 1, 0.6, 50.0)
    assert (row["filled"], row["missed_return"], row["missed_pnl"]) == about(2 / 3, 0.2, 400)
    assert contributions(result).sum(axis=1).tolist() == pytest.approx([0.0, 800.0])


def test_rule_17_one_equity_and_reductions_first():
    legs = [leg("A", [100] * 4, [0, 1, 1, 1]), leg("B", [50] * 4, [1, 0, 0, 0])]
    result = engine.run_backtest(legs, spec_of())
    assert fills_of_legs(result) == [("B", 1, 200.0, 50.0), ("B", 2, -200.0, 50.0), ("A", 2, 100.0, 100.0)]


def test_rule_17_an_exit_inside_a_bar_pays_for_no_entry_inside_it():
    legs = [
        leg("A", [100, 98, (98, 98, 93, 93), 93], [1] * 4), leg("B", [50, 50, (50, 50, 48, 48), 48], [0, 1, 1, 1])
    ]  # fmt: skip
    entries = {"entry": "limit", "entry_distance": 0.02, "stop_loss": 0.05}
    result = engine.run_backtest(legs, spec_of(execution=entries, portfolio={"when_short": "rank"}))
    units = 10_000 / 98
    assert [tuple(fill) for fill in fills_of_legs(result)] == [
        ("A", 1, pytest.approx(units), 98.0), ("A", 2, pytest.approx(-units), pytest.approx(93.1))
    ]  # fmt: skip
    (row,) = result.rejected
    assert (row["asset"], row["bar"], row["filled"], row["price"]) == (1, 2, 0.0, 49.0)


def test_rule_17_an_instrument_is_given_once():
    with pytest.raises(engine.InputError, match="'A' is given twice"):
        engine.run_backtest([leg("A", [100] * 3, [1] * 3)] * 2, spec_of())


def test_rule_17_another_calendar_waits_for_its_own_bars():
    stock = leg("STOCK", [100, 104, 108], [0, 1, 1], [3, 4, 7])  # Thursday, Friday, Monday
    coin = leg("COIN", [10, 10, 11, 12, 13], [0] * 5, [3, 4, 5, 6, 7])
    result = engine.run_backtest([stock, coin], spec_of())
    assert len(result.equity) == 5
    assert fills_of_legs(result) == [("STOCK", 4, pytest.approx(10_000 / 108), 108.0)]


def test_rule_17_data_that_end_close_the_position():
    short = leg("A", [100, 100, 103, 103], [1] * 4)
    daily = leg("B", [50] * 20, [0] * 20)
    result = engine.run_backtest([short, daily], spec_of())
    trade = result.trades[0]
    assert (trade["exit_bar"], trade["exit_price"], Reason(trade["exit_reason"])) == (14, 103.0, Reason.DATA_ENDED)
    assert result.equity[-1] == pytest.approx(10_300)


def test_rule_17_weights_of_a_portfolio_strategy_are_the_targets_of_its_legs(monkeypatch):
    class Given(PortfolioStrategy):
        """Weights as printed."""

        id, title = "given", "Given"

        def weights(self, panel, p):
            return [[0.6, -0.4], [0.6, -0.4], [0, 0], [0, 0]]

    monkeypatch.setitem(registry._load_builtin(), "given", Given)
    legs = [leg("A", [100, 100, 105, 110], [0] * 4), leg("B", [50, 50, 48, 45], [0] * 4)]
    result = engine.run_backtest(legs, spec_of().replace(strategy="given"))
    assert fills_of_legs(result) == [("A", 1, 60, 100), ("B", 1, -80, 50), ("A", 3, -60, 110), ("B", 3, 80, 45)]
    assert result.equity[-1] == 11_000
    with pytest.raises(engine.InputError, match="sets the weights itself"):
        engine.run_backtest(legs, spec_of().replace(strategy="given", portfolio={"allocation": "equal_weight"}))


def test_rule_17_the_legs_of_a_formula_share_the_exposure():
    legs = [leg("SPY", [100] * 2, [1, 1]), leg("QQQ", [50] * 2, [1, 1])]
    spec = engine.BacktestSpec(
        strategy="buy_and_hold", data={"formula": "SPY - 0.8*QQQ"}, costs={"slippage_bps": 0}
    )
    result = engine.run_backtest(legs, spec)
    assert fills_of_legs(result) == [
        ("SPY", 1, pytest.approx(10_000 / 140), 100.0), ("QQQ", 1, pytest.approx(-8_000 / 140), 50.0)
    ]  # fmt: skip
