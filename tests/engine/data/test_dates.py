"""Dates, times of day, zones and epochs: what a text says, and what a column of them says."""

import numpy as np
import pytest

from engine.core.errors import DataError, InputError
from engine.data.reader import read_bars, read_import
from engine.data.stamp_text import (
    looks_like_epoch,
    looks_like_stamp,
    pattern,
    read_day,
    read_moment,
    read_stamp,
)
from tests.engine.data.price_files import instants, labels, table, write


def when(text):
    day, moment = read_stamp(text)
    utc = day.number * 86_400 * 10**9 + moment.nanoseconds - (moment.offset or 0)
    return str(np.datetime64(utc, "ns"))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2020-01-02", "2020-01-02T00:00:00.000000000"),
        ("2020/1/2 9:05", "2020-01-02T09:05:00.000000000"),
        ("2020.01.02 09:05:06", "2020-01-02T09:05:06.000000000"),
        ("2020-01-02T09:05:06.5", "2020-01-02T09:05:06.500000000"),
        ("2020-01-02T09:05:06.123456789Z", "2020-01-02T09:05:06.123456789"),
        ("2020-01-02 09:05:06+02:00", "2020-01-02T07:05:06.000000000"),
        ("2020-01-02 09:05:06 -0430", "2020-01-02T13:35:06.000000000"),
        ("2020-01-02 09:05:06.000 GMT+0100", "2020-01-02T08:05:06.000000000"),
        ("20200102", "2020-01-02T00:00:00.000000000"),
        ("20200102 090506", "2020-01-02T09:05:06.000000000"),
        ("20200102090506", "2020-01-02T09:05:06.000000000"),
        ("202001020905", "2020-01-02T09:05:00.000000000"),
        ("2-Jan-20", "2020-01-02T00:00:00.000000000"),
        ("02 January 2020 9:05 PM", "2020-01-02T21:05:00.000000000"),
        ("Jan 2, 2020", "2020-01-02T00:00:00.000000000"),
        ("2020-01-02 12:00 AM", "2020-01-02T00:00:00.000000000"),
        ("2020-01-02 24:00", "2020-01-03T00:00:00.000000000"),
        ("1962-01-02", "1962-01-02T00:00:00.000000000"),
    ],
)
def test_that_a_stamp_is_read(text, instant):
    assert when(text) == instant


@pytest.mark.parametrize("text", ["", "2020-02-30", "20201301", "2020-01-02 25:00", "12:61", "yesterday", "1.5", "100000"])
def test_that_other_texts_are_no_stamps(text):
    assert read_stamp(text) is None
    assert read_day(text) is None
    assert not looks_like_stamp(text)


def test_that_the_order_of_two_small_numbers_stays_open():
    assert read_day("03/04/2020").parts == (3, 4, 2020)
    assert read_day("3.4.20").parts == (3, 4, 2020)
    assert read_day("3.4.70").parts == (3, 4, 1970)


def test_that_a_time_of_day_is_read():
    assert read_moment("09:30").nanoseconds == 34_200 * 10**9
    assert read_moment("9:30 pm").nanoseconds == 77_400 * 10**9
    assert read_moment("093000").nanoseconds == 34_200 * 10**9
    assert read_moment("13:00 PM") is None


@pytest.mark.parametrize("text", ["1577955600", "1577955600000", "1577955600000000", "1577955600000000000", "1577955600.25", "1.5779556E9"])
def test_that_epochs_are_told_by_their_digits(text):
    assert looks_like_epoch(text)


@pytest.mark.parametrize(
    ("text", "order", "shown"),
    [
        ("2020-01-02 09:05:06", "ymd", "%Y-%m-%d %H:%M:%S"),
        ("03/04/2020", "dmy", "%d/%m/%Y"),
        ("3.4.20 9:05 AM", "mdy", "%m.%d.%y %I:%M %p"),
        ("20200102 090506", "ymd", "%Y%m%d %H%M%S"),
        ("2020-01-02T09:05:06.000Z", "ymd", "%Y-%m-%dT%H:%M:%S.%f%z"),
        ("Jan 2, 2020", "dmy", "%b %d, %Y"),
        ("2-January-2020", "dmy", "%d-%B-%Y"),
    ],
)
def test_that_the_pattern_of_a_stamp_is_told(text, order, shown):
    assert pattern(text, order) == shown


def test_that_any_day_above_twelve_decides_the_order(tmp_path):
    assert labels(read_bars(write(tmp_path / "a.csv", *table(["09/01/2020", "10/01/2020", "13/01/2020"]))))[-1] == "2020-01-13"
    assert labels(read_bars(write(tmp_path / "b.csv", *table(["01/09/2020", "01/10/2020", "01/13/2020"]))))[-1] == "2020-01-13"


def test_that_an_ambiguous_order_names_both_readings(tmp_path):
    path = write(tmp_path / "x.csv", *table(["03/04/2020", "06/04/2020", "07/04/2020"]))
    with pytest.raises(InputError) as raised:
        read_bars(path)
    assert str(raised.value) == (
        "x.csv: '03/04/2020' may be 3 April 2020 or 4 March 2020, and no date in the file decides. "
        "Say --day-first or --month-first (in Python day_first=True or False)"
    )
    assert raised.value.field == "day_first"


def test_that_twelve_is_a_month_as_well(tmp_path):
    with pytest.raises(InputError, match="may be 11 January 2020 or 1 November 2020"):
        read_bars(write(tmp_path / "x.csv", *table(["11/01/2020", "12/01/2020"])))


def test_that_the_person_decides_an_ambiguous_order(tmp_path):
    path = write(tmp_path / "x.csv", *table(["03/04/2020", "06/04/2020", "07/04/2020"]))
    found = read_import(path, day_first=True)
    assert labels(found.bars) == ["2020-04-03", "2020-04-06", "2020-04-07"]
    assert found.recipe.date_order == "dmy"
    assert labels(read_bars(path, day_first=False)) == ["2020-03-04", "2020-06-04", "2020-07-04"]


def test_that_the_only_reading_in_time_order_is_taken(tmp_path):
    # Day first: 5 March, 6 March, 1 April; month first the third row would go back.
    found = read_import(write(tmp_path / "x.csv", *table(["05/03/2020", "06/03/2020", "01/04/2020"])))
    assert labels(found.bars) == ["2020-03-05", "2020-03-06", "2020-04-01"]


def test_that_dates_equal_in_both_readings_need_no_decision(tmp_path):
    assert labels(read_bars(write(tmp_path / "x.csv", *table(["03/03/2020"])))) == ["2020-03-03"]


def test_that_mixed_orders_are_refused(tmp_path):
    path = write(tmp_path / "x.csv", *table(["13/01/2020", "01/14/2020", "02/02/2020"]))
    with pytest.raises(DataError, match="the dates are mixed: '13/01/2020' has the day first, '01/14/2020' the month"):
        read_bars(path)


@pytest.mark.parametrize(("scale", "unit"), [(1, "s"), (10**3, "ms"), (10**6, "us"), (10**9, "ns")])
def test_that_epoch_units_are_found(tmp_path, scale, unit):
    found = read_import(write(tmp_path / "x.csv", *table([str((1_578_906_000 + 60 * i) * scale) for i in range(5)])))
    assert found.recipe.epoch_unit == unit
    assert instants(found.bars)[0] == "2020-01-13T09:01:00"


def test_that_an_epoch_may_change_its_unit_on_the_way(tmp_path):
    stamps = ["1578906000", "1578906060", "1578906120000", "1578906180000"]
    assert instants(read_bars(write(tmp_path / "x.csv", *table(stamps)))) == [f"2020-01-13T09:0{i}:00" for i in range(1, 5)]


def test_that_fractions_of_epoch_seconds_are_kept(tmp_path):
    bars = read_bars(write(tmp_path / "x.csv", *table([f"{1_578_906_000 + i}.250" for i in range(5)])), stamp="close")
    assert bars.time[0] == 1_578_906_000_250_000_000


def test_that_offsets_are_converted_row_by_row(tmp_path):
    stamps = ["2024-03-29 09:00:00+01:00", "2024-03-29 10:00:00+01:00", "2024-04-01 09:00:00+02:00"]
    found = read_import(write(tmp_path / "x.csv", *table(stamps)))
    assert instants(found.bars) == ["2024-03-29T09:00:00", "2024-03-29T10:00:00", "2024-04-01T08:00:00"]
    assert found.recipe.time_zone == "as written"


def test_that_a_stated_zone_follows_its_summer_time(tmp_path):
    stamps = ["2024-03-08 09:30", "2024-03-08 09:31", "2024-03-11 09:30", "2024-03-11 09:31"]
    found = read_import(write(tmp_path / "x.csv", *table(stamps)), time_zone="America/New_York")
    assert instants(found.bars)[::2] == ["2024-03-08T14:31:00", "2024-03-11T13:31:00"]
    assert found.recipe.time_zone == "America/New_York"


def test_that_the_doubled_hour_of_autumn_is_told_apart_by_order(tmp_path):
    stamps = ["2024-11-03 00:30", "2024-11-03 01:00", "2024-11-03 01:30", "2024-11-03 01:00", "2024-11-03 01:30"]
    bars = read_bars(write(tmp_path / "x.csv", *table(stamps)), time_zone="America/New_York")
    assert np.unique(np.diff(bars.time)).tolist() == [1800 * 10**9]


def test_that_a_doubled_hour_that_shows_once_is_taken_for_the_first_and_told(tmp_path):
    stamps = ["2024-11-03 00:30", "2024-11-03 01:00", "2024-11-03 01:30", "2024-11-03 02:00", "2024-11-03 02:30"]
    found = read_import(write(tmp_path / "x.csv", *table(stamps)), time_zone="America/New_York")
    assert instants(found.bars)[1] == "2024-11-03T05:30:00"
    assert any("twice in autumn" in note for note in found.report.notes)


def test_that_a_time_that_spring_leaves_out_is_refused(tmp_path):
    stamps = ["2024-03-10 01:30", "2024-03-10 02:00", "2024-03-10 03:00", "2024-03-10 03:30", "2024-03-10 04:00"]
    with pytest.raises(DataError, match=r"1 with a time that cannot be read \(line 3, 2024-03-10 02:00\)"):
        read_bars(write(tmp_path / "x.csv", *table(stamps)), time_zone="America/New_York")


def test_that_date_and_time_columns_of_uneven_length_are_joined(tmp_path):
    lines = ["Date,Time,Open,High,Low,Close", "1/13/2020,9:59,10,11,9,10", "1/13/2020,10:00,10,11,9,10", "1/14/2020,10:01,10,11,9,10"]
    assert instants(read_bars(write(tmp_path / "x.csv", *lines)))[:2] == ["2020-01-13T10:00:00", "2020-01-13T10:01:00"]


def test_that_stamps_of_uneven_length_are_split(tmp_path):
    stamps = ["1/13/2020 9:59", "1/13/2020 10:00", "1/13/2020 10:01", "1/13/2020 10:02"]
    found = read_import(write(tmp_path / "x.csv", *table(stamps)))
    assert instants(found.bars)[0] == "2020-01-13T10:00:00"
    assert found.recipe.time_format == "%m/%d/%Y %H:%M"


def test_that_a_date_among_stamps_is_midnight(tmp_path):
    stamps = ["2020-01-13 22:00", "2020-01-13 23:00", "2020-01-14", "2020-01-14 01:00"]
    assert instants(read_bars(write(tmp_path / "x.csv", *table(stamps))))[2] == "2020-01-14T01:00:00"


def test_that_blanks_around_stamps_do_not_matter(tmp_path):
    stamps = [f"  2020-01-1{i} 00:00 " for i in range(3, 6)]
    assert labels(read_bars(write(tmp_path / "x.csv", *table(stamps, delimiter=";")))) == ["2020-01-13", "2020-01-14", "2020-01-15"]


def test_that_unevenly_spaced_rows_keep_their_times(tmp_path):
    stamps = ["2020-01-13 09:00:03.5", "2020-01-13 09:04:11.25", "2020-01-13 09:05:00.1", "2020-01-13 09:17:59.9"]
    found = read_import(write(tmp_path / "x.csv", *table(stamps)))
    assert found.recipe.stamp == "close"
    assert instants(found.bars)[0] == "2020-01-13T09:00:03"
    assert any("not evenly spaced" in note for note in found.report.notes)
