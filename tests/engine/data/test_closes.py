"""Close instants: sessions of a calendar, days of a zone, weeks and months."""

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.core.instrument import AssetClass, Instrument
from engine.core.timeframe import Timeframe
from engine.data.closes import find_closes
from engine.data.reader import read_import
from tests.engine.data.price_files import instants, labels, table, write

PLAIN = Instrument("X")


def closes(days, timeframe, *, instrument=PLAIN, stamp="open"):
    local = np.array(days, "M8[D]").astype(np.int64) * 86_400 * 10**9
    found = find_closes(local, local, Timeframe.parse(timeframe), stamp=stamp, instrument=instrument)
    assert (np.diff(found.time) > 0).all()
    return [str(t) for t in found.time.view("M8[ns]").astype("M8[m]")]


def test_that_a_day_closes_at_its_end():
    assert closes(["2020-01-13"], "1d") == ["2020-01-14T00:00"]


def test_that_a_day_in_a_zone_closes_at_that_zones_midnight():
    tokyo = Instrument("X", time_zone="Asia/Tokyo")
    assert closes(["2020-01-13"], "1d", instrument=tokyo) == ["2020-01-13T15:00"]


def test_that_a_known_calendar_gives_the_sessions_close():
    listed = Instrument("X", calendar="XNYS")
    days = ["2019-11-27", "2019-11-29", "2020-07-01"]  # a half day after Thanksgiving, then summer time
    assert closes(days, "1d", instrument=listed) == ["2019-11-27T21:00", "2019-11-29T18:00", "2020-07-01T20:00"]


def test_that_a_bar_on_a_holiday_closes_at_midnight_and_is_told(tmp_path):
    path = write(tmp_path / "x.csv", *table(["2019-11-27", "2019-11-28", "2019-11-29"]))
    found = read_import(path, instrument=Instrument("X", calendar="XNYS"))
    assert instants(found.bars)[1] == "2019-11-29T00:00:00"
    assert any(note.startswith("1 bars lie on days without a session of XNYS (first: 2019-11-28)") for note in found.report.notes)


def test_that_an_unknown_calendar_is_refused(tmp_path):
    with pytest.raises(InputError, match="unknown exchange calendar 'NYSE1'"):
        read_import(write(tmp_path / "x.csv", *table()), instrument=Instrument("X", calendar="NYSE1"))


def test_that_a_week_labelled_by_its_monday_closes_on_friday_evening():
    assert closes(["2020-01-06", "2020-01-13", "2020-01-21"], "1wk") == ["2020-01-11T00:00", "2020-01-18T00:00", "2020-01-25T00:00"]


def test_that_a_week_of_crypto_closes_on_sunday_evening():
    coin = Instrument("BTCUSD", AssetClass.CRYPTO)
    assert closes(["2020-01-06", "2020-01-13"], "1wk", instrument=coin) == ["2020-01-13T00:00", "2020-01-20T00:00"]


def test_that_a_week_labelled_by_its_sunday_closes_on_friday_evening():
    assert closes(["2020-01-05", "2020-01-12"], "1wk") == ["2020-01-11T00:00", "2020-01-18T00:00"]


def test_that_a_week_labelled_by_its_friday_closes_there():
    assert closes(["2020-01-10", "2020-01-17"], "1wk") == ["2020-01-11T00:00", "2020-01-18T00:00"]
    assert closes(["2020-01-06", "2020-01-13"], "1wk", stamp="close") == ["2020-01-07T00:00", "2020-01-14T00:00"]


def test_that_a_month_labelled_by_its_first_closes_with_the_month():
    assert closes(["2020-01-01", "2020-02-03"], "1mo") == ["2020-02-01T00:00", "2020-03-01T00:00"]
    assert closes(["2020-01-31", "2020-02-28"], "1mo") == ["2020-02-01T00:00", "2020-02-29T00:00"]


def test_that_a_week_closes_with_its_last_session():
    listed = Instrument("X", calendar="XNYS")
    # Good Friday 2020 was 10 April: the week's last session is Thursday.
    assert closes(["2020-04-06", "2020-04-13"], "1wk", instrument=listed) == ["2020-04-09T20:00", "2020-04-17T20:00"]


def test_that_weeks_keep_the_label_of_the_file(tmp_path):
    found = read_import(write(tmp_path / "x.csv", *table(["2020-01-06", "2020-01-13", "2020-01-20"])))
    assert str(found.bars.timeframe) == "1wk"
    assert labels(found.bars) == ["2020-01-06", "2020-01-13", "2020-01-20"]
    assert instants(found.bars)[0] == "2020-01-11T00:00:00"
