"""`ProofControl`: look-ahead checks that run by themselves, once for each source. Plain Python.

A check is wanted when the settings on the screen have no proof: the strategy is new, was edited or chosen,
or a gate, the sizing or the candles are others. It begins when nothing changed for a moment and no run of
the user waits, one at a time. The executor takes its worker for a run that needs one, and ends a check that
takes too long; here it is ended sooner when other settings wait for theirs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from engine.backtest.proof_words import CHECKING, UNPROVEN
from engine.core.errors import IvyError
from engine.jobs.events import Cancelled, Failed, Finished, JobEvent, Queued
from engine.jobs.requests import LeakJob
from engine.storage.proofs import Proof, ProofStore, proof_on
from ivybt_desktop.bridge.proof_badge import badge_of
from ivybt_desktop.context import NO_BADGE, Background, Badge, JobService, Workspace, at_once
from ivybt_desktop.signal import Links

if TYPE_CHECKING:
    from engine.backtest.leak import LeakReport
    from engine.backtest.result import BacktestResult
    from engine.backtest.spec import BacktestSpec
    from engine.core.bars import Bars

SETTLED_MS = 700
# What is left to a check when other settings wait for theirs.
HURRY_MS = 5_000
NO_PRICES = "Open prices: the strategy is checked on them"
STOPPED = "The check was stopped; Check again begins anew"
TOO_LONG = "The check was stopped: it took long, and other settings waited for theirs"
EDITED = "The strategy was edited while it was checked"
_OF_USERS = ("backtest", "sweep")


class Delay(Protocol):
    """A wait that can be begun anew or given up."""

    def start(self, milliseconds: int) -> None:
        """Call after so many milliseconds from now."""
        ...

    def stop(self) -> None:
        """Do not call."""
        ...


Delays = Callable[[Callable[[], object]], Delay]


@dataclass(frozen=True)
class Standing:
    """What is known about one source.

    Parameters
    ----------
    key : str
        `engine.backtest.leak.proof_key`; empty without a usable strategy.
    status : str
        Word of the badge.
    proof : Proof or None
    problem : str
        Why there is no proof.
    seconds : float
        How long the check under way has run.
    """

    key: str = ""
    status: str = UNPROVEN
    proof: Proof | None = None
    problem: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class _Check:
    job_id: str
    key: str
    series: tuple[Bars, ...]
    spec: BacktestSpec
    began: float


class ProofControl:
    """Checks what is on the screen and says what is proven.

    Parameters
    ----------
    workspace : Workspace
        Settings, prices and run; receives the badges.
    jobs : JobService
        Who runs the checks.
    store : ProofStore
        Where proofs are kept.
    delays : callable
        Makes a `Delay` for a callable.
    background : callable, optional
        ``background(work, then, failed)``; the default works at once.
    """

    def __init__(
        self, workspace: Workspace, jobs: JobService, store: ProofStore, delays: Delays,
        background: Background = at_once,
    ) -> None:  # fmt: skip
        self._workspace, self._jobs, self._store = workspace, jobs, store
        self._background = background
        self._settled, self._hurry = delays(self._begin_wanted), delays(self._give_up)
        self._known: dict[str, Proof | None] = {}
        self._problems: dict[str, str] = {}
        self._tried: dict[str, BacktestSpec] = {}
        self._of_result: WeakKeyDictionary[BacktestResult, str] = WeakKeyDictionary()
        self._users: set[str] = set()
        self._check: _Check | None = None
        self._key, self._reason = "", STOPPED
        self._is_on = False
        self._links = Links(
            (workspace.spec_changed, self._spec_changed),
            (workspace.universe_changed, self._prices_changed),
            (workspace.strategies_changed, self._strategies_changed),
            (workspace.result_changed, self._result_changed),
            (jobs.event, self._take),
        )

    def start(self) -> None:
        """Show badges and check by itself from now on; `engine.backtest.leak` should be loaded by then."""
        self._is_on = True
        self._spec_changed()
        self._tell()

    def close(self) -> None:
        """Disconnect; a check under way ends with the executor."""
        self._is_on = False
        self._links.close()
        self._settled.stop()
        self._hurry.stop()

    # -- what a person does -----------------------------------------------------------------------

    def check_again(self) -> None:
        """Check the settings on the screen now, also when there is a proof."""
        if self._check is not None and self._check.key == self._key:
            return
        self._problems.pop(self._key, None)
        self._begin()

    def cancel(self) -> None:
        """Stop the check under way."""
        self._stop(STOPPED)

    # -- what is known ----------------------------------------------------------------------------

    @property
    def standing(self) -> Standing:
        """What is known about the settings on the screen."""
        return self.standing_of(self._key)

    def standing_of(self, key: str) -> Standing:
        """Return what is known about a source."""
        if not key:
            return Standing()
        if self._check is not None and self._check.key == key:
            return Standing(key, CHECKING, self._proof(key), "", time.monotonic() - self._check.began)
        proof = self._proof(key)
        if proof is not None:
            return Standing(key, proof.status, proof, proof.report.problem)
        return Standing(key, UNPROVEN, None, self._problems.get(key, ""))

    def badge(self, key: str) -> Badge:
        """Return the badge of a source; an empty one without a key, and before `start`."""
        if not key or not self._is_on:
            return NO_BADGE
        standing = self.standing_of(key)
        return badge_of(standing.status, standing.proof, standing.problem)

    def key_of_result(self, result: BacktestResult) -> str:
        """Return the key of the source that a run was made with."""
        if result.proof_key:
            return result.proof_key
        if result not in self._of_result:
            # Known when it is first seen: a later edit of the strategy is another source.
            self._of_result[result] = _key_of(result.spec)
        return self._of_result[result]

    def _proof(self, key: str) -> Proof | None:
        if key not in self._known:
            self._known[key] = self._store.read(key)
        return self._known[key]

    # -- what happens -----------------------------------------------------------------------------

    def _spec_changed(self, _spec: object = None) -> None:
        spec = self._workspace.spec
        # Before `start` the libraries that a key needs are not loaded: the window opens without them.
        self._key = _key_of(spec) if spec is not None and self._is_on else ""
        self._workspace.spec_badge = self._spec_badge()
        self._look()

    def _prices_changed(self, _universe: object) -> None:
        # What failed may have failed because of the prices.
        self._problems.clear()
        self._tried.clear()
        self._spec_changed()

    def _strategies_changed(self) -> None:
        # A proof that another program made meanwhile counts too.
        self._known = {key: proof for key, proof in self._known.items() if proof is not None}
        # An edit that was taken back is the source of before, and nothing is wrong with that.
        self._problems = {key: words for key, words in self._problems.items() if words != EDITED}
        self._spec_changed()
        self._tell()

    def _result_changed(self, result: BacktestResult | None) -> None:
        self._workspace.result_badge = self._result_badge(result)

    def _take(self, event: JobEvent) -> None:
        match event:
            case Queued(job_id=job_id, kind=kind) if kind in _OF_USERS:
                self._users.add(job_id)
            case Finished(job_id=job_id) | Failed(job_id=job_id) | Cancelled(job_id=job_id):
                self._job_ended(job_id, event)
            case _:
                pass

    def _job_ended(self, job_id: str, event: Finished | Failed | Cancelled) -> None:
        if job_id in self._users:
            self._users.discard(job_id)
            self._look()
        elif self._check is not None and job_id == self._check.job_id:
            self._ended(self._check, event)

    # -- one check --------------------------------------------------------------------------------

    def _look(self) -> None:
        """Wait for a quiet moment when a check is wanted."""
        if self._is_wanted():
            self._settled.start(SETTLED_MS)
        else:
            self._settled.stop()

    def _is_wanted(self) -> bool:
        key = self._key
        return bool(
            self._is_on and key and self._workspace.traded and not self._workspace.problem
            and not self._is_hopeless(key) and self._proof(key) is None
        )  # fmt: skip

    def _is_hopeless(self, key: str) -> bool:
        """Return whether these settings had their check in vain; other values of parameters may trade."""
        spec, tried = self._workspace.spec, self._tried.get(key)
        if spec is None or tried is None:
            return key in self._problems
        return (spec.strategy, spec.sleeves, spec.data) == (tried.strategy, tried.sleeves, tried.data)

    def _begin_wanted(self) -> None:
        if not self._is_wanted() or self._users:
            return  # looked at again when the user's runs have ended
        if self._check is None:
            self._begin()
        elif self._check.key != self._key:
            self._hurry.start(HURRY_MS)

    def _begin(self) -> None:
        space = self._workspace
        traded, spec, key = space.traded, space.spec, self._key
        self._settled.stop()
        if not traded or spec is None or not key:
            return
        self._hurry.stop()  # what it presses is stopped here, if at all
        if self._check is not None:
            self._stop(STOPPED)
        self._tried.pop(key, None)
        # An executor may run the job before `submit` returns; its events come later in either case.
        try:
            job_id = self._jobs.submit(LeakJob(traded[0] if len(traded) == 1 else traded, spec))
        except IvyError as error:
            self._problems[key] = str(error)
        else:
            self._check = _Check(job_id, key, traded, spec, time.monotonic())
            self._reason = STOPPED
        self._tell()

    def _give_up(self) -> None:
        # The settings that waited may be proven by now, or be those of the check itself.
        if self._is_wanted() and self._check is not None and self._check.key != self._key:
            self._stop(TOO_LONG)

    def _stop(self, reason: str) -> None:
        if self._check is not None:
            self._reason = reason
            self._jobs.cancel(self._check.job_id)

    def _ended(self, check: _Check, event: Finished | Failed | Cancelled) -> None:
        self._check = None
        self._hurry.stop()
        match event:
            case Finished(value=report):
                self._keep(check, report)
            case Failed(what=what, where=where):
                self._problems[check.key] = f"{where}: {what}" if where else what
            case _:
                self._problems[check.key] = self._reason
        self._tell()
        self._look()

    def _keep(self, check: _Check, report: LeakReport) -> None:
        if report.key != check.key:
            # Edited between the question and the answer: the new source has a key of its own.
            self._problems[check.key] = EDITED
        if report.problem:
            self._problems[report.key], self._tried[report.key] = report.problem, check.spec
            return
        proof = proof_on(report, check.series, check.spec, datetime.now(UTC))
        self._known[report.key] = proof
        self._background(lambda: self._store.keep(proof), lambda _none: None, self._not_kept)

    def _not_kept(self, error: IvyError) -> None:
        self._workspace.log("warning", f"The look-ahead proof was not kept: {error}")

    # -- badges -----------------------------------------------------------------------------------

    def _spec_badge(self) -> Badge:
        badge = self.badge(self._key)
        if badge.status == UNPROVEN and not self._workspace.traded:
            return replace(badge, detail=NO_PRICES)
        return badge

    def _result_badge(self, result: BacktestResult | None) -> Badge:
        return NO_BADGE if result is None or not self._is_on else self.badge(self.key_of_result(result))

    def _tell(self) -> None:
        space = self._workspace
        space.spec_badge, space.result_badge = self._spec_badge(), self._result_badge(space.result)
        space.badges_changed.emit()


def _key_of(spec: BacktestSpec) -> str:
    from engine.backtest.leak import proof_key  # noqa: PLC0415

    try:
        return proof_key(spec)
    except IvyError:  # a strategy that is broken or gone cannot be checked
        return ""
