"""What is traded: symbol, asset class, lot and tick size, session calendar, and periods per year."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from engine.core.contracts import CONTRACTS, is_future, root_of
from engine.core.timeframe import Timeframe


class AssetClass(StrEnum):
    """Kinds of instrument; the kind decides calendar, default costs and whether prices may be negative."""

    EQUITY = "equity"
    INDEX = "index"
    FX = "fx"
    CRYPTO = "crypto"
    FUTURE = "future"


_NAMED_SYMBOLS = 3


def symbols_text(symbols: Iterable[str]) -> str:
    """Return ``SPY, TLT, GLD +2``: the first few symbols and how many follow, each counted once."""
    distinct = list(dict.fromkeys(symbols))
    more = len(distinct) - _NAMED_SYMBOLS
    return ", ".join(distinct[:_NAMED_SYMBOLS]) + (f" +{more}" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class TradingHours:
    """Sessions per year and minutes per session of a class of instruments."""

    sessions_per_year: int
    session_minutes: int


_HOURS = {
    AssetClass.EQUITY: TradingHours(252, 390),
    AssetClass.INDEX: TradingHours(252, 390),
    AssetClass.FX: TradingHours(260, 1440),
    AssetClass.CRYPTO: TradingHours(365, 1440),
    AssetClass.FUTURE: TradingHours(252, 1380),
}
_CURRENCIES = "AUD|CAD|CHF|CNH|CZK|DKK|EUR|GBP|HKD|HUF|JPY|MXN|NOK|NZD|PLN|SEK|SGD|TRY|USD|ZAR"
_FX = re.compile(rf"^({_CURRENCIES})[/_-]?({_CURRENCIES})$")
_METAL = re.compile(r"^(XAU|XAG|XPT|XPD)[/_-]?(USD|EUR|GBP|AUD|CHF)$")
_METAL_TICKS = {"XAU": 0.01, "XAG": 0.001, "XPT": 0.01, "XPD": 0.01}
_CRYPTO = re.compile(r"^(BTC|XBT|ETH|LTC|XRP|ADA|SOL|DOGE|BNB)[/_-]?[A-Z]*$|^[A-Z0-9]+[/_-]?USDT$")


@dataclass(frozen=True, slots=True)
class Instrument:
    """One tradable thing.

    Parameters
    ----------
    symbol : str
        Name used in reports.
    asset_class : AssetClass, default EQUITY
        Decides sessions per year and session length.
    currency : str, default "USD"
        Currency of prices and accounts.
    tick_size : float, default 0.0
        Smallest price step in price units; 0 means none.
    lot_size : float, default 0.0
        Smallest quantity step; 0 means fractional.
    calendar : str, default ""
        Exchange calendar code (``XNYS``); empty when not known.
    time_zone : str, default "UTC"
        IANA zone in which its days begin and end.
    multiplier : float, default 1.0
        Money per price unit of one contract; 1 for shares and coins.
    """

    symbol: str
    asset_class: AssetClass = AssetClass.EQUITY
    currency: str = "USD"
    tick_size: float = 0.0
    lot_size: float = 0.0
    calendar: str = ""
    time_zone: str = "UTC"
    multiplier: float = 1.0

    @classmethod
    def guess(cls, symbol: str, *, trades_on_weekends: bool = False) -> Instrument:
        """Guess the class from the symbol's form and from weekend bars; equity when in doubt.

        A currency pair, a metal and a future of a known root (``ES=F``, ``ESZ5``, ``@ES``) also get their
        tick size, the future its multiplier.
        """
        plain = symbol.upper()
        if pair := _FX.match(plain):
            return cls(symbol, AssetClass.FX, tick_size=0.001 if pair[2] == "JPY" else 0.00001)
        if metal := _METAL.match(plain):
            return cls(symbol, AssetClass.FX, tick_size=_METAL_TICKS[metal[1]])
        if root := root_of(plain):
            contract = CONTRACTS[root]
            return cls(
                symbol, AssetClass.FUTURE, tick_size=contract.tick_size, multiplier=contract.multiplier
            )
        if is_future(plain):
            return cls(symbol, AssetClass.FUTURE)
        if trades_on_weekends or _CRYPTO.match(plain):
            return cls(symbol, AssetClass.CRYPTO)
        return cls(symbol)

    @property
    def hours(self) -> TradingHours:
        """Sessions per year and minutes per session."""
        return _HOURS[self.asset_class]

    @property
    def may_be_negative(self) -> bool:
        """True where a price at or below zero is possible (futures)."""
        return self.asset_class is AssetClass.FUTURE

    def periods_per_year(self, timeframe: Timeframe) -> float:
        """Return the number of bars in a year of this instrument.

        Daily bars: sessions per year. Weekly 52, monthly 12. Intraday: sessions x bars per session,
        where the last bar of a session may be short (seven hourly bars in 6.5 hours).
        """
        if timeframe.unit == "mo":
            return 12 / timeframe.count
        if timeframe.unit == "wk":
            return 52 / timeframe.count
        sessions = self.hours.sessions_per_year
        if timeframe.unit == "d":
            return sessions / timeframe.count
        bars_per_session = math.ceil(self.hours.session_minutes * 60 / timeframe.seconds)
        return float(sessions * bars_per_session)
