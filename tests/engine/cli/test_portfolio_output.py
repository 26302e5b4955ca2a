"""What the command line says about portfolios, gates, ambiguity and splits: from a result made by hand."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from engine.cli import facts
from engine.cli.document import result_document, to_json
from engine.cli.out_folder import write_run
from engine.cli.summary import tear_sheet_text, trades_text
from tests.fakes.portfolio import a_portfolio


@pytest.fixture(scope="module")
def result():
    return a_portfolio()


@pytest.fixture(scope="module")
def document(result):
    return json.loads(to_json(result_document(result)))


def test_that_the_fixed_keys_stay_and_new_ones_follow(document):
    assert list(document) == [
        "run_id", "receipt", "spec", "bars", "start", "end", "metrics", "trades", "warnings", "symbols",
        "contribution", "rejected", "ambiguity", "gates", "allocation", "split",
    ]  # fmt: skip


def test_that_a_trade_names_the_instrument_of_its_leg(result, document):
    assert document["symbols"] == ["AAA", "BBB", "CCC"]
    assert [trade["symbol"] for trade in document["trades"]] == [
        result.legs[asset].symbol for asset in result.trades["asset"]
    ]
    assert [trade["ambiguous"] for trade in document["trades"]] == result.trades["ambiguous"].tolist()


def test_that_contributions_are_by_symbol_and_sum_to_what_the_legs_earned(result, document):
    from engine.backtest.contribution import contributions

    assert list(document["contribution"]) == ["AAA", "BBB", "CCC"]
    assert sum(document["contribution"].values()) == pytest.approx(contributions(result).sum())
    twice = replace(result, legs=(result.legs[0], result.legs[1], result.legs[1]))
    assert facts.by_symbol(twice, [1.0, 2.0, 4.0]) == {"AAA": 1.0, "BBB": 6.0}


def test_that_rejected_candidates_have_their_dates_and_what_they_would_have_made(result, document):
    first = document["rejected"][0]
    assert first == {
        "symbol": "BBB", "decision_time": result.bars.label(int(result.rejected["decision_bar"][0])),
        "time": result.bars.label(int(result.rejected["bar"][0])), "exposure": 0.5, "filled": 0.25, "price": 99.0,
        "exit_time": result.bars.label(int(result.rejected["exit_bar"][0])), "missed_return": 0.01,
        "missed_pnl": 12.5,
    }  # fmt: skip


def test_that_ambiguity_is_told_as_shares_of_trades_and_of_net_profit(result, document):
    found = document["ambiguity"]
    net = result.trades["pnl"].sum()
    assert found["trades"] == 1
    assert found["share"] == pytest.approx(1 / 7)
    assert found["profit_share"] == pytest.approx(2.0 / net)
    assert found["pessimistic_final"] < document["metrics"]["final_equity"] < found["optimistic_final"]
    losing = result.trades.copy()
    losing["pnl"] = -1.0
    assert facts.ambiguity(replace(result, trades=losing))["profit_share"] is None
    assert facts.ambiguity(replace(result, trades=losing[:0]))["share"] is None
    assert facts.ambiguity(replace(result, band=None)) is None


def test_that_gates_weights_and_the_split_are_there(result, document):
    (gate,) = document["gates"]
    assert (gate["name"], gate["refits"]) == ("moving_average", 2)
    assert gate["open_share"] == pytest.approx(result.gates[0].open.mean())
    assert document["allocation"] == dict(zip(document["symbols"], result.allocation.weights[:, -1], strict=True))
    assert document["split"] == {
        "run_mode": "full", "train_split": 0.5, "test_start": result.bars.label(result.split)
    }  # fmt: skip


def test_that_the_summary_tells_instruments_ambiguity_gates_and_who_was_left_out(result):
    text = tear_sheet_text(result)
    for words in (
        "ema_cross on AAA, BBB, CCC, 1d bars",
        "Signal at close of bar t, fill at open of bar t+1, costs 10 bps slippage.",
        "14 % of trades are ambiguous, they carry 7 % of net profit. 4 bars were decided by finer bars.",
        "Instruments, 3", "AAA", "2 candidates were left out or cut; they would have made 25.00.",
        "Gate moving_average (open above its average): open on", "fitted 2 times",
        "the test part is from", "Targets were scaled down together at", "(ambiguous)",
    ):  # fmt: skip
        assert words in text, words
    assert "nan" not in text.lower()
    assert trades_text(result).splitlines()[0].startswith("Symbol")


def test_that_a_losing_run_does_not_speak_of_a_share_of_its_profit(result):
    trades = result.trades.copy()
    trades["pnl"] = -3.0
    text = tear_sheet_text(replace(result, trades=trades, band=replace(result.band, profit=-3.0)))
    assert "14 % of trades are ambiguous, they made -3.00." in text


def test_that_a_run_without_ambiguous_trades_says_so(result):
    text = tear_sheet_text(replace(result, band=replace(result.band, trades=0, profit=0.0, resolved=0)))
    assert "No trade is ambiguous." in text


def test_that_out_writes_columns_for_each_leg_and_the_rejected_candidates(result, document, tmp_path):
    write_run(tmp_path, result, document)
    rows = read(tmp_path / "equity.csv")
    assert list(rows[0])[:6] == ["time", "equity", "drawdown", "benchmark", "pessimistic", "optimistic"]
    assert {"close BBB", "signal BBB", "position BBB"} <= set(rows[0])
    on_axis = np.isin(result.bars.time, result.legs[1].time)
    assert [row["close BBB"] != "" for row in rows] == on_axis.tolist()
    assert [float(row["close BBB"]) for row in rows if row["close BBB"]] == result.legs[1].close.tolist()
    assert [float(row["position BBB"]) for row in rows] == result.positions[1].tolist()
    assert [row["symbol"] for row in read(tmp_path / "rejected.csv")] == ["BBB", "CCC"]
    write_run(tmp_path, replace(result, rejected=result.rejected[:0]), document)
    assert not (tmp_path / "rejected.csv").exists()


def test_that_the_files_of_a_run_that_ended_early_end_with_it(result, document, tmp_path):
    n = 50
    cut = replace(
        result, equity=result.equity[:n], signals=result.signals[:, :n], positions=result.positions[:, :n], band=None
    )
    write_run(tmp_path, cut, document)
    rows = read(tmp_path / "equity.csv")
    assert len(rows) == n
    assert [row["close BBB"] != "" for row in rows] == np.isin(result.bars.time[:n], result.legs[1].time).tolist()


def test_that_legs_of_one_symbol_are_told_apart_by_their_strategy(result):
    twice = replace(result, legs=(result.legs[0],) * 2 + result.legs[2:], sleeves=("turtle", "sma_cross", "turtle"))
    assert facts.leg_names(twice) == ["AAA/turtle", "AAA/sma_cross", "CCC/turtle"]
    assert facts.leg_names(result) == ["AAA", "BBB", "CCC"]


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("command", "name"), [("gates", "moving_average"), ("allocations", "min_variance"), ("costs", "us_equities_free")]
)
def test_that_what_is_chosen_by_name_is_listed(ivybt, command, name):
    listed = ivybt(command, "--json").document
    one = next(item for item in listed if item["name"] == name)
    assert one["title"]
    text = ivybt(command).out
    assert all(item["name"] in text for item in listed)
    assert [item["name"] for item in ivybt(command, name, "--json").document] == [name]
    assert "matches 'nothing like it'" in ivybt(command, "nothing like it").out


def test_that_listed_fields_have_the_keys_of_strategy_parameters(ivybt):
    keys = {"name", "type", "default", "low", "high", "step", "choices", "unit", "help"}
    for command in ("gates", "allocations"):
        assert all(set(field) == keys for item in ivybt(command, "--json").document for field in item["params"])


def test_that_a_listed_schedule_has_its_date_and_every_charge(ivybt):
    (preset,) = ivybt("costs", "us_equities_free", "--json").document
    assert preset["as_of"]
    assert preset["costs"]["sell_fee_bps"] >= 0
    assert "preset" not in preset["costs"]
