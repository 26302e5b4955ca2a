"""From a strategy to checked targets: the only place that runs a strategy's code for a single run.

Whatever a user's strategy raises comes out as one `StrategyError` with file, line and message.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backtest.blame import failing_bar
from engine.core.bars import Bars, FloatArray, IntArray
from engine.core.errors import IvyError, StrategyError
from engine.indicators import KINDS, Indicator, Pane
from engine.indicators.bank import RELEASE, SOURCES, Request, compute, distinct, fill_bank, kind_of
from engine.registry import is_plugin_module
from engine.strategies import PortfolioStrategy, Rule, Strategy, StrategyParams, registry

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # terminal codes in numba's messages


@dataclass(frozen=True, eq=False)
class Declared:
    """What a strategy declares for some parameters: the same for every instrument.

    Parameters
    ----------
    warmup : int
    requests : list of Request
        Distinct indicator lines.
    height : int
        Rows of their bank.
    rows : int64[n_lines]
        Bank row of each declared line.
    """

    warmup: int
    requests: list[Request]
    height: int
    rows: IntArray


def declare(strategy: Strategy, params: StrategyParams) -> Declared:
    """Return what a strategy declares for these parameters.

    Raises
    ------
    StrategyError
        The strategy raised.
    """
    with blaming(strategy):
        warmup = strategy.warmup(params)
        lines = list(strategy.indicators(params).values()) if strategy.decide is not None else []
        keys, rows = distinct(lines)
        requests = [Request(key.kind, key.source, np.array([key.args])) for key in keys]
        return Declared(warmup, requests, sum(len(KINDS[key.kind].outputs) for key in keys), rows)


def targets_of(
    strategy: Strategy, bars: Bars, params: StrategyParams, *, pure_python: bool = False,
    declared: Declared | None = None,
) -> FloatArray:  # fmt: skip
    """Return the target known at the close of each bar.

    Parameters
    ----------
    strategy : Strategy
        From `engine.strategies.load`.
    bars : Bars
    params : StrategyParams
        From ``strategy.parse``.
    pure_python : bool, default False
        Run a rule uncompiled: slow, for tests and for finding the line of an error.
    declared : Declared, optional
        From `declare`, when many instruments share it.

    Returns
    -------
    float64[n]
        In [-1, 1], 0 during the declared warm-up.

    Raises
    ------
    StrategyError
        The strategy raised, or what it returned is no series of targets: wrong length, not a number,
        outside [-1, 1], not flat during its own warm-up. The message names the file and line, or the bar.
    InputError
        It reads a column that the data does not have, the message names the columns there; or it refuses
        these bars.
    """
    if isinstance(strategy, PortfolioStrategy):
        strategy.signals(bars, params)  # refuses: one instrument alone has no weight
    declared = declared or declare(strategy, params)
    with blaming(strategy):
        strategy.check(bars, params)
    if strategy.decide is not None:
        target = _from_rule(strategy, strategy.decide, bars, params, declared, pure_python=pure_python)
    else:
        target = _from_method(strategy, bars, params, declared.warmup)
    _check(strategy, bars, target, declared.warmup)
    return target


def lines_of(
    strategy: Strategy, bars: Bars, params: StrategyParams
) -> dict[str, tuple[FloatArray, Pane]]:
    """Return the declared indicator lines that are to be drawn and those that are only drawn, for the chart.

    Returns
    -------
    dict of str to (float64[n], {"price", "own"})
        Values, NaN during warm-up, and where to draw them: over the candles or in a pane of their own.

    Raises
    ------
    StrategyError, InputError
        As in `targets_of`.
    """
    declared = _declared(strategy, params)
    bank = compute(bars, list(declared.values()))
    found = {name: (bank[row], _pane(line)) for row, (name, line) in enumerate(declared.items())}
    return {name: line for name, line in found.items() if line[1] != "none"}


def _pane(line: Indicator) -> Pane:
    is_price = (line.source in SOURCES and line.source != "volume") or line.source.startswith(f"{RELEASE} ")
    pane = kind_of(line).panes[line.output]
    return pane if is_price or pane == "none" else "own"


def _declared(strategy: Strategy, params: StrategyParams) -> Mapping[str, Indicator]:
    with blaming(strategy):
        return {**strategy.indicators(params), **strategy.drawn(params)}


def _from_rule(
    strategy: Strategy, rule: Rule, bars: Bars, params: StrategyParams, declared: Declared, *,
    pure_python: bool,
) -> FloatArray:  # fmt: skip
    from engine.kernels.types import prices_of  # noqa: PLC0415  (numba only when used)

    bank, target = np.empty((declared.height, len(bars))), np.zeros(len(bars))
    with blaming(strategy, bars):
        fill_bank(bars, declared.requests, bank)
        given = (prices_of(bars), bank, declared.rows, params.vector(), target)
        if pure_python:
            rule.python(*given)
            return target
        try:
            rule.compiled(*given)
        except (ArithmeticError, LookupError, ValueError) as error:
            # Compiled code does not know its line; the same loop in Python does.
            target[:] = 0.0
            with np.errstate(divide="raise", invalid="raise"):
                rule.python(*given)
            raise error from None
    return target


def _from_method(strategy: Strategy, bars: Bars, params: StrategyParams, warmup: int) -> FloatArray:
    with blaming(strategy, bars):
        given = strategy.signals(bars, params)
        if hasattr(given, "to_numpy"):  # a pandas Series, perhaps of a type with its own missing value
            given = given.to_numpy(dtype=np.float64, na_value=np.nan)
        target = np.array(given, dtype=np.float64)
    if target.shape != (len(bars),):
        raise StrategyError(
            f"signals returned {_shape(target)} for {len(bars):,} bars", where=file_of(strategy),
            hint="Return one target for every bar; keep the bars that are warming up, with 0",
        )  # fmt: skip
    early = target[:warmup]
    early[np.isnan(early)] = 0.0
    return target


def _shape(target: FloatArray) -> str:
    return f"{target.size:,} targets" if target.ndim == 1 else f"an array of shape {target.shape}"


def _check(strategy: Strategy, bars: Bars, target: FloatArray, warmup: int) -> None:
    if target.size == 0:
        return
    # Both comparisons are false for NaN.
    if not (target.min() >= -1.0 and target.max() <= 1.0):
        bar = int(np.argmax(~(np.abs(target) <= 1.0)))
        where, value = _place(strategy, bars, bar), target[bar]
        if np.isnan(value):
            raise StrategyError("the target is not a number", where=where, hint=_nan_hint(strategy, target))
        raise StrategyError(
            f"the target is {value:g}, outside [-1, 1]", where=where, hint="1 is fully long, -1 fully short"
        )
    early = target[:warmup]
    if early.any():
        bar = int(np.argmax(early != 0.0))
        raise StrategyError(
            f"the target is {target[bar]:g} during the declared warm-up of {warmup} bars",
            where=_place(strategy, bars, bar),
            hint="Stay flat (0) until every declared line has a value",
        )


def _nan_hint(strategy: Strategy, target: FloatArray) -> str:
    if strategy.decide is not None or not np.isnan(target[0]):
        return "Give a number for every bar; 0 is flat"
    bars = int(np.argmax(~np.isnan(target))) if not np.isnan(target).all() else target.size
    return f"Write 0 while it warms up, or declare 'def warmup(self, p): return {bars}'"


def _place(strategy: Strategy, bars: Bars, bar: int) -> str:
    # A path helps the author of a plug-in; the user of a built-in strategy knows its title.
    own = is_plugin_module(type(strategy).__module__)
    return f"{file_of(strategy) if own else strategy.title}, bar {bar} ({bars.label(bar)})"


def file_of(strategy: Strategy) -> str:
    """Return the source file of a strategy, for messages."""
    module = sys.modules.get(type(strategy).__module__)
    return str(getattr(module, "__file__", None) or type(strategy).__name__)


@contextmanager
def blaming(strategy: Strategy, bars: Bars | None = None) -> Iterator[None]:
    """Turn whatever a strategy's code raises into a `StrategyError` that names its file and line.

    With ``bars`` also the bar that a loop of the user was at. Errors of the engine pass through. Sweeps wrap
    their compiled calls in it too.

    Raises
    ------
    StrategyError
        The message is the original one in a single line; the original error is its cause.
    """
    try:
        yield
    except IvyError:
        raise
    except Exception as error:  # border: a user's strategy may raise anything
        file = file_of(strategy)
        line = _line(error, file)
        where = f"{file}:{line}" if line else file
        if bars is not None and line and registry.is_user_plugin(strategy.id):
            bar = failing_bar(error, file, registry.source_of(strategy.id), bars)
            where += "" if bar is None else f", bar {bar} ({bars.label(bar)})"
        raise StrategyError(_message(error), where=where, hint="Mend the strategy") from error


def _line(error: Exception, file: str) -> int:
    location: Any = getattr(error, "loc", None)  # numba's own errors
    if getattr(location, "line", None) is not None and str(location.filename).endswith(file):
        return int(location.line)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return (frames[-1].lineno or 0) if frames else 0


def _message(error: Exception) -> str:
    text = _COLOUR.sub("", str(error))
    if type(error).__module__.startswith("numba"):
        # Pages of typing attempts: the first lines say what, in numba's words.
        told = [line.strip() for line in text.splitlines() if line.strip()]
        told = [line for line in told if not line.startswith(("Failed in", "File ", "During:"))]
        return f"the rule does not compile: {told[0] if told else type(error).__name__}"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
