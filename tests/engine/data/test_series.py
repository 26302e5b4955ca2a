"""Several instruments at once: long files, wide files, several files, finer bars."""

import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.core.errors import DataError, InputError
from engine.core.instrument import AssetClass
from engine.data.options import ReadOptions
from engine.data.reader import read_bars
from engine.data.series import load_finer, load_series, read_imports, read_series
from tests.engine.data.price_files import DAYS, is_the_table, table, write

REFERENCE = os.environ.get("IVYBT_REFERENCE_DATA", "")
needs_reference = pytest.mark.skipif(not REFERENCE, reason="IVYBT_REFERENCE_DATA is not set")
HEADER = "Date,Symbol,Open,High,Low,Close,Volume"


def long_lines(*symbols, stamps=DAYS, by_date=False):
    rows = table(stamps, header="")
    lines = [(row.split(",", 1)[0], f"{row.split(',', 1)[0]},{symbol},{row.split(',', 1)[1]}") for symbol in symbols for row in rows]
    if by_date:
        lines.sort(key=lambda line: line[0])
    return [HEADER, *(line for _, line in lines)]


def symbols_of(series):
    return [bars.symbol for bars in series]


def frame(symbols, stamps, seed=0, intraday=False):
    rng = np.random.default_rng(seed)
    parts = []
    for symbol in symbols:
        close = np.round(50 * np.exp(np.cumsum(rng.normal(0, 0.01, len(stamps)))), 3)
        open_ = np.round(close * (1 + rng.normal(0, 0.003, len(stamps))), 3)
        parts.append(pd.DataFrame({
            "timestamp": stamps, "symbol": symbol, "open": open_, "high": np.maximum(open_, close) + 0.05,
            "low": np.minimum(open_, close) - 0.05, "close": close, "volume": rng.integers(1, 1000, len(stamps)),
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("by_date", [False, True])
def test_that_a_long_file_gives_every_symbol_in_the_order_of_its_first_row(tmp_path, by_date):
    series = load_series(write(tmp_path / "x.csv", *long_lines("PEP", "KO", "AAPL", by_date=by_date)))
    assert symbols_of(series) == ["PEP", "KO", "AAPL"]
    assert all(is_the_table(bars) for bars in series)
    assert all(str(bars.timeframe) == "1d" for bars in series)


def test_that_symbols_choose_and_order_in_any_case(tmp_path):
    path = write(tmp_path / "x.csv", *long_lines("PEP", "KO", "AAPL"))
    assert symbols_of(load_series(path, symbols=("aapl", "PEP"))) == ["AAPL", "PEP"]
    assert symbols_of(read_series(path, symbols=("KO",))) == ["KO"]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "feather", "csv.gz"])
def test_that_one_symbol_of_many_is_what_read_bars_gives(tmp_path, suffix):
    data = frame(["KO", "PEP", "BTC-USD"], pd.bdate_range("2019-01-01", periods=60, tz="UTC"))
    data = data.sample(frac=1, random_state=1).sort_values("timestamp", kind="stable")
    path = tmp_path / f"x.{suffix}"
    if suffix == "parquet":
        data.astype({"symbol": "category"}).to_parquet(path, index=False)
    elif suffix == "feather":
        data.to_feather(path)
    else:
        path.write_bytes(gzip.compress(data.to_csv(index=False).encode()) if "gz" in suffix else data.to_csv(index=False).encode())
    for bars in load_series(path):
        alone = read_bars(path, symbol=bars.symbol)
        assert (bars.digest, bars.instrument) == (alone.digest, alone.instrument)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from("ABCD"), min_size=4, max_size=30), st.data())
def test_that_rows_find_their_symbol_in_any_order(tmp_path_factory, letters, data):
    path = tmp_path_factory.mktemp("long") / "x.csv"
    counts = dict.fromkeys(letters, 0)
    lines = [HEADER]
    for letter in letters:
        day = np.datetime64("2020-01-01") + counts[letter]
        counts[letter] += 1
        price = 10 + ord(letter) + counts[letter]
        lines.append(f"{day},{letter},{price},{price},{price},{price},1")
    write(path, *lines)
    wanted = data.draw(st.lists(st.sampled_from(sorted(counts)), unique=True))
    series = load_series(path, symbols=wanted)
    assert symbols_of(series) == (wanted or list(dict.fromkeys(letters)))
    for bars in series:
        expected = 10 + ord(bars.symbol) + np.arange(1, counts[bars.symbol] + 1)
        np.testing.assert_array_equal(bars.close, expected)
        assert str(bars.timeframe) == "1d"


def test_that_a_missing_symbol_suggests_the_nearest(tmp_path):
    path = write(tmp_path / "x.csv", *long_lines("GOOG", "KO"))
    with pytest.raises(InputError, match=r"no symbol 'GOOGL' in x\.csv\. Did you mean 'GOOG'") as raised:
        load_series(path, symbols=("KO", "GOOGL"))
    assert (raised.value.field, raised.value.value) == ("data.symbols", "GOOGL")
    with pytest.raises(InputError, match="There are GOOG, KO"):
        load_series(path, symbols=("ZZZZ",))


def test_that_a_symbol_given_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match="ko is given twice"):
        load_series(write(tmp_path / "x.csv", *long_lines("PEP", "KO")), symbols=("KO", "ko"))


def test_that_one_symbol_in_two_files_is_refused_and_both_are_named(tmp_path):
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    write(first, *long_lines("PEP", "KO"))
    write(second, *long_lines("KO", "AAPL"))
    with pytest.raises(InputError, match=r"KO is in .*first\.csv and in .*second\.csv") as raised:
        load_series(first, (second,))
    assert raised.value.field == "data.files"
    assert symbols_of(load_series(first, (second,), symbols=("AAPL", "PEP"))) == ["AAPL", "PEP"]


def test_that_files_of_one_instrument_are_named_after_themselves(tmp_path):
    for name in ("KO", "PEP", "SPY"):
        write(tmp_path / f"{name}.csv", *table())
    paths = [tmp_path / f"{name}.csv" for name in ("PEP", "KO", "SPY")]
    assert symbols_of(read_series(*paths)) == ["PEP", "KO", "SPY"]
    assert symbols_of(load_series(None, paths, symbols=("SPY", "PEP"))) == ["SPY", "PEP"]


def test_that_a_lone_file_without_a_symbol_takes_the_one_asked_for(tmp_path):
    path = write(tmp_path / "prices.csv", *table())
    assert symbols_of(load_series(path, symbols=("SPY",))) == ["SPY"]
    assert symbols_of(load_series(path)) == ["prices"]


def test_that_a_file_that_names_its_symbol_is_not_renamed(tmp_path):
    path = write(tmp_path / "x.csv", *long_lines("QQQ"))
    assert symbols_of(load_series(path)) == ["QQQ"]
    with pytest.raises(InputError, match="no symbol 'SPY'"):
        load_series(path, symbols=("SPY",))


def test_that_no_file_is_refused():
    with pytest.raises(InputError, match="no price file is given") as raised:
        load_series(None)
    assert raised.value.field == "data.file"


def test_that_samples_may_stand_beside_files(tmp_path):
    path = write(tmp_path / "KO.csv", *table())
    assert symbols_of(load_series("sample:SPX", (path,))) == ["SPX", "KO"]
    assert symbols_of(load_series("sample:SPX", (path,), symbols=("KO",))) == ["KO"]
    assert load_series("sample:SPX", multiplier=5)[0].instrument.multiplier == 5


def test_that_faults_are_told_by_symbol_with_their_line_in_the_file(tmp_path):
    lines = long_lines("KO", "PEP", "SPY")
    lines[7] = lines[7].replace(",9.5,", ",-9.5,").replace(",10.25,", ",-10.25,")  # line 8: PEP's second day
    path = write(tmp_path / "x.csv", *lines)
    with pytest.raises(DataError) as raised:
        load_series(path)
    assert "1 of 3 symbols cannot be used. PEP: 1 of 5 rows" in str(raised.value)
    assert "line 8, Low -10.25" in str(raised.value)
    assert "--bad-rows drop" in str(raised.value)
    assert symbols_of(load_series(path, symbols=("KO", "SPY"))) == ["KO", "SPY"]
    assert [len(bars) for bars in load_series(path, bad_rows="drop")] == [5, 4, 5]


def test_that_the_line_is_right_when_symbols_are_mixed(tmp_path):
    lines = long_lines("KO", "PEP", by_date=True)
    lines[4] = "2020-01-14,PEP,1,2,3,1,5"  # line 5
    with pytest.raises(DataError, match=r"PEP: 1 of 5 rows .*high below the low \(line 5, High 2, Low 3\)"):
        load_series(write(tmp_path / "x.csv", *lines))


def test_that_many_faulty_symbols_are_counted(tmp_path):
    symbols = [f"S{i}" for i in range(9)]
    lines = [line.replace("2020-01-14", "2020-01-13") for line in long_lines(*symbols)]
    with pytest.raises(DataError, match=r"9 of 9 symbols cannot be used\. S0: .*S2: .*; and 6 more"):
        load_series(write(tmp_path / "x.csv", *lines))


def test_that_rows_without_a_symbol_are_refused_or_left_out(tmp_path):
    lines = [*long_lines("KO", "PEP"), "2020-01-20,,1,1,1,1,1"]
    path = write(tmp_path / "x.csv", *lines)
    with pytest.raises(DataError, match=r"1 without a symbol \(first: line 12\)"):
        load_series(path)
    assert [len(bars) for bars in load_series(path, bad_rows="drop")] == [5, 5]


def test_that_a_row_with_too_few_cells_is_refused(tmp_path):
    path = write(tmp_path / "x.csv", *long_lines("KO", "PEP"), "2020-01-20,KO,1")
    with pytest.raises(DataError, match=r"wrong number of columns \(line 12"):
        load_series(path)


def test_that_dates_are_read_alike_for_all_symbols(tmp_path):
    # Only PEP's 13th tells that the day comes first.
    lines = [HEADER, *(f"0{i}/04/2020,KO,1,1,1,1,1" for i in range(1, 6)), *(f"{i}/04/2020,PEP,1,1,1,1,1" for i in range(10, 15))]
    for bars, first in zip(load_series(write(tmp_path / "x.csv", *lines)), ("2020-04-01", "2020-04-10"), strict=True):
        assert bars.label(0) == first


def test_that_a_symbol_of_one_row_has_the_bar_length_of_the_others(tmp_path):
    stamps = [f"2020-01-13 {hour:02d}:00" for hour in range(9, 14)]
    lines = [*long_lines("KO", "PEP", stamps=stamps), "2020-01-13 12:00,NEW,1,1,1,1,1"]
    series = load_series(write(tmp_path / "x.csv", *lines))
    assert [str(bars.timeframe) for bars in series] == ["1h", "1h", "1h"]
    assert series[2].time[0] == series[0].time[3]


def test_that_a_time_zone_holds_for_every_symbol(tmp_path):
    stamps = [f"2020-01-13 {hour:02d}:30" for hour in range(9, 14)]
    path = write(tmp_path / "x.csv", *long_lines("KO", "PEP", stamps=stamps))
    for bars in read_series(path, time_zone="America/New_York"):
        assert str(bars.time[0].astype("M8[ns]"))[:16] == "2020-01-13T15:30"


def test_that_the_hour_that_comes_twice_is_told_apart_symbol_by_symbol(tmp_path):
    stamps = ["2020-11-01 00:30", "2020-11-01 01:30", "2020-11-01 01:30", "2020-11-01 02:30", "2020-11-01 03:30"]
    # PEP did not trade in one of the two hours: its times cannot be told apart, those of KO can.
    pep = [line for i, line in enumerate(long_lines("PEP", stamps=stamps)) if i not in (0, 3)]
    path = write(tmp_path / "x.csv", *long_lines("KO", stamps=stamps), *pep)
    ko, pep = read_series(path, time_zone="America/New_York")
    assert list(np.diff(ko.time) // 10**9) == [3_600] * 4
    assert list(np.diff(pep.time) // 10**9) == [3_600, 7_200, 3_600]


def test_that_one_bar_is_of_any_stated_length(tmp_path):
    path = write(tmp_path / "x.csv", *table()[:2])
    assert str(load_series(path, timeframe="1wk")[0].timeframe) == "1wk"


def test_that_what_is_stated_holds_for_every_instrument(tmp_path):
    path = write(tmp_path / "x.csv", *long_lines("A", "B"))
    for bars in load_series(path, asset_class="future", multiplier=50, tick_size=0.25):
        assert (bars.instrument.asset_class, bars.instrument.multiplier, bars.instrument.tick_size) == (AssetClass.FUTURE, 50, 0.25)


def test_that_a_guessed_contract_stays_unless_stated(tmp_path):
    path = write(tmp_path / "ES=F.csv", *table())
    plain, stated = load_series(path)[0].instrument, load_series(path, multiplier=5, tick_size=0.5)[0].instrument
    assert (plain.multiplier, plain.tick_size) == (50, 0.25)
    assert (stated.multiplier, stated.tick_size) == (5, 0.5)
    share = read_bars(path, asset_class="equity").instrument
    assert (share.asset_class, share.multiplier, share.tick_size) == (AssetClass.EQUITY, 1, 0)


def test_that_a_stated_future_may_have_negative_prices(tmp_path):
    rows = [*table(), "2020-01-20,-1,1,-2,-1,5"]
    path = write(tmp_path / "OIL.csv", *rows)
    with pytest.raises(DataError, match="negative"):
        load_series(path)
    assert load_series(path, asset_class="future")[0].close[-1] == -1


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [("multiplier", 0, "above 0"), ("multiplier", float("nan"), "above 0"), ("tick_size", -1, "0 or above"), ("asset_class", "stock", "not possible")],
)  # fmt: skip
def test_that_impossible_statements_are_refused(tmp_path, option, value, words):
    path = write(tmp_path / "x.csv", *table())
    with pytest.raises(InputError, match=words) as raised:
        load_series(path, **{option: value})
    assert raised.value.field == option


@pytest.mark.parametrize("option", ["symbol", "instrument"])
def test_that_one_symbol_or_instrument_is_refused_for_several(tmp_path, option):
    value = "KO" if option == "symbol" else engine.Instrument("KO")
    with pytest.raises(InputError, match="not possible for several"):
        read_series(write(tmp_path / "x.csv", *table()), **{option: value})


def panel_lines():
    return ["Date,SPY,C,TLT", *(f"{day},{100 + i},{50 + i},{10 + i}" for i, day in enumerate(DAYS))]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_that_columns_of_closes_are_an_instrument_each(tmp_path, suffix):
    path = write(tmp_path / "panel.csv", *panel_lines())
    if suffix == "parquet":
        data = pd.read_csv(path, parse_dates=["Date"])
        path = tmp_path / "panel.parquet"
        data.to_parquet(path, index=False)
    assert symbols_of(load_series(path)) == ["SPY", "C", "TLT"]
    tlt, spy = load_series(path, symbols=("TLT", "spy"))
    np.testing.assert_array_equal(tlt.close, 10 + np.arange(5))
    np.testing.assert_array_equal(spy.open, 100 + np.arange(5))
    with pytest.raises(InputError, match="There are SPY, C, TLT"):
        load_series(path, symbols=("XXX",))


def test_that_bid_and_ask_are_no_instruments_unless_asked_for(tmp_path):
    path = write(tmp_path / "x.csv", "Date,BID,ASK", *(f"{day},1,2" for day in DAYS))
    with pytest.raises(DataError, match="no price column"):
        load_series(path)
    assert symbols_of(load_series(path, symbols=("ASK",))) == ["ASK"]


def test_that_tickers_above_the_columns_are_an_instrument_each(tmp_path):
    lines = [
        "Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume", "Ticker,KO,PEP,KO,PEP,KO,PEP,KO,PEP,KO,PEP",
        "Date,,,,,,,,,,", *(f"{day},{10 + i},{20 + i},{11 + i},{21 + i},{9 + i},{19 + i},{10 + i},{20 + i},5,6" for i, day in enumerate(DAYS)),
    ]  # fmt: skip
    ko, pep = load_series(write(tmp_path / "x.csv", *lines))
    assert symbols_of([ko, pep]) == ["KO", "PEP"]
    np.testing.assert_array_equal(pep.close, 20 + np.arange(5))
    np.testing.assert_array_equal(ko.high, 11 + np.arange(5))


def test_that_an_import_of_every_symbol_tells_what_was_found(tmp_path):
    path = write(tmp_path / "x.csv", *long_lines("KO", "PEP"))
    items = read_imports([path], (), ReadOptions())
    assert [item.report.rows_read for item in items] == [5, 5]
    assert [item.recipe.symbol for item in items] == ["KO", "PEP"]


def minutes(day="2020-01-13", count=60):
    return [f"{day} {9 + i // 60:02d}:{i % 60:02d}" for i in range(count)]


def flat_rows(stamps, header="Date,Open,High,Low,Close,Volume", symbol=""):
    middle = f",{symbol}" if symbol else ""
    return ([header] if header else []) + [f"{stamp}{middle},10,11,9,10,5" for stamp in stamps]


def test_that_finer_bars_take_the_instrument_they_belong_to(tmp_path):
    days = load_series(write(tmp_path / "ES=F.csv", *table()))
    finer = load_finer(write(tmp_path / "es_minutes.csv", *flat_rows(minutes())), days)
    assert finer[0].instrument == days[0].instrument
    assert str(finer[0].timeframe) == "1m"
    assert len(finer[0]) == 60


def test_that_finer_bars_are_matched_by_symbol(tmp_path):
    days = load_series(write(tmp_path / "x.csv", *long_lines("KO", "PEP", "SPY")))
    lines = [HEADER, *flat_rows(minutes(), "", "SPY"), *flat_rows(minutes(), "", "ko"), *flat_rows(minutes(), "", "QQQ")]
    assert symbols_of(load_finer(write(tmp_path / "m.csv", *lines), days)) == ["KO", "SPY"]


@pytest.mark.parametrize(
    ("stamps", "words"),
    [
        (DAYS, "are 1d long, those of the run 1d"), (minutes("2021-05-03"), "lie outside those of the run"),
        (minutes("2020-01-12"), "lie outside those of the run"),
    ],
)  # fmt: skip
def test_that_finer_bars_must_be_shorter_and_of_the_same_time(tmp_path, stamps, words):
    days = load_series(write(tmp_path / "KO.csv", *table()))
    with pytest.raises(InputError, match=words) as raised:
        load_finer(write(tmp_path / "finer.csv", *flat_rows(stamps)), days)
    assert raised.value.field == "data.finer"


def test_that_finer_bars_of_other_instruments_are_refused(tmp_path):
    days = load_series(write(tmp_path / "x.csv", *long_lines("KO", "PEP")))
    with pytest.raises(InputError, match=r"none of the instruments\. It has QQQ; the run trades KO, PEP"):
        load_finer(write(tmp_path / "QQQ.csv", *flat_rows(minutes())), days)


def test_that_the_public_name_is_there():
    assert engine.read_series is read_series


@needs_reference
@pytest.mark.golden
@pytest.mark.parametrize(
    ("name", "count", "rows"),
    [("us_stocks_600_2007_2017.parquet", 600, 1_594_978), ("us_etfs_daily.parquet", 48, None), ("sp500_100_stocks_5yr_2013_2018.parquet", None, None)],
)  # fmt: skip
def test_that_large_long_files_are_read_whole(name, count, rows):
    path = Path(REFERENCE) / "equities_daily" / name
    series = load_series(path, bad_rows="drop")
    assert count is None or len(series) == count
    assert rows is None or sum(map(len, series)) == rows
    for bars in series[:: max(1, len(series) // 3)]:
        assert bars.digest == read_bars(path, symbol=bars.symbol, bad_rows="drop").digest
