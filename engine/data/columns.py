"""What each column is, by its name and, where names do not tell, by its first cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from engine.core.errors import DataError, InputError
from engine.data.head import Head, key
from engine.data.numbers import MISSING, looks_like_number
from engine.data.recipe import Column
from engine.data.stamp_text import looks_like_stamp, read_moment

PRICES = ("open", "high", "low", "close")
# In order of preference.
NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "time": (
            "datetime", "timestamp", "date_time", "open_time", "opentime", "timestamp_utc", "time_utc",
            "date_utc",
            "gmt_time", "local_time", "unix", "unix_timestamp", "unixtime", "epoch", "time_stamp", "bar_time",
            "date", "day", "session", "trade_date", "trading_date", "dt", "ts", "time", "ts_event",
            "observation_date",
        ),
        "open": ("open", "open_price", "opening_price", "first", "1_open"),
        "high": ("high", "high_price", "max", "2_high"),
        "low": ("low", "low_price", "min", "3_low"),
        "close": (
            "close", "close_price", "closing_price", "close_last", "4_close", "last", "settle", "settlement",
            "price", "adj_close", "adjclose", "adjusted_close",
        ),
        "volume": (
            "volume", "5_volume", "real_volume", "vol", "tick_volume", "tickvol", "tick_count",
            "total_volume", "shares_traded",
        ),
        "symbol": ("symbol", "ticker", "instrument", "asset"),
    }
)  # fmt: skip
_LETTERS = MappingProxyType({"o": "open", "h": "high", "l": "low", "c": "close", "v": "volume"})
_CLOCK_NAMES = ("time", "hour", "clock", "timestamp")
_DATE_NAMES = ("date", "day", "trade_date", "trading_date", "dtyyyymmdd")
_FURTHER = ("dtyyyymmdd", "per", "openint", "open_interest", "openinterest")
_KNOWN = frozenset(name for names in NAMES.values() for name in names).union(_FURTHER)


_SPARE = ("close_time", "closetime", "ignore", "index", "unnamed_0", "server_time", "level_0", "ts_init")


def is_known(name: str) -> bool:
    """Return whether a header cell is a name that price files use."""
    word = key(name)
    return word in _KNOWN or word in _LETTERS or word.startswith("volume_")


@dataclass(frozen=True, slots=True)
class Roles:
    """Positions of the columns that make bars.

    Parameters
    ----------
    time : int
        Column of dates or full stamps.
    clock : int or None
        Column of times of day.
    prices : mapping of str to int
        Positions of open, high, low and close; only close in a file of closes.
    volumes : tuple of int
        Candidates in order of preference; the first that is not all zero is used.
    symbol : int or None
        Column that names the instrument of each row.
    unused : frozenset of int
        Columns that are not to be kept as extra columns.
    """

    time: int
    clock: int | None
    prices: Mapping[str, int]
    volumes: tuple[int, ...] = ()
    symbol: int | None = None
    unused: frozenset[int] = frozenset()

    @property
    def close_only(self) -> bool:
        """True when the close stands for all four prices."""
        return len(self.prices) == 1


def find_roles(head: Head, *, symbol: str | None, where: str) -> Roles:
    """Find the columns by the header's names.

    Raises
    ------
    DataError
        There is no time column or no price column; the message names the columns there.
    InputError
        The header names several tickers and none was chosen.
    """
    usable = _of_ticker(head, symbol, where)
    keys = _spelled_out([name if i in usable else "" for i, name in enumerate(head.keys)])
    time, clock = _time_columns(head, keys, where)
    taken = {time, clock}
    found = {role: _first_of(keys, NAMES[role], taken) for role in PRICES}
    volumes = [keys.index(name) for name in NAMES["volume"] if name in keys]
    volumes += [i for i, name in enumerate(keys) if name.startswith("volume_")]
    prices = {role: place for role, place in found.items() if place is not None}
    ticker = _first_of(keys, NAMES["symbol"], taken)
    if len(prices) not in (1, 4) or "close" not in prices:
        # A lone open, high or low does not make a bar.
        prices = _only_close(head, keys, taken | set(volumes) | {ticker}, prices, symbol, where)
    unused = _other_times(keys, taken) | (frozenset(range(head.width)) - usable)
    return Roles(time, clock, MappingProxyType(prices), tuple(volumes), ticker, unused)


def _spelled_out(keys: Sequence[str]) -> list[str]:
    """Return the keys with o, h, l, c, v in full; one letter alone may be a ticker."""
    if not set(_LETTERS) - {"v"} <= set(keys):
        return list(keys)
    return [_LETTERS.get(name, name) for name in keys]


def wide_symbols(head: Head) -> tuple[str, ...]:
    """Return the symbols of a file with columns for each of them; empty for a file of one instrument.

    Several tickers stand in a row above or below the names, or every column but the time holds the closing
    prices of the ticker that it is named after.
    """
    for row in head.others:
        if tickers := _tickers(row):
            return tuple(tickers)
    # One letter is a ticker here: C and V are shares.
    if any(_is_of_one(key(name)) for name in head.names):
        return ()
    stamps = [i for i in range(head.width) if _all(head, i, looks_like_stamp)]
    named = [i for i, name in enumerate(head.names) if name.strip() and i not in stamps]
    free = [i for i in named if _all(head, i, _is_value)]
    return tuple(head.names[i] for i in free) if stamps and len(free) > 1 else ()


def _is_of_one(word: str) -> bool:
    return (word in _KNOWN or word.startswith("volume_")) and word not in NAMES["time"] and word not in _SPARE


def _tickers(row: Sequence[str]) -> list[str]:
    """Return the different tickers of a row beside the names; empty where it holds none or only one."""
    tickers = list(dict.fromkeys(cell.strip() for cell in row[1:] if cell.strip()))
    return [] if len(tickers) < 2 or all(is_known(ticker) for ticker in tickers) else tickers


def _of_ticker(head: Head, symbol: str | None, where: str) -> frozenset[int]:
    everything = frozenset(range(head.width))
    for row in head.others:
        named = {i: cell.strip() for i, cell in enumerate(row) if cell.strip() and i > 0}
        if not (tickers := _tickers(row)):
            continue
        if symbol is None or symbol not in tickers:
            raise several_symbols(tickers, symbol, where)
        return frozenset(i for i in everything if i not in named or named[i] == symbol)
    return everything


def several_symbols(symbols: Sequence[str], given: str | None, where: str) -> InputError:
    """Return the error that asks which of several symbols is wanted."""
    what = f"the file has no symbol '{given}'" if given else f"the file holds {len(symbols)} symbols"
    return InputError(
        what, field="symbol", value=given, where=where,
        hint=f"Choose one with --symbol (in Python symbol=...): {_list(symbols, 12)}. "
        "engine.read_series reads several",
    )  # fmt: skip


def header_ticker(head: Head) -> str:
    """Return the one ticker of a row below or above the names, empty when there is none."""
    for row in head.others:
        tickers = {cell.strip() for cell in row[1:] if cell.strip()}
        if len(tickers) == 1 and len([cell for cell in row[1:] if cell.strip()]) > 1:
            return tickers.pop()
    return ""


def _first_of(keys: Sequence[str], names: Sequence[str], taken: set[int | None]) -> int | None:
    return next((keys.index(name) for name in names if name in keys and keys.index(name) not in taken), None)


def _other_times(keys: Sequence[str], taken: set[int | None]) -> frozenset[int]:
    spare = {*_SPARE, *NAMES["time"]}
    return frozenset(i for i, name in enumerate(keys) if (not name or name in spare) and i not in taken)


def _time_columns(head: Head, keys: Sequence[str], where: str) -> tuple[int, int | None]:
    date = next((keys.index(name) for name in _DATE_NAMES if name in keys), None)
    clock = next((keys.index(name) for name in _CLOCK_NAMES if name in keys), None)
    if date is not None and clock is not None and _all(head, clock, read_moment):
        return date, clock
    named = [keys.index(name) for name in (*NAMES["time"], *_DATE_NAMES) if name in keys]
    for place in [*named, *range(head.width)]:
        if _all(head, place, looks_like_stamp):
            return place, None
    if named:
        # The name says so; the cells are told to be unreadable later, row by row.
        return named[0], None
    raise DataError(
        "no time column", where=where,
        hint=f"Columns there: {_list(head.names)}. Name one Date or Datetime",
    )  # fmt: skip


def _all(head: Head, place: int, test: Callable[[str], object]) -> bool:
    cells = [cell for cell in head.column(place) if cell.strip()]
    # One damaged cell in the head must not hide the column.
    good = sum(bool(test(cell)) for cell in cells)
    return bool(cells) and good >= max(1, 0.9 * len(cells) - 1)


def _only_close(
    head: Head, keys: Sequence[str], taken: set[int | None], prices: Mapping[str, int],
    symbol: str | None, where: str,
) -> dict[str, int]:  # fmt: skip
    if len(prices) > 1:
        missing = [role for role in PRICES if role not in prices]
        raise DataError(
            f"no column for {' and '.join(missing)}", where=where,
            hint=f"Columns there: {_list(head.names)}. Give all four prices, or only a close",
        )  # fmt: skip
    if "close" in prices:
        return dict(prices)
    free = [i for i in range(head.width) if i not in taken and keys[i] and _all(head, i, _is_value)]
    free = [i for i in free if not _all(head, i, looks_like_stamp)]
    named = [i for i in free if symbol and key(symbol) == keys[i]]
    if len(named) == 1 or len(free) == 1:
        return {"close": (named or free)[0]}
    hint = f"Columns there: {_list(head.names)}{_choice(head, free)}"
    raise DataError("no price column", where=where, hint=hint)


def _choice(head: Head, free: Sequence[int]) -> str:
    if not free:
        return ""
    name = head.names[free[0]]
    shown = f'"{name}"' if " " in name else name
    return f". To read one of them as closing prices name it with --symbol, such as --symbol {shown}"


def _list(names: Sequence[str], most: int = 24) -> str:
    shown = [name or "(unnamed)" for name in names]
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def _is_value(cell: str) -> bool:
    return looks_like_number(cell) or cell.strip() in MISSING


def describe(head: Head, roles: Roles, volume: int | None, extras: Mapping[int, str]) -> tuple[Column, ...]:
    """Return the columns with their roles for the recipe."""
    by_place = {roles.time: "time", **{place: role for role, place in roles.prices.items()}}
    if roles.clock is not None:
        by_place[roles.clock] = "clock"
    if roles.symbol is not None:
        by_place[roles.symbol] = "symbol"
    if volume is not None:
        by_place[volume] = "volume"
    names = head.names or tuple(f"column {i + 1}" for i in range(head.width))
    return tuple(
        Column(names[i], by_place.get(i, "extra" if i in extras else "ignored"), extras.get(i, ""))
        for i in range(head.width)
    )
