"""A generated intraday series: seeded, with the shape of a stock's day, and labelled as synthetic."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from engine.core.bars import Bars
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, NS_PER_SECOND, Timeframe

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SEED = 20_240_102
_SESSIONS = 513
_BARS_PER_SESSION = 78
_STEPS_PER_BAR = 12
_FIRST_DAY = date(2022, 1, 3)
_DAILY_VOLATILITY = 0.012
_NIGHT_VOLATILITY = 0.006
_FIRST_PRICE = 100.0


def intraday_bars(instrument: Instrument, *, sessions: int = _SESSIONS, seed: int = SEED) -> Bars:
    """Generate five-minute bars of weekday sessions from 9:30 to 16:00 in New York.

    Volatility clusters from day to day, is highest after the open and higher again before the
    close; nights add a gap of their own; prices lie on a tick of 0.01 and have no drift worth
    trading.

    Parameters
    ----------
    instrument : Instrument
        What to label the bars with.
    sessions : int, default 513
        Days; each has 78 bars.
    seed : int, default 20240102
        The same seed gives the same bars.
    """
    chance = np.random.default_rng(seed)
    days = _weekdays(sessions)
    shape = (sessions, _BARS_PER_SESSION)
    day_volatility = _clustered(chance, sessions)
    smile = _smile()
    step = day_volatility[:, None] * smile[None, :] * _DAILY_VOLATILITY / np.sqrt(_STEPS_PER_BAR)
    moves = chance.standard_normal((*shape, _STEPS_PER_BAR)) * step[:, :, None]
    nights = chance.standard_normal(sessions) * day_volatility * _NIGHT_VOLATILITY
    nights[0] = 0.0
    path = _path(moves, nights)
    prices = _to_ticks(path)
    usual = 1_000 * day_volatility[:, None] * (smile / smile.mean()) ** 2
    volume = np.round(usual * chance.lognormal(0.0, 0.4, shape))
    times = _close_times(days)
    return Bars(
        instrument, Timeframe(5, "m"), time=times, session=np.repeat(days, _BARS_PER_SESSION),
        open=prices[:, 0], high=prices.max(axis=1), low=prices.min(axis=1), close=prices[:, -1],
        volume=np.maximum(volume, 1.0).ravel(),
    )  # fmt: skip


def _weekdays(count: int) -> IntArray:
    first = _FIRST_DAY.toordinal() - date(1970, 1, 1).toordinal()
    calendar = np.arange(first, first + 2 * count + 7, dtype=np.int64)
    return calendar[(calendar + 3) % 7 < 5][:count]


def _clustered(chance: np.random.Generator, count: int) -> FloatArray:
    """Return each day's volatility relative to its mean: calm and wild spells of some weeks."""
    shocks = chance.standard_normal(count) * 0.15
    level = np.empty(count)
    state = 0.0
    for day in range(count):
        state = 0.95 * state + shocks[day]
        level[day] = state
    return np.asarray(np.exp(level - level.var() / 2), np.float64)


def _smile() -> FloatArray:
    """Return each bar's share of the day's volatility: squares sum to one."""
    place = np.linspace(0.0, 1.0, _BARS_PER_SESSION)
    raw: FloatArray = 0.6 + 1.6 * np.exp(-place / 0.08) + 0.5 * np.exp((place - 1.0) / 0.06)
    return np.asarray(raw / np.sqrt((raw**2).sum()))


def _path(moves: FloatArray, nights: FloatArray) -> FloatArray:
    """Return log prices, float64[bars, steps + 1]: a bar opens where the last one closed."""
    sessions = moves.shape[0]
    flat = moves.reshape(sessions, -1)
    inside = np.cumsum(flat, axis=1)
    starts = np.cumsum(nights + np.concatenate([[0.0], inside[:-1, -1]]))
    levels = np.concatenate([np.zeros((sessions, 1)), inside], axis=1) + starts[:, None]
    steps = moves.shape[2]
    first = np.arange(moves.shape[1]) * steps
    index = first[:, None] + np.arange(steps + 1)[None, :]
    return np.asarray(levels[:, index].reshape(-1, steps + 1), np.float64)


def _to_ticks(log_prices: FloatArray) -> FloatArray:
    return np.asarray(np.round(_FIRST_PRICE * np.exp(log_prices), 2), np.float64)


def _close_times(days: IntArray) -> IntArray:
    zone = ZoneInfo("America/New_York")
    opens = np.empty(len(days), np.int64)
    for place, day in enumerate(days.tolist()):
        moment = datetime.combine(date(1970, 1, 1) + timedelta(days=day), time(9, 30), zone)
        offset = moment.utcoffset() or timedelta()
        seconds = 9 * 3600 + 30 * 60 - int(offset.total_seconds())
        opens[place] = day * NS_PER_DAY + seconds * NS_PER_SECOND
    closes = np.arange(1, _BARS_PER_SESSION + 1, dtype=np.int64) * 300 * NS_PER_SECOND
    return (opens[:, None] + closes[None, :]).ravel()
