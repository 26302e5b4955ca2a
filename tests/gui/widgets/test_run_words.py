from dataclasses import replace

import numpy as np
import pytest

from engine.backtest.result import Band
from engine.backtest.spec import BacktestSpec
from ivybt_desktop.widgets.run_words import (
    ambiguity_words,
    candle_words,
    extra_words,
    gate_words,
    leg_titles,
    needs_care,
    part_words,
    run_sentence,
    sizing_words,
)
from tests.fakes.hand_made import made_portfolio
from tests.gui.plots.samples import random_bars, random_result


def spec_of(**fields):
    return BacktestSpec(strategy="ema_cross", **fields)


def test_that_a_plain_run_has_one_short_sentence():
    assert run_sentence(spec_of()) == "Signal at close of bar t, fill at open of bar t+1, costs 10 bps slippage"
    assert extra_words(spec_of()) == []
    assert not needs_care(spec_of())


def test_that_every_cost_model_has_its_words():
    costs = {
        "slippage_bps": 0, "slippage_ticks": 2, "slippage_range": 0.05, "impact_bps": 30, "spread_amount": 0.01,
        "commission_per_unit": 0.005, "commission_min": 1, "sell_fee_bps": 0.3, "margin_rate": 0.06,
    }  # fmt: skip
    assert run_sentence(spec_of(costs=costs)).endswith(
        "costs 2 ticks slippage, 5 % of the bar's range slippage, 30 bps impact at the whole volume, 0.01 spread in price units, "
        "0.005 per unit, at least 1 per order, 0.3 bps on sales, 6 % a year on negative cash"
    )


def test_that_sizing_gates_candles_entries_and_parts_are_told_in_few_words():
    spec = spec_of(
        sizing={"name": "volatility_target", "target": 0.1}, gates=[{"name": "moving_average"}],
        data={"candles": {"kind": "renko", "brick_size": 2}, "train_split": 0.7, "run_mode": "test"},
        execution={"entry": "limit", "entry_bars": 3},
    )  # fmt: skip
    assert extra_words(spec) == [
        "limit entries, good for 3 bars", "sized by volatility target 10% per year",
        "trades while moving average is open", "decides on Renko bricks of 2", "trades the test part (last 30%)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("candles", "words"),
    [
        ({}, ""), ({"kind": "heikin_ashi"}, "decides on Heikin Ashi candles"), ({"timeframe": "1wk"}, "decides on 1wk bars"),
        ({"kind": "renko", "brick_atr": 14}, "decides on Renko bricks of ATR(14)"),
        ({"kind": "heikin_ashi", "timeframe": "1wk"}, "decides on Heikin Ashi candles of 1wk bars"),
    ],
)  # fmt: skip
def test_that_candles_are_named(candles, words):
    assert candle_words(spec_of(data={"candles": candles}).data.candles) == words


def test_that_two_gates_are_both_named_and_keep_their_capitals():
    spec = spec_of(gates=[{"name": "moving_average"}, {"name": "garch"}])
    assert gate_words(spec) == "trades while moving average and GARCH volatility are open"


def test_that_the_whole_account_and_the_whole_history_are_not_mentioned():
    assert sizing_words(spec_of()) == ""
    assert sizing_words(spec_of(sizing={"fraction": 0.5})).endswith("50% of equity")
    assert part_words(spec_of(data={"train_split": 0.7})) == ""
    assert part_words(spec_of(data={"train_split": 0.7, "run_mode": "train"})) == "trades the train part (first 70%)"


def with_band(pnl, doubtful, profit, resolved=0):
    result = random_result(random_bars(1_000), len(pnl))
    trades = result.trades.copy()
    trades["pnl"], trades["open"] = pnl, False
    band = Band(result.equity, result.equity, doubtful, profit, resolved)
    return replace(result, trades=trades, band=band)


def test_that_the_share_of_profit_on_ambiguous_trades_is_told():
    assert ambiguity_words(with_band([10.0] * 100, 11, 630.0)) == (
        "11 % of trades ambiguous, they carry 63 % of net profit"
    )
    assert ambiguity_words(with_band([10.0] * 300, 1, 10.0)) == (
        "Less than 1 % of trades ambiguous, they carry less than 1 % of net profit"
    )


def test_that_a_loss_is_told_in_amounts_not_in_shares():
    words = ambiguity_words(with_band([-10.0] * 10, 2, 35.0))
    assert words == "20 % of trades ambiguous, they made +35.00 of \N{MINUS SIGN}100.00 USD"


def test_that_a_run_without_ambiguous_trades_has_no_such_words():
    assert ambiguity_words(with_band([1.0], 0, 0.0)) == ""
    assert ambiguity_words(random_result(random_bars(100))) == ""


def test_that_legs_have_different_names():
    result = made_portfolio(3)
    assert leg_titles(result) == ["SPY", "TLT", "GLD"]
    same = replace(result, legs=(result.legs[0],) * 3, sleeves=("ema_cross", "turtle", "turtle"))
    assert leg_titles(same) == ["SPY ema_cross", "SPY turtle", "SPY turtle 2"]
    assert len(set(leg_titles(same))) == 3
    assert np.unique(leg_titles(made_portfolio(8, 60))).size == 8


def test_that_a_leak_stands_before_everything_else_and_is_a_warning():
    assert run_sentence(spec_of(), "looks ahead") == (
        "Looks ahead: nobody can trade this; Signal at close of bar t, fill at open of bar t+1, costs 10 bps slippage"
    )
    assert needs_care(spec_of(), "looks ahead")


@pytest.mark.parametrize(
    ("proof", "words"),
    [("past only", "; reads past bars only"), ("unproven", "; look-ahead unproven"), ("checking", "slippage"), ("", "slippage")],
)
def test_that_any_other_proof_is_told_last_and_quietly(proof, words):
    assert run_sentence(spec_of(), proof).endswith(words)
    assert not needs_care(spec_of(), proof)
