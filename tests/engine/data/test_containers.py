"""Parquet and Feather: types instead of text, and several instruments in one file."""

import numpy as np
import pandas as pd
import pytest
from pyarrow import feather

from engine.core.errors import DataError, InputError
from engine.data.reader import read_bars, read_import
from tests.engine.data.price_files import DAYS, PRICES, instants, is_the_table, labels

COLUMNS = ["open", "high", "low", "close", "volume"]


def frame(index=None, **columns):
    data = pd.DataFrame(PRICES, columns=COLUMNS, index=index)
    return data.assign(**columns)


def test_that_an_unnamed_time_index_is_found(tmp_path):
    frame(pd.DatetimeIndex(DAYS)).to_parquet(tmp_path / "KO.parquet")
    found = read_import(tmp_path / "KO.parquet")
    assert found.recipe.kind == "parquet"
    assert labels(found.bars) == DAYS
    assert is_the_table(found.bars)
    assert found.bars.symbol == "KO"
    assert found.preview[0][:5] == ["10", "11", "9.5", "10.5", "1000"]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_that_time_types_keep_their_zone_and_unit(tmp_path, unit, zone):
    stamps = pd.date_range("2020-01-13 09:30", periods=5, freq="1min", tz=zone).as_unit(unit)
    frame(timestamp=stamps).to_parquet(tmp_path / "x.parquet")
    bars = read_bars(tmp_path / "x.parquet")
    assert instants(bars)[0] == ("2020-01-13T14:31:00" if zone == "America/New_York" else "2020-01-13T09:31:00")


def test_that_days_in_a_zone_keep_their_date(tmp_path):
    frame(date=pd.DatetimeIndex(DAYS, tz="Asia/Tokyo")).to_parquet(tmp_path / "x.parquet")
    found = read_import(tmp_path / "x.parquet")
    assert labels(found.bars) == DAYS
    assert found.recipe.time_zone == "Asia/Tokyo"


@pytest.mark.parametrize(
    "dates",
    [
        pd.Series(pd.to_datetime(DAYS)).dt.date,
        np.array([20200113, 20200114, 20200115, 20200116, 20200117]),
        np.array([1_578_873_600 + 86_400 * i for i in range(5)]),
        np.array([1_578_873_600_000.0 + 86_400_000 * i for i in range(5)]),
        DAYS,
    ],
    ids=["date", "compact integer", "epoch integer", "epoch float", "text"],
)
def test_that_dates_of_other_types_are_read(tmp_path, dates):
    frame(Date=dates).to_parquet(tmp_path / "x.parquet")
    assert labels(read_bars(tmp_path / "x.parquet")) == DAYS


def test_that_a_naive_server_time_beside_the_stamp_is_ignored(tmp_path):
    stamps = pd.date_range("2020-01-13 09:00", periods=5, freq="1h", tz="UTC")
    frame(server_time=stamps.tz_localize(None) + pd.Timedelta("2h"), timestamp=stamps).to_parquet(tmp_path / "x.parquet")
    assert instants(read_bars(tmp_path / "x.parquet"))[0] == "2020-01-13T10:00:00"


def test_that_feather_is_read(tmp_path):
    feather.write_feather(frame(date=pd.DatetimeIndex(DAYS, tz="UTC")), str(tmp_path / "x.feather"))
    found = read_import(tmp_path / "x.feather")
    assert found.recipe.kind == "feather"
    assert is_the_table(found.bars)


def long_table(tmp_path, **types):
    two = pd.concat([frame(date=DAYS, symbol="KO"), frame(date=DAYS, symbol="PEP") * 1])
    path = tmp_path / "long.parquet"
    two.astype(types).to_parquet(path, index=False)
    return path


@pytest.mark.parametrize("types", [{}, {"symbol": "category"}])
def test_that_a_long_table_asks_for_its_symbol(tmp_path, types):
    path = long_table(tmp_path, **types)
    with pytest.raises(InputError) as raised:
        read_bars(path)
    assert str(raised.value) == "long.parquet: the file holds 2 symbols. Choose one with --symbol (in Python symbol=...): KO, PEP. engine.read_series reads several"
    assert raised.value.field == "symbol"
    bars = read_bars(path, symbol="pep")
    assert bars.symbol in ("pep", "PEP")
    assert is_the_table(bars)


def test_that_a_symbol_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"the file has no symbol 'MSFT'.*KO, PEP"):
        read_bars(long_table(tmp_path), symbol="MSFT")


def test_that_faults_of_the_second_symbol_name_the_row_of_the_file(tmp_path):
    two = pd.concat([frame(date=DAYS, symbol="KO"), frame(date=DAYS, symbol="PEP")], ignore_index=True)
    two.loc[6, "low"] = -1.0
    two.to_parquet(tmp_path / "x.parquet", index=False)
    with pytest.raises(DataError, match=r"1 with a negative or zero price \(row 7, low -1\)"):
        read_bars(tmp_path / "x.parquet", symbol="PEP")


def test_that_missing_and_infinite_prices_are_refused_apart(tmp_path):
    data = frame(date=DAYS)
    data.loc[1, "open"], data.loc[3, "close"] = np.nan, np.inf
    data.to_parquet(tmp_path / "x.parquet", index=False)
    with pytest.raises(DataError) as raised:
        read_bars(tmp_path / "x.parquet")
    assert "1 with a missing price (row 2, open empty)" in str(raised.value)
    assert "1 with text in a price (row 4, close inf)" in str(raised.value)


def test_that_truth_values_become_numbers(tmp_path):
    frame(date=DAYS, signal=[True, False, True, True, False]).to_parquet(tmp_path / "x.parquet", index=False)
    assert read_bars(tmp_path / "x.parquet").columns["signal"].tolist() == [1, 0, 1, 1, 0]


def test_that_a_table_without_rows_is_refused(tmp_path):
    frame(date=DAYS)[:0].to_parquet(tmp_path / "x.parquet", index=False)
    with pytest.raises(DataError, match="there are columns and no rows"):
        read_bars(tmp_path / "x.parquet")


def test_that_reading_imports_no_pandas(tmp_path):
    import subprocess
    import sys

    frame(pd.DatetimeIndex(DAYS)).to_parquet(tmp_path / "x.parquet")
    (tmp_path / "x.csv").write_text("Date,Open,High,Low,Close\n2020-01-13 09:00,1,2,1,2\n")
    code = f"""
import sys
from engine.data.reader import read_bars
read_bars({str(tmp_path / "x.csv")!r}), read_bars({str(tmp_path / "x.parquet")!r})
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
