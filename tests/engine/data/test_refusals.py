"""Files that are no price files: each refusal says what, where and what to do."""

import pytest

from engine.core.errors import DataError, InputError
from engine.data.reader import read_bars
from tests.engine.data.price_files import table, write


def test_that_a_missing_file_suggests_the_near_name(tmp_path):
    write(tmp_path / "prices.csv", *table())
    with pytest.raises(InputError) as raised:
        read_bars(tmp_path / "price.csv")
    assert str(raised.value) == f"{tmp_path / 'price.csv'}: there is no such file. Did you mean 'prices.csv'?"
    assert raised.value.field == "data.file"


def test_that_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match=r"There is no folder .*nowhere"):
        read_bars(tmp_path / "nowhere" / "x.csv")


def test_that_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="this is a folder"):
        read_bars(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\n\n  \n", b"\xef\xbb\xbf"])
def test_that_an_empty_file_is_refused(tmp_path, content):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as raised:
        read_bars(path)
    assert str(raised.value) == "x.csv: the file is empty. Export it again"


def test_that_a_header_without_rows_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"x\.csv: there is a header and no rows"):
        read_bars(write(tmp_path / "x.csv", "Date,Open,High,Low,Close"))


def test_that_a_file_without_prices_names_its_columns(tmp_path):
    path = write(tmp_path / "x.csv", "TIMESTAMP,BID,ASK", "2020-01-13 16:53:50,0.5346,0.5347")
    with pytest.raises(DataError) as raised:
        read_bars(path)
    assert str(raised.value) == (
        "x.csv: no price column. Columns there: TIMESTAMP, BID, ASK. "
        "To read one of them as closing prices name it with --symbol, such as --symbol BID"
    )


def test_that_missing_prices_of_four_are_named(tmp_path):
    path = write(tmp_path / "x.csv", "Date,Open,Close", "2020-01-13,1,2")
    with pytest.raises(DataError, match=r"no column for high and low\. Columns there: Date, Open, Close"):
        read_bars(path)


def test_that_a_file_without_times_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"x\.csv: no time column\. Columns there: Open, High, Low, Close"):
        read_bars(write(tmp_path / "x.csv", "Open,High,Low,Close", "1,2,1,2", "2,3,2,3"))


def test_that_unreadable_times_are_refused_with_an_example(tmp_path):
    with pytest.raises(DataError, match="no row has a time that can be read such as 'yesterday'"):
        read_bars(write(tmp_path / "x.csv", "Date,Open,High,Low,Close", "yesterday,1,2,1,2", "today,2,3,2,3"))


def test_that_prose_is_no_table(tmp_path):
    with pytest.raises(DataError, match=r"no table of times and prices found\. Expected lines such as"):
        read_bars(write(tmp_path / "x.txt", "Dear trader,", "here are the prices you asked for."))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest", "zip archive or a spreadsheet"),
        (b"\x1f\x8b\x08\x00damaged", "gzip file is damaged"),
        (b"PAR1damaged", "parquet file is damaged"),
        (b"ARROW1damaged", "feather file is damaged"),
        (b"\x00\x01\x02\x03", "not a text file"),
    ],
)
def test_that_other_containers_are_refused_in_words(tmp_path, content, words):
    path = tmp_path / "x.bin"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_bars(path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bad_rows": "skip"}, "'skip' is not possible here"),
        ({"stamp": "end"}, "'end' is not possible here"),
        ({"timeframe": "daily"}, "'daily' is not a bar length"),
        ({"time_zone": "America/NewYork"}, "unknown time zone 'America/NewYork'. Did you mean 'America/New_York'?"),
    ],
)
def test_that_options_are_checked(tmp_path, options, words):
    path = write(tmp_path / "x.csv", *table())
    with pytest.raises(InputError) as raised:
        read_bars(path, **options)
    assert words in str(raised.value)
    assert raised.value.field in options


def test_that_a_longer_bar_than_the_rows_is_refused(tmp_path):
    path = write(tmp_path / "x.csv", *table([f"2020-01-13 09:0{i}" for i in range(5)]))
    with pytest.raises(InputError, match="the rows are 1m apart, not 1h"):
        read_bars(path, timeframe="1h")
