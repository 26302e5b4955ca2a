"""`ivybt runs`: what --save keeps is listed, found, shown with the same numbers, and deleted."""

from __future__ import annotations

import json

RUN = ("--strategy", "ema_cross", "--param", "slow=20")


def test_that_a_saved_run_is_listed_and_shown_with_the_same_bytes(ivybt, prices):
    saved = ivybt("backtest", "--data", prices, *RUN, "--save", "--json")
    listed = ivybt("runs", "--json").document["runs"]
    assert [item["run_id"] for item in listed] == [saved.document["run_id"]]
    assert listed[0]["created"].endswith("Z")
    assert ivybt("runs", "show", saved.document["run_id"], "--json").out == saved.out
    assert saved.document["receipt"] in ivybt("runs", "show", saved.document["run_id"]).out


def test_that_the_list_can_be_searched(ivybt, prices):
    ivybt("backtest", "--data", prices, *RUN, "--param", "fast=5", "--save", "--json")
    ivybt("backtest", "--data", prices, *RUN, "--param", "fast=9", "--save", "--json")
    assert len(ivybt("runs", "--json").document["runs"]) == 2
    found = ivybt("runs", "ema_cross", "fast>6", "--json").document["runs"]
    assert ["fast=9" in item["params"] for item in found] == [True]
    assert "No kept run matches 'zebra'" in ivybt("runs", "zebra").out


def test_that_the_same_run_is_kept_once(ivybt, prices):
    for _ in range(2):
        assert ivybt("backtest", "--data", prices, *RUN, "--save", "--json").code == 0
    assert [item["count"] for item in ivybt("runs", "--json").document["runs"]] == [2]


def test_that_a_deleted_run_is_gone(ivybt, prices):
    run_id = ivybt("backtest", "--data", prices, *RUN, "--save", "--json").document["run_id"]
    assert ivybt("runs", "delete", run_id, "--json").document == {"deleted": [run_id]}
    assert ivybt("runs", "--json").document == {"runs": []}
    assert ivybt("runs", "show", run_id).is_refusal(run_id)


def test_that_an_empty_list_says_how_to_keep_a_run(ivybt, home):
    outcome = ivybt("runs")
    assert outcome.code == 0
    assert "--save" in outcome.out
    assert not home.exists()


def test_that_show_and_delete_want_an_id(ivybt):
    assert ivybt("runs", "show").is_refusal("takes one run")
    assert ivybt("runs", "delete").is_refusal("Write the id")
    assert ivybt("runs", "delete", "abc").is_refusal("no run 'abc'")


def test_that_a_damaged_index_is_rebuilt_and_told(ivybt, prices, home):
    run_id = ivybt("backtest", "--data", prices, *RUN, "--save", "--json").document["run_id"]
    index = home / "runs" / "runs.sqlite"
    for suffix in ("-wal", "-shm"):
        index.with_name(index.name + suffix).unlink(missing_ok=True)
    index.write_bytes(b"this is no database" * 500)
    outcome = ivybt("runs", "--json")
    assert outcome.code == 0
    assert "damaged" in outcome.err
    assert [item["run_id"] for item in outcome.document["runs"]] == [run_id]
    assert ivybt("runs", "--json").err == ""


def test_that_a_damaged_run_is_told(ivybt, prices, home):
    run_id = ivybt("backtest", "--data", prices, *RUN, "--save", "--json").document["run_id"]
    for path in (home / "runs" / "results" / run_id).glob("*.parquet"):
        path.write_bytes(b"PAR1 broken")
    assert ivybt("runs", "show", run_id).is_refusal(run_id)


def test_that_a_run_store_below_a_file_is_told(ivybt, prices, home, monkeypatch):
    monkeypatch.setenv("IVYBT_HOME", str(prices))
    assert ivybt("backtest", "--data", prices, *RUN, "--save").is_refusal(str(prices))


def test_that_listed_numbers_are_fractions_and_null(ivybt, prices):
    ivybt("backtest", "--data", prices, *RUN, "--end", "2015-01-20", "--save", "--json")
    text = ivybt("runs", "--json").out
    assert "NaN" not in text
    assert json.loads(text)["runs"][0]["sharpe"] is None
