"""Whatever a person gives wrongly ends with exit code 2 and one line: what, where, what to do."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager

import pytest

from tests.engine.cli.conftest import HEADER, daily_rows, write_prices

RUN = ("--strategy", "ema_cross")


def test_that_a_missing_file_is_told(ivybt, tmp_path):
    path = tmp_path / "no such.csv"
    assert ivybt("backtest", "--data", path, *RUN).is_refusal(path.name)


def test_that_an_empty_file_is_told(ivybt, tmp_path):
    path = tmp_path / "empty.csv"
    path.touch()
    assert ivybt("backtest", "--data", path, *RUN).is_refusal(path.name)


def test_that_a_folder_in_place_of_a_file_is_told(ivybt, tmp_path):
    assert ivybt("backtest", "--data", tmp_path, *RUN).is_refusal(tmp_path.name)


def test_that_a_file_of_bytes_is_told(ivybt, tmp_path):
    path = tmp_path / "photo.csv"
    path.write_bytes(bytes(range(256)) * 40)
    assert ivybt("backtest", "--data", path, *RUN).is_refusal(path.name)


def test_that_a_file_without_a_price_column_is_told(ivybt, tmp_path):
    rows = [f"2020-01-{day:02d},x{day}" for day in range(1, 20)]
    path = write_prices(tmp_path / "notes.csv", rows, header="Date,Remark")
    assert ivybt("backtest", "--data", path, *RUN).is_refusal(path.name)


def test_that_text_in_a_price_is_told_with_its_line(ivybt, tmp_path):
    rows = daily_rows()
    rows[40] = rows[40].replace(rows[40].split(",")[4], "oops")
    path = write_prices(tmp_path / "text.csv", rows)
    assert ivybt("backtest", "--data", path, *RUN).is_refusal(path.name, "42")


def test_that_a_negative_price_is_told_with_its_line(ivybt, tmp_path):
    rows = daily_rows()
    cells = rows[40].split(",")
    rows[40] = ",".join([cells[0], cells[1], cells[2], "-" + cells[3], cells[4], cells[5]])
    path = write_prices(tmp_path / "negative.csv", rows)
    assert ivybt("backtest", "--data", path, *RUN).is_refusal(path.name, "42")


def test_that_unsorted_times_are_told(ivybt, tmp_path):
    rows = daily_rows()
    rows[40], rows[90] = rows[90], rows[40]
    path = write_prices(tmp_path / "unsorted.csv", rows)
    assert ivybt("backtest", "--data", path, *RUN).is_refusal(path.name)


def test_that_duplicate_times_are_told(ivybt, tmp_path):
    rows = daily_rows()
    rows.insert(41, rows[40])
    path = write_prices(tmp_path / "duplicates.csv", rows)
    assert ivybt("backtest", "--data", path, *RUN).is_refusal(path.name)


def test_that_an_unknown_strategy_suggests_the_near_name(ivybt, prices):
    outcome = ivybt("backtest", "--data", prices, "--strategy", "ema_cros")
    assert outcome.is_refusal("--strategy", "'ema_cros'", "Did you mean 'ema_cross'?")


def test_that_an_unknown_parameter_suggests_the_near_name(ivybt, prices):
    outcome = ivybt("backtest", "--data", prices, *RUN, "--param", "fats=10")
    assert outcome.is_refusal("--param fats", "Did you mean 'fast'?")


def test_that_a_parameter_out_of_range_names_the_range(ivybt, prices):
    outcome = ivybt("backtest", "--data", prices, *RUN, "--param", "fast=1")
    assert outcome.is_refusal("--param fast", "Use a value from 2 to 100")


def test_that_a_parameter_of_another_type_is_told(ivybt, prices):
    outcome = ivybt("backtest", "--data", prices, *RUN, "--param", "fast=quick")
    assert outcome.is_refusal("--param fast", "must be a whole number, was 'quick'")


def test_that_fast_not_below_slow_is_told(ivybt, prices):
    outcome = ivybt("backtest", "--data", prices, *RUN, "--param", "fast=50", "--param", "slow=50")
    assert outcome.is_refusal("fast < slow", "fast=50", "slow=50")


def test_that_dates_outside_the_data_name_the_range_there_is(ivybt, prices):
    outcome = ivybt("backtest", "--data", prices, *RUN, "--start", "2030-01-01")
    assert outcome.is_refusal("--start", "2015-01-05")


def test_that_a_start_after_the_end_is_told(ivybt, prices):
    outcome = ivybt("backtest", "--data", prices, *RUN, "--start", "2015-06-01", "--end", "2015-03-01")
    assert outcome.is_refusal("2015-06-01")


def test_that_a_date_that_is_none_is_told(ivybt, prices):
    outcome = ivybt("backtest", "--data", prices, *RUN, "--end", "31.12.2015")
    assert outcome.is_refusal("--end", "such as 2015-01-31")


@pytest.mark.parametrize("capital", ["0", "-5", "nan", "much"])
def test_that_capital_must_be_above_zero(ivybt, prices, capital):
    assert ivybt("backtest", "--data", prices, *RUN, "--capital", capital).is_refusal("--capital", capital)


def test_that_an_unknown_flag_suggests_the_near_one(ivybt, prices):
    outcome = ivybt("backtest", "--data", prices, *RUN, "--slipage-bps", "3")
    assert outcome.is_refusal("--slipage-bps", "Did you mean '--slippage-bps'?")


def test_that_an_unknown_command_suggests_the_near_one(ivybt):
    assert ivybt("bakctest").is_refusal("Did you mean 'backtest'?")


def test_that_a_flag_without_its_value_is_told(ivybt):
    assert ivybt("backtest", "--data").is_refusal("--data: needs a value")


def test_that_an_unknown_field_of_a_spec_file_is_told_with_file_and_near_name(ivybt, prices, tmp_path):
    spec = tmp_path / "run.yaml"
    spec.write_text(f"data: {{file: {prices}}}\nstrategy: {{name: ema_cross}}\ncosts: {{slipage_bps: 3}}\n")
    assert ivybt("backtest", spec).is_refusal(str(spec), "costs.slipage_bps", "Did you mean 'slippage_bps'?")


@pytest.mark.parametrize("text", ["{", "- a\n- b\n", "strategy: [1]\n", "strategy: {name: ema_cross}\ncosts: 3\n"])
def test_that_a_spec_file_that_is_none_is_told(ivybt, tmp_path, text):
    spec = tmp_path / "run.yaml"
    spec.write_text(text)
    assert ivybt("backtest", spec, "--data", "sample:SPX").is_refusal(str(spec))


def test_that_a_missing_spec_file_is_told(ivybt, tmp_path):
    assert ivybt("backtest", tmp_path / "run.yaml").is_refusal("run.yaml", "no such file")


def test_that_a_run_without_prices_or_strategy_says_what_to_add(ivybt, prices):
    assert ivybt("backtest", *RUN).is_refusal("--data FILE")
    assert ivybt("backtest", "--data", prices).is_refusal("--strategy NAME")


def test_that_an_unknown_sample_suggests_the_near_one(ivybt):
    assert ivybt("backtest", "--data", "sample:SPY", *RUN).is_refusal("'SPY'")


def test_that_a_folder_below_a_file_is_told_before_the_run(ivybt, prices):
    assert ivybt("backtest", "--data", prices, *RUN, "--out", prices / "sub").is_refusal(str(prices))


def test_that_a_read_only_output_folder_is_told(ivybt, prices, tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    with read_only(folder):
        outcome = ivybt("backtest", "--data", prices, *RUN, "--out", folder, "--json")
    assert outcome.is_refusal(str(folder), "Choose a folder")
    assert not list(folder.iterdir())


def test_that_a_full_disk_is_told_and_leaves_no_half_file(ivybt, prices, tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    with mounted(folder, "size=16k"):
        outcome = ivybt("backtest", "--data", prices, *RUN, "--out", folder, "--json")
        left = [path.name for path in folder.iterdir()]
    assert outcome.is_refusal(str(folder), "the disk is full")
    assert not [name for name in left if name not in ("trades.csv", "result.json", "spec.yaml")]


def test_that_a_full_disk_keeps_no_half_run(ivybt, prices, tmp_path, monkeypatch):
    folder = tmp_path / "small"
    folder.mkdir()
    monkeypatch.setenv("IVYBT_HOME", str(folder / "home"))
    with mounted(folder, "size=40k"):
        outcome = ivybt("backtest", "--data", prices, *RUN, "--save")
        assert ivybt("runs", "--json").document == {"runs": []}
    assert outcome.is_refusal(str(folder), "the disk is full")


@pytest.mark.parametrize("grid", ["fast=9:2", "fst=5:9", "fast=1:9", "fast=a", "fast", "fast=5:9:0"])
def test_that_a_wrong_grid_is_told(ivybt, prices, grid):
    assert ivybt("sweep", "--data", prices, *RUN, "--grid", grid).is_refusal("--grid")


def test_that_a_grid_without_a_legal_cell_is_told(ivybt, prices):
    outcome = ivybt("sweep", "--data", prices, *RUN, "--grid", "fast=50:60", "--grid", "slow=10:20")
    assert outcome.is_refusal("fast < slow")


def test_that_a_sweep_without_a_grid_says_how_to_write_one(ivybt, prices):
    assert ivybt("sweep", "--data", prices, *RUN).is_refusal("--grid fast=")


def test_that_a_header_alone_is_told(ivybt, tmp_path):
    path = tmp_path / "header.csv"
    path.write_text(HEADER + "\n")
    assert ivybt("backtest", "--data", path, *RUN).is_refusal(path.name)


@contextmanager
def mounted(folder, options):
    """Mount a tmpfs on the folder; only root may."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine does not allow mounts")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True, capture_output=True)


@contextmanager
def read_only(folder):
    """Make the folder read-only: by its mode, or for root, whom no mode stops, by a mount."""
    if os.name == "posix" and os.geteuid() == 0:
        with mounted(folder, "ro,size=64k"):
            yield
        return
    folder.chmod(0o500)
    try:
        yield
    finally:
        folder.chmod(0o700)


# -- portfolios, gates, sizing, candles ---------------------------------------------------------------


def two_files(tmp_path, first=slice(None), second=slice(None)):
    one = write_prices(tmp_path / "AAA.csv", daily_rows(seed=1)[first])
    other = write_prices(tmp_path / "BBB.csv", daily_rows(seed=2)[second])
    return ("--data", one, "--data", other)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--stop-loss", "0"), ("--stop-loss", "entry price itself")),
        (("--stop-loss", "1"), ("--stop-loss", "can never be touched")),
        (("--break-even", "0.2", "--take-profit", "0.1"), ("--break-even", "not before the target")),
        (("--entry", "stop", "--fill", "next_close"), ("--entry", "next_open")),
        (("--max-leverage", "0"), ("--max-leverage", "must be above 0")),
        (("--costs", "ibkr_us_fixd"), ("--costs", "unknown cost preset", "Did you mean 'ibkr_us_fixed'?")),
        (("--commission-min", "5", "--commission-max", "1"), ("--commission-max", "below the smallest")),
        (("--sizing", "kely"), ("--sizing", "Did you mean 'kelly'?")),
        (("--sizing", "risk_per_trade"), ("--stop-loss", "sizing by risk needs a stop")),
        (("--allocation", "equal"), ("--allocation", "Did you mean 'equal_weight'?")),
        (("--gate", "hm"), ("--gate", "Did you mean 'hmm'?")),
        (("--gate", "moving_average:length=5000"), ("--gate", "needs 5000 bars of history, there are 300")),
        (("--candles", "renko", "--brick-size", "1000000"), ("no brick of 1e+06 forms", "is usable")),
        (("--candles", "renko"), ("brick",)),
        (("--run-mode", "test"), ("--train-split", "run mode 'test' needs a split")),
        (("--train-split", "1.5"), ("--train-split", "at most 1")),
        (("--slippage-ticks", "2"), ("--slippage-ticks", "tick size")),
        (("--symbol-costs", "NONE_SUCH:slippage_bps=3"), ("--symbol-costs", "no prices of 'NONE_SUCH'")),
        (("--strategy-symbols", "XYZ"), ("--strategy-symbols", "no prices of 'XYZ'")),
    ],
)
def test_that_what_cannot_work_is_refused_and_nothing_stands_in_for_it(ivybt, prices, flags, words):
    assert ivybt("backtest", "--data", prices, *RUN, *flags).is_refusal(*words)


def test_that_a_formula_with_a_missing_symbol_is_told(ivybt, tmp_path):
    outcome = ivybt("backtest", *two_files(tmp_path), *RUN, "--formula", "AAA - 0.8*BBC")
    assert outcome.is_refusal("--formula", "BBC")


def test_that_a_formula_that_is_none_is_told(ivybt, tmp_path):
    assert ivybt("backtest", *two_files(tmp_path), *RUN, "--formula", "AAA - * BBB").is_refusal("--formula")


def test_that_instruments_without_a_common_date_are_told(ivybt, tmp_path):
    files = two_files(tmp_path, slice(0, 100), slice(150, 300))
    assert ivybt("backtest", *files, *RUN).is_refusal("AAA", "BBB", "2015")


def test_that_a_symbol_that_is_in_none_of_the_files_is_told(ivybt, tmp_path):
    assert ivybt("backtest", *two_files(tmp_path), *RUN, "--symbols", "AAA,BBC").is_refusal("--symbols", "'BBC'")


def test_that_an_instrument_given_twice_is_told(ivybt, tmp_path):
    files = two_files(tmp_path)
    assert ivybt("backtest", *files, "--data", files[1], *RUN).is_refusal("--data", "AAA")


def test_that_one_name_for_several_files_is_refused(ivybt, tmp_path):
    assert ivybt("backtest", *two_files(tmp_path), *RUN, "--symbol", "SPY").is_refusal("--symbol")


def test_that_finer_bars_that_are_not_finer_are_told(ivybt, prices):
    outcome = ivybt("backtest", "--data", prices, *RUN, "--finer", prices)
    assert outcome.is_refusal("--finer", "shorter bars")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("data: {file: sample:SPX, symbols: SPX}", ("data.symbols", "must be a list")),
        ("sleeves: [{name: sma_cros}]", ("sleeves.0", "Did you mean 'sma_cross'?")),
        ("sleeves: [{name: sma_cross, params: {fst: 3}}]", ("sleeves.0.params.fst", "Did you mean 'fast'?")),
        ("gates: [{name: moving_average, lenght: 3}]", ("gates.moving_average.lenght", "Did you mean 'length'?")),
        ("portfolio: {allocation: {name: equal_weight, lookback: 3}}", ("allocation.lookback",)),
        ("sizing: {name: kelly, amount: 3}", ("sizing.amount", "unknown field")),
        ("symbol_costs: {SPX: {slipage_bps: 3}}", ("symbol_costs.SPX.slipage_bps",)),
    ],
)
def test_that_what_a_spec_file_holds_wrongly_is_told_with_its_place(ivybt, tmp_path, text, words):
    spec = tmp_path / "run.yaml"
    spec.write_text(f"strategy: ema_cross\n{text}\n")
    assert ivybt("backtest", spec, "--data", "sample:SPX").is_refusal(str(spec), *words)
