"""Symbols from file names, asset classes, gaps and the audit."""

import json

import numpy as np
import pytest

from engine.core.bars import Bars
from engine.core.instrument import AssetClass, Instrument
from engine.core.timeframe import Timeframe
from engine.data.gaps import find_gaps, summarise
from engine.data.quality import audit
from engine.data.report import duration
from engine.data.symbols import instrument_of, symbol_of

NS = 10**9
NO_DAYS = np.empty(0, np.int64)


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("aapl.us.txt.gz", "AAPL"), ("GOOG.csv", "GOOG"), ("backtestingpy_GOOG.csv", "backtestingpy_GOOG"),
        ("BTCUSDT-1m-2021-07.csv.gz", "BTCUSDT"), ("Bitstamp_BTCUSD_d.csv", "BTCUSD"), ("EURUSD60.csv", "EURUSD"),
        ("EURUSD_H1.csv", "EURUSD"), ("USDJPYh1.csv.gz", "USDJPY"), ("MT4_x_EURUSD60.csv", "EURUSD"),
        ("XAUUSD_h1.parquet", "XAUUSD"), ("GOOGLE60.csv", "GOOGLE60"), ("CL=F.csv.gz", "CL=F"), ("BRK.B.csv", "BRK.B"),
        ("sp500.parquet", "sp500"),
    ],
)  # fmt: skip
def test_that_the_symbol_is_the_stem_without_what_is_surely_no_part_of_it(name, symbol):
    assert symbol_of(name) == symbol


@pytest.mark.parametrize(
    ("symbol", "kind"),
    [("EURUSD", "fx"), ("XAUUSD", "fx"), ("CL=F", "future"), ("BTC/USD", "crypto"), ("KO", "equity")],
)
def test_that_the_asset_class_follows_the_symbol(symbol, kind):
    assert instrument_of(symbol, NO_DAYS, Timeframe(1, "d")).asset_class == kind


def test_that_sunday_evenings_alone_make_no_crypto():
    days = np.arange(18_000, 18_100, dtype=np.int64)
    without_saturdays = days[(days + 3) % 7 != 5]
    assert instrument_of("ES", without_saturdays, Timeframe(1, "m")).asset_class is AssetClass.EQUITY


def test_that_weekend_bars_make_crypto_but_not_in_months():
    days = np.arange(18_000, 18_100, dtype=np.int64)
    assert instrument_of("FTX", days, Timeframe(1, "d")).asset_class is AssetClass.CRYPTO
    assert instrument_of("FTX", days, Timeframe(1, "mo")).asset_class is AssetClass.EQUITY


PLAIN = Instrument("X")


def series(days=None, minutes=None, close=None, instrument=PLAIN, **columns):
    if days is not None:
        session = np.array(days, "M8[D]").astype(np.int64)
        time, length = (session + 1) * 86_400 * NS, Timeframe(1, "d")
    else:
        time, length = np.array(minutes, "M8[s]").astype(np.int64) * NS, Timeframe(1, "m")
        session = (time - 1) // (86_400 * NS)
    close = np.full(len(time), 10.0) + np.arange(len(time)) * 0.01 if close is None else np.array(close, float)
    prices = {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": np.ones(len(time))}
    return Bars(instrument, length, time=time, session=session, **(prices | columns))


def test_that_weekends_and_single_holidays_are_no_gaps():
    assert not find_gaps(series(["2020-01-16", "2020-01-17", "2020-01-21", "2020-01-22"])).size


def test_that_a_missing_week_is_a_gap():
    gaps = summarise(series(["2020-01-16", "2020-01-17", "2020-01-27"]))
    assert (gaps.count, gaps.largest_seconds, gaps.largest_after) == (1, 10 * 86_400, "2020-01-17")


def test_that_crypto_has_no_weekends():
    coin = Instrument("BTCUSD", AssetClass.CRYPTO)
    assert find_gaps(series(["2020-01-16", "2020-01-17", "2020-01-20"], instrument=coin)).tolist() == [1]


def test_that_nights_are_no_gaps_except_for_crypto():
    stamps = ["2020-01-16T20:59", "2020-01-16T21:00", "2020-01-17T14:31", "2020-01-17T14:35"]
    assert find_gaps(series(minutes=stamps)).tolist() == [2]
    assert find_gaps(series(minutes=stamps, instrument=Instrument("BTCUSD", AssetClass.CRYPTO))).tolist() == [1, 2]


def test_that_one_bar_has_no_gaps():
    assert summarise(series(["2020-01-16"])).count == 0


def test_that_clean_bars_have_no_findings():
    report = audit(series(["2020-01-16", "2020-01-17", "2020-01-20"]))
    assert report.is_clean
    assert report.lines() == ("Nothing looks wrong",)


def test_that_the_audit_names_the_first_bar_of_each_finding():
    days = np.arange("2020-01-01", "2020-01-31", dtype="M8[D]")
    close = np.full(30, 10.0)
    close[:10] = np.arange(10) + 1.0
    close[20:] = 25.0 + np.arange(10)
    high, low = close + 1, close - 0.5
    high[10:20] = low[10:20] = close[10:20]
    high[22] = low[22] - 1
    volume = np.ones(30)
    volume[[3, 5]] = 0
    low[24] = close[24] + 0.001
    report = audit(series(days, close=close, high=high, low=low, volume=volume, instrument=Instrument("X", AssetClass.CRYPTO)))
    found = {item.name: item for item in report.findings}
    assert {name: (item.count, item.first) for name, item in found.items()} == {
        "spikes": (2, "2020-01-02"), "stale": (1, "2020-01-11"), "zero_volume": (2, "2020-01-04"),
        "inverted": (1, "2020-01-23"), "outside": (1, "2020-01-25"),
    }  # fmt: skip
    assert found["spikes"].detail == "the largest is +150.0% at 2020-01-21; splits look like this"
    assert found["stale"].detail == "the longest has 10 bars from 2020-01-11"
    assert found["zero_volume"].title == "bars without volume"


def test_that_rounding_dust_is_told_apart():
    bars = series(["2020-01-16", "2020-01-17"], close=[10.0, 10.0], high=[10.000001, 9.999995])
    assert audit(bars).findings[0].detail == "all within rounding"


def test_that_prices_below_zero_and_gaps_are_found():
    bars = series(["2020-01-16", "2020-02-17"], close=[10.0, -3.0])
    found = {item.name: item for item in audit(bars).findings}
    assert found["gaps"].detail == "the longest lasts 32 days after 2020-01-16"
    assert found["not_positive"].detail == "the lowest is -4"


def test_that_all_volumes_zero_is_no_finding():
    assert audit(series(["2020-01-16", "2020-01-17"], volume=np.zeros(2))).is_clean


def test_that_the_audit_is_plain_values():
    document = json.loads(json.dumps(audit(series(["2020-01-16", "2020-02-17"])).to_dict()))
    assert document["findings"][0]["name"] == "gaps"
    assert document["bars"] == 2


@pytest.mark.parametrize(("seconds", "words"), [(12, "12 seconds"), (90, "1.5 minutes"), (7200, "2 hours"), (432_000, "5 days")])
def test_that_durations_are_told_in_words(seconds, words):
    assert duration(seconds) == words
