"""`ivybt backtest`: the JSON contract, flags and spec files, streams, files, kept runs."""

from __future__ import annotations

import csv
import json
import re

import pytest
import yaml

from tests.engine.cli.conftest import daily_rows, write_prices

RUN = ("--strategy", "ema_cross", "--param", "fast=5", "--param", "slow=20")

DOCUMENT = {
    "run_id": str, "receipt": str, "spec": dict, "bars": int, "start": str, "end": str, "metrics": dict,
    "trades": list, "warnings": list, "symbols": list, "contribution": dict, "rejected": list,
    "ambiguity": type(None), "gates": list, "allocation": type(None), "split": type(None), "proof": dict,
}  # fmt: skip
METRICS = [
    "initial_equity", "final_equity", "total_return", "annual_return", "cagr", "volatility", "sharpe", "sortino",
    "calmar", "max_drawdown", "max_drawdown_bars", "var_95", "cvar_95", "exposure", "turnover", "orders", "trades",
    "win_rate", "profit_factor", "expectancy", "avg_win", "avg_loss", "costs_paid", "periods_per_year",
    "benchmark_return",
]  # fmt: skip
COUNTS = {"max_drawdown_bars", "orders", "trades"}
TRADE = {
    "symbol": str, "side": str, "quantity": float, "entry_time": str, "entry_price": float, "exit_time": str,
    "exit_price": float, "gross_pnl": float, "costs": float, "pnl": float, "return": float, "bars": int,
    "mae": float, "mfe": float, "exit_reason": str, "open": bool, "ambiguous": bool,
}  # fmt: skip
DATE = re.compile(r"\d{4}-\d\d-\d\d")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def types_of(mapping):
    return {name: type(value) for name, value in mapping.items()}


def test_that_the_json_has_exactly_the_keys_and_types_of_the_contract(ivybt, prices):
    outcome = ivybt("backtest", "--data", prices, *RUN, "--json")
    document = outcome.document
    assert (outcome.code, outcome.err) == (0, "")
    assert types_of(document) == DOCUMENT
    assert list(document["metrics"]) == METRICS
    for name, value in document["metrics"].items():
        assert value is None or type(value) is (int if name in COUNTS else float), name
    assert len(document["trades"]) > 2
    assert all(types_of(trade) == TRADE for trade in document["trades"])
    assert document["receipt"] == f"sha256:{document['receipt'][-64:]}"
    assert document["bars"] == 300
    assert document["start"] == "2015-01-05"


def test_that_daily_times_are_dates_and_intraday_times_are_utc_instants(ivybt, prices, tmp_path):
    daily = ivybt("backtest", "--data", prices, *RUN, "--json").document
    rows = [f"2020-01-{6 + i // 24:02d} {i % 24:02d}:00,{row.split(',', 1)[1]}" for i, row in enumerate(daily_rows(240))]
    path = write_prices(tmp_path / "hourly.csv", rows)
    hourly = ivybt("backtest", "--data", path, *RUN, "--json").document
    for document, shape in ((daily, DATE), (hourly, INSTANT)):
        stamps = [document["start"], document["end"]]
        stamps += [trade[name] for trade in document["trades"] for name in ("entry_time", "exit_time")]
        assert all(shape.fullmatch(stamp) for stamp in stamps)


def test_that_costs_are_the_difference_between_gross_and_net(ivybt, prices):
    document = ivybt("backtest", "--data", prices, *RUN, "--slippage-bps", "7", "--json").document
    for trade in document["trades"]:
        assert trade["costs"] > 0
        assert trade["gross_pnl"] - trade["costs"] == pytest.approx(trade["pnl"], abs=1e-9)


def test_that_only_the_last_trade_may_be_open_and_is_marked_at_the_last_bar(ivybt, prices):
    document = ivybt("backtest", "--data", prices, *RUN, "--json").document
    *closed, last = document["trades"]
    assert last["open"]
    assert last["exit_time"] == document["end"]
    assert not any(trade["open"] for trade in closed)
    assert document["metrics"]["trades"] == len(closed)


def test_that_close_at_end_leaves_nothing_open(ivybt, prices):
    document = ivybt("backtest", "--data", prices, *RUN, "--close-at-end", "--json").document
    assert not any(trade["open"] for trade in document["trades"])
    assert document["spec"]["execution"]["close_at_end"] is True


def test_that_an_undefined_ratio_is_null(ivybt, prices):
    document = ivybt("backtest", "--data", prices, *RUN, "--end", "2015-01-10", "--json").document
    assert document["trades"] == []
    assert document["metrics"]["sharpe"] is None
    assert document["metrics"]["win_rate"] is None
    assert document["metrics"]["trades"] == 0


FLAGS = (
    "--strategy", "ema_cross", "--param", "fast=5", "--param", "slow=20", "--capital", "25000", "--slippage-bps", "3",
    "--commission-bps", "1.5", "--commission-fixed", "1", "--commission-per-unit", "0.005", "--spread-bps", "2",
    "--borrow-rate", "0.02", "--margin-rate", "0.05", "--lot", "1", "--fill", "next_close", "--rebalance", "band",
    "--band", "0.1", "--stop-loss", "0.05", "--take-profit", "0.2", "--trailing-stop", "0.08", "--stop-unit",
    "fraction", "--time-stop", "40", "--max-leverage", "1.5", "--fraction", "0.9", "--start", "2015-02-01", "--end",
    "2016-01-31", "--close-at-end", "--periods-per-year", "252",
)  # fmt: skip
SPEC = {
    "strategy": {"name": "ema_cross", "params": {"fast": 5, "slow": 20}},
    "capital": 25000,
    "sizing": {"name": "fixed_fraction", "fraction": 0.9},
    "costs": {
        "slippage_bps": 3, "commission_bps": 1.5, "commission_fixed": 1, "commission_per_unit": 0.005, "spread_bps": 2,
        "borrow_rate": 0.02, "margin_rate": 0.05,
    },
    "execution": {
        "lot": 1, "fill": "next_close", "rebalance": "band", "band": 0.1, "stop_loss": 0.05, "take_profit": 0.2,
        "trailing_stop": 0.08, "stop_unit": "fraction", "time_stop": 40, "max_leverage": 1.5, "close_at_end": True,
    },
    "periods_per_year": 252,
}  # fmt: skip


def spec_file(tmp_path, prices, **changes):
    data = {"file": str(prices), "start": "2015-02-01", "end": "2016-01-31"}
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump({"data": data} | SPEC | changes, sort_keys=False))
    return path


def test_that_a_spec_file_and_flags_give_the_same_bytes(ivybt, prices, tmp_path):
    by_flags = ivybt("backtest", "--data", prices, *FLAGS, "--json")
    by_file = ivybt("backtest", spec_file(tmp_path, prices), "--json")
    assert by_flags.code == 0
    assert by_file.out == by_flags.out


def test_that_the_spec_in_the_output_runs_again_to_the_same_bytes(ivybt, prices, tmp_path):
    first = ivybt("backtest", "--data", prices, *FLAGS, "--json")
    again = tmp_path / "again.json"
    again.write_text(json.dumps(first.document["spec"]))
    assert ivybt("backtest", again, "--json").out == first.out


def test_that_flags_override_the_file(ivybt, prices, tmp_path):
    path = spec_file(tmp_path, prices)
    changes = ("--param", "fast=7", "--slippage-bps", "0", "--stop-loss", "none", "--no-close-at-end", "--capital", "1e6")
    spec = ivybt("backtest", path, *changes, "--json").document["spec"]
    assert spec["strategy"]["params"] == {"fast": 7, "slow": 20}
    assert spec["costs"]["slippage_bps"] == 0
    assert spec["costs"]["commission_bps"] == 1.5
    assert spec["execution"]["stop_loss"] is None
    assert spec["execution"]["take_profit"] == 0.2
    assert spec["execution"]["close_at_end"] is False
    assert spec["capital"] == 1e6


def test_that_another_strategy_does_not_inherit_the_parameters_of_the_file(ivybt, prices, tmp_path):
    path = spec_file(tmp_path, prices)
    strategy = ivybt("backtest", path, "--strategy", "buy_and_hold", "--json").document["spec"]["strategy"]
    assert strategy["name"] == "buy_and_hold"
    assert "fast" not in strategy["params"]


def test_that_a_relative_price_file_is_looked_for_beside_the_spec(ivybt, prices, tmp_path, monkeypatch):
    path = spec_file(tmp_path, prices.name)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert ivybt("backtest", path, "--json").code == 0


def test_that_the_same_prices_in_another_file_have_the_same_receipt(ivybt, prices, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    copy = folder / prices.name
    copy.write_bytes(prices.read_bytes())
    one, two = (ivybt("backtest", "--data", path, *RUN, "--json").document for path in (prices, copy))
    assert one["receipt"] == two["receipt"]


def test_that_out_writes_four_whole_files_and_the_spec_reruns(ivybt, prices, tmp_path):
    folder = tmp_path / "out" / "deep"
    outcome = ivybt("backtest", "--data", prices, *RUN, "--out", folder, "--json")
    document = outcome.document
    assert sorted(path.name for path in folder.iterdir()) == ["equity.csv", "result.json", "spec.yaml", "trades.csv"]
    assert json.loads((folder / "result.json").read_text()) == document
    with (folder / "trades.csv").open(newline="") as file:
        trades = list(csv.DictReader(file))
    assert [float(row["pnl"]) for row in trades] == [trade["pnl"] for trade in document["trades"]]
    with (folder / "equity.csv").open(newline="") as file:
        equity = list(csv.DictReader(file))
    assert len(equity) == document["bars"]
    assert float(equity[-1]["equity"]) == document["metrics"]["final_equity"]
    assert equity[0]["time"] == document["start"]
    rerun = ivybt("backtest", folder / "spec.yaml", "--json").document
    assert rerun["receipt"] == document["receipt"]


def test_that_nothing_is_written_unless_asked(ivybt, prices, home):
    assert ivybt("backtest", "--data", prices, *RUN, "--json").code == 0
    assert not home.exists()


def test_that_the_summary_names_run_rules_costs_and_receipt(ivybt, prices):
    document = ivybt("backtest", "--data", prices, *RUN, "--json").document
    text = ivybt("backtest", "--data", prices, *RUN, "--trades").out
    for words in (
        "ema_cross on", "2015-01-05", "fill at open of bar t+1", "costs 10 bps slippage.", "Best trades", "Worst trades",
        "All trades", document["receipt"], f"{document['metrics']['total_return'] * 100:.2f}%",
    ):  # fmt: skip
        assert words in text
    assert "nan" not in text.lower().split()
    assert "\x1b" not in text


def test_that_a_run_without_costs_is_marked(ivybt, prices):
    free = ("--slippage-bps", "0")
    assert "Warning: " in ivybt("backtest", "--data", prices, *RUN, *free).out
    assert ivybt("backtest", "--data", prices, *RUN, *free, "--json").document["warnings"]


def test_that_a_sample_runs_without_any_file(ivybt):
    outcome = ivybt("backtest", "--data", "sample:SPX", *RUN, "--json")
    assert outcome.code == 0
    assert outcome.document["spec"]["data"]["file"] == "sample:SPX"


def test_that_help_names_the_flag_of_every_field(ivybt):
    from engine.cli.spec_flags import spec_flags

    outcome = ivybt("backtest", "--help")
    assert outcome.code == 0
    assert all(f"{item.flag} " in outcome.out or f"{item.flag}," in outcome.out for item in spec_flags())
