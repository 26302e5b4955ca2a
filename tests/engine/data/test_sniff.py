"""Delimiters, marks, headers, encodings."""

import gzip

import pytest

from engine.core.errors import DataError
from engine.data.reader import read_bars, read_import
from tests.engine.data.price_files import DAYS, is_the_table, labels, table, write

COMMA = str.maketrans(".", ",")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
@pytest.mark.parametrize("header", ["Date,Open,High,Low,Close,Volume", ""])
def test_that_any_delimiter_is_found_with_and_without_header(tmp_path, delimiter, header):
    found = read_import(write(tmp_path / "x.txt", *table(delimiter=delimiter, header=header)))
    assert found.recipe.delimiter == delimiter
    assert found.recipe.header_rows == bool(header)
    assert is_the_table(found.bars)


@pytest.mark.parametrize("delimiter", [";", "\t", "|", " "])
def test_that_a_decimal_comma_is_found(tmp_path, delimiter):
    lines = table(delimiter=delimiter, number=lambda value: str(value).translate(COMMA))
    found = read_import(write(tmp_path / "x.csv", *lines))
    assert found.recipe.decimal == ","
    assert is_the_table(found.bars)


def test_that_a_decimal_comma_is_found_though_the_first_rows_are_whole(tmp_path):
    rows = [f"{2000 + i // 300}-{i // 25 % 12 + 1:02d}-{i % 25 + 1:02d};10;11;9;10" for i in range(400)]
    found = read_import(write(tmp_path / "x.csv", "Date;Open;High;Low;Close", *rows, "2030-01-01;10,5;11;9;10"))
    assert found.recipe.decimal == ","
    assert found.bars.open[-1] == 10.5


def test_that_thousands_in_quotes_are_read(tmp_path):
    lines = ['"Date","Open","High","Low","Close","Volume"', '"Jan 13, 2020","1,234.50","1,300.00","1,200.25","1,250.00","1.5M"']
    lines += ['"Jan 14, 2020","1,250.00","1,299.00","1,201.00","1,260.75","980K"']
    found = read_import(write(tmp_path / "SPX.csv", *lines))
    assert (found.recipe.decimal, found.recipe.thousands) == (".", ",")
    assert found.bars.close.tolist() == [1250.0, 1260.75]
    assert found.bars.volume.tolist() == [1_500_000, 980_000]
    assert labels(found.bars) == ["2020-01-13", "2020-01-14"]


def test_that_dollar_signs_and_blanks_around_numbers_do_not_matter(tmp_path):
    lines = ["Date,Close/Last,Volume,Open,High,Low", "2020-01-13, $10.50 ,1000,$10.00,$11.00,$9.50"]
    bars = read_bars(write(tmp_path / "x.csv", *lines))
    assert (bars.open[0], bars.high[0], bars.low[0], bars.close[0]) == (10.0, 11.0, 9.5, 10.5)


def test_that_lines_above_the_header_and_a_remark_below_are_skipped(tmp_path):
    lines = ["Downloaded from somewhere", "", "Symbol: KO; daily", *table(), "", "Terms of use apply"]
    found = read_import(write(tmp_path / "x.csv", *lines))
    assert found.recipe.skipped_lines == 2
    assert is_the_table(found.bars)
    assert any(note.startswith("Line 11 below the rows is a remark") for note in found.report.notes)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n\n"])
def test_that_line_ends_do_not_matter(tmp_path, end):
    assert is_the_table(read_bars(write(tmp_path / "x.csv", *table(), end=end)))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_that_encodings_are_found(tmp_path, encoding):
    path = tmp_path / "x.csv"
    lines = table(header="Date,Open,High,Low,Close,Volume,Währung")
    path.write_bytes("\n".join([lines[0], *(f"{row},é" for row in lines[1:])]).encode(encoding))
    found = read_import(path)
    assert found.recipe.encoding == encoding
    assert is_the_table(found.bars)


@pytest.mark.parametrize("name", ["x.csv.gz", "x.txt.gz", "x.csv"])
def test_that_gzip_is_told_by_its_bytes(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(gzip.compress("\n".join(table()).encode()))
    bars = read_bars(path)
    assert is_the_table(bars)
    assert bars.symbol == "x"


def test_that_a_delimiter_at_the_end_of_every_row_is_no_column(tmp_path):
    lines = table()
    assert is_the_table(read_bars(write(tmp_path / "x.csv", lines[0], *(f"{row}," for row in lines[1:]))))


def test_that_prices_may_come_in_any_order_of_columns(tmp_path):
    lines = ["Volume;Low;Close;Date;High;Open", "1000;9.5;10.5;2020-01-13;11;10"]
    assert is_the_table(read_bars(write(tmp_path / "x.csv", *lines)), rows=1)


def test_that_only_closing_prices_are_used_for_all_four_and_told(tmp_path):
    found = read_import(write(tmp_path / "vix.csv", "Date,vix", "1/3/2014,13.76", "1/16/2014,13.55"))
    assert found.bars.open.tolist() == found.bars.low.tolist() == [13.76, 13.55]
    assert "The file has only closing prices (vix): open, high and low are the close" in found.report.notes


def test_that_one_column_of_a_panel_is_chosen_by_its_name(tmp_path):
    path = write(tmp_path / "panel.csv", "Date,pep,ko", "2008-01-18,71.46,60.74", "2008-01-17,72.1,62.04")
    with pytest.raises(DataError, match=r"no price column\. Columns there: Date, pep, ko\. .* --symbol pep"):
        read_bars(path)
    bars = read_bars(path, symbol="KO")
    assert bars.close.tolist() == [62.04, 60.74]
    assert bars.symbol == "KO"
    assert bars.columns["pep"].tolist() == [72.1, 71.46]


def test_that_further_numbers_are_kept_and_text_is_not(tmp_path):
    lines = table(header="Date,Open,High,Low,Close,Volume,Target,Series,Mood")
    path = write(tmp_path / "x.csv", lines[0], *(f"{row},{0.5 * i},EQ,{'' if i else 'x'}" for i, row in enumerate(lines[1:])))
    found = read_import(path)
    assert list(found.bars.columns) == ["target"]
    assert found.bars.columns["target"].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert found.recipe.roles[-3:] == ("extra", "ignored", "ignored")


def test_that_text_in_a_further_column_is_missing_and_told(tmp_path):
    lines = table(header="Date,Open,High,Low,Close,Volume,Target")
    path = write(tmp_path / "x.csv", lines[0], *(f"{row},{'?' if i == 3 else i}" for i, row in enumerate(lines[1:])))
    found = read_import(path)
    assert str(found.bars.columns["target"].tolist()) == "[0.0, 1.0, 2.0, nan, 4.0]"
    assert "Column target has 1 cells of text (first: line 5), read as missing" in found.report.notes


def test_that_the_preview_has_the_first_twenty_rows_as_written(tmp_path):
    rows = [f"2020-02-{i:02d},10.0,11,9,10.50" for i in range(1, 29)]
    found = read_import(write(tmp_path / "x.csv", "Date,Open,High,Low,Close", *rows))
    assert len(found.preview) == 20
    assert found.preview[0] == ["2020-02-01", "10.0", "11", "9", "10.50"]
    assert [column.name for column in found.recipe.columns] == ["Date", "Open", "High", "Low", "Close"]


def test_that_recipe_and_report_are_plain_values(tmp_path):
    import json

    found = read_import(write(tmp_path / "x.csv", *table()))
    document = json.loads(json.dumps({"recipe": found.recipe.to_dict(), "report": found.report.to_dict()}))
    assert document["recipe"]["columns"][0] == {"name": "Date", "role": "time", "key": ""}
    assert document["report"]["rows_used"] == 5
    assert found.report.lines()[0] == "5 of 5 rows used"


def test_that_labels_match_the_days_of_the_file(tmp_path):
    assert labels(read_bars(write(tmp_path / "x.csv", *table()))) == DAYS
