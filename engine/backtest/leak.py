"""Leak Lab: proof that what a strategy decides at a bar does not depend on any later bar.

Signals, gates, sizes, entry levels and declared lines are computed on the whole data, on data that ends at
about forty bars (most of them bars at which a decision changes) and on data whose bars after those are other
ones. What is known at a bar must be the same each time, up to and including the last bar that is left: one
bar of look-ahead is enough to be seen.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import engine
from engine.backtest.leak_cause import diagnose
from engine.backtest.leak_lab import Lab, run_probes
from engine.backtest.leak_parts import (
    SIGNALS,
    Part,
    Series,
    axis_of,
    gate_part,
    gearing_part,
    indicator_part,
    parts_of,
)
from engine.backtest.leak_probes import SCRAMBLES, STRONG, choose_cuts
from engine.backtest.leak_warmup import least_warmup
from engine.backtest.run import check_symbols, fill_in, instruments_of, parse_params
from engine.backtest.spec import BacktestSpec
from engine.core.bars import Bars, IntArray
from engine.core.errors import IvyError
from engine.indicators import Indicator
from engine.indicators.bank import kind_of
from engine.kernels.simulate import KERNEL_VERSION
from engine.regimes import Gate
from engine.sizing import Sizer
from engine.strategies import registry, source_digest

__all__ = ["Finding", "LeakReport", "check_leaks", "check_part", "proof_key"]

LEAST_BARS = 30
# Compiled rules are cut at as many more bars.
_QUICK = 4
# A leak of the first bars is in few cuts: those are probed with every strong future.
_EARLY_CUTS = 4
# Of one part: probes, then what tells horizon and cause. A slow part is probed less often, but for as long as
# it takes to have the fewest probes, or until it has taken the most seconds.
_PROBE_SECONDS, _CAUSE_SECONDS, _LEAST_PROBES, _MOST_SECONDS = 6.0, 5.0, 12, 40.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One output that changes when the future changes.

    Attributes
    ----------
    output : str
        ``"signals"``, ``"gate: hmm"``, ``"size"``, ``"line: fast"``; with ``" of NAME"`` where several
        strategies run.
    first_bar : int
        First of the checked bars found to change with the future.
    horizon : int or None
        Bars ahead that it needs; `None` when it needs the whole sample.
    likely_cause : str
        In words (`engine.backtest.leak_source` lists them).
    where : str
        File and line that look like the cause; empty when none does.
    """

    output: str
    first_bar: int
    horizon: int | None
    likely_cause: str
    where: str = ""


@dataclass(frozen=True)
class LeakReport:
    """What the proof found.

    Attributes
    ----------
    leak : bool
        Whether anything looks ahead.
    findings : tuple of Finding
        The outputs that do.
    warmup : int
        Least bars after which decisions no longer depend on where the data began; -1 when they always do,
        or when it could not be found.
    bars, probes : int
        Bars that were checked (the last ones of the data); cut and scrambled copies that were compared.
    seconds : float
        Time it took.
    key : str
        `proof_key` of the spec.
    problem : str
        Why it could not be checked, or not all of it; what is not proven is not called clean.
    """

    leak: bool
    findings: tuple[Finding, ...]
    warmup: int
    bars: int
    probes: int
    seconds: float
    key: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Verdict:
    findings: tuple[Finding, ...] = ()
    warmup: int = 0
    probes: int = 0
    problem: str = ""


def proof_key(spec: BacktestSpec) -> str:
    """Return the SHA-256 of what a proof is about: sources of strategies, gates and sizing, candles, engine.

    Values of parameters, dates and paths are no part of it.

    Raises
    ------
    InputError, StrategyError
        An unknown or broken strategy.
    """
    candles = spec.data.candles
    return _key({
        "strategies": [(one.name, source_digest(one.name)) for one in (spec.strategy, *spec.sleeves)],
        "gates": [(gate.name, _digest(type(gate))) for gate in spec.gates],
        "sizing": (spec.sizing.name, _digest(type(spec.sizing))),
        "allocation": (spec.portfolio.allocation.name, _digest(type(spec.portfolio.allocation))),
        "candles": (candles.kind.value, candles.timeframe, candles.brick_atr is None),
        "formula": bool(spec.data.formula),
    })  # fmt: skip


@registry.steady()
def check_leaks(
    bars: Bars | Sequence[Bars], spec: BacktestSpec, *, probes: int = 40, seed: int = 0, most_bars: int = 5000
) -> LeakReport:
    """Recompute a spec's outputs on cut and scrambled data, and report each that looks ahead.

    Parameters
    ----------
    bars : Bars or sequence of Bars
        As for `engine.backtest.run.run_backtest`; the spec's dates are applied.
    spec : BacktestSpec
    probes : int, default 40
        Bars at which the data is cut; compiled rules are cut at four times as many.
    seed : int, default 0
        Of the random bars and scrambled futures.
    most_bars : int, default 5000
        Only so many of the last bars are checked.

    Returns
    -------
    LeakReport
        A strategy that raises, is random or too slow is told in ``problem``.

    Raises
    ------
    InputError, StrategyError
        The spec cannot run on these bars at all: unknown or broken strategy, parameter, symbol or dates.
    DataError
        No bars.
    """
    series = _last_bars(instruments_of(bars, spec), most_bars)
    check_symbols(spec, [one.symbol for one in series])
    params = parse_params(spec)
    full = fill_in(spec, params, spec.periods_per_year or series[0].periods_per_year)
    return _report(series, lambda: parts_of(series, full, params), proof_key(spec), probes, seed)


def check_part(
    bars: Bars, part: Indicator | Gate | Sizer, *, name: str = "", probes: int = 40, seed: int = 0,
    most_bars: int = 5000,
) -> LeakReport:  # fmt: skip
    """Check one indicator line, gate or sizing rule without a strategy.

    Parameters
    ----------
    bars : Bars
    part : Indicator, Gate or Sizer
    name : str, default ""
        Of an indicator line in the findings; empty takes the kind's name.
    probes, seed, most_bars : int
        As in `check_leaks`.

    Returns
    -------
    LeakReport

    Raises
    ------
    StrategyError
        The indicator is not registered.
    """
    series = _last_bars((bars,), most_bars)
    source: type | Callable[..., object] = type(part)
    if isinstance(part, Indicator):
        made = indicator_part(series[0], part, name or part.kind)
        source = kind_of(part).function
    elif isinstance(part, Gate):
        made = gate_part(series, BacktestSpec(strategy="buy_and_hold"), part)
    else:
        made = gearing_part(series[0], part)
    key = _key({"part": source.__name__, "source": _digest(source)})
    return _report(series, lambda: [made], key, probes, seed)


def _report(series: Series, make: Callable[[], list[Part]], key: str, probes: int, seed: int) -> LeakReport:
    begin = time.monotonic()
    axis = axis_of(series)
    size = int(axis.size)
    if size < LEAST_BARS:
        problem = f"{size} bars are too few to cut: a check needs {LEAST_BARS}"
        verdicts = [_Verdict(warmup=-1, problem=problem)]
    else:
        # Short data makes a user's own code warn about empty windows: nobody asked it to run there.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            verdicts = _examined(make, probes, seed, axis)
    findings = tuple(finding for verdict in verdicts for finding in verdict.findings)
    problem = "; ".join(dict.fromkeys(verdict.problem for verdict in verdicts if verdict.problem))
    warmups = [verdict.warmup for verdict in verdicts]
    return LeakReport(
        leak=bool(findings), findings=findings, warmup=-1 if min(warmups) < 0 else max(warmups), bars=size,
        probes=sum(verdict.probes for verdict in verdicts), seconds=time.monotonic() - begin, key=key,
        problem="" if findings else problem,
    )  # fmt: skip


def _examined(make: Callable[[], list[Part]], probes: int, seed: int, axis: IntArray) -> list[_Verdict]:
    try:
        parts = make()
    except IvyError as error:
        return [_Verdict(warmup=-1, problem=str(error))]
    return [_examine(part, probes, seed, axis) for part in parts] or [_Verdict()]


def _examine(part: Part, probes: int, seed: int, axis: IntArray) -> _Verdict:
    try:
        lab = Lab(part, seed)
    except IvyError as error:
        return _Verdict(warmup=-1, problem=str(error))
    if not lab.full:
        return _Verdict()
    rng = np.random.default_rng(seed)
    cuts = choose_cuts(lab.full, lab.first, probes * _QUICK if part.is_quick else probes, rng)
    lab.allow(_MOST_SECONDS)
    enough = time.monotonic() + _PROBE_SECONDS
    # In random order, so that a slow part that runs out of time is probed all over its bars.
    for turn, cut in enumerate(rng.permutation(cuts).tolist()):
        if time.monotonic() > enough and lab.compared >= _LEAST_PROBES:
            break
        run_probes(lab, ("cut", SCRAMBLES[turn % len(SCRAMBLES)]), [cut])
    if time.monotonic() < enough:
        run_probes(lab, STRONG, cuts[:_EARLY_CUTS])
    compared, failures = lab.compared, [cut for kind, cut, _ in lab.failures if kind == "cut"]
    findings = []
    for name in lab.leaking():
        lab.allow(_CAUSE_SECONDS)
        found = diagnose(lab, name)
        # A part may be of some instruments only, and of their last bars: bars are counted on all of them.
        first = int(np.searchsorted(axis, lab.axis[found.first_bar]))
        findings.append(Finding(name, first, found.horizon, found.cause, found.where))
    problem = "" if findings else _problem(lab, compared, failed=len(failures) > len(cuts) / 2)
    return _Verdict(tuple(findings), least_warmup(lab), compared, problem)


def _problem(lab: Lab, compared: int, *, failed: bool) -> str:
    """Return why nothing is proven although nothing was found; empty when it is."""
    if lab.size - lab.first < LEAST_BARS:
        return f"the instruments have {lab.size - lab.first} bars in common: a check needs {LEAST_BARS}"
    if failed:
        _, cut, message = lab.failures[-1]
        return f"on data that ends after bar {cut}: {message}"
    if compared < _LEAST_PROBES:
        return f"too slow: {lab.seconds_a_run:.1f} s for one run of {lab.size:,} bars"
    for name, rows in lab.full.items():
        if rows.decisions and not np.nan_to_num(rows.values).any():
            what = "no position" if name.startswith(SIGNALS) else f"{name} is 0 throughout"
            return f"{what} in {lab.size:,} bars, so that there is nothing to compare"
    return ""


def _last_bars(series: Series, most: int) -> Series:
    axis = axis_of(series)
    if axis.size <= most:
        return series
    cut = [bars.slice(int(np.searchsorted(bars.time, axis[-most])), len(bars)) for bars in series]
    return tuple(bars for bars in cut if len(bars))


def _key(content: dict[str, object]) -> str:
    text = json.dumps(content | {"engine": engine.__version__, "kernel": KERNEL_VERSION}, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _digest(target: type | Callable[..., object]) -> str:
    """Return a digest of the file of a class or function; what belongs to the engine has its version."""
    file = None if target.__module__.startswith("engine.") else inspect.getsourcefile(target)
    source = Path(file).read_bytes() if file else target.__module__.encode()
    return hashlib.sha256(source).hexdigest()
