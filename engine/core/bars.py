"""`Bars`: the frozen price series of one instrument. `Panel`: several on one time axis."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from engine.core.errors import DataError, InputError
from engine.core.instrument import Instrument
from engine.core.timeframe import Timeframe

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

PRICE_COLUMNS = ("open", "high", "low", "close")
OHLCV = (*PRICE_COLUMNS, "volume")


@dataclass(frozen=True, eq=False)
class Bars:
    """Open, high, low, close and volume of one instrument, oldest first.

    Parameters
    ----------
    instrument : Instrument
        What the prices belong to.
    timeframe : Timeframe
        Length of one bar.
    time : int64[n]
        Instant of each bar's **close**, nanoseconds UTC, strictly increasing.
    open, high, low, close : float64[n]
        Prices, finite.
    volume : float64[n]
        Traded units; zeros where the source has none.
    session : int64[n]
        Session date of each bar, days since 1970-01-01: the date people see on a daily bar.
    columns : mapping of str to float64[n], default empty
        Further columns known at the bar's close (an external signal, a sentiment score).
        Missing values are NaN.

    Raises
    ------
    DataError
        Lengths differ, a price is not finite, or time does not increase.

    Notes
    -----
    Arrays are kept as read-only views without a copy, so that a million bars cost no second copy: do not
    write to them afterwards. The object may be shared between threads.
    """

    instrument: Instrument
    timeframe: Timeframe
    time: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    session: IntArray
    columns: Mapping[str, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        def freeze(name: str, value: Any, kind: type) -> npt.NDArray[Any]:
            array: npt.NDArray[Any] = np.ascontiguousarray(value, dtype=kind)
            if array.shape != (len(self.time),):
                raise DataError(
                    f"{name} has shape {array.shape}, time has {len(self.time)} bars",
                    where=self.symbol, hint="Give arrays of one length",
                )  # fmt: skip
            if array.flags.writeable:
                array = array.view()
                array.flags.writeable = False
            return array

        for name in ("time", "session"):
            object.__setattr__(self, name, freeze(name, getattr(self, name), np.int64))
        for name in OHLCV:
            object.__setattr__(self, name, freeze(name, getattr(self, name), np.float64))
        extra = {name: freeze(name, value, np.float64) for name, value in self.columns.items()}
        object.__setattr__(self, "columns", MappingProxyType(extra))
        self._check()

    def _check(self) -> None:
        for name in PRICE_COLUMNS:
            bad = ~np.isfinite(getattr(self, name))
            if bad.any():
                raise DataError(
                    f"{name} is not a finite number at bar {int(np.argmax(bad))}",
                    where=self.symbol, hint="Drop or repair the row",
                )  # fmt: skip
        if self.time.size > 1 and not (np.diff(self.time) > 0).all():
            bar = int(np.argmax(np.diff(self.time) <= 0)) + 1
            raise DataError(
                f"time does not increase at bar {bar}", where=self.symbol,
                hint="Sort the rows and drop duplicates",
            )  # fmt: skip

    @property
    def symbol(self) -> str:
        """Name of the instrument."""
        return self.instrument.symbol

    def __len__(self) -> int:
        return int(self.time.size)

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy cannot be pickled.
        arrays = [getattr(self, name) for name in ("time", *OHLCV, "session")]
        return (type(self), (self.instrument, self.timeframe, *arrays, dict(self.columns)))

    @cached_property
    def digest(self) -> str:
        """SHA-256 over canonical little-endian bytes of every array; goes into receipts."""
        sha = hashlib.sha256(f"{self.symbol}|{self.timeframe}|{len(self)}".encode())
        for name in ("time", "session", *OHLCV):
            sha.update(name.encode())
            sha.update(getattr(self, name).astype(getattr(self, name).dtype.newbyteorder("<"), copy=False))
        for name in sorted(self.columns):
            sha.update(name.encode())
            sha.update(self.columns[name].astype("<f8", copy=False))
        return sha.hexdigest()

    @cached_property
    def lowest(self) -> float:
        """Least of all opens, lows and closes; NaN without bars."""
        if len(self) == 0:
            return float("nan")
        return min(float(self.open.min()), float(self.low.min()), float(self.close.min()))

    @property
    def periods_per_year(self) -> float:
        """Bars in one year, from the instrument's calendar and the bar length."""
        return self.instrument.periods_per_year(self.timeframe)

    def label(self, bar: int) -> str:
        """Return the stamp people see: the session date of a daily bar, else ISO 8601 UTC."""
        if not self.timeframe.is_intraday:
            return str(np.datetime64(int(self.session[bar]), "D"))
        return format_time(int(self.time[bar]))

    def between(self, start: date | None = None, end: date | None = None) -> Self:
        """Return the bars whose session lies in [start, end], both inclusive.

        Raises
        ------
        InputError
            No bar is left; the message names the range there is.
        """
        first = np.datetime64(start, "D").astype(np.int64) if start else self.session[0]
        last = np.datetime64(end, "D").astype(np.int64) if end else self.session[-1]
        kept = np.flatnonzero((self.session >= first) & (self.session <= last))
        if kept.size == 0:
            begin, finish = (np.datetime64(int(self.session[i]), "D") for i in (0, -1))
            asked = f"from {start}" if start else ""
            asked += f" up to {end}" if end else ""
            raise InputError(
                f"no bars {asked.strip()}", field="data.start" if start else "data.end",
                value=str(start or end),
                hint=f"{self.symbol} has bars from {begin} to {finish}",
            )  # fmt: skip
        return self.slice(int(kept[0]), int(kept[-1]) + 1)

    def slice(self, start: int, stop: int) -> Self:
        """Return bars ``start:stop`` by position; arrays are views."""
        arrays = {name: getattr(self, name)[start:stop] for name in ("time", *OHLCV, "session")}
        columns = {name: value[start:stop] for name, value in self.columns.items()}
        return replace(self, **arrays, columns=columns)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        symbol: str = "",
        timeframe: str | Timeframe | None = None,
        stamp: Literal["open", "close"] = "open",
        instrument: Instrument | None = None,
    ) -> Self:
        """Build bars from a pandas frame with lower-case columns and a time index.

        Parameters
        ----------
        frame : pandas.DataFrame
            Columns open, high, low, close and, if there, volume; other numeric columns become
            `columns`. The index holds times; times without a zone are taken for UTC. The date of a daily
            bar is the date in the index's own zone.
        symbol : str, default ""
            Name of the instrument, when `instrument` is not given.
        timeframe : str or Timeframe, optional
            Bar length; the default (`None`) infers it from the index.
        stamp : {"open", "close"}, default "open"
            Whether the index marks the open or the close of a bar. The opening stamp of a daily, weekly
            or monthly bar is its date, and it closes at the end of that date. `to_frame` marks closes.
        instrument : Instrument, optional
            The default (`None`) guesses it from the symbol.

        Raises
        ------
        DataError
            A price column is missing or holds a value that is not a number, the index holds no times, or
            an open or close lies outside low to high.
        """
        from engine.core.framing import bars_from_frame  # noqa: PLC0415  (pandas only when used)

        return bars_from_frame(
            cls, frame, symbol=symbol, timeframe=timeframe, stamp=stamp, instrument=instrument
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas frame of the bars, indexed by the UTC instant of the close."""
        import pandas as pd

        data = {name: getattr(self, name) for name in OHLCV} | dict(self.columns)
        index = pd.DatetimeIndex(self.time.view("M8[ns]"), tz="UTC", name="time")
        return pd.DataFrame(data, index=index)


# An asset without a bar for longer than both has stopped trading, as far as anybody can know.
LATELY_BARS, LATELY_DAYS = 10, 7


@dataclass(frozen=True, eq=False)
class Panel:
    """Several instruments on one time axis.

    Parameters
    ----------
    symbols : sequence of str
        One name per column.
    time : int64[n_bars]
        Union of the instruments' close instants, nanoseconds UTC.
    open, high, low, close, volume : float64[n_bars, n_assets]
        NaN where an asset has no bar at that time. Stored so that one asset's series is contiguous.
    session : int64[n_bars]
        Session date of each bar, days since 1970-01-01.
    timeframe : Timeframe
        Length of one bar, the same for all.
    """

    symbols: Sequence[str]
    time: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    session: IntArray
    timeframe: Timeframe

    def __len__(self) -> int:
        return int(self.time.size)

    @cached_property
    def carried(self) -> FloatArray:
        """Closes kept from each asset's last bar, float64[n_bars, n_assets]; NaN before its first."""
        last = self.last_bar
        held = np.take_along_axis(self.close.T, np.maximum(last.T, 0), axis=1)
        return _frozen(np.where(last.T >= 0, held, np.nan)).T

    @cached_property
    def last_bar(self) -> IntArray:
        """Bar of each asset's last price up to each bar, int64[n_bars, n_assets]; -1 before its first."""
        own = np.where(np.isnan(self.close.T), -1, np.arange(len(self)))
        return _frozen(np.maximum.accumulate(own, axis=1)).T

    @cached_property
    def trades(self) -> npt.NDArray[np.bool_]:
        """Where an asset has had a price lately, bool[n_bars, n_assets]: in the last 10 bars or 7 days."""
        last = self.last_bar.T
        days = self.session - self.session[np.maximum(last, 0)]
        recent = (np.arange(len(self)) - last < LATELY_BARS) | (days <= LATELY_DAYS)
        return _frozen((last >= 0) & recent).T

    def label(self, bar: int) -> str:
        """Return the stamp people see, as `Bars.label`."""
        if not self.timeframe.is_intraday:
            return str(np.datetime64(int(self.session[bar]), "D"))
        return format_time(int(self.time[bar]))

    @classmethod
    def align(cls, series: Sequence[Bars]) -> Self:
        """Put several `Bars` on the union of their time stamps; nothing is filled.

        Raises
        ------
        InputError
            No series, a symbol twice, or bars of different lengths.
        """
        symbols = [bars.symbol for bars in series]
        if not series or len(set(symbols)) != len(symbols):
            raise InputError(
                "a panel needs different symbols", field="data", value=symbols,
                hint="Give each instrument once",
            )  # fmt: skip
        check_lengths(series)
        joined = np.concatenate([bars.time for bars in series])
        time, where = np.unique(joined, return_index=True)
        session = np.concatenate([bars.session for bars in series])[where]
        matrices = {name: np.full((len(series), time.size), np.nan) for name in OHLCV}
        for row, bars in enumerate(series):
            at = np.searchsorted(time, bars.time)
            for name in OHLCV:
                matrices[name][row, at] = getattr(bars, name)
        open_, high, low, close, volume = (_frozen(matrices[name]).T for name in OHLCV)
        return cls(symbols, time, open_, high, low, close, volume, session, series[0].timeframe)


def check_lengths(series: Sequence[Bars]) -> None:
    """Check that all bars are of one length.

    Raises
    ------
    InputError
        Names a symbol of each length.
    """
    lengths = {str(bars.timeframe): bars.symbol for bars in series}
    if len(lengths) > 1:
        told = ", ".join(f"{symbol} {length}" for length, symbol in lengths.items())
        raise InputError(
            f"the instruments have bars of different lengths: {told}", field="data",
            hint="Resample them to one bar length",
        )  # fmt: skip


def _frozen[T: np.generic](array: npt.NDArray[T]) -> npt.NDArray[T]:
    # A strategy that wrote to a panel would change what the next one sees.
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


def format_time(time_ns: int) -> str:
    """Return nanoseconds UTC as ISO 8601 with a Z, without a fraction when it is zero."""
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, tz=UTC)
    rest = time_ns % 1_000_000_000
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"
