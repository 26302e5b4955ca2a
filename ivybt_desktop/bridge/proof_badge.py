"""From a proof to the badge that people see. Plain Python."""

from __future__ import annotations

from engine.backtest.proof_words import (
    CHECKING,
    LOOKS_AHEAD,
    PAST_ONLY,
    finding_words,
    scope_words,
    warmup_words,
)
from engine.storage.proofs import Proof
from ivybt_desktop.context import Badge

_NOT_CHECKED = "Not checked yet for look-ahead"
_UNDER_WAY = "The strategy is recomputed on cut and scrambled prices"


def badge_of(status: str, proof: Proof | None, problem: str = "") -> Badge:
    """Return the badge.

    Parameters
    ----------
    status : str
        A word of `engine.backtest.proof_words`.
    proof : Proof or None
        What is known.
    problem : str, default ""
        Why nothing is.
    """
    if status == CHECKING:
        return Badge(status, detail=_UNDER_WAY)
    if proof is None or status not in (PAST_ONLY, LOOKS_AHEAD):
        return Badge(status, detail=problem or _NOT_CHECKED)
    sentence = first_sentence(proof) if status == LOOKS_AHEAD else ""
    return Badge(status, sentence, "\n".join(detail_lines(proof)))


def first_sentence(proof: Proof) -> str:
    """Return the first finding in words, and how many more there are."""
    findings = proof.report.findings
    if not findings:
        return "An output reads bars of the future"
    words = finding_words(findings[0], proof.labels[0] if proof.labels else "")
    more = len(findings) - 1
    return f"{words}; {more} more output{'s' if more > 1 else ''}" if more else words


def detail_lines(proof: Proof) -> list[str]:
    """Return findings, probes and when it was made, and warm-up, a line each."""
    findings = proof.report.findings
    labels = proof.labels if len(proof.labels) == len(findings) else ("",) * len(findings)
    lines = [finding_words(*pair) for pair in zip(findings, labels, strict=True)]
    warmup = warmup_words(proof.report)
    return [*lines, proof_line(proof), warmup[:1].upper() + warmup[1:]]


def proof_line(proof: Proof) -> str:
    """Return ``80 probes on 5,000 bars of GOOG 1d in 0.8 s, checked 2024-05-01 10:00 UTC``."""
    made = proof.made[:16].replace("T", " ")
    return scope_words(proof.report, proof.on) + (f", checked {made} UTC" if made else "")
