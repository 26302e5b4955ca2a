"""Faulty rows: refused with counts and first lines, dropped, or repaired."""

import pytest

from engine.core.errors import DataError
from engine.core.instrument import AssetClass, Instrument
from engine.data.reader import read_bars, read_import
from tests.engine.data.price_files import DAYS, PRICES, is_the_table, labels, table, write

WAY_OUT = 'Correct the file, or leave these rows out with --bad-rows drop (in Python bad_rows="drop")'


def spoiled(tmp_path, **changes):
    """Write the usual table with some lines replaced: line_3="...", line 1 is the header."""
    lines = table()
    for name, text in changes.items():
        lines[int(name.removeprefix("line_")) - 1] = text
    return write(tmp_path / "prices.csv", *lines)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2020-01-14,10.5,abc,10.25,11.75,2000", "1 with text in a price (line 3, High abc)"),
        ("2020-01-14,10.5,inf,10.25,11.75,2000", "1 with text in a price (line 3, High inf)"),
        ("2020-01-14,10.5,12,-10.25,11.75,2000", "1 with a negative or zero price (line 3, Low -10.25)"),
        ("2020-01-14,0,12,10.25,11.75,2000", "1 with a negative or zero price (line 3, Open 0)"),
        ("2020-01-14,10.5,,10.25,11.75,2000", "1 with a missing price (line 3, High empty)"),
        ("2020-01-14,null,null,null,null,null", "1 with a missing price (line 3, Open empty)"),
        ("2020-01-14,10.5,10.25,12,11.75,2000", "1 with the high below the low (line 3, High 10.25, Low 12)"),
        ("2020-01-14,10.5,12,10.25,12.5,2000",
         "1 with the open or close outside low to high (line 3, Open 10.5, High 12, Low 10.25, Close 12.5)"),
        ("2020-01-14,10.5,12,10.25,11.75,many", "1 with a volume that is text or negative (line 3, Volume many)"),
        ("2020-01-14,10.5,12,10.25,11.75,-5", "1 with a volume that is text or negative (line 3, Volume -5)"),
        ("2020-01-32,10.5,12,10.25,11.75,2000", "1 with a time that cannot be read (line 3, 2020-01-32)"),
        ("2020-01-13,10.5,12,10.25,11.75,2000", "1 with a time that is there already (line 3, 2020-01-13)"),
        ("2020-01-01,10.5,12,10.25,11.75,2000", "1 out of time order (line 3, 2020-01-01)"),
        ("2020-01-14,10.5,12,10.25", "1 with the wrong number of columns (line 3, 4 instead of 6)"),
    ],
)  # fmt: skip
def test_that_a_faulty_row_is_refused_with_reason_and_line_and_can_be_dropped(tmp_path, line, words):
    path = spoiled(tmp_path, line_3=line)
    with pytest.raises(DataError) as raised:
        read_bars(path)
    assert str(raised.value) == f"prices.csv: 1 of 5 rows cannot be used: {words}. {WAY_OUT}"
    found = read_import(path, bad_rows="drop")
    assert [item.words for item in found.report.refused] == [words]
    if "order" not in words:
        assert labels(found.bars) == [DAYS[0], *DAYS[2:]]


def test_that_several_reasons_are_told_with_their_own_first_lines(tmp_path):
    path = spoiled(tmp_path, line_3="2020-01-14,x,12,10.25,11.75,1", line_5="2020-01-16,y,12,10.25,11.75,1", line_6="2020-01-17,-1,2,-1,1,1")
    with pytest.raises(DataError, match=r"3 of 5 rows cannot be used: 2 with text in a price \(first: line 3, Open x\); 1 with a negative"):
        read_bars(path)


def test_that_blank_lines_and_lines_above_the_header_count_as_lines(tmp_path):
    lines = table()
    lines[3] = lines[3].replace("11.75", "oops", 1)
    path = write(tmp_path / "x.csv", "exported by hand", "", lines[0], lines[1], "", lines[2], "1,2", lines[3], *lines[4:])
    with pytest.raises(DataError) as raised:
        read_bars(path)
    assert "1 with the wrong number of columns (line 7, 2 instead of 6)" in str(raised.value)
    assert "1 with text in a price (line 8, Open oops)" in str(raised.value)


def test_that_unsorted_and_duplicate_times_are_refused_and_drop_sorts(tmp_path):
    order = [0, 2, 1, 3, 3, 4]
    path = write(tmp_path / "x.csv", *table([DAYS[i] for i in order], [PRICES[i] for i in order]))
    with pytest.raises(DataError) as raised:
        read_bars(path)
    assert "2 of 6 rows cannot be used" in str(raised.value)
    assert "1 out of time order (line 4, 2020-01-14)" in str(raised.value)
    assert "1 with a time that is there already (line 6, 2020-01-16)" in str(raised.value)
    found = read_import(path, bad_rows="drop")
    assert is_the_table(found.bars)
    assert found.report.duplicates == 1
    assert labels(found.bars) == DAYS


def test_that_drop_keeps_the_first_of_two_and_repair_the_last(tmp_path):
    path = write(tmp_path / "x.csv", *table(), "2020-01-17,1,3,1,2,7")
    assert read_bars(path, bad_rows="drop").volume[-1] == 1250
    assert read_bars(path, bad_rows="repair").volume[-1] == 7


def test_that_newest_first_is_turned_round_and_told(tmp_path):
    lines = table()
    found = read_import(write(tmp_path / "x.csv", lines[0], *lines[:0:-1]))
    assert found.report.order_reversed
    assert not found.report.refused
    assert is_the_table(found.bars)
    assert "The file stands newest first; it was turned round" in found.report.lines()


def test_that_newest_first_with_a_double_names_the_later_line(tmp_path):
    lines = table()
    path = write(tmp_path / "x.csv", lines[0], *lines[:0:-1], lines[1])
    with pytest.raises(DataError, match=r"there already \(line 7, 2020-01-13\)"):
        read_bars(path)


def test_that_of_two_rows_of_one_time_the_first_of_the_file_is_kept_newest_first_too(tmp_path):
    lines = table()
    path = write(tmp_path / "x.csv", lines[0], *lines[:0:-1], "2020-01-13,1,3,1,2,7")
    assert read_bars(path, bad_rows="drop").volume[0] == 1000
    assert read_bars(path, bad_rows="repair").volume[0] == 7


def test_that_rounding_dust_is_widened_and_told(tmp_path):
    path = spoiled(tmp_path, line_3="2020-01-14,10.5,11.749999,10.25,11.75,2000")
    found = read_import(path)
    assert found.report.dust == 1
    assert found.bars.high[1] == 11.75
    assert any("1 row has an open or close outside low to high by rounding" in line for line in found.report.lines())


def test_that_repair_widens_ranges_and_swaps_high_and_low(tmp_path):
    path = spoiled(tmp_path, line_3="2020-01-14,10.5,10.25,12,11.75,2000", line_4="2020-01-15,11.75,11.875,11,12.5,1500")
    found = read_import(path, bad_rows="repair")
    assert (found.bars.high[1], found.bars.low[1]) == (12.0, 10.25)
    assert found.bars.high[2] == 12.5
    assert found.report.repaired == 2
    assert len(found.bars) == 5
    assert any(line.endswith("repaired") for line in found.report.lines())


def test_that_repair_still_drops_rows_without_a_price(tmp_path):
    path = spoiled(tmp_path, line_3="2020-01-14,10.5,x,10.25,11.75,2000")
    assert len(read_bars(path, bad_rows="repair")) == 4


def test_that_a_future_may_be_negative(tmp_path):
    path = spoiled(tmp_path, line_3="2020-01-14,10.5,12,-40.32,-37.63,2000")
    bars = read_bars(path, instrument=Instrument("CL", AssetClass.FUTURE))
    assert bars.close[1] == -37.63
    path.rename(tmp_path / "CL=F.csv")
    assert read_bars(tmp_path / "CL=F.csv").instrument.asset_class is AssetClass.FUTURE


def test_that_a_missing_volume_is_zero_and_told(tmp_path):
    found = read_import(spoiled(tmp_path, line_3="2020-01-14,10.5,12,10.25,11.75,"))
    assert found.bars.volume[1] == 0
    assert "Volume is missing in 1 row and taken as 0" in found.report.notes


def test_that_nothing_left_is_an_error(tmp_path):
    path = write(tmp_path / "x.csv", "Date,Open,High,Low,Close", "2020-01-13,a,a,a,a", "2020-01-14,b,1,1,1")
    with pytest.raises(DataError, match="no row can be used: 2 with text in a price"):
        read_bars(path, bad_rows="drop")


def test_that_many_rows_of_one_time_are_said_to_look_like_ticks(tmp_path):
    rows = [f"2020-01-13 09:00:0{i // 4},{10 + i}" for i in range(12)]
    with pytest.raises(DataError, match="look like ticks or like several instruments"):
        read_bars(write(tmp_path / "x.csv", "Time,Price", *rows))


def test_that_a_fault_in_a_large_file_is_found_by_line(tmp_path):
    days = [f"{1900 + i // 336}-{i // 28 % 12 + 1:02d}-{i % 28 + 1:02d}" for i in range(30_000)]
    lines = [f"{day},10,11,9,10,5" for day in days]
    lines[25_000] = lines[25_000].replace("11", "1l")
    with pytest.raises(DataError, match=r"1 of 30,000 rows cannot be used: 1 with text in a price \(line 25002, High 1l\)"):
        read_bars(write(tmp_path / "x.csv", "Date,Open,High,Low,Close,Volume", *lines))
