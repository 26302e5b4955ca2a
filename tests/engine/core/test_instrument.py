"""Instruments: guessed classes and periods per year."""

import pytest

from engine.core.contracts import root_of
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


@pytest.mark.parametrize(
    ("symbol", "root", "multiplier", "tick"),
    [
        ("ES=F", "ES", 50, 0.25), ("ESZ5", "ES", 50, 0.25), ("ESZ25", "ES", 50, 0.25), ("ESZ2025", "ES", 50, 0.25),
        ("@ES", "ES", 50, 0.25), ("/ES", "ES", 50, 0.25), ("@ESZ25", "ES", 50, 0.25), ("ES1!", "ES", 50, 0.25),
        ("mesh4", "MES", 5, 0.25), ("MNQM24", "MNQ", 2, 0.25), ("CL=F", "CL", 1_000, 0.01), ("GCZ4", "GC", 100, 0.1),
        ("ZN=F", "ZN", 1_000, 1 / 64), ("6E=F", "6E", 125_000, 0.00005), ("6EH4", "6E", 125_000, 0.00005),
        ("ZC=F", "ZC", 50, 0.25), ("M2KU5", "M2K", 5, 0.1), ("BTC=F", "BTC", 5, 5),
    ],
)  # fmt: skip
def test_that_a_futures_symbol_tells_its_contract(symbol, root, multiplier, tick):
    assert root_of(symbol) == root
    guessed = Instrument.guess(symbol, trades_on_weekends=False)
    assert (guessed.asset_class, guessed.multiplier, guessed.tick_size) == (AssetClass.FUTURE, multiplier, tick)
    assert guessed.symbol == symbol


@pytest.mark.parametrize("symbol", ["ES", "CL", "GC", "ESZ", "ESA5", "KO", "BRK.B", "SPXU", "A", "", "ESZ5X", "@", "GOOGLE60"])
def test_that_other_symbols_are_no_futures(symbol):
    assert root_of(symbol) == ""
    assert Instrument.guess(symbol).asset_class is AssetClass.EQUITY
    assert Instrument.guess(symbol).multiplier == 1.0


def test_that_a_future_of_an_unknown_root_has_no_guessed_contract():
    assert Instrument.guess("XYZ=F") == Instrument("XYZ=F", AssetClass.FUTURE)


@pytest.mark.parametrize(
    ("symbol", "tick"), [("EURUSD", 0.00001), ("usd/jpy", 0.001), ("EUR_JPY", 0.001), ("XAUUSD", 0.01), ("XAG/USD", 0.001)]
)  # fmt: skip
def test_that_a_pair_and_a_metal_have_their_tick(symbol, tick):
    assert Instrument.guess(symbol) == Instrument(symbol, AssetClass.FX, tick_size=tick)
