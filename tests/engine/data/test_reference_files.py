"""Real exports: every one is read, or refused for the right reason. Needs IVYBT_REFERENCE_DATA."""

import os
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import DataError, InputError
from engine.data.reader import read_bars, read_import

ROOT = Path(os.environ.get("IVYBT_REFERENCE_DATA", "unset"))
pytestmark = [
    pytest.mark.golden,
    pytest.mark.skipif(not ROOT.is_dir(), reason="IVYBT_REFERENCE_DATA is not set"),
]

# File, options, known format, bars, first and last label, first close.
READ = [
    ("parsers/mt_csv/MT4_renkun-ken_EURUSD60.csv", {}, "metatrader4", 2078, "2013-08-15T19:00:00Z", "2013-12-16T10:00:00Z", 1.33459),
    ("parsers/mt_csv/MT4_renkun-ken_GBPUSD1.csv", {}, "metatrader4", 2048, "2013-12-12T23:29:00Z", "2013-12-16T09:55:00Z", 1.63532),
    ("parsers/mt_csv/MT5_Nils3600_EURUSD_H1.csv", {}, "metatrader5", 7728, "2024-01-02T01:00:00Z", "2025-03-29T00:00:00Z", 1.10432),
    ("parsers/mt_csv/aurelienarenas_EURUSD15.csv.gz", {}, "metatrader_rates", 10388, "2025-03-18T04:00:00Z", "2025-08-19T16:00:00Z", 1.0918),
    ("parsers/mt_csv/hadiforoughi_EURUSD_M1.csv.gz", {}, "metatrader_quoted", 49993, "2022-01-04T18:01:00Z", "2022-02-22T15:26:00Z", 1.12838),
    ("parsers/ninjatrader/nt-spy-minute-2011-03.csv.gz", {}, "ninjatrader", 17577, "2011-03-01T09:01:00Z", "2011-03-31T23:59:00Z", 133.98),
    ("crypto_1m/original/BTCUSDT-1m-2021-07.csv.gz", {}, "binance", 37440, "2021-07-02T00:01:00Z", "2021-08-01T00:00:00Z", 33516.71),
    ("crypto_1m/original/BTCUSD_bitfinex_1m_2014_merged.csv.gz", {}, "bitfinex", 283787, "2014-01-01T00:03:00Z", "2014-11-21T23:04:00Z", 730.24),
    ("crypto_1m/original/nautilus_btc-perp-20211231-20220201_1m.csv.gz", {}, "plain", 45031, "2021-12-31T23:02:00Z", "2022-02-01T05:32:00Z", 46377.0),
    ("crypto_daily/original/Bitstamp_BTCUSD_d.csv.gz", {}, "cryptodatadownload", 2823, "2014-11-28", "2022-08-20", 376.28),
    ("equities_daily/original/sp500.csv.gz", {}, "yahoo", 5031, "1999-01-04", "2018-12-31", 1228.099976),
    ("equities_daily/original_stooq/aapl.us.txt.gz", {}, "stooq", 8364, "1984-09-07", "2017-11-10", 0.42388),
    ("equities_daily/original_stooq/ge.us.txt.gz", {}, "stooq", 14058, "1962-01-02", "2017-11-10", 0.6201),
    ("equities_daily/original_yfinance/NVDA.csv.gz", {}, "yfinance_multi", 6428, "2000-01-03", "2025-07-24", 0.0894252136349678),
    ("equities_daily/mplfinance/yahoofinance-AAPL-20040819-20180120.csv", {}, "yahoo", 3379, "2004-08-19", "2018-01-19", 2.193571),
    ("equities_daily/mplfinance/SP500_NOV2019_IDay.csv", {"day_first": False, "time_zone": "America/New_York"}, "plain", 1563, "2019-11-05T14:31:00Z", "2019-11-08T21:00:00Z", 3080.49),
    ("equities_daily/backtrader/nvda-1999-2014.txt.gz", {}, "yahoo", 4012, "1999-01-22", "2014-12-31", 1.640625),
    ("fx_hourly/original/USDJPYh1.csv.gz", {}, "metatrader_rates", 57600, "2012-11-16T13:00:00Z", "2022-03-05T00:00:00Z", 81201.0),
    ("futures/original/vix.csv.gz", {"bad_rows": "drop"}, "plain", 1259, "2014-01-03", "2019-01-03", 13.76),
    ("futures/original/CL=F.csv.gz", {"bad_rows": "drop"}, "yahoo", 5095, "2000-08-23", "2020-12-24", 32.049999),
    ("references/data/IGE_chan.csv", {}, "plain", 1504, "2001-11-26", "2007-11-14", 91.01),
    ("references/data/backtestingpy_GOOG.csv", {}, "pandas", 2148, "2004-08-19", "2013-03-01", 100.34),
    ("references/data/backtestingpy_EURUSD.csv", {}, "pandas", 5000, "2017-04-19T10:00:00Z", "2018-02-07T16:00:00Z", 1.07219),
    ("references/data/backtrader_2006-day-001.txt", {}, "backtrader", 255, "2006-01-02", "2006-12-29", 3604.33),
    ("references/data/backtrader_2006-min-005.txt", {}, "backtrader", 2142, "2006-01-02T09:05:00Z", "2006-01-30T17:30:00Z", 3582.99),
    ("references/data/backtrader_2006-week-001.txt", {}, "backtrader", 52, "2006-01-06", "2006-12-29", 3666.99),
    ("references/data/chan_pep_ko.csv", {"symbol": "ko"}, "plain", None, None, "2008-01-18", None),
    ("messy_yfinance/8TRA-DE-1d-missing-div-adjust.csv", {}, "yfinance", 5, "2023-05-30", "2023-06-06", 19.350000381469727),
    ("messy_yfinance/ASAI-L-1h-bad-unit.csv", {}, "yfinance", 20, "2024-10-21T10:00:00Z", "2024-10-30T15:00:00Z", 72.0),
    ("messy_yfinance/AV-L-1wk-bad-stock-split.csv", {}, "yfinance", 84, "2021-12-13", "2023-07-17", 530.1314697265625),
    ("crypto_1m/BTCUSD_bitfinex_1m_2016_2018.parquet", {}, "plain", 1318938, "2016-01-01T00:01:00Z", "2019-01-01T00:00:00Z", 429.17),
    ("equities_daily/us_etfs_daily.parquet", {"symbol": "SPY"}, "plain", 3201, "2005-02-25", "2017-11-10", None),
    ("crypto_freqtrade/ADA_BTC-5m.feather", {}, "plain", 5720, "2018-01-10T05:00:00Z", "2018-01-30T04:55:00Z", 5.29e-05),
]  # fmt: skip

# File, words of the refusal.
REFUSED = [
    ("equities_daily/mplfinance/SP500_NOV2019_IDay.csv", "may be 11 May 2019 or 5 November 2019"),
    ("equities_daily/mplfinance/yahoofinance-SPY-20080101-20180101.csv", "2 of 2,519 rows cannot be used: 2 with the open or close outside low to high (first: line 1808"),
    ("equities_daily/backtrader/bidask.csv", "no price column. Columns there: TIMESTAMP, BID, ASK"),
    ("equities_daily/backtrader/ticksample.csv", "1 with a time that is there already (line 24,"),
    ("equities_daily/etf_close_panel_mlfinpy.csv.gz", "no price column. Columns there: Date, EEM"),
    ("futures/original/CL=F.csv.gz", "1,142 with a missing price (first: line 5, Open empty)"),
    ("futures/original/wti.csv.gz", "290 with a missing price (first: line 34, DCOILWTICO empty)"),
    ("futures/CL_yahoo_daily.parquet", "2 with a negative or zero price (first: row 6035, low -40.32)"),
    ("futures/ES_ticks_500k_mlfinpy.parquet", "look like ticks"),
    ("equities_daily/us_stocks_600_2007_2017.parquet", "the file holds 600 symbols"),
    ("references/data/PA_managers.csv", "no price column"),
    ("references/data/PSR_returns_for_tests.csv", "no table of times and prices found"),
    ("references/data/ffn_test_data.csv", "no price column. Columns there: Date, AAPL, MSFT, C"),
    ("references/data/backtestingpy_GOOG_sma10_30_plain_trades.csv", "no price column"),
    ("renko/stocktrends_hooli_renko_4.csv", "97 with a time that is there already"),
    ("l2/LOBSTER_AAPL_2012-06-21_34200000_37800000_message_50.csv.gz", "no table of times and prices found"),
    ("fx_ticks/nautilus_usdjpy-ticks.csv", "no price column. Columns there: timestamp, bid, ask"),
    ("messy_yfinance/CLC-L-1d-bad-div.csv", "8 with the open or close outside low to high (first: line 549"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "options", "name", "bars", "first", "last", "close"), READ, ids=[row[0] for row in READ])
def test_that_a_real_export_is_read(file, options, name, bars, first, last, close):
    found = read_import(ROOT / file, **options)
    assert found.recipe.format == name
    assert bars in (None, len(found.bars))
    assert first in (None, found.bars.label(0))
    assert found.bars.label(len(found.bars) - 1) == last
    assert close is None or found.bars.close[0] == pytest.approx(close, rel=1e-15)


@pytest.mark.parametrize(("file", "words"), REFUSED, ids=[row[0] for row in REFUSED])
def test_that_a_real_file_is_refused_for_the_right_reason(file, words):
    with pytest.raises((DataError, InputError)) as raised:
        read_bars(ROOT / file)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("file", "count", "days"),
    [
        ("crypto_1m/BTCUSD_bitfinex_1m_2016_2018.parquet", 82_108, 61.0),
        ("crypto_freqtrade/UNITTEST_BTC-1m.feather", 538, 0.01),
        ("equities_daily/original_stooq/aapl.us.txt.gz", 4, 7.0),
        ("parsers/hst/ACB1440.parquet", 38, 11.0),
    ],
)
def test_that_gaps_are_the_ones_counted_by_the_collector(file, count, days):
    gaps = read_import(ROOT / file).report.gaps
    assert gaps.count == count
    assert gaps.largest_seconds / 86_400 == pytest.approx(days, abs=0.006)


def test_that_the_text_and_the_parquet_twin_hold_the_same_prices():
    text = read_bars(ROOT / "parsers/ninjatrader/nt-spy-minute-2011-03.csv.gz")
    twin = read_bars(ROOT / "parsers/ninjatrader/nt-spy-minute-2011-03.parquet", stamp="close")
    for name in ("time", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(text, name), getattr(twin, name))
