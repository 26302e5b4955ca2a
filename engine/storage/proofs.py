"""`ProofStore`: what the Leak Lab found, one JSON file for each source that was checked.

A proof belongs to a key (`engine.backtest.leak.proof_key`): an edited strategy has another key, so an old
proof never speaks for new code. A file that cannot be read counts as no proof: the check is made again.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.backtest.proof_words import status_of
from engine.backtest.result import BacktestResult
from engine.core.errors import InputError
from engine.core.instrument import symbols_text
from engine.storage.files import write_whole

if TYPE_CHECKING:
    from engine.backtest.leak import LeakReport
    from engine.backtest.spec import BacktestSpec
    from engine.core.bars import Bars

_LOG = logging.getLogger(__name__)
_FORMAT = 1
_KEY = re.compile(r"(sha256:)?[0-9a-f]{8,64}")


@dataclass(frozen=True)
class Proof:
    """A report, and on what prices it was made.

    Parameters
    ----------
    report : LeakReport
    made : str, default ""
        When, ISO 8601 UTC.
    on : str, default ""
        Prices in words (``GOOG 1d``).
    times : tuple of int, default ()
        Closing instant of the first affected bar of each finding, ns UTC; empty when they are not known.
    labels : tuple of str, default ()
        The same as people read them.
    """

    report: LeakReport
    made: str = ""
    on: str = ""
    times: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """The word of the badge."""
        return status_of(self.report)


def proof_on(report: LeakReport, series: Sequence[Bars], spec: BacktestSpec, now: datetime) -> Proof:
    """Return a report with the prices that it was made on and the dates of its findings.

    Parameters
    ----------
    report : LeakReport
        Of these prices and this spec.
    series : sequence of Bars
        At least one.
    spec : BacktestSpec
    now : datetime
        With a time zone.
    """
    from engine.backtest.proof_place import first_bars  # noqa: PLC0415  (loads numba)

    on = f"{symbols_text(bars.symbol for bars in series)} {series[0].timeframe}".strip()
    stamps = first_bars(report, series, spec)
    made = now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Proof(report, made, on, tuple(time for time, _ in stamps), tuple(label for _, label in stamps))


def with_proof_key(result: BacktestResult) -> BacktestResult:
    """Return a run that was just made with the key of the proof that speaks for it.

    Raises
    ------
    InputError, StrategyError
        A strategy of the run is gone.
    """
    from engine.backtest.leak import proof_key  # noqa: PLC0415  (loads numba)

    return replace(result, proof_key=proof_key(result.spec))


class ProofStore:
    """Proofs on disk. Constructing one touches nothing; the folder is made at the first `put`.

    Parameters
    ----------
    folder : Path
        ``proofs`` in the data home.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> LeakReport | None:
        """Return the report for a key, or `None` when there is none that can be read."""
        proof = self.read(key)
        return None if proof is None else proof.report

    def read(self, key: str) -> Proof | None:
        """Return the report with what is known about its making, or `None`; a broken file is logged."""
        if not _KEY.fullmatch(key):
            return None
        path = self._path(key)
        try:
            proof = _proof(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            what = f"{type(error).__name__}: {error}"
            _LOG.warning("the proof %s cannot be read (%s); the check is made again", path, what)
            return None
        if proof.report.key != key:
            _LOG.warning("the proof %s belongs to another source; the check is made again", path)
            return None
        return proof

    def put(self, report: LeakReport) -> None:
        """Keep a report of which no more is known; see `keep`."""
        self.keep(Proof(report))

    def keep(self, proof: Proof) -> None:
        """Keep a proof under the key of its report; an older one is replaced.

        Raises
        ------
        InputError
            The report has no usable key.
        StorageError
            The folder is read-only or the disk is full; an older proof is still there.
        """
        key = proof.report.key
        if not _KEY.fullmatch(key):
            hint = "Make the report with engine.backtest.leak.check_leaks"
            raise InputError("is no key of a proof", field="key", value=key, hint=hint)
        write_whole(self._path(key), json.dumps({"format": _FORMAT, **asdict(proof)}, indent=1) + "\n")

    def _path(self, key: str) -> Path:
        return self.folder / f"{key.removeprefix('sha256:')}.json"


def _proof(stored: Any) -> Proof:
    if not isinstance(stored, dict) or stored.get("format") != _FORMAT:
        raise ValueError("not a proof of this version")
    times = tuple(int(time) for time in stored["times"])
    labels = tuple(str(label) for label in stored["labels"])
    report = _report(stored["report"])
    if any(len(known) not in (0, len(report.findings)) for known in (times, labels)):
        raise ValueError("its dates do not fit its findings")
    return Proof(report, str(stored["made"]), str(stored["on"]), times, labels)


def _report(stored: Mapping[str, Any]) -> LeakReport:
    from engine.backtest.leak import Finding, LeakReport  # noqa: PLC0415  (loads numba)

    findings = tuple(Finding(**finding) for finding in stored["findings"])
    return LeakReport(**{**stored, "findings": findings})
