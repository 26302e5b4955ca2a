"""Several instruments on the command line: files, symbols, formulas, finer bars; the same receipt from YAML."""

from __future__ import annotations

import csv
import json

import pytest
import yaml

from tests.engine.cli.conftest import daily_rows, write_prices

RUN = ("--strategy", "ema_cross", "--param", "fast=5", "--param", "slow=20")
STRATEGY = {"name": "ema_cross", "params": {"fast": 5, "slow": 20}}


@pytest.fixture
def several(tmp_path):
    """Three price files; the second begins later."""
    rows = {name: daily_rows(seed=seed) for seed, name in enumerate(("AAA", "BBB", "CCC"), start=1)}
    rows["BBB"] = rows["BBB"][40:]
    return [write_prices(tmp_path / f"{name}.csv", part) for name, part in rows.items()]


@pytest.fixture
def panel(tmp_path):
    """One long file of three symbols."""
    rows = [
        f"{name},{row}" for seed, name in enumerate(("AAA", "BBB", "CCC"), start=1) for row in daily_rows(seed=seed)
    ]
    return write_prices(tmp_path / "panel.csv", rows, header="Symbol,Date,Open,High,Low,Close,Volume")


def data_flags(paths):
    return [text for path in paths for text in ("--data", path)]


def run_file(tmp_path, **spec):
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump({"strategy": STRATEGY} | spec))
    return path


def test_that_several_files_share_one_account(ivybt, several):
    outcome = ivybt("backtest", *data_flags(several), *RUN, "--json")
    document = outcome.document
    assert (outcome.code, outcome.err) == (0, "")
    assert document["symbols"] == ["AAA", "BBB", "CCC"]
    assert {trade["symbol"] for trade in document["trades"]} == {"AAA", "BBB", "CCC"}
    earned = document["metrics"]["final_equity"] - document["metrics"]["initial_equity"]
    assert sum(document["contribution"].values()) == pytest.approx(earned, abs=1e-6)
    assert sum(trade["pnl"] for trade in document["trades"]) == pytest.approx(earned, abs=1e-6)


def test_that_one_file_of_several_symbols_is_a_portfolio_and_symbols_choose_from_it(ivybt, panel):
    assert ivybt("backtest", "--data", panel, *RUN, "--json").document["symbols"] == ["AAA", "BBB", "CCC"]
    two = ivybt("backtest", "--data", panel, *RUN, "--symbols", "CCC,AAA", "--json").document
    assert two["symbols"] == ["CCC", "AAA"]
    one = ivybt("backtest", "--data", panel, *RUN, "--symbols", "BBB", "--json").document
    assert one["symbols"] == ["BBB"]
    assert one["allocation"] is None


def test_that_a_portfolio_of_one_file_is_the_single_run(ivybt, several):
    single = ivybt("backtest", "--data", several[0], *RUN, "--json").document
    chosen = ivybt("backtest", *data_flags(several), *RUN, "--symbols", "AAA", "--json").document
    assert chosen["metrics"] == single["metrics"]


OPTIONS = [
    pytest.param(
        ("--allocation", "inverse_volatility", "--allocation-lookback", "60", "--allocation-min-history", "30",
         "--max-name", "0.5", "--group", "AAA=one", "--max-group", "0.8"),
        {"portfolio": {"allocation": {"name": "inverse_volatility", "lookback": 60, "min_history": 30},
                       "max_name": 0.5, "groups": {"AAA": "one"}, "max_group": 0.8}}, id="allocation",
    ),
    pytest.param(
        ("--when-short", "rank", "--rank-by", "momentum", "--rank-length", "20", "--max-positions", "1"),
        {"portfolio": {"when_short": "rank", "rank_by": "momentum", "rank_length": 20, "max_positions": 1}},
        id="ranking",
    ),
    pytest.param(
        ("--sleeve", "sma_cross:fast=5,slow=20@AAA*0.5", "--strategy-symbols", "BBB,CCC"),
        {"sleeves": [{"name": "sma_cross", "params": {"fast": 5, "slow": 20}, "symbols": ["AAA"], "weight": 0.5}],
         "strategy": STRATEGY | {"symbols": ["BBB", "CCC"]}}, id="sleeves",
    ),
    pytest.param(
        ("--gate", "moving_average:length=30", "--sizing", "volatility_target", "--sizing-target", "0.1"),
        {"gates": [{"name": "moving_average", "length": 30}],
         "sizing": {"name": "volatility_target", "target": 0.1}}, id="gate and sizing",
    ),
    pytest.param(
        ("--costs", "us_equities_free", "--symbol-costs", "BBB:slippage_bps=20", "--stop-loss", "0.03",
         "--take-profit", "0.03"),
        {"costs": {"preset": "us_equities_free"}, "symbol_costs": {"BBB": {"slippage_bps": 20}},
         "execution": {"stop_loss": 0.03, "take_profit": 0.03}}, id="costs and stops",
    ),
    pytest.param(
        ("--train-split", "0.6", "--run-mode", "test", "--candles", "heikin_ashi"),
        {"data": {"train_split": 0.6, "run_mode": "test", "candles": {"kind": "heikin_ashi"}}}, id="split",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("flags", "spec"), OPTIONS)
def test_that_a_portfolio_from_a_file_and_from_flags_is_the_same_document(ivybt, several, tmp_path, flags, spec):
    by_flags = ivybt("backtest", *data_flags(several), *RUN, *flags, "--json")
    files = {"file": str(several[0]), "files": [str(path) for path in several[1:]]}
    path = run_file(tmp_path, **spec | {"data": files | spec.get("data", {})})
    by_file = ivybt("backtest", path, "--json")
    assert by_flags.code == 0, by_flags.err
    assert by_file.out == by_flags.out
    plain = ivybt("backtest", *data_flags(several), *RUN, "--json").document
    assert by_flags.document["receipt"] != plain["receipt"]
    again = tmp_path / "again.json"
    again.write_text(json.dumps(by_flags.document["spec"]))
    assert ivybt("backtest", again, "--json").out == by_flags.out


def test_that_a_formula_trades_its_legs(ivybt, several, tmp_path):
    flags = ("--formula", "AAA - 0.5*CCC")
    document = ivybt("backtest", *data_flags(several), *RUN, *flags, "--json").document
    assert document["symbols"] == ["AAA", "CCC"]
    assert {trade["symbol"] for trade in document["trades"]} == {"AAA", "CCC"}
    text = ivybt("backtest", *data_flags(several), *RUN, *flags, "--trades").out
    assert "ema_cross on AAA - 0.5*CCC" in text
    kept = ivybt("backtest", *data_flags(several), *RUN, *flags, "--save", "--json").document
    (line,) = ivybt("runs", "--json").document["runs"]
    assert line["symbol"] == "AAA - 0.5*CCC"
    assert ivybt("runs", "show", kept["run_id"], "--json").document == kept


def test_that_finer_bars_are_read_and_are_part_of_the_receipt(ivybt, several, tmp_path):
    rows = []
    for row in daily_rows(seed=1):
        day, opened, high, low, close, _ = row.split(",")
        middle = min(float(opened), float(close))
        rows += [f"{day} 09:00,{opened},{high},{min(middle, float(low)):.4f},{low},5", f"{day} 15:00,{low},{close},{low},{close},5"]
    finer = write_prices(tmp_path / "AAA_hours.csv", rows)
    stops = ("--stop-loss", "0.01", "--take-profit", "0.01")
    plain = ivybt("backtest", "--data", several[0], *RUN, *stops, "--json").document
    outcome = ivybt("backtest", "--data", several[0], *RUN, *stops, "--finer", finer, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.document["receipt"] != plain["receipt"]
    assert plain["ambiguity"]["resolved"] == 0


def test_that_a_kept_portfolio_is_listed_and_shown_as_it_was(ivybt, several, tmp_path):
    first = ivybt("backtest", *data_flags(several), *RUN, "--save", "--out", tmp_path / "out", "--json").document
    (line,) = ivybt("runs", "bbb", "--json").document["runs"]
    assert line["symbol"] == "AAA, BBB, CCC"
    assert ivybt("runs", "show", first["run_id"], "--json").document == first
    assert "Instruments, 3" in ivybt("runs", "show", first["run_id"]).out
    with (tmp_path / "out" / "equity.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["close BBB"] == ""
    assert float(rows[-1]["equity"]) == first["metrics"]["final_equity"]
    rerun = ivybt("backtest", tmp_path / "out" / "spec.yaml", "--json").document
    assert rerun["receipt"] == first["receipt"]


def test_that_a_relative_file_of_a_portfolio_is_looked_for_beside_the_spec(ivybt, several, tmp_path, monkeypatch):
    path = run_file(tmp_path, data={"file": "AAA.csv", "files": ["BBB.csv"]})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert ivybt("backtest", path, "--json").document["symbols"] == ["AAA", "BBB"]


def test_that_the_same_prices_in_other_files_have_the_same_receipt(ivybt, several, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    copies = [folder / path.name for path in several]
    for copy, path in zip(copies, several, strict=True):
        copy.write_bytes(path.read_bytes())
    receipts = {ivybt("backtest", *data_flags(paths), *RUN, "--json").document["receipt"] for paths in (several, copies)}
    assert len(receipts) == 1


def test_that_a_sweep_of_a_portfolio_has_the_metrics_of_its_single_runs(ivybt, several):
    sweep = ("sweep", *data_flags(several), "--strategy", "ema_cross", "--grid", "fast=5:6", "--grid", "slow=20:22:2")
    cells = ivybt(*sweep, "--json").document["cells"]
    assert [cell["error"] for cell in cells] == [None] * 4
    single = ivybt("backtest", *data_flags(several), *RUN, "--json").document["metrics"]
    assert cells[0]["params"] == {"fast": 5, "slow": 20}
    for name, value in cells[0]["metrics"].items():
        assert value == single[name], name
    assert "ema_cross on AAA, BBB, CCC: 4 cells" in ivybt(*sweep).out
