"""Longer bars: what they hold, when they are complete, and that nothing is seen before."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.bars import OHLCV
from engine.core.errors import DataError, InputError
from engine.core.instrument import AssetClass, Instrument
from engine.data.reader import read_bars
from engine.data.resample import known_at, resample, spread
from engine.data.sessions import _table
from tests.engine.data.candle_bars import (
    COIN,
    LISTED,
    PAIR,
    PLAIN,
    bars_at,
    days,
    every,
    holed,
    instant,
    reference,
    same,
)

ZONED = Instrument("7203", time_zone="Asia/Tokyo")
EASTERN = Instrument("ES", AssetClass.FUTURE, time_zone="America/New_York")
ALL = [PLAIN, LISTED, COIN, PAIR, ZONED, EASTERN]


def stamps(bars):
    return [str(t)[:16] for t in bars.time.view("M8[ns]")]


def labels(bars):
    return [str(d) for d in bars.session.astype("M8[D]")]


def test_that_a_longer_bar_opens_first_closes_last_and_sums_the_volume():
    bars = every("2024-01-02T00:00", "5m", 6, COIN)
    longer = resample(bars, "15m")
    assert str(longer.timeframe) == "15m"
    assert stamps(longer) == ["2024-01-02T00:15", "2024-01-02T00:30"]
    for k, part in enumerate((bars.slice(0, 3), bars.slice(3, 6))):
        assert longer.open[k] == part.open[0]
        assert longer.close[k] == part.close[-1]
        assert longer.high[k] == part.high.max()
        assert longer.low[k] == part.low.min()
        assert longer.volume[k] == part.volume.sum()


def test_that_columns_hold_the_value_of_the_last_bar():
    bars = bars_at(instant("2024-01-02") + 300 * 10**9 * np.arange(1, 7), "5m", columns={"x": np.arange(6.0)})
    assert resample(bars, "15m").columns["x"].tolist() == [2.0, 5.0]


def test_that_the_last_unfinished_bar_is_left_out():
    bars = every("2024-01-02T00:00", "5m", 8)
    assert len(resample(bars, "15m")) == 2
    assert len(resample(bars.slice(0, 2), "15m")) == 0
    assert len(resample(bars.slice(0, 0), "15m")) == 0


def test_that_an_hour_whose_last_minutes_had_no_trade_is_known_when_the_next_bar_closes():
    closes = ["2024-01-02T10:05", "2024-01-02T10:50", "2024-01-02T11:10", "2024-01-02T11:15"]
    bars = bars_at([instant(c) for c in closes], "5m")
    longer = resample(bars, "1h")
    assert stamps(longer) == ["2024-01-02T11:00"]
    assert known_at(bars, longer).tolist() == [-1, -1, 0, 0]
    assert longer.close[0] == bars.close[1]


def test_that_rule_2_a_longer_bars_value_is_visible_from_its_close_on():
    bars = every("2024-01-02T00:00", "5m", 7)
    longer = resample(bars, "15m")
    index = known_at(bars, longer)
    assert index.tolist() == [-1, -1, 0, 0, 0, 1, 1]
    shown = spread(longer.close, index)
    assert np.isnan(shown[:2]).all()
    assert shown[2:].tolist() == [longer.close[0]] * 3 + [longer.close[1]] * 2


def test_that_hours_of_a_known_exchange_begin_at_its_open_and_end_with_its_close():
    bars = every("2024-01-02T14:30", "30m", 13, LISTED)
    longer = resample(bars, "1h")
    assert stamps(longer) == [f"2024-01-02T{h}:30" for h in range(15, 21)] + ["2024-01-02T21:00"]
    np.testing.assert_array_equal(longer.open, bars.open[::2])
    np.testing.assert_array_equal(longer.close, [*bars.close[1::2], bars.close[-1]])


def test_that_hours_without_a_calendar_stay_on_the_grid_of_the_first_bar():
    half_past = every("2024-01-02T14:30", "1h", 6)
    assert stamps(resample(half_past, "2h")) == [f"2024-01-02T{h}:30" for h in (16, 18, 20)]
    np.testing.assert_array_equal(resample(half_past, "2h").close, half_past.close[1::2])
    full = every("2024-01-02T14:30", "30m", 5)
    assert stamps(resample(full, "1h")) == [f"2024-01-02T{h}:00" for h in (15, 16, 17)]


def test_that_a_length_that_does_not_divide_the_day_begins_anew_at_midnight():
    longer = resample(every("2024-01-02T00:00", "1h", 48, COIN), "7h")
    assert [s[11:13] for s in stamps(longer)] == ["07", "14", "21", "00", "07", "14", "21", "00"]


def test_that_a_half_day_ends_its_last_hour_and_its_day_with_the_early_close():
    bars = every("2019-11-29T14:30", "30m", 7, LISTED)  # New York closes at 18:00 UTC after Thanksgiving
    assert stamps(resample(bars, "1h"))[-1] == "2019-11-29T18:00"
    assert stamps(resample(bars, "1d")) == ["2019-11-29T18:00"]


def test_that_a_bar_after_the_sessions_close_counts_to_the_next_session():
    closes = ["2024-01-02T20:30", "2024-01-02T21:00", "2024-01-02T22:00", "2024-01-03T15:00", "2024-01-03T21:00"]
    bars = bars_at([instant(c) for c in closes], "30m", LISTED)
    longer = resample(bars, "1d")
    assert stamps(longer) == ["2024-01-02T21:00", "2024-01-03T21:00"]
    assert labels(longer) == ["2024-01-02", "2024-01-03"]
    assert longer.open[1] == bars.open[2]


def test_that_a_day_without_a_calendar_ends_at_midnight_of_its_zone():
    bars = every("2024-01-02T10:00", "1h", 12, ZONED)
    longer = resample(bars, "1d")
    assert stamps(longer) == ["2024-01-02T15:00"]
    assert labels(longer) == ["2024-01-02"]


def test_that_the_evening_of_a_sunday_counts_to_monday_where_weekends_are_closed():
    bars = every("2024-01-05T00:00", "1h", 24 * 4, PAIR).slice(0, 96)  # Friday to Monday
    longer = resample(bars, "1d")
    assert labels(longer) == ["2024-01-05", "2024-01-08"]
    assert labels(resample(bars_at(bars.time, "1h", COIN), "1d")) == [f"2024-01-0{d}" for d in range(5, 9)]


def test_that_a_week_is_known_at_the_close_of_its_last_session():
    week = ["2024-03-25", "2024-03-26", "2024-03-27", "2024-03-28", "2024-04-01", "2024-04-02"]
    listed = days(week, LISTED)
    weekly = resample(listed, "1wk")
    assert known_at(listed, weekly).tolist() == [-1, -1, -1, 0, 0, 0]  # Good Friday is no session
    unlisted = days(week)
    assert known_at(unlisted, resample(unlisted, "1wk")).tolist() == [-1, -1, -1, -1, 0, 0]
    assert labels(weekly) == ["2024-03-25"]


def test_that_a_week_that_never_closes_ends_on_sunday():
    bars = days(np.arange(np.datetime64("2024-01-01"), np.datetime64("2024-01-16")), COIN)
    assert stamps(resample(bars, "1wk")) == ["2024-01-08T00:00", "2024-01-15T00:00"]


def test_that_a_month_is_known_at_the_close_of_its_last_session():
    bars = days(pd.bdate_range("2024-01-01", "2024-04-02").strftime("%Y-%m-%d").tolist())
    monthly = resample(bars, "1mo")
    assert labels(monthly) == ["2024-01-01", "2024-02-01", "2024-03-01"]
    assert stamps(monthly) == ["2024-02-01T00:00", "2024-03-01T00:00", "2024-03-30T00:00"]
    quarterly = resample(bars, "3mo")
    assert quarterly.volume.sum() == monthly.volume.sum()


def test_that_days_closing_with_the_session_make_the_same_weeks_as_days_closing_at_midnight():
    dates = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08"]
    exact = days(dates, LISTED, closes=[f"{d}T21:00" for d in dates])
    weekly = resample(exact, "1wk")
    assert stamps(weekly) == ["2024-01-05T21:00"]
    np.testing.assert_array_equal(weekly.close, resample(days(dates, LISTED), "1wk").close)


def test_that_two_day_bars_hold_two_sessions_across_a_weekend():
    bars = days(["2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09"], LISTED)
    assert labels(resample(bars, "2d")) == ["2024-01-04", "2024-01-08"]


def test_that_weeks_make_longer_weeks_and_months_make_quarters():
    bars = days(pd.bdate_range("2024-01-01", "2024-12-31").strftime("%Y-%m-%d").tolist())
    months = resample(bars, "1mo")
    same(resample(months, "3mo"), resample(bars, "3mo"))
    assert len(resample(resample(bars, "1wk"), "2wk")) == len(resample(bars, "2wk"))


def test_that_the_same_length_is_the_same_bars():
    bars = every("2024-01-02T00:00", "30m", 5)
    same(resample(bars, "30m"), bars)
    assert str(resample(every("2024-01-02T00:00", "60m", 5), "1h").timeframe) == "1h"


@pytest.mark.parametrize(
    ("timeframe", "asked", "said"),
    [
        ("1h", "30m", "finer"), ("1d", "4h", "finer"), ("10m", "15m", "no multiple"),
        ("2d", "3d", "no multiple"), ("1wk", "1mo", "no multiple"), ("2d", "1wk", "no multiple"),
    ],
)  # fmt: skip
def test_that_a_finer_length_or_no_multiple_is_refused(timeframe, asked, said):
    bars = every("2024-01-02T00:00", timeframe, 5)
    with pytest.raises(InputError, match=said) as caught:
        resample(bars, asked)
    assert caught.value.field == "timeframe"
    assert caught.value.hint


def test_that_values_of_another_length_are_refused():
    with pytest.raises(DataError, match="reaches value 3"):
        spread(np.zeros(2), np.array([0, 3]))


def visible(bars, timeframe):
    longer = resample(bars, timeframe)
    index = known_at(bars, longer)
    return [spread(getattr(longer, name), index) for name in OHLCV], longer


def check_prefixes(bars, timeframe):
    full, longer = visible(bars, timeframe)
    for cut in range(1, len(bars)):
        early, part = visible(bars.slice(0, cut), timeframe)
        for a, b in zip(early, full, strict=True):
            np.testing.assert_array_equal(a, b[:cut])
        same(part, longer.slice(0, len(part)))
        # What is known by the clock is known in the cut series too, unless only a later bar shows it.
        assert len(part) >= int(np.searchsorted(longer.time, bars.time[cut - 1], side="right"))


@given(holed("15m", ALL), st.sampled_from(["30m", "1h", "4h", "7h", "1d", "1wk", "1mo"]))
@settings(max_examples=60, deadline=None)
def test_that_cutting_an_intraday_series_changes_nothing_that_was_visible(bars, timeframe):
    check_prefixes(bars, timeframe)


@given(
    st.lists(st.integers(1, 4), min_size=2, max_size=70), st.sampled_from(ALL),
    st.sampled_from(["1wk", "2wk", "1mo", "3mo", "3d"]), st.booleans(),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_that_cutting_a_daily_series_changes_nothing_that_was_visible(steps, instrument, timeframe, early):
    dates = np.datetime64("2023-12-20") + np.cumsum(steps)
    closes = [f"{d}T21:00" for d in dates] if early else None
    check_prefixes(days(dates, instrument, closes=closes), timeframe)


@given(holed("15m", ALL), st.sampled_from(["30m", "4h", "1d", "1wk"]))
@settings(max_examples=60, deadline=None)
def test_that_volume_and_extremes_are_kept(bars, timeframe):
    longer = resample(bars, timeframe)
    if len(longer) == 0:
        return
    used = bars.slice(0, int(np.searchsorted(np.cumsum(bars.volume), longer.volume.sum())) + 1)
    assert used.volume.sum() == longer.volume.sum()
    assert used.high.max() == longer.high.max()
    assert used.low.min() == longer.low.min()
    assert (used.open[0], used.close[-1]) == (longer.open[0], longer.close[-1])
    assert (longer.time[:-1] < longer.time[1:]).all()


def test_that_hours_agree_with_pandas():
    bars = every("2024-01-02T00:00", "1m", 3_000, COIN)
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    frame = bars.to_frame()[list(how)].resample("4h", closed="right", label="right").agg(how)
    longer = resample(bars, "4h")
    for name in OHLCV:
        np.testing.assert_array_equal(getattr(longer, name), frame[name].to_numpy()[: len(longer)])
    assert (longer.time == frame.index.as_unit("ns").asi8[: len(longer)]).all()


@pytest.mark.golden
def test_that_backtraders_weeks_come_out_of_its_days():
    folder = reference("references/data")
    daily = read_bars(folder / "backtrader_2006-day-001.txt")
    weekly = read_bars(folder / "backtrader_2006-week-001.txt")
    made = resample(daily, "1wk")
    for name in ("open", "high", "low", "close"):
        np.testing.assert_allclose(getattr(made, name), getattr(weekly, name)[: len(made)], atol=1e-9)
    assert len(weekly) - len(made) in (0, 1)


def test_that_dates_beyond_what_a_calendar_knows_are_weekdays():
    tokyo = Instrument("7203", calendar="XTKS", time_zone="Asia/Tokyo")  # holidays are known from 1997 on
    dates = pd.bdate_range("1996-12-23", "1997-01-10").strftime("%Y-%m-%d").tolist()
    dates = [d for d in dates if d not in ("1997-01-01", "1997-01-02", "1997-01-03")]
    weekly = resample(days(dates, tokyo), "1wk")
    assert labels(weekly) == ["1996-12-23", "1996-12-30", "1997-01-06"]
    check_prefixes(days(dates, tokyo), "1wk")


def test_that_dates_after_what_a_calendar_knows_are_weekdays():
    end = pd.Timestamp(_table("XSAU", 2024, 2100).covered[1], unit="D")
    riyadh = Instrument("TASI", calendar="XSAU", time_zone="Asia/Riyadh")
    dates = pd.bdate_range(end - pd.Timedelta(days=30), end + pd.Timedelta(days=30)).strftime("%Y-%m-%d").tolist()
    weekly = resample(days(dates, riyadh), "1wk")
    assert len(weekly) >= 8
    check_prefixes(days(dates, riyadh), "1wk")


def test_that_the_date_of_a_daily_bar_ends_the_week_even_when_it_is_stamped_at_midnight_utc():
    bars = days(["2024-01-04", "2024-01-05", "2024-01-08"], EASTERN)  # Friday ends at 05:00 UTC in New York
    assert known_at(bars, resample(bars, "1wk")).tolist() == [-1, 0, 0]


def test_that_a_second_bar_of_a_date_that_was_complete_changes_nothing_before_it():
    closes = ["2024-01-04T21:00", "2024-01-05T21:00", "2024-01-05T23:00", "2024-01-08T21:00"]
    bars = days(["2024-01-04", "2024-01-05", "2024-01-05", "2024-01-08"], LISTED, closes=closes)
    check_prefixes(bars, "1wk")
    assert resample(bars, "1wk").close[0] == bars.close[1]


def test_that_an_unknown_calendar_is_refused():
    with pytest.raises(InputError, match="unknown exchange calendar 'XNOT'"):
        resample(days(["2024-01-02"], Instrument("A", calendar="XNOT")), "1wk")
