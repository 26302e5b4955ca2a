"""Instruments: guessed classes and periods per year."""

import pytest

from engine.core.instrument import AssetClass, Instrument
from engine.core.timeframe import Timeframe


@pytest.mark.parametrize(
    ("symbol", "kind"),
    [
        ("EURUSD", AssetClass.FX), ("eur/usd", AssetClass.FX), ("USD_JPY", AssetClass.FX), ("BTCUSD", AssetClass.CRYPTO),
        ("ETH-USD", AssetClass.CRYPTO), ("PEPEUSDT", AssetClass.CRYPTO), ("AAPL", AssetClass.EQUITY), ("USD", AssetClass.EQUITY),
    ],
)  # fmt: skip
def test_that_the_class_follows_the_symbols_form(symbol, kind):
    assert Instrument.guess(symbol).asset_class is kind


def test_that_weekends_make_crypto_but_not_of_a_currency_pair():
    assert Instrument.guess("FOO", trades_on_weekends=True).asset_class is AssetClass.CRYPTO
    assert Instrument.guess("EURUSD", trades_on_weekends=True).asset_class is AssetClass.FX


@pytest.mark.parametrize(
    ("kind", "timeframe", "periods"),
    [
        ("equity", "1d", 252), ("index", "1d", 252), ("fx", "1d", 260), ("crypto", "1d", 365), ("future", "1d", 252),
        ("equity", "1h", 252 * 7), ("equity", "5m", 252 * 78), ("equity", "1m", 252 * 390), ("fx", "1h", 260 * 24),
        ("crypto", "1m", 365 * 1440), ("future", "1h", 252 * 23), ("equity", "1wk", 52), ("crypto", "1wk", 52),
        ("equity", "1mo", 12), ("equity", "3mo", 4), ("equity", "2d", 126), ("crypto", "4h", 365 * 6),
    ],
)  # fmt: skip
def test_that_periods_per_year_come_from_sessions_and_bar_length(kind, timeframe, periods):
    assert Instrument("X", AssetClass(kind)).periods_per_year(Timeframe.parse(timeframe)) == periods


def test_that_only_futures_may_be_negative():
    assert [kind.value for kind in AssetClass if Instrument("X", kind).may_be_negative] == ["future"]
