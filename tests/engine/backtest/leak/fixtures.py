"""Strategies, gates, sizers and indicators that look ahead, and ones that only look as if they did."""

from __future__ import annotations

import functools
import textwrap
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from engine.core.bars import Bars
from engine.core.instrument import Instrument
from engine.core.timeframe import NS_PER_DAY, NS_PER_SECOND, Timeframe
from engine.regimes import Gate, GateSeries
from engine.sizing import Sizer

_HEAD = """
import numpy as np
import pandas as pd
from engine.indicators import Indicator, indicator
from engine.strategies import Levels, Strategy, StrategyParams, param, rule

"""
_METHOD = '''
class {name}(Strategy):
    """For tests."""

    title = "{name}"

    def signals(self, bars, p):
        frame = bars.to_frame()
        open_, high, low, close = (frame[name] for name in ("open", "high", "low", "close"))
        n = len(frame)
{body}
'''
SHIFT, CENTRED, BACK_FILL = "negative shift", "centred window", "back-fill"
SCALING, FITTED = "whole-sample scaling or correlation", "model fitted on all data"
RESAMPLE, OWN = "left-labelled resample", "own high or low before the close"


class Leaky(NamedTuple):
    """A fixture and what has to be said about it."""

    body: str
    horizon: int | None
    cause: str
    first: int | None = None
    bars: str = "daily"


# Pandas strategies: the body of ``signals``.
LEAKY = {
    "PeekOne": Leaky("return np.sign(close.shift(-1) - close).fillna(0.0)", 1, SHIFT, 0),
    "PeekFive": Leaky("return (close.shift(-5) > close).astype(float)", 5, SHIFT, 0),
    "FutureMax": Leaky("return (high.rolling(5).max().shift(-5) > close * 1.01).astype(float)", 5, SHIFT, 0),
    "PeekWithoutGap": Leaky(
        "held = np.append(bars.close[1:], bars.close[-1])\nreturn np.where(held > bars.close * 1.02, 1.0, 0.0)",
        1, SHIFT,
    ),
    "Centred": Leaky(
        "mean = close.rolling(11, center=True, min_periods=1).mean()\nreturn np.where(close > mean, 1.0, -1.0)",
        5, CENTRED, 0,
    ),
    "ZScore": Leaky(
        "z = (close - close.mean()) / close.std()\nreturn np.where(z > 1.0, -1.0, np.where(z < -1.0, 1.0, 0.0))",
        None, SCALING,
    ),
    "Correlated": Leaky(
        "moves = close.pct_change().fillna(0.0)\nlink = moves.corr(moves.shift(1))\n"
        "return np.clip(20.0 * link, -1.0, 1.0) * np.sign(moves)",
        None, SCALING,
    ),
    "BackFilled": Leaky(
        "mean = close.rolling(30).mean().bfill()\nreturn np.where(close > mean, 1.0, -1.0)", 29, BACK_FILL, 0
    ),
    "BackFilledColumn": Leaky(
        "mood = frame['mood'].bfill().fillna(0.0)\nreturn np.where(mood > 0.0, 1.0, -1.0)", 6, BACK_FILL,
        bars="moody",
    ),
    "Fitted": Leaky(
        "moves = close.pct_change().fillna(0.0).to_numpy()\n"
        "slope, start = np.polyfit(moves[:-1], moves[1:], 1)\n"
        "return np.clip(200.0 * (start + slope * moves), -1.0, 1.0)",
        None, FITTED,
    ),
    "LeftWeek": Leaky(
        "week = close.resample('W', label='left', closed='left').last()\n"
        "known = week.reindex(frame.index, method='ffill')\n"
        "return np.where(known > close, 1.0, 0.0)",
        6, RESAMPLE,
    ),
    "DayHigh": Leaky(
        "day = frame.groupby(frame.index.date)['high'].transform('max')\n"
        "return np.clip(1.0 + 40.0 * (close / day - 1.0), -1.0, 1.0)",
        11, RESAMPLE, bars="hourly",
    ),
    "OwnHigh": Leaky(
        "touched = high > high.shift(1) * 1.004\nreturn touched.shift(-1, fill_value=False).astype(float)", 1, OWN
    ),
    "HindsightStop": Leaky(
        "bad = low.shift(-1) < low * 0.99\n"
        "return np.where((close > close.rolling(20).mean()) & ~bad, 1.0, 0.0)",
        1, OWN,
    ),
}  # fmt: skip

# Not among the fourteen: what the tests need besides.
FURTHER = {
    "Unseeded": "return np.where(np.random.default_rng().random(n) > 0.5, 1.0, 0.0)",
    "Raising": "raise KeyError('vix')",
    "RaisingLater": "return np.full(n, 1.0) / (n == 600) if n == 600 else {}['no other length']",
    "Idle": "return np.zeros(n)",
    "Endless": "while True:\n    n += 1",
}

# Rules, and an indicator of one's own.
RULES = '''
@indicator(warmup=lambda args: 0)
def glance(prices, source, args, out):
    n = source.shape[0]
    for t in range(n):
        out[0, t] = source[min(t + 3, n - 1)]


class RuleAhead(Strategy):
    """A compiled rule that reads the next close."""

    title = "Rule ahead"

    @rule
    def decide(bars, bank, rows, params, target):
        n = bars.close.shape[0]
        for t in range(n):
            target[t] = 1.0 if t + 1 < n and bars.close[t + 1] > bars.close[t] else 0.0


class RuleBeyond(Strategy):
    """A compiled rule that forgets that there is no bar after the last one."""

    title = "Rule beyond"

    @rule
    def decide(bars, bank, rows, params, target):
        for t in range(bars.close.shape[0]):
            target[t] = 1.0 if bars.close[t + 1] > bars.close[t] else 0.0


class LineAhead(Strategy):
    """A clean rule on a declared line that reads three bars ahead."""

    title = "Line ahead"

    def indicators(self, p):
        return {"glance": Indicator("glance", "close", ())}

    @rule
    def decide(bars, bank, rows, params, target):
        line = bank[rows[0]]
        for t in range(bars.close.shape[0]):
            target[t] = 1.0 if line[t] > bars.close[t] else 0.0


class LevelsAhead(Strategy):
    """Always asks for a bracket; its stop to buy stands where it is known that the next bar goes."""

    title = "Levels ahead"

    def signals(self, bars, p):
        return np.ones(len(bars))

    def levels(self, bars, p):
        long = np.append(bars.high[1:], bars.high[-1]) * 0.999
        return Levels(long, np.minimum(bars.low, long) * 0.9, 5, stop_loss=1.0)


class DistanceAhead(LevelsAhead):
    """Sets the distance of its stop by the deviation of all closes."""

    title = "Distance ahead"

    def levels(self, bars, p):
        return Levels(bars.high * 1.01, bars.low * 0.99, 5, stop_loss=float(np.std(bars.close)) + 1.0)


class LevelsInTime(LevelsAhead):
    """Sets its stops by the bar that has just closed."""

    title = "Levels in time"

    def levels(self, bars, p):
        return Levels(bars.high * 1.01, bars.low * 0.99, 5, stop_loss=1.0)


class Blink(Strategy):
    """Always long but for one bar, which it leaves out because it knows the next close."""

    title = "Blink"

    class Params(StrategyParams):
        """Which bar."""

        at: int = param(0, low=0, high=100000, help="Bar")

    def signals(self, bars, p):
        target = np.ones(len(bars))
        if p.at + 1 < len(bars) and bars.close[p.at + 1] > 0.0:
            target[p.at] = 0.0
        return target


class UnusedLineAhead(Strategy):
    """Always long; only a line that nobody reads looks ahead."""

    title = "Unused line ahead"

    def indicators(self, p):
        return {"glance": Indicator("glance", "close", ())}

    @rule
    def decide(bars, bank, rows, params, target):
        target[:] = 1.0
'''

# Bodies of clean pandas strategies that use the words of leaky ones.
CLEAN = {
    "Lagged": "return np.sign(close.shift(1) - close).fillna(0.0)",
    "ThereAndBack": "return np.sign(close.diff().shift(-1).shift(1)).fillna(0.0)",
    "CentredAndLate": (
        "mean = close.rolling(11, center=True).mean().shift(5)\nreturn np.where(close > mean, 1.0, -1.0)"
    ),
    "ExpandingZScore": (
        "z = (close - close.expanding(30).mean()) / close.expanding(30).std()\n"
        "return np.where(z > 1.0, -1.0, np.where(z < -1.0, 1.0, 0.0))"
    ),
    "RollingCorrelation": (
        "moves = close.pct_change()\nlink = moves.rolling(60).corr(moves.shift(1)).fillna(0.0)\n"
        "return np.clip(20.0 * link, -1.0, 1.0)"
    ),
    "FilledForward": "mood = frame['mood'].ffill().fillna(0.0)\nreturn np.where(mood > 0.0, 1.0, -1.0)",
    "Refitted": (
        "moves = close.pct_change().fillna(0.0).to_numpy()\ntarget, slope, start = np.zeros(n), 0.0, 0.0\n"
        "for t in range(100, n):\n"
        "    if t % 50 == 0:\n"
        "        slope, start = np.polyfit(moves[: t - 1], moves[1:t], 1)\n"
        "    target[t] = np.clip(200.0 * (start + slope * moves[t]), -1.0, 1.0)\n"
        "return target"
    ),
    "FinishedWeek": (
        "week = close.resample('W', label='right', closed='right').last().shift(1)\n"
        "known = week.reindex(frame.index, method='ffill')\nreturn np.where(known > close, 1.0, 0.0)"
    ),
    "OwnHighAtTheClose": "return (high > high.shift(1) * 1.004).astype(float)",
    "HighOfTheDaySoFar": (
        "day = frame.groupby(frame.index.date)['high'].cummax()\nreturn np.where(close > 0.998 * day, -1.0, 1.0)"
    ),
    "MeanOfABar": "return np.where(close > frame[['open', 'high', 'low']].mean(axis=1), 1.0, -1.0)",
    "SeededChance": "return np.where(np.random.default_rng(3).random(n) > 0.9, 1.0, 0.0)",
    # The length of a Fourier transform changes the last digits of every value.
    "Convolved": (
        "size = 2 * n\nkernel = np.fft.rfft(np.full(20, 0.05), size)\n"
        "mean = np.fft.irfft(np.fft.rfft(close.to_numpy(), size) * kernel, size)[:n]\n"
        "return np.clip(5.0 * (close.to_numpy() / mean - 1.0), -1.0, 1.0) * (np.arange(n) > 20)"
    ),
    "LastFromTheEnd": "return np.array([1.0 if close.iloc[: t + 1].iloc[-1] > 100.0 else 0.0 for t in range(n)])",
}


def write_fixtures(folder: Path) -> None:
    """Write every fixture strategy as one file."""
    text = _HEAD + RULES
    for name, body in {**{name: one.body for name, one in LEAKY.items()}, **CLEAN, **FURTHER}.items():
        text += _METHOD.format(name=name, body=textwrap.indent(body, " " * 8))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fixtures.py").write_text(text)


@functools.cache
def series(kind: str = "daily", n: int = 600, seed: int = 3) -> Bars:
    """Return bars of a random walk: every day, every two hours, or with a mood that is known every seventh bar."""
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, n)))
    opened = np.concatenate(([100.0], close[:-1])) * np.exp(rng.normal(0.0, 0.002, n))
    high = np.maximum(opened, close) * np.exp(np.abs(rng.normal(0.0, 0.004, n)))
    low = np.minimum(opened, close) * np.exp(-np.abs(rng.normal(0.0, 0.004, n)))
    if kind == "hourly":
        time = 10_000 * NS_PER_DAY + (np.arange(n) * 7200 + 3600) * NS_PER_SECOND
        day, frame = time // NS_PER_DAY, Timeframe(2, "h")
    else:
        day = np.arange(10_000, 10_000 + n)
        time, frame = day * NS_PER_DAY + NS_PER_DAY // 2, Timeframe(1, "d")
    mood = np.where(np.arange(n) % 7 == 3, rng.normal(0.0, 1.0, n), np.nan)
    columns = {"mood": mood} if kind == "moody" else {}
    volume = rng.integers(1, 1_000, n).astype(float)
    return Bars(Instrument("TEST"), frame, time, opened, high, low, close, volume, day, columns)


class PeekingGate(Gate):
    """Open while the volatility is below its median of all bars."""

    title: ClassVar[str] = "Peeking"
    name: Literal["peeking"] = "peeking"

    def history(self) -> int:
        return 1

    def compute(self, bars: Bars) -> GateSeries:
        spread = np.log(bars.high / bars.low)
        return GateSeries(spread < np.median(spread), {"spread": spread})


class FittedGate(Gate):
    """Open in the calmer of two groups, fitted on all bars."""

    title: ClassVar[str] = "Fitted"
    name: Literal["fitted_at_once"] = "fitted_at_once"

    def history(self) -> int:
        return 1

    def compute(self, bars: Bars) -> GateSeries:
        spread = np.log(bars.high / bars.low)
        border = self.fit(spread)
        return GateSeries(spread < border, {"border": np.full(len(bars), border)})

    def fit(self, values):
        border = values.mean()
        for _ in range(10):
            border = (values[values < border].mean() + values[values >= border].mean()) / 2.0
        return float(border)


class PeekingSizer(Sizer):
    """Size by the next bar's move."""

    title: ClassVar[str] = "Peeking"
    is_geared: ClassVar[bool] = True
    name: Literal["peeking_size"] = "peeking_size"

    def gearing(self, bars, periods_per_year=None):
        ahead = np.append(bars.close[1:], bars.close[-1])
        return np.minimum(1.0, 0.01 / (0.001 + np.abs(ahead / bars.close - 1.0)))
