"""`ReadOptions`: what a person may state about a price file instead of having it sniffed."""

from __future__ import annotations

import math
import zoneinfo
from dataclasses import dataclass, replace
from typing import Literal, TypedDict, get_args

from engine.core.errors import InputError, nearest
from engine.core.instrument import AssetClass, Instrument
from engine.core.timeframe import Timeframe

BadRows = Literal["refuse", "drop", "repair"]
Stamp = Literal["open", "close"]


class ReadKeywords(TypedDict, total=False):
    """Keyword arguments of `engine.data.reader.read_bars`; see `ReadOptions`."""

    symbol: str | None
    timeframe: str | Timeframe | None
    time_zone: str | None
    bad_rows: BadRows
    day_first: bool | None
    stamp: Stamp | None
    instrument: Instrument | None
    asset_class: AssetClass | str | None
    multiplier: float | None
    tick_size: float | None


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What is stated about a file; `None` leaves it to the sniffer.

    Parameters
    ----------
    symbol : str, optional
        Name of the instrument. In a file of several symbols it picks one; in a file of several
        price columns without open, high and low it names the column to use.
    timeframe : str or Timeframe, optional
        Bar length; the default (`None`) infers it from the most common step.
    time_zone : str, optional
        IANA zone of times that carry none; the default (`None`) takes them for UTC.
    bad_rows : {"refuse", "drop", "repair"}, default "refuse"
        ``refuse`` raises with counts and first lines. ``drop`` leaves bad rows out and sorts.
        ``repair`` also swaps a high below a low, widens high and low to hold open and close,
        keeps the later of two rows of one time, and drops only what has no price or time.
    day_first : bool, optional
        Reading of dates such as 03/04/2020: True for 3 April, False for March 4.
    stamp : {"open", "close"}, optional
        Which end of a bar its time marks; the default (`None`) is the known format's habit,
        else the open.
    instrument : Instrument, optional
        The default (`None`) guesses it from the symbol and from weekend bars.
    asset_class : AssetClass or str, optional
        Overrides the guess; a guessed tick size and multiplier go with the guess.
    multiplier : float, optional
        Money per price unit of one contract. None and 1 leave what the symbol tells (50 for ``ES=F``).
    tick_size : float, optional
        Smallest price step in price units; None leaves what the symbol tells.

    Raises
    ------
    InputError
        A value is not one of the above; the message suggests the nearest one.
    """

    symbol: str | None = None
    timeframe: str | Timeframe | None = None
    time_zone: str | None = None
    bad_rows: BadRows = "refuse"
    day_first: bool | None = None
    stamp: Stamp | None = None
    instrument: Instrument | None = None
    asset_class: AssetClass | str | None = None
    multiplier: float | None = None
    tick_size: float | None = None

    def __post_init__(self) -> None:
        _one_of("bad_rows", self.bad_rows, get_args(BadRows))
        if self.stamp is not None:
            _one_of("stamp", self.stamp, get_args(Stamp))
        if self.timeframe is not None:
            Timeframe.parse(self.timeframe)
        if self.time_zone is not None:
            _check_zone(self.time_zone)
        if self.asset_class is not None:
            _one_of("asset_class", str(self.asset_class), tuple(AssetClass))
        _check_size("multiplier", self.multiplier, above_zero=True)
        _check_size("tick_size", self.tick_size, above_zero=False)

    def override(self, instrument: Instrument) -> Instrument:
        """Return the instrument with what is stated about it in place of what was guessed."""
        kind = instrument.asset_class if self.asset_class is None else AssetClass(self.asset_class)
        if kind is not instrument.asset_class:
            instrument = replace(instrument, asset_class=kind, tick_size=0.0, multiplier=1.0)
        if self.multiplier not in (None, 1):
            instrument = replace(instrument, multiplier=float(self.multiplier))
        if self.tick_size is not None:
            instrument = replace(instrument, tick_size=float(self.tick_size))
        return instrument


def _check_size(field: str, value: float | None, *, above_zero: bool) -> None:
    if value is None or (math.isfinite(value) and (value > 0 or (value == 0 and not above_zero))):
        return
    words = "above 0" if above_zero else "0 or above"
    hint = "Leave it out to take what the symbol tells"
    raise InputError(f"must be a number {words}, was {value}", field=field, value=value, hint=hint)


def _one_of(field: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        hint = nearest(str(value), known)
        raise InputError(f"'{value}' is not possible here", field=field, value=value, hint=hint)


def _check_zone(name: str) -> None:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"unknown time zone '{name}'", field="time_zone", value=name,
            hint=_suggest_zone(name),
        ) from None  # fmt: skip


def _suggest_zone(name: str) -> str:
    zones = {zone.lower(): zone for zone in zoneinfo.available_timezones()}
    words = nearest(name.lower(), zones)
    close = words.removeprefix("Did you mean '").removesuffix("'?")
    if close in zones:
        return f"Did you mean '{zones[close]}'?"
    return "Write a name such as America/New_York or UTC"
