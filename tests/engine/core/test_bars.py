"""`Bars` and `Panel`: frozen, checked, sliced by position and by session."""

import copy
import pickle
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.bars import Bars, Panel, format_time
from engine.core.errors import DataError, InputError
from engine.core.instrument import AssetClass, Instrument
from engine.core.timeframe import NS_PER_DAY, Timeframe

FIRST = 18_274  # 2020-01-13


def daily(count=5, symbol="X", start=FIRST, **changes):
    session = np.arange(start, start + count, dtype=np.int64)
    close = 10.0 + np.arange(count)
    values = {
        "instrument": Instrument(symbol), "timeframe": Timeframe(1, "d"), "time": (session + 1) * NS_PER_DAY,
        "open": close, "high": close + 1, "low": close - 1, "close": close, "volume": np.full(count, 7.0),
        "session": session,
    }  # fmt: skip
    return Bars(**(values | changes))


def test_that_arrays_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        daily().close[0] = 1.0


def test_that_the_callers_array_stays_writeable():
    close = np.arange(5) + 10.0
    daily(close=close)
    close[0] = 5.0
    assert close.flags.writeable


def test_that_fields_cannot_be_replaced():
    with pytest.raises(AttributeError):
        daily().close = np.zeros(5)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["open", "high", "low", "close"])
def test_that_a_price_that_is_not_finite_is_refused_with_its_bar(name, value):
    column = np.full(5, 10.0)
    column[3] = value
    with pytest.raises(DataError, match=f"X: {name} is not a finite number at bar 3"):
        daily(**{name: column})


def test_that_time_must_rise():
    time = (np.array([1, 2, 2, 4, 5]) + FIRST) * NS_PER_DAY
    with pytest.raises(DataError, match="time does not increase at bar 2"):
        daily(time=time)


def test_that_lengths_must_agree():
    with pytest.raises(DataError, match=r"close has shape \(4,\), time has 5 bars"):
        daily(close=np.ones(4))


def test_that_further_columns_may_be_missing_values_and_are_read_only():
    bars = daily(columns={"mood": [1, np.nan, 3, 4, 5]})
    assert np.isnan(bars.columns["mood"][1])
    with pytest.raises(TypeError):
        bars.columns["mood"] = np.zeros(5)
    with pytest.raises(ValueError, match="read-only"):
        bars.columns["mood"][0] = 2


def test_that_bars_survive_pickling_with_their_digest():
    bars = daily(columns={"mood": np.arange(5.0)})
    again = pickle.loads(pickle.dumps(bars))  # noqa: S301
    assert again.digest == bars.digest
    assert again.instrument == bars.instrument
    assert not again.close.flags.writeable
    assert copy.copy(bars).digest == bars.digest


def test_that_the_digest_sees_every_array_and_the_label():
    bars = daily()
    others = [
        daily(close=bars.close + 1e-12), daily(volume=bars.volume + 1), daily(symbol="Y"), daily(4),
        daily(timeframe=Timeframe(1, "wk")), daily(columns={"mood": np.zeros(5)}), daily(time=bars.time + 1),
    ]  # fmt: skip
    assert len({bars.digest, *(other.digest for other in others)}) == 8
    assert daily().digest == bars.digest


def test_that_the_digest_does_not_depend_on_how_arrays_lie_in_memory():
    spread = np.repeat(daily().close, 2)[::2]
    assert daily(close=spread).digest == daily().digest


def test_that_between_takes_both_ends():
    bars = daily().between(date(2020, 1, 14), date(2020, 1, 16))
    assert [bars.label(i) for i in range(len(bars))] == ["2020-01-14", "2020-01-15", "2020-01-16"]


def test_that_between_without_bars_names_the_range_there_is():
    with pytest.raises(InputError) as raised:
        daily().between(date(2021, 1, 1), None)
    assert "X has bars from 2020-01-13 to 2020-01-17" in str(raised.value)
    assert raised.value.field == "data.start"


@given(start=st.integers(0, 8), stop=st.integers(0, 8))
def test_that_slices_are_views_of_the_same_bars(start, stop):
    bars = daily(8, columns={"mood": np.arange(8.0)})
    part = bars.slice(start, stop)
    assert part.close.tolist() == bars.close[start:stop].tolist()
    assert part.columns["mood"].tolist() == bars.columns["mood"][start:stop].tolist()
    assert len(part) == max(0, stop - start)


def test_that_labels_are_dates_of_days_and_instants_of_minutes():
    assert daily().label(0) == "2020-01-13"
    minutes = daily(timeframe=Timeframe(1, "m"), time=np.arange(5, dtype=np.int64) * 60 * 10**9)
    assert minutes.label(1) == "1970-01-01T00:01:00Z"


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [(0, "1970-01-01T00:00:00Z"), (1_500_000_000, "1970-01-01T00:00:01.5Z"), (-1_000_000_000, "1969-12-31T23:59:59Z"), (1, "1970-01-01T00:00:00.000000001Z")],
)
def test_that_instants_are_written_without_idle_zeros(time_ns, text):
    assert format_time(time_ns) == text


def test_that_periods_per_year_follow_the_instrument():
    assert daily().periods_per_year == 252
    assert daily(instrument=Instrument("BTC", AssetClass.CRYPTO)).periods_per_year == 365


def frame(index):
    return pd.DataFrame({"open": 1.0, "high": 2.0, "low": 0.5, "close": 1.5, "volume": 10, "mood": 0.25, "note": "x"}, index=index)


def test_that_a_frame_of_days_closes_at_the_end_of_its_days():
    bars = Bars.from_frame(frame(pd.to_datetime(["2020-01-13", "2020-01-14"])), symbol="SPY", timeframe="1d")
    assert bars.label(0) == "2020-01-13"
    assert bars.time[0] == (FIRST + 1) * NS_PER_DAY
    assert list(bars.columns) == ["mood"]


@pytest.mark.parametrize(("stamp", "minute"), [("open", 31), ("close", 30)])
def test_that_a_frame_of_minutes_is_stamped_as_told(stamp, minute):
    index = pd.date_range("2020-01-13 09:30", periods=3, freq="1min", tz="America/New_York")
    bars = Bars.from_frame(frame(index), symbol="SPY", stamp=stamp)
    assert bars.label(0) == f"2020-01-13T14:{minute}:00Z"


def test_that_a_frame_without_a_price_is_refused():
    with pytest.raises(DataError, match="SPY: no column low, close"):
        Bars.from_frame(frame(pd.to_datetime(["2020-01-13"])).drop(columns=["low", "close"]), symbol="SPY")


def test_that_text_in_a_frame_is_refused():
    data = frame(pd.to_datetime(["2020-01-13", "2020-01-14"])).astype({"open": object})
    data.iloc[1, 0] = "abc"
    with pytest.raises(DataError, match="SPY: column open holds text"):
        Bars.from_frame(data, symbol="SPY")


def test_that_a_frame_round_trips():
    bars = daily(columns={"mood": np.arange(5.0)})
    again = Bars.from_frame(bars.to_frame(), symbol="X", timeframe="1d", stamp="close")
    np.testing.assert_array_equal(again.close, bars.close)
    np.testing.assert_array_equal(again.columns["mood"], bars.columns["mood"])


def test_that_a_panel_is_the_union_of_times_and_fills_nothing():
    panel = Panel.align([daily(3, "A"), daily(3, "B", start=FIRST + 1)])
    assert panel.close.shape == (4, 2)
    assert np.isnan(panel.close[3, 0])
    assert np.isnan(panel.close[0, 1])
    assert panel.close[1].tolist() == [11.0, 10.0]
    assert panel.close[:, 0].flags.c_contiguous


@pytest.mark.parametrize("series", [[], [daily(symbol="A"), daily(symbol="A")]])
def test_that_a_panel_needs_different_symbols(series):
    with pytest.raises(InputError, match="a panel needs different symbols"):
        Panel.align(series)




@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Asia/Tokyo", "UTC"])
def test_that_the_date_of_a_daily_bar_is_the_date_in_its_own_zone(zone):
    index = pd.DatetimeIndex(["2020-01-13", "2020-01-14"]).tz_localize(zone)
    bars = Bars.from_frame(frame(index), symbol="SPY", timeframe="1d")
    assert [bars.label(0), bars.label(1)] == ["2020-01-13", "2020-01-14"]


@pytest.mark.parametrize(
    "index",
    [pd.RangeIndex(2), pd.Index([1.5e9, 1.6e9]), pd.Index(["a", "b"]), pd.DatetimeIndex([pd.NaT, "2020-01-14"])],
)
def test_that_an_index_without_times_is_refused(index):
    with pytest.raises(DataError, match="the index holds"):
        Bars.from_frame(frame(index), symbol="SPY")


def test_that_periods_are_taken_for_their_first_day():
    bars = Bars.from_frame(frame(pd.period_range("2020-01-13", periods=2, freq="D")), symbol="SPY")
    assert bars.label(0) == "2020-01-13"


def test_that_a_frame_with_an_impossible_range_is_refused_rule_3():
    data = frame(pd.to_datetime(["2020-01-13", "2020-01-14"]))
    data.loc[data.index[1], "high"] = data["low"].iloc[1] - 1
    with pytest.raises(DataError, match=r"1 bars have .* first at row 1"):
        Bars.from_frame(data, symbol="SPY")


def test_that_a_column_that_stands_twice_is_refused():
    data = frame(pd.to_datetime(["2020-01-13", "2020-01-14"]))
    with pytest.raises(DataError, match="column open"):
        Bars.from_frame(pd.concat([data, data[["open"]]], axis=1), symbol="SPY")


def test_that_an_unknown_stamp_is_refused():
    with pytest.raises(InputError, match="'open' or 'close'"):
        Bars.from_frame(frame(pd.to_datetime(["2020-01-13"])), symbol="SPY", stamp="middle")
