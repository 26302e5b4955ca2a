import numpy as np
import pytest

from ivybt_desktop.plots.calendar_ticks import Calendar
from tests.gui.plots.samples import BARS_PER_SESSION, random_bars


@pytest.fixture
def daily():
    return Calendar.of(random_bars(2_600))


@pytest.fixture
def intraday():
    return Calendar.of(random_bars(4_000, minutes=5, zone="America/New_York"))


def texts(ticks):
    return [tick.text for tick in ticks]


def test_that_ten_years_are_labelled_by_year(daily):
    assert texts(daily.ticks(0, 2_599, 12)) == ["2000", *map(str, range(2001, 2010))]


def test_that_a_year_is_labelled_by_month_and_names_the_new_year(daily):
    found = daily.ticks(400, 660, 14)
    assert texts(found) == ["Aug", "Sep", "Oct", "Nov", "Dec", "2002", "Feb", "Mar", "Apr", "May", "Jun", "Jul"]
    assert [tick.text for tick in found if tick.major] == ["2002"]


def test_that_a_month_is_labelled_by_day_and_names_the_new_month(daily):
    found = daily.ticks(15, 30, 20)
    assert texts(found) == ["24", "25", "26", "27", "28", "31", "Feb", "2", "3", "4", "7", "8", "9", "10", "11", "14"]


def test_that_labels_stand_under_the_first_bar_of_their_unit(daily):
    for tick in daily.ticks(0, 2_599, 12)[1:]:
        year = np.datetime64(int(daily.session[tick.bar]), "D").astype("M8[Y]")
        before = np.datetime64(int(daily.session[tick.bar - 1]), "D").astype("M8[Y]")
        assert str(year) == tick.text
        assert before < year


def test_that_an_intraday_session_is_labelled_by_the_clock_of_its_exchange(intraday):
    found = intraday.ticks(0, BARS_PER_SESSION - 1, 8)
    # 14:30 UTC is 09:30 in New York in January; bars carry the time of their close.
    assert texts(found) == ["10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00"]


def test_that_a_new_session_is_named_by_its_date(intraday):
    found = intraday.ticks(40, 40 + 2 * BARS_PER_SESSION, 12)
    assert [tick.text for tick in found if tick.major] == ["4 Jan", "5 Jan"]


def test_that_there_are_never_more_labels_than_room(daily, intraday):
    rng = np.random.default_rng(1)
    for calendar in (daily, intraday):
        size = calendar.time.size
        for _ in range(150):
            first, last = sorted(rng.integers(0, size, 2).tolist())
            count = int(rng.integers(2, 20))
            assert len(calendar.ticks(first, last, count)) <= count


def test_that_labels_do_not_move_while_one_pans(daily):
    def months(first):
        return {tick.bar: tick.text for tick in daily.ticks(first, first + 250, 14)}

    one, other = months(500), months(510)
    shared = one.keys() & other.keys()
    assert len(shared) >= 10
    assert all(one[bar] == other[bar] for bar in shared)


def test_that_stamps_name_the_date_and_the_clock_where_it_means_something(daily, intraday):
    assert daily.stamp(0) == "Mon 3 Jan 2000"
    assert intraday.stamp(0) == "Mon 3 Jan 2000 09:35"
    assert daily.short(int(daily.session[0])) == "2000-01-03"
    assert intraday.short(int(intraday.time[0])) == "2000-01-03 09:35"


def test_that_an_empty_range_has_no_labels(daily):
    assert daily.ticks(10, 5, 8) == []
    assert Calendar(np.empty(0, np.int64), np.empty(0, np.int64), intraday=False).ticks(0, 10, 8) == []
