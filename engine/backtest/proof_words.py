"""What the Leak Lab found, in the words that window, command line and reports share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.backtest.leak import Finding, LeakReport

PAST_ONLY, LOOKS_AHEAD, UNPROVEN, CHECKING = "past only", "looks ahead", "unproven", "checking"

# What to change in the strategy's file, by the likely cause.
_ADVICE = {
    "negative shift": "Replace shift(-n) or [i + n] by a value known at the bar: shift(n) with n >= 0",
    "centred window": "Take center=True out: a window must end at its own bar",
    "whole-sample scaling or correlation": (
        "Use rolling or expanding means, deviations, ranks and correlations instead of those of all bars"
    ),
    "back-fill": "Fill gaps forward (ffill), or leave them out; bfill and interpolate take later values",
    "model fitted on all data": "Fit the model on the bars before each decision, and refit as time goes on",
    "left-labelled resample": "Resample with label='right', closed='right', and read finished bars only",
    "own high or low before the close": (
        "Decide at the close, or read the bar before: a bar's own high and low are known at its close"
    ),
}
_ADVICE_ELSE = "Compute each value from bars up to its own only"


def status_of(report: LeakReport | None) -> str:
    """Return the word of the badge for a report: ``past only``, ``looks ahead`` or ``unproven``."""
    if report is None or report.problem:
        return UNPROVEN
    return LOOKS_AHEAD if report.leak else PAST_ONLY


def verdict(report: LeakReport) -> str:
    """Return the sentence over the findings, without a full stop."""
    if report.problem:
        return f"It could not be checked: {report.problem.removesuffix('.')}"
    if not report.leak:
        return "No output changes with later bars"
    count = len(report.findings)
    if count != 1:
        return f"{count} outputs read bars of the future"
    return reading_words(report.findings[0])


def finding_words(finding: Finding, label: str = "") -> str:
    """Return ``Signals read 1 bar ahead, first at 2015-03-02; likely cause: negative shift``.

    Parameters
    ----------
    finding : Finding
    label : str, default ""
        First affected bar as people read it; empty leaves it out.
    """
    first = f", first at {label}" if label else ""
    cause = f"; likely cause: {finding.likely_cause}" if finding.likely_cause else ""
    return f"{reading_words(finding)}{first}{cause}"


def reading_words(finding: Finding) -> str:
    """Return ``Signals read 1 bar ahead``."""
    name = finding.output[:1].upper() + finding.output[1:]
    verb = "read" if finding.output.startswith("signals") else "reads"
    return f"{name} {verb} {horizon_words(finding.horizon)}"


def horizon_words(horizon: int | None) -> str:
    """Return ``1 bar ahead``, ``5 bars ahead`` or ``the whole sample``."""
    if horizon is None:
        return "the whole sample"
    return "1 bar ahead" if horizon == 1 else f"{horizon:,} bars ahead"


def scope_words(report: LeakReport, on: str = "") -> str:
    """Return ``80 probes on 5,000 bars of GOOG 1d in 0.8 s``; ``on`` names the prices."""
    where = f" of {on}" if on else ""
    return f"{report.probes:,} probes on {report.bars:,} bars{where} in {report.seconds:.1f} s"


def warmup_words(report: LeakReport) -> str:
    """Return how many bars pass until the start of the data no longer matters."""
    if report.warmup < 0:
        return "always depends on where the data began"
    if report.warmup == 0:
        return "needs no warm-up"
    return f"needs {report.warmup:,} bar{'s' if report.warmup > 1 else ''} of warm-up"


def advice(cause: str) -> str:
    """Return what to change, by the likely cause."""
    return _ADVICE.get(cause, _ADVICE_ELSE)
