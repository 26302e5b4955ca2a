"""`ivybt data check`: what was found out about a price file."""

from __future__ import annotations

from tests.engine.cli.conftest import daily_rows, write_prices


def test_that_a_good_file_is_described(ivybt, prices):
    outcome = ivybt("data", "check", prices, "--json")
    document = outcome.document
    assert (outcome.code, outcome.err) == (0, "")
    assert (document["bars"], document["start"], document["timeframe"]) == (300, "2015-01-05", "1d")
    assert document["report"]["rows_used"] == 300
    text = ivybt("data", "check", prices).out
    for words in (str(prices), "300 of 1d", "300 of 300 rows used", "Close = close"):
        assert words in text


def test_that_a_faulty_file_is_refused_with_the_line_and_may_be_read_without_its_bad_rows(ivybt, tmp_path):
    rows = daily_rows()
    rows[40] = rows[40].replace(rows[40].split(",")[4], "oops")
    path = write_prices(tmp_path / "text.csv", rows)
    assert ivybt("data", "check", path).is_refusal(path.name, "42")
    document = ivybt("data", "check", path, "--bad-rows", "drop", "--json").document
    assert document["bars"] == 299
    assert document["report"]["refused"][0]["first_line"] == 42


def test_that_an_ambiguous_date_order_is_told_and_can_be_stated(ivybt, tmp_path):
    rows = [f"0{one}/0{one + 1}/2020,1,2,0.5,1.5" for one in (1, 3, 5, 7)]
    path = write_prices(tmp_path / "dates.csv", rows, header="Date,Open,High,Low,Close")
    assert ivybt("data", "check", path).is_refusal(path.name)
    assert ivybt("data", "check", path, "--day-first", "--json").document["start"] == "2020-02-01"
    assert ivybt("data", "check", path, "--month-first", "--json").document["start"] == "2020-01-02"


def test_that_wrong_options_are_told(ivybt, prices):
    assert ivybt("data", "chekc", prices).is_refusal("Did you mean 'check'?")
    assert ivybt("data", "check").is_refusal("FILE")
    assert ivybt("data", "check", prices, "--bad-rows", "dropp").is_refusal("--bad-rows", "Did you mean 'drop'?")
    assert ivybt("data", "check", prices, "--time-zone", "Mars/Base").is_refusal("Mars/Base")
    assert ivybt("data", "check", prices, "--timeframe", "daily").is_refusal("daily")


def test_that_a_sample_is_described(ivybt):
    document = ivybt("data", "check", "sample:SPX", "--json").document
    assert (document["symbol"], document["timeframe"]) == ("SPX", "1d")
    assert document["report"]["rows_used"] == document["bars"] > 4000
    assert ivybt("data", "check", "sample:SPY").is_refusal("Did you mean 'SPX'?")
