"""What the Leak Lab shows, as one frozen value, and how it is made from a proof. Plain Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.backtest.proof_words import (
    CHECKING,
    LOOKS_AHEAD,
    PAST_ONLY,
    advice,
    horizon_words,
    verdict,
)
from engine.core.errors import IvyError
from engine.core.instrument import symbols_text
from engine.jobs.border import Failure, attempt
from ivybt_desktop.bridge.proof_badge import proof_line

if TYPE_CHECKING:
    from engine.backtest.spec import BacktestSpec, StrategySpec
    from engine.core.bars import Bars
    from engine.storage.proofs import Proof
    from ivybt_desktop.bridge.proof_control import Standing

EMPTY = (
    "The strategy is recomputed on cut and scrambled prices; every output that reads later bars is listed "
    "here. Open prices and choose a strategy in Setup."
)
CLEAN = (
    "At every probed bar, signals, gates, sizes and lines stayed the same when the bars after it were "
    "cut off or scrambled."
)
WAITING = "The check begins by itself when nothing has changed for a moment and no run waits."
UNDER_WAY = "Each output is recomputed on prices that end early, and on prices with another future."
_MOST_BARS = 5_000
# As every error of a user's file begins.
_PLACE = re.compile(r".+?\.py:\d+")


@dataclass(frozen=True, slots=True)
class LabRow:
    """One finding.

    Parameters
    ----------
    output : str
        What changes with the future.
    first : str
        First affected bar as people read it.
    time : int
        Its closing instant, ns UTC; 0 when it is not known.
    reads : str
        How far ahead.
    cause, todo : str
        Likely cause, and what to change.
    where : str
        File and line that look like it; empty when none does.
    """

    output: str
    first: str
    time: int
    reads: str
    cause: str
    todo: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class LabState:
    """Everything the Leak Lab shows.

    Parameters
    ----------
    status : str
        Word of the badge; empty when there is nothing to check.
    heading : str
        The verdict, without a full stop.
    detail, warmup : str
        How it was found; needed against declared warm-up.
    words : str
        What stands there instead of the table.
    rows : tuple of LabRow
    is_checking, can_check : bool
    where : str
        File and line of what kept the strategy from being checked; empty when it is not known.
    """

    status: str = ""
    heading: str = ""
    detail: str = ""
    warmup: str = ""
    words: str = EMPTY
    rows: tuple[LabRow, ...] = ()
    is_checking: bool = False
    can_check: bool = False
    where: str = ""


def lab_state(standing: Standing, spec: BacktestSpec | None, traded: Sequence[Bars]) -> LabState:
    """Return what is shown of what is known about the settings on the screen."""
    if not standing.key or spec is None or not traded:
        return LabState()
    if standing.status == CHECKING:
        on = f"{symbols_text(bars.symbol for bars in traded)} {traded[0].timeframe}"
        size = min(max(len(bars) for bars in traded), _MOST_BARS)
        heading = f"Checking {_title(spec)} on the last {size:,} bars of {on}"
        return LabState(
            CHECKING, heading, f"{standing.seconds:.0f} s", words=UNDER_WAY, is_checking=True
        )
    proof = standing.proof
    if proof is None:
        return _unproven(standing, spec)
    rows = lab_rows(proof)
    head = {PAST_ONLY: "Past only: ", LOOKS_AHEAD: "Looks ahead: "}.get(standing.status, "")
    return LabState(
        standing.status, head + _lower(verdict(proof.report), lowered=bool(head)), proof_line(proof),
        _warmup(proof, spec), "" if rows else CLEAN, rows, can_check=True,
    )  # fmt: skip


def lab_rows(proof: Proof) -> tuple[LabRow, ...]:
    """Return the findings of a proof, a row each."""
    findings = proof.report.findings
    known = len(proof.times) == len(proof.labels) == len(findings)
    places = zip(proof.times, proof.labels, strict=True) if known else ((0, ""),) * len(findings)
    return tuple(
        LabRow(
            found.output, label or f"bar {found.first_bar:,}", time, horizon_words(found.horizon),
            found.likely_cause, advice(found.likely_cause), found.where,
        )
        for found, (time, label) in zip(findings, places, strict=True)
    )  # fmt: skip


def copied(state: LabState) -> str:
    """Return everything as text, the table tab separated with headers."""
    lines = [line for line in (state.heading, state.detail, state.warmup, state.words) if line]
    if state.rows:
        lines.append("Output\tFirst affected bar\tReads\tLikely cause\tWhere\tWhat to do")
        lines += [f"{r.output}\t{r.first}\t{r.reads}\t{r.cause}\t{r.where}\t{r.todo}" for r in state.rows]
    return "\n".join(lines)


def _unproven(standing: Standing, spec: BacktestSpec) -> LabState:
    if not standing.problem:
        heading = f"{_title(spec)} is not checked yet for look-ahead"
        return LabState(standing.status, heading, words=WAITING, can_check=True)
    heading = f"{_title(spec)} could not be checked"
    place = _PLACE.match(standing.problem)
    where = "" if place is None else place.group(0)
    return LabState(standing.status, heading, words=standing.problem, can_check=True, where=where)


def _warmup(proof: Proof, spec: BacktestSpec) -> str:
    needed = proof.report.warmup
    declared = _declared(spec)
    told = "" if declared is None else f", {declared:,} declared"
    if needed < 0:
        return f"Warm-up: the first bars of the data always matter{told}"
    return f"Warm-up: {needed:,} bar{'' if needed == 1 else 's'} needed{told}"


def _declared(spec: BacktestSpec) -> int | None:
    """Return the longest warm-up that the strategies declare; None when one of them cannot be asked."""
    from engine.strategies import load  # noqa: PLC0415

    def declared(one: StrategySpec) -> int:
        strategy = load(one.name)
        return int(strategy.warmup(strategy.parse(one.params)))

    # The user's code may raise anything, and for values that its proof was not made with.
    found = attempt(lambda: max(map(declared, (spec.strategy, *spec.sleeves))))
    return None if isinstance(found, Failure) else found


def _title(spec: BacktestSpec) -> str:
    from engine.strategies import load  # noqa: PLC0415

    try:
        return load(spec.strategy.name).title or spec.strategy.name
    except IvyError:
        return spec.strategy.name


def _lower(words: str, *, lowered: bool) -> str:
    return words[:1].lower() + words[1:] if lowered else words
