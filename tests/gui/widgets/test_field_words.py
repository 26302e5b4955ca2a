from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.execution.costs import CostModel
from engine.execution.fills import ExecutionModel
from engine.fields import FieldInfo, describe
from engine.strategies.ema_cross import EmaCross
from ivybt_desktop.widgets.cost_words import cost_words
from ivybt_desktop.widgets.field_words import (
    broken_constraints,
    check,
    choice_words,
    range_words,
    read_date,
    read_number,
    shown_number,
    shown_unit,
    shown_value,
    spec_number,
)
from ivybt_desktop.widgets.format import exact

FAST, SLOW = EmaCross.fields()
COSTS = {info.name: info for info in describe(CostModel)}
EXECUTION = {info.name: info for info in describe(ExecutionModel)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10.0), ("10,000", 10_000.0), ("1,234,567.5", 1_234_567.5), ("0,05", 0.05), ("0,005", 0.005),
        ("1,5", 1.5), ("\u221212", -12.0), (" 7 % ", 7.0), ("1e3", 1000.0), (".5", 0.5), ("10 000", 10_000.0),
        ("abc", None), ("", None), ("1.2.3", None), ("1,2,3", None), ("-", None), ("nan", None), ("inf", None),
    ],
)  # fmt: skip
def test_that_numbers_are_read_as_people_type_them(text, value):
    assert read_number(text) == value


@given(st.floats(-1e12, 1e12))
def test_that_a_shown_number_reads_back(value):
    assert read_number(exact(value)) == pytest.approx(value, rel=1e-11)


def test_that_a_year_or_month_means_its_first_day_or_at_the_end_its_last():
    assert read_date("2015") == dt.date(2015, 1, 1)
    assert read_date("2015", last=True) == dt.date(2015, 12, 31)
    assert read_date("2016-02", last=True) == dt.date(2016, 2, 29)
    assert read_date("2015-3-7") == read_date("2015/03/07") == dt.date(2015, 3, 7)


@pytest.mark.parametrize("text", ["2015-13", "2015-02-30", "03-07-2015", "x", ""])
def test_that_other_text_is_no_date(text):
    assert read_date(text) is None


def test_that_fractions_are_shown_in_percent_and_come_back_exactly():
    rate = COSTS["borrow_rate"]
    assert shown_unit(rate) == "%/year"
    assert shown_number(rate, 0.07) == 7.0
    assert spec_number(rate, 7.0) == 0.07
    assert spec_number(FAST, 12.0) == 12
    assert isinstance(spec_number(FAST, 12.0), int)


@given(st.integers(0, 10_000))
def test_that_every_percentage_with_two_decimals_survives_the_form(hundredths):
    rate = COSTS["borrow_rate"]
    fraction = hundredths / 10_000
    assert spec_number(rate, shown_number(rate, fraction)) == fraction


def test_that_a_refused_value_is_told_in_the_words_of_the_field():
    assert check(FAST, 500) == "Fast must be from 2 to 100 bars"
    assert check(FAST, 1.5) == "Fast must be a whole number"
    assert check(FAST, "ten") == "Fast must be a whole number"
    assert check(COSTS["slippage_bps"], "x") == "Slippage must be a number"
    assert check(FAST, None) == "Fast needs a value"
    assert check(COSTS["borrow_rate"], 2.0) == "Borrow rate must be from 0 to 100% per year"
    assert check(EXECUTION["stop_loss"], None) == ""
    assert check(EXECUTION["fill"], "later").startswith("Fill at must be one of Next open")


def test_that_bounds_which_only_keep_arithmetic_safe_are_not_recited():
    capital = FieldInfo("capital", "float", 1.0, 1e-9, 1e15, None, (), "USD", "", False, "Capital")
    assert range_words(capital) == ""
    assert check(capital, 0.0) == "Capital must be more than 0"


def test_that_a_broken_constraint_names_both_fields_in_plain_words():
    found = broken_constraints("fast < slow", (FAST, SLOW), {"fast": 60, "slow": 50})
    assert found == dict.fromkeys(("fast", "slow"), "Fast must be less than Slow")
    assert broken_constraints("fast < slow", (FAST, SLOW), {"fast": 10, "slow": 50}) == {}


def test_that_only_the_broken_part_of_several_constraints_is_told():
    found = broken_constraints("fast < slow and slow >= 60", (FAST, SLOW), {"fast": 10, "slow": 50})
    assert found == {"slow": "Slow must not be less than 60"}


@pytest.mark.parametrize(
    ("constraint", "sentence"),
    [
        ("fast * 2 <= slow", "Fast \u00d7 2 must not be more than Slow"),
        ("100 < fast", "Fast must be more than 100"),
        ("slow == fast", "Slow must equal Fast"),
        ("fast > slow or slow > 90", "This must hold: Fast > Slow or Slow > 90"),
    ],
)
def test_that_constraints_are_read_out(constraint, sentence):
    values = {"fast": 40, "slow": 50}
    assert set(broken_constraints(constraint, (FAST, SLOW), values).values()) == {sentence}


def test_that_values_are_written_with_their_unit():
    assert shown_value(FAST, 10) == "10 bars"
    assert shown_value(COSTS["margin_rate"], 0.05) == "5% per year"
    assert shown_value(EXECUTION["fill"], "next_open") == "Next open"
    assert shown_value(EXECUTION["stop_loss"], None) == "off"
    assert shown_value(replace(EXECUTION["close_at_end"]), True) == "on"
    assert (choice_words("atr"), choice_words("fx")) == ("ATR", "FX")
    assert choice_words("ledoit_wolf") == "Ledoit-Wolf"


def test_that_costs_are_told_in_a_few_words():
    assert cost_words(CostModel().model_dump()) == "10 bps slippage, no commission"
    assert cost_words(CostModel(slippage_bps=0).model_dump()) == "no slippage, no commission"
    both = CostModel(slippage_bps=5, spread_bps=2, commission_bps=1, commission_fixed=1, borrow_rate=0.01)
    assert cost_words(both.model_dump()) == (
        "5 bps slippage, 2 bps spread, 1 bps + 1 per order commission, 1% per year borrow"
    )
