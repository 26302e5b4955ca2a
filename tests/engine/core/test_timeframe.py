"""Bar lengths: spellings, inference, seconds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.core.timeframe import NS_PER_DAY, NS_PER_SECOND, Timeframe


@pytest.mark.parametrize(
    ("text", "shown"),
    [("1m", "1m"), ("15 min", "15m"), ("h", "1h"), ("4H", "4h"), ("1D", "1d"), ("1w", "1wk"), ("1mo", "1mo"), ("30s", "30s"), ("5T", "5m")],
)
def test_that_spellings_are_read(text, shown):
    assert str(Timeframe.parse(text)) == shown


@pytest.mark.parametrize("text", ["", "daily", "0m", "-1d", "1.5h", "1 fortnight", "m1"])
def test_that_other_texts_are_refused_with_the_forms(text):
    with pytest.raises(InputError, match=r"is not a bar length\. Write a number and a unit") as raised:
        Timeframe.parse(text)
    assert raised.value.field == "timeframe"


@given(count=st.integers(1, 500), unit=st.sampled_from(["s", "m", "h", "d", "wk", "mo"]))
def test_that_what_is_written_is_read_again(count, unit):
    length = Timeframe(count, unit)
    assert Timeframe.parse(str(length)) == length == Timeframe.parse(length)


@pytest.mark.parametrize("text", ["1s", "30s", "1m", "5m", "15m", "1h", "4h", "1d", "1wk"])
def test_that_regular_steps_are_inferred(text):
    length = Timeframe.parse(text)
    assert Timeframe.infer(np.arange(10, dtype=np.int64) * length.nanoseconds) == length


def test_that_weekends_and_clock_changes_keep_a_day_a_day():
    days = np.array([0, 1, 2, 5, 6, 7, 8, 9, 12], np.int64) * NS_PER_DAY
    days[5:] -= 3600 * NS_PER_SECOND
    assert str(Timeframe.infer(days)) == "1d"


@pytest.mark.parametrize("hours", [23, 24, 25])
def test_that_a_day_with_a_clock_change_is_a_day(hours):
    assert str(Timeframe.infer(np.array([0, hours * 3600 * NS_PER_SECOND]))) == "1d"


def test_that_months_are_inferred_from_uneven_steps():
    months = np.arange("2020-01", "2021-01", dtype="M8[M]").astype("M8[ns]").astype(np.int64)
    assert str(Timeframe.infer(months)) == "1mo"


def test_that_sessions_of_minutes_are_minutes():
    day = np.arange(390, dtype=np.int64) * 60 * NS_PER_SECOND
    assert str(Timeframe.infer(np.concatenate([day, day + NS_PER_DAY]))) == "1m"


def test_that_one_stamp_is_taken_for_a_day():
    assert str(Timeframe.infer(np.zeros(1, np.int64))) == "1d"


def test_that_only_parts_of_a_day_are_intraday():
    assert [Timeframe(1, unit).is_intraday for unit in ("s", "m", "h", "d", "wk", "mo")] == [True] * 3 + [False] * 3


def test_that_seconds_are_nominal():
    assert Timeframe(15, "m").seconds == 900
    assert Timeframe(1, "mo").seconds == 2_629_746
    assert Timeframe(1, "d").nanoseconds == NS_PER_DAY
