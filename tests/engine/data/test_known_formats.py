"""Each known export is told by its layout, and its times become close instants."""

import pytest

from engine.core.errors import DataError
from engine.data.formats import known_formats
from engine.data.reader import read_import
from tests.engine.data.price_files import DAYS, PRICES, instants, is_the_table, labels, table, write

MINUTES = ["09:00", "09:01", "09:02", "09:03", "09:04"]
ONE_MINUTE_LATER = [f"2020-01-13T09:0{i}:00" for i in range(1, 6)]


def joined(delimiter, *columns):
    return [delimiter.join(map(str, row)) for row in zip(*columns, strict=True)]


def column(i):
    return [row[i] for row in PRICES]


def test_that_a_yahoo_download_keeps_its_adjusted_close(tmp_path):
    lines = ["Date,Open,High,Low,Close,Adj Close,Volume"]
    lines += joined(",", DAYS, *(column(i) for i in range(4)), column(3), column(4))
    found = read_import(write(tmp_path / "KO.csv", *lines))
    assert found.recipe.format == "yahoo"
    assert is_the_table(found.bars)
    assert list(found.bars.columns) == ["adj_close"]
    assert found.bars.symbol == "KO"
    assert labels(found.bars) == DAYS


def test_that_yfinance_header_rows_give_the_ticker(tmp_path):
    lines = ["Price,Close,High,Low,Open,Volume", "Ticker,NVDA,NVDA,NVDA,NVDA,NVDA", "Date,,,,,"]
    lines += joined(",", DAYS, column(3), column(1), column(2), column(0), column(4))
    found = read_import(write(tmp_path / "download.csv", *lines))
    assert found.recipe.format == "yfinance_multi"
    assert found.recipe.header_rows == 3
    assert found.bars.symbol == "NVDA"
    assert is_the_table(found.bars)


def test_that_a_ticker_is_picked_from_several_in_the_header(tmp_path):
    header = [",Open,Open,High,High,Low,Low,Close,Close", ",KO,PEP,KO,PEP,KO,PEP,KO,PEP", "Date,,,,,,,,"]
    rows = [f"{day},1,{o},2,{h},1,{lo},2,{c}" for day, (o, h, lo, c, _) in zip(DAYS, PRICES, strict=True)]
    path = write(tmp_path / "two.csv", *header, *rows)
    with pytest.raises(Exception, match=r"holds 2 symbols\. Choose one with --symbol .*: KO, PEP"):
        read_import(path)
    bars = read_import(path, symbol="PEP").bars
    assert bars.symbol == "PEP"
    assert bars.close.tolist() == column(3)
    assert not bars.columns


def test_that_yfinance_offsets_keep_the_local_date(tmp_path):
    lines = ["Date,Open,High,Low,Close,Volume,Dividends,Stock Splits"]
    lines += [f"{day} 00:00:00+02:00,{o},{h},{lo},{c},{v},0.0,0.0" for day, (o, h, lo, c, v) in zip(DAYS, PRICES, strict=True)]
    found = read_import(write(tmp_path / "8TRA.csv", *lines))
    assert found.recipe.format == "yfinance"
    assert found.recipe.time_zone == "as written"
    assert labels(found.bars) == DAYS
    assert sorted(found.bars.columns) == ["dividends", "stock_splits"]


def test_that_stooq_names_are_cleaned(tmp_path):
    found = read_import(write(tmp_path / "aapl.us.txt", *table()))
    assert found.recipe.format == "stooq"
    assert found.bars.symbol == "AAPL"
    assert is_the_table(found.bars)


def test_that_the_stooq_archive_is_read_with_its_compact_times(tmp_path):
    lines = ["<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>"]
    rows = zip(DAYS, PRICES, strict=True)
    lines += [f"KO.US,D,{day.replace('-', '')},000000,{o},{h},{lo},{c},{v},0" for day, (o, h, lo, c, v) in rows]
    found = read_import(write(tmp_path / "ko.us.txt", *lines))
    assert found.recipe.format == "stooq_archive"
    assert found.bars.symbol == "KO.US"
    assert labels(found.bars) == DAYS
    assert is_the_table(found.bars)


def test_that_metatrader_4_stamps_the_open(tmp_path):
    lines = joined(",", ["2020.01.13"] * 5, MINUTES, *(column(i) for i in range(5)))
    found = read_import(write(tmp_path / "EURUSD1.csv", *lines))
    assert found.recipe.format == "metatrader4"
    assert found.recipe.header_rows == 0
    assert found.recipe.time_format == "%Y.%m.%d %H:%M"
    assert instants(found.bars) == ONE_MINUTE_LATER
    assert str(found.bars.timeframe) == "1m"
    assert found.bars.symbol == "EURUSD"
    assert is_the_table(found.bars)
    assert any("server time" in note for note in found.report.notes)


def test_that_metatrader_5_uses_ticks_where_real_volume_is_zero(tmp_path):
    lines = ["<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"]
    clock = [f"{minute}:00" for minute in MINUTES]
    lines += joined("\t", ["2020.01.13"] * 5, clock, *(column(i) for i in range(5)), [0] * 5, [15] * 5)
    found = read_import(write(tmp_path / "EURUSD_M1.csv", *lines))
    assert found.recipe.format == "metatrader5"
    assert found.recipe.delimiter == "\t"
    assert is_the_table(found.bars)
    assert found.bars.columns["spread"].tolist() == [15.0] * 5
    assert instants(found.bars) == ONE_MINUTE_LATER


def test_that_metatrader_5_days_have_no_time_column(tmp_path):
    lines = ["<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"]
    lines += joined("\t", [d.replace("-", ".") for d in DAYS], *(column(i) for i in range(5)), [0] * 5, [1] * 5)
    found = read_import(write(tmp_path / "EURUSD_D1.csv", *lines))
    assert found.recipe.format == "metatrader5"
    assert labels(found.bars) == DAYS


def test_that_metatrader_rates_of_python_are_known(tmp_path):
    lines = ["time,open,high,low,close,tick_volume,spread,real_volume"]
    lines += joined(",", [f"2020-01-13 {m}:00" for m in MINUTES], *(column(i) for i in range(5)), [1] * 5, [0] * 5)
    found = read_import(write(tmp_path / "rates.csv", *lines))
    assert found.recipe.format == "metatrader_rates"
    assert is_the_table(found.bars)


def test_that_lines_in_quotes_with_tabs_are_unwrapped(tmp_path):
    lines = ["Time\tOpen\tHigh\tLow\tClose\tVolume"]
    lines += joined("\t", [f"2020-01-13 {m}:00" for m in MINUTES], *(column(i) for i in range(5)))
    found = read_import(write(tmp_path / "EURUSD_M1.csv", *(f'"{line}"' for line in lines), end="\r\n"))
    assert found.recipe.format == "metatrader_quoted"
    assert found.recipe.quoted_lines
    assert is_the_table(found.bars)
    assert found.preview[0][0] == "2020-01-13 09:00:00"


def test_that_ninjatrader_stamps_the_close(tmp_path):
    stamps = [f"20200113 090{i}00" for i in range(1, 6)]
    found = read_import(write(tmp_path / "ES.txt", *joined(";", stamps, *(column(i) for i in range(5)))))
    assert found.recipe.format == "ninjatrader"
    assert found.recipe.stamp == "close"
    assert instants(found.bars) == ONE_MINUTE_LATER
    assert is_the_table(found.bars)


@pytest.mark.parametrize(("scale", "unit"), [(10**3, "ms"), (10**6, "us")])
def test_that_binance_klines_are_known_in_milli_and_microseconds(tmp_path, scale, unit):
    start = 1_578_906_000  # 2020-01-13 09:00 UTC
    lines = [
        f"{(start + 60 * i) * scale},{o},{h},{lo},{c},{v},{(start + 60 * i + 60) * scale - 1},7,3,2,1,0"
        for i, (o, h, lo, c, v) in enumerate(PRICES)
    ]
    found = read_import(write(tmp_path / "BTCUSDT-1m-2020-01.csv", *lines))
    assert found.recipe.format == "binance"
    assert found.recipe.epoch_unit == unit
    assert found.bars.symbol == "BTCUSDT"
    assert instants(found.bars) == ONE_MINUTE_LATER
    assert is_the_table(found.bars)
    assert found.bars.columns["quote_volume"].tolist() == [7.0] * 5
    assert "close_time" not in found.bars.columns


def test_that_bitfinex_is_told_by_which_price_is_highest(tmp_path):
    start = 1_578_906_000_000
    lines = [f"{start + 60_000 * i},{o},{c},{h},{lo},{v}" for i, (o, h, lo, c, v) in enumerate(PRICES)]
    found = read_import(write(tmp_path / "BTCUSD.csv", *lines))
    assert found.recipe.format == "bitfinex"
    assert is_the_table(found.bars)


def test_that_columns_whose_order_does_not_show_are_refused(tmp_path):
    lines = [f"{1_578_906_000_000 + 60_000 * i},7,7,7,7,1" for i in range(5)]
    with pytest.raises(DataError, match="without a header the columns of open, high, low and close do not show"):
        read_import(write(tmp_path / "flat.csv", *lines))


def test_that_cryptodatadownload_loses_its_advertisement_and_its_order(tmp_path):
    start = 1_578_873_600  # 2020-01-13
    rows = [f"{start + 86_400 * i},{day} 00:00:00,BTC/USD,{o},{h},{lo},{c},{v},9" for i, (day, (o, h, lo, c, v)) in enumerate(zip(DAYS, PRICES, strict=True))]
    lines = ["https://www.CryptoDataDownload.com", "unix,date,symbol,open,high,low,close,Volume BTC,Volume USD", *rows[::-1]]
    found = read_import(write(tmp_path / "Bitstamp_BTCUSD_d.csv", *lines))
    assert found.recipe.format == "cryptodatadownload"
    assert found.recipe.skipped_lines == 1
    assert found.report.order_reversed
    assert found.bars.symbol == "BTC/USD"
    assert labels(found.bars) == DAYS
    assert is_the_table(found.bars)


def test_that_the_unnamed_index_of_a_pandas_frame_is_the_time(tmp_path):
    found = read_import(write(tmp_path / "GOOG.csv", *table(header=",Open,High,Low,Close,Volume")))
    assert found.recipe.format == "pandas"
    assert found.recipe.roles == ("time", "open", "high", "low", "close", "volume")
    assert is_the_table(found.bars)


def test_that_an_unnamed_column_of_row_numbers_is_ignored(tmp_path):
    lines = [",Date,Open,High,Low,Close,Volume"] + [f"{i},{row}" for i, row in enumerate(table(header=""))]
    found = read_import(write(tmp_path / "IGE.csv", *lines))
    assert found.recipe.roles[:2] == ("ignored", "time")
    assert is_the_table(found.bars)
    assert not found.bars.columns


def test_that_row_names_without_a_header_of_their_own_are_ignored(tmp_path):
    lines = ['"Date","Open","High","Low","Close","Volume"'] + [f'"{i + 1}",{row}' for i, row in enumerate(table(header=""))]
    assert is_the_table(read_import(write(tmp_path / "r.csv", *lines)).bars)


def test_that_date_time_openinterest_stamps_the_close(tmp_path):
    lines = ["Date,Time,Open,High,Low,Close,Volume,OpenInterest"]
    lines += joined(",", ["2020-01-13"] * 5, [f"09:0{i}:00" for i in range(1, 6)], *(column(i) for i in range(5)), [0] * 5)
    found = read_import(write(tmp_path / "min.txt", *lines))
    assert found.recipe.format == "backtrader"
    assert instants(found.bars) == ONE_MINUTE_LATER
    assert read_import(tmp_path / "min.txt", stamp="open").recipe.stamp == "open"


def test_that_dukascopy_has_the_day_first(tmp_path):
    stamps = [f"02.01.2020 09:0{i}:00.000" for i in range(5)]
    found = read_import(write(tmp_path / "EURUSD.csv", *table(stamps, header="Gmt time,Open,High,Low,Close,Volume")))
    assert found.recipe.format == "dukascopy"
    assert instants(found.bars)[0] == "2020-01-02T09:01:00"


def test_that_one_letter_names_count_only_together(tmp_path):
    found = read_import(write(tmp_path / "x.csv", *table(header="t,o,h,l,c,v")))
    assert is_the_table(found.bars)
    with pytest.raises(DataError, match="no price column"):
        read_import(write(tmp_path / "panel.csv", "Date,AAPL,C", "2020-01-13,1,2", "2020-01-14,2,3"))


def test_that_every_format_has_a_name_and_words():
    names = [known.name for known in known_formats()]
    assert len(names) == len(set(names)) >= 14
    assert all(known.title and known.stamp in ("open", "close") for known in known_formats())
