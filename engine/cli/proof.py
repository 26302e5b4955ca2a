"""What the Leak Lab knows about a run: the proof kept in the data home for the source that made it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from engine.cli.home import proofs_folder
from engine.core.bars import Bars
from engine.core.errors import StorageError

if TYPE_CHECKING:
    from engine.backtest.leak import LeakReport
    from engine.backtest.result import BacktestResult
    from engine.backtest.spec import BacktestSpec
    from engine.storage.proofs import Proof


def proof_document(result: BacktestResult) -> dict[str, Any]:
    """Return the JSON object of a run's look-ahead proof: status and key, and what is known beyond them.

    Parameters
    ----------
    result : BacktestResult
        With its `proof_key`; without one the status is ``unproven`` and the key null.
    """
    from engine.backtest.proof_words import status_of  # noqa: PLC0415

    proof = _proof_of(result)
    key = result.proof_key or None
    if proof is None:
        return {"status": status_of(None), "key": key}
    head = {"status": proof.status, "key": key}
    report = proof.report
    labels = proof.labels or (None,) * len(report.findings)
    findings = [
        asdict(found) | {"first_time": label}
        for found, label in zip(report.findings, labels, strict=True)
    ]  # fmt: skip
    known = {"warmup": report.warmup, "bars": report.bars, "probes": report.probes}
    return head | known | {"findings": findings, "on": proof.on, "made": proof.made or None}


def proof_sentences(result: BacktestResult) -> list[str]:
    """Return what people are told: a warning with each finding, one line of proof, or how to get one."""
    from engine.backtest.proof_words import (  # noqa: PLC0415
        LOOKS_AHEAD,
        finding_words,
        scope_words,
        warmup_words,
    )

    proof = _proof_of(result)
    if proof is None:
        return ["Look-ahead: unproven; 'ivybt leak-check' proves it."]
    how = f"{scope_words(proof.report, proof.on)}; it {warmup_words(proof.report)}"
    if proof.status != LOOKS_AHEAD:
        return [f"Look-ahead: {proof.status}, {how}."]
    return [
        "Warning: looks ahead, so nobody can trade these results.",
        *(f"  {finding_words(found)}." for found in proof.report.findings),
        f"Look-ahead: {how}.",
    ]


def keep_proof(report: LeakReport, bars: Bars | Sequence[Bars], spec: BacktestSpec) -> None:
    """Keep what was proven in the data home; when that cannot be written, standard error says so."""
    from engine.storage.proofs import ProofStore, proof_on  # noqa: PLC0415

    if report.problem:
        return
    series = (bars,) if isinstance(bars, Bars) else tuple(bars)
    try:
        ProofStore(proofs_folder()).keep(proof_on(report, series, spec, datetime.now(UTC)))
    except StorageError as error:
        print(f"ivybt: the proof was not kept: {error}", file=sys.stderr)


def _proof_of(result: BacktestResult) -> Proof | None:
    from engine.storage.proofs import ProofStore  # noqa: PLC0415

    return ProofStore(proofs_folder()).read(result.proof_key)
