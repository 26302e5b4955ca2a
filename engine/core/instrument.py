"""What is traded: symbol, asset class, lot and tick size, session calendar, and periods per year."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum

from engine.core.timeframe import Timeframe


class AssetClass(StrEnum):
    """Kinds of instrument; the kind decides calendar, default costs and whether prices may be negative."""

    EQUITY = "equity"
    INDEX = "index"
    FX = "fx"
    CRYPTO = "crypto"
    FUTURE = "future"


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
    """

    symbol: str
    asset_class: AssetClass = AssetClass.EQUITY
    currency: str = "USD"
    tick_size: float = 0.0
    lot_size: float = 0.0
    calendar: str = ""
    time_zone: str = "UTC"

    @classmethod
    def guess(cls, symbol: str, *, trades_on_weekends: bool = False) -> Instrument:
        """Guess the class from the symbol's form and from weekend bars; equity when in doubt."""
        plain = symbol.upper()
        if _FX.match(plain):
            return cls(symbol, AssetClass.FX)
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
