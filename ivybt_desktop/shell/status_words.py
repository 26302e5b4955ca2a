"""The sentences of the status bar. Plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivybt_desktop.bridge.ledger import JobLedger

if TYPE_CHECKING:
    from engine.core.bars import Bars


def data_words(bars: Bars | None) -> str:
    """Return symbol, bar length, number of bars and range."""
    if bars is None or not len(bars):
        return "No prices loaded"
    return (
        f"{bars.symbol}  {bars.timeframe}  {len(bars):,} bars  "
        f"{stamp_words(bars.label(0))} to {stamp_words(bars.label(len(bars) - 1))}"
    )


def stamp_words(label: str) -> str:
    """Return a bar's label without letters: ``2022-01-03T14:35:00Z`` is ``2022-01-03 14:35``."""
    return label.removesuffix("Z").removesuffix(":00").replace("T", " ")


def clock_words(seconds: float) -> str:
    """Return seconds as ``4 s``, ``1:05`` or ``2:03:09``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def job_words(ledger: JobLedger) -> tuple[str, int]:
    """Return what the running jobs are at, and their common progress in percent (-1 without jobs)."""
    live = ledger.live()
    if not live:
        return "", -1
    now = ledger.now
    known = [row for row in live if row.total]
    percent = round(100 * sum(row.fraction for row in known) / len(live)) if known else 0
    name = live[0].title if len(live) == 1 else f"{len(live)} jobs"
    left = [rest for row in live if (rest := row.remaining(now)) is not None]
    ending = f", {clock_words(max(left))} left" if left else ""
    return f"{name}  {percent}% after {clock_words(live[0].elapsed(now))}{ending}", percent


def memory_words(used_bytes: float, total_bytes: float) -> str:
    """Return the memory of the program and of the machine in GB."""
    return f"Memory {used_bytes / 1e9:.1f} of {total_bytes / 1e9:.0f} GB"
