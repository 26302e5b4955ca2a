"""Indicators against series that others published (data/references.md, section 9).

Where a convention differs the test says which, and compares what is left of the value once it is taken out.
"""

import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import talib

from engine.core.bars import Bars
from engine.indicators.bank import compute
from engine.indicators.channel import bollinger, donchian
from engine.indicators.ichimoku import ichimoku_ahead, middle_of_range
from engine.indicators.keltner import keltner
from engine.indicators.moving_average import ema, sma
from engine.indicators.oscillator import macd, rsi
from engine.indicators.trend import supertrend
from engine.indicators.volatility import atr, stdev, true_range
from tests.engine.data.stock_indicators import quotes

FOLDER = os.environ.get("IVYBT_REFERENCE_DATA")
pytestmark = [
    pytest.mark.golden,
    pytest.mark.skipif(not FOLDER, reason="IVYBT_REFERENCE_DATA is not set"),
]
EXACT = {"rtol": 1e-8, "atol": 0.0}


def archive(name):
    return zipfile.ZipFile(Path(FOLDER) / "references" / name)


@pytest.fixture(scope="module")
def stock():
    """Bars of Stock.Indicators and its published columns by indicator and column."""
    with archive("stock_indicators.zip") as held:
        names = [n for n in held.namelist() if n.startswith("results/") and n.endswith(".standard.json")]
        tables = {n.split("/")[1].split(".")[0]: pd.DataFrame(json.loads(held.read(n))) for n in names}
        return quotes(held), lambda kind, column: tables[kind][column].astype(float).to_numpy()


def lean(name):
    """Bars of one of LEAN's files and its further columns."""
    with archive("lean_indicator_reference.zip") as held:
        frame = pd.read_csv(io.BytesIO(held.read(name)))
    days = frame.pop("Date").str.split().str[0]  # some rows have a time of day
    frame.index = pd.to_datetime(days, format="%Y-%m-%d" if "-" in days[0] else "%m/%d/%Y")
    frame.columns = [column.lower() for column in frame.columns]
    prices = frame[["open", "high", "low", "close"]].copy()
    prices["high"] = prices.max(axis=1)
    prices["low"] = prices.min(axis=1)
    return Bars.from_frame(prices, symbol="SPY", timeframe="1d"), frame


def agree(found, expected, start=0, **tolerance):
    found, expected = found[start:], expected[start:]
    known = np.isfinite(expected)
    assert known.sum() > 100
    np.testing.assert_allclose(found[known], expected[known], **(tolerance or EXACT))


def test_that_supertrend_is_the_published_one(stock):
    bars, column = stock
    line, direction = compute(bars, supertrend(10, 3.0))
    published, is_upper = column("supertrend", "superTrend"), np.isfinite(column("supertrend", "upperBand"))
    # Ours says nothing until a close has left the first bands; theirs starts at the upper one.
    decided = np.isfinite(line)
    assert decided[40:].all()
    agree(line[decided], published[decided])
    np.testing.assert_array_equal(direction[decided] < 0, is_upper[decided])


def test_that_ichimoku_lines_are_the_published_ones(stock):
    bars, column = stock
    tenkan, kijun, span_a, span_b = compute(bars, (middle_of_range(9), middle_of_range(26), *ichimoku_ahead(9, 26, 52)))
    agree(tenkan, column("ichimoku", "tenkanSen"))
    agree(kijun, column("ichimoku", "kijunSen"))
    # The published spans stand where they are drawn, 26 bars after the bar that makes them.
    published_b = column("ichimoku", "senkouSpanB")[26:]
    agree(span_b[: published_b.size], published_b)
    published_a = column("ichimoku", "senkouSpanA")[26:]
    agree(span_a[51 : published_a.size], published_a[51:])


def test_that_rsi_is_the_published_one(stock):
    bars, column = stock
    agree(compute(bars, [rsi("close", 14)])[0], column("rsi", "rsi"))


def test_that_macd_is_the_published_one_once_the_seeds_are_forgotten(stock):
    bars, column = stock
    line, signal, histogram = compute(bars, macd("close", 12, 26, 9))
    # Ours starts with the first value, theirs with a mean: exp(-2 x 320 / 27) of the difference is left.
    for found, name in ((line, "macd"), (signal, "signal"), (histogram, "histogram")):
        agree(found, column("macd", name), 350, rtol=1e-8, atol=1e-9)


def test_that_bollinger_bands_are_the_published_ones(stock):
    bars, column = stock
    for found, name in zip(compute(bars, bollinger("close", 20, 2.0)), ("upperBand", "sma", "lowerBand"), strict=True):
        agree(found, column("bb", name))


def test_that_donchian_channels_are_the_published_ones(stock):
    bars, column = stock
    # Both are channels of previous bars.
    upper, lower = compute(bars, donchian(20))
    agree(upper, column("donchian", "upperBand"))
    agree(lower, column("donchian", "lowerBand"))


def test_that_the_keltner_middle_is_published_and_the_width_differs_by_its_average_only(stock):
    bars, column = stock
    upper, middle, lower = compute(bars, keltner("close", 20, 2.0))
    agree(middle, column("keltner", "centerline"), 300)
    # Theirs is as wide as Wilder's ATR of 10 bars; ours averages true ranges exponentially over the length.
    width = (column("keltner", "upperBand") - column("keltner", "lowerBand")) / 4.0
    agree(compute(bars, [atr(10)])[0], width, 200)
    true = talib.TRANGE(bars.high, bars.low, bars.close)[1:]
    average = pd.Series(true).ewm(span=20, adjust=False).mean().to_numpy()
    agree((upper - lower)[1:] / 4.0, average, 20)


def test_that_keltner_lines_of_lean_have_our_middle_on_its_typical_price():
    bars, frame = lean("spy_with_keltner.csv")
    theirs = frame["middle band"].to_numpy()
    typical = pd.Series(frame["typicalprice"].to_numpy())
    # LEAN's file averages the typical price simply; four printed decimals.
    agree(typical.rolling(20).mean().to_numpy(), theirs, rtol=0, atol=2e-4)
    bars = Bars.from_frame(bars.to_frame().assign(typical=typical.to_numpy()), timeframe="1d", stamp="close")
    agree(compute(bars, bollinger("typical", 20, 1.0))[1], theirs, rtol=0, atol=2e-4)


def test_that_donchian_channels_of_lean_are_ours_of_the_next_bar():
    bars, frame = lean("spy_with_don50.txt")
    upper, lower = compute(bars, donchian(50))
    # LEAN's channel holds the bar itself; ours the bars before it.
    agree(upper[1:], frame["donchian channels 50 top"].to_numpy()[:-1], 60)
    agree(lower[1:], frame["donchian channels 50 bottom"].to_numpy()[:-1], 60)


def test_that_atr_macd_and_bands_of_lean_are_ours():
    bars, frame = lean("spy_atr.txt")
    ranges = pd.Series(compute(bars, [true_range()])[0]).rolling(14).mean().to_numpy()  # a simple mean there
    agree(ranges, frame["average true range 14"].to_numpy(), rtol=0, atol=6e-5)
    bars, frame = lean("spy_bollinger_bands.txt")
    upper, middle, lower = compute(bars, bollinger("close", 20, 2.0))
    agree(middle, frame["moving average 20"].to_numpy(), rtol=0, atol=6e-5)
    agree(upper, frame["bollinger bands® 20 2 top"].to_numpy(), rtol=0, atol=1e-4)
    agree(lower, frame["bollinger bands® 20 2 bottom"].to_numpy(), rtol=0, atol=1e-4)
    bars, frame = lean("spy_with_macd.txt")
    line, signal, _ = compute(bars, macd("close", 12, 26, 9))
    # Seeded by a mean there, printed with four decimals.
    agree(line, frame["macd"].to_numpy(), 200, rtol=0, atol=1e-4)
    agree(signal, frame["signal"].to_numpy(), 200, rtol=0, atol=1e-4)




def test_that_the_stored_ta_lib_columns_are_ours_on_the_same_bars():
    data = Path(FOLDER)
    stored = pd.read_parquet(data / "references" / "data" / "talib_SPY_last1000.parquet")
    frame = pd.read_parquet(data / "equities_daily" / "us_etfs_daily.parquet")
    frame = frame[frame["symbol"] == "SPY"].drop(columns="symbol").iloc[-1000:]
    bars = Bars.from_frame(frame, symbol="SPY", timeframe="1d")
    upper, middle, lower = bollinger("close", 20, 2.0)
    line, signal, histogram = macd("close", 12, 26, 9)
    lines = {
        "SMA_20": sma("close", 20), "STDDEV_20": stdev("close", 20), "RSI_14": rsi("close", 14), "ATR_14": atr(14),
        "BB_up": upper, "BB_mid": middle, "BB_low": lower,
        "EMA_20": ema("close", 20), "MACD": line, "MACD_signal": signal, "MACD_hist": histogram,
    }  # fmt: skip
    seeded_with_a_mean = {"EMA_20": 250, "MACD": 350, "MACD_signal": 350, "MACD_hist": 350}
    # Differences of squares leave TA-Lib few digits of a deviation that is small beside the price.
    coarse = {"STDDEV_20": 1e-6, "MACD": 1e-7, "MACD_signal": 1e-7, "MACD_hist": 1e-6}
    for name, found in zip(lines, compute(bars, list(lines.values())), strict=True):
        start, expected = seeded_with_a_mean.get(name, 0), stored[name].to_numpy()
        if not start:
            np.testing.assert_array_equal(np.isnan(found), np.isnan(expected), err_msg=name)
        agree(found, expected, start, rtol=coarse.get(name, 1e-8), atol=1e-10)
