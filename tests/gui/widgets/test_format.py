from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivybt_desktop.widgets.format import (
    DASH,
    MINUS,
    count,
    exact,
    money,
    number,
    percent,
    percent_points,
    ratio,
)


@pytest.mark.parametrize("write", [number, percent, percent_points, money, ratio, count, exact])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_that_what_is_not_a_number_is_a_dash(write, value):
    assert write(value) == DASH


def test_that_a_missing_number_is_a_dash():
    assert number(None) == percent(None) == DASH


def test_that_percentages_have_two_decimals_a_real_minus_and_separators():
    assert percent(-0.12345) == f"{MINUS}12.35%" or percent(-0.12345) == f"{MINUS}12.34%"
    assert percent(12.345) == "1,234.50%"
    assert percent_points(0.5) == "50.00"
    assert percent(0.1, signed=True) == "+10.00%"


def test_that_the_minus_is_as_wide_as_a_digit_sign_and_not_a_hyphen():
    assert money(-1234.5) == "\u22121,234.50"
    assert "-" not in money(-1e6)


@pytest.mark.parametrize("value", [0.0, -0.0, -0.004, 0.004])
def test_that_nothing_has_no_sign(value):
    assert money(value) == "0.00"
    assert money(value, signed=True) == "0.00"


def test_that_counts_are_whole_with_separators():
    assert count(1234567.0) == "1,234,567"
    assert count(0) == "0"


def test_that_huge_numbers_keep_a_readable_length():
    assert money(1.5e15) == "1.50e+15"
    assert money(-2e300) == f"{MINUS}2.00e+300"
    assert len(percent(1e200)) < 12


def test_that_exact_numbers_are_as_short_as_they_can_be():
    assert exact(10_000) == exact(10_000.0) == "10,000"
    assert exact(0.5) == "0.5"
    assert exact(-1234.25) == f"{MINUS}1,234.25"
    assert exact(0.1 + 0.2) == "0.3"


@given(st.floats(-1e14, 1e14))
def test_that_a_written_amount_reads_back_to_the_cent(value):
    plain = float(money(value).replace(",", "").replace(MINUS, "-"))
    assert plain == pytest.approx(value, abs=0.0051 + abs(value) * 1e-15)
