"""`RunsPresenter`: the kept runs, searched, reopened, starred and deleted. Plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from engine.core.errors import IvyError
from engine.jobs.events import Finished, JobEvent
from ivybt_desktop.context import Background, JobService, Workspace, at_once
from ivybt_desktop.theme.tokens import Tokens

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult
    from engine.storage.run_store import RunStore, RunSummary

NO_RUNS = "Every run is kept here with its settings and prices. Press F5 to make the first one."
NO_MATCH = "No run matches. Search by words, symbol:SPX, sharpe>0.8, fast>=10, starred:yes."


class RunsView(Protocol):
    """What the presenter needs of the view."""

    def show_runs(self, runs: Sequence[RunSummary], shown: str, proofs: Sequence[str]) -> None:
        """Show runs; ``shown`` is the one on the screen, ``proofs`` the words of their look-ahead badges."""
        ...

    def show_words(self, words: str) -> None:
        """Show a sentence instead of the runs."""
        ...

    def offer_undo(self, words: str) -> None:
        """Offer to take a deletion back; empty words take the offer away."""
        ...

    def set_theme(self, tokens: Tokens) -> None:
        """Draw in the colours of a theme."""
        ...


class RunsPresenter:
    """Shows what the store holds.

    A deleted run is hidden at once and removed from the disk when the offer to undo has passed.

    Parameters
    ----------
    view : RunsView
        Table.
    store : RunStore
        The runs.
    jobs : JobService
        A finished run is looked for when one ends.
    workspace : Workspace
        Receives the run that is opened.
    background : callable, optional
        ``background(work, then, failed)``; the default works at once.
    proof_of : callable, optional
        ``proof_of(key)``: the word of the look-ahead badge of a source; the default knows none.
    """

    def __init__(
        self,
        view: RunsView,
        store: RunStore,
        jobs: JobService,
        workspace: Workspace,
        background: Background = at_once,
        proof_of: Callable[[str], str] = lambda _key: "",
    ) -> None:
        self._view, self._store, self._jobs, self._workspace = view, store, jobs, workspace
        self._background, self._proof_of = background, proof_of
        self._query, self._asked = "", 0
        self._hidden: tuple[str, ...] = ()
        self._listed: Sequence[RunSummary] = ()
        self._closed = False
        jobs.event.connect(self._take)
        workspace.theme_changed.connect(view.set_theme)
        workspace.result_changed.connect(self._mark)
        workspace.badges_changed.connect(self._refresh_listed)
        self.reload()

    def search(self, query: str) -> None:
        """Show the runs that match."""
        self._query = query
        self.reload()

    def reload(self) -> None:
        """Read the list again; the answer to an older question is dropped."""
        self._asked += 1
        asked, query = self._asked, self._query
        self._background(
            lambda: self._store.summaries(query),
            lambda runs: self._show(asked, runs),
            lambda error: self._fail(asked, error),
        )

    def open(self, run_id: str) -> None:
        """Show a kept run in every dock."""
        on_screen = self._workspace.bars

        def load() -> BacktestResult:
            result = self._store.load(run_id)
            # Compared when the run is shown; a digest of long prices takes longer than a frame.
            for bars in (result.bars, on_screen):
                _ = bars.digest if bars is not None else ""
            return result

        self._background(load, self._show_run, self._tell)

    def star(self, run_id: str, starred: bool) -> None:  # noqa: FBT001  (a state, as in Qt)
        """Mark a run, or take the mark away."""
        self._background(
            lambda: self._store.set_star(run_id, starred), lambda _none: self.reload(), self._tell
        )

    def delete(self, run_ids: Sequence[str]) -> None:
        """Hide runs and offer to undo; an older deletion becomes final."""
        self.commit()
        self._hidden = tuple(run_ids)
        count = len(self._hidden)
        self._view.offer_undo(f"{count} runs deleted" if count > 1 else "Run deleted")
        self.reload()

    def undo(self) -> None:
        """Show the deleted runs again."""
        self._hidden = ()
        self._view.offer_undo("")
        self.reload()

    def commit(self) -> None:
        """Remove the hidden runs from the disk."""
        gone, self._hidden = self._hidden, ()
        if gone:
            self._view.offer_undo("")
            self._background(lambda: self._remove(gone), lambda _none: None, self._tell)

    def close(self) -> None:
        """Finish a deletion and disconnect."""
        self._closed = True
        self._jobs.event.disconnect(self._take)
        self._workspace.theme_changed.disconnect(self._view.set_theme)
        self._workspace.result_changed.disconnect(self._mark)
        self._workspace.badges_changed.disconnect(self._refresh_listed)
        self._remove(self._hidden)
        self._hidden = ()

    def _remove(self, run_ids: Sequence[str]) -> None:
        for run_id in run_ids:
            self._store.delete(run_id)

    def _take(self, event: JobEvent) -> None:
        if isinstance(event, Finished) and event.run_id:
            self.reload()

    def _show(self, asked: int, runs: Sequence[RunSummary]) -> None:
        if self._closed or asked != self._asked:
            return
        self._listed = runs
        self._refresh()

    def _refresh(self) -> None:
        kept = [run for run in self._listed if run.run_id not in self._hidden]
        if kept:
            result = self._workspace.result
            words = {key: self._proof_of(key) for key in {run.proof_key for run in kept}}
            proofs = [words[run.proof_key] for run in kept]
            self._view.show_runs(kept, "" if result is None else result.run_id, proofs)
        else:
            self._view.show_words(NO_MATCH if self._query.strip() else NO_RUNS)

    def _fail(self, asked: int, error: IvyError) -> None:
        if not self._closed and asked == self._asked:
            self._view.show_words(str(error))
            self._tell(error)

    def _show_run(self, result: BacktestResult) -> None:
        if not self._closed:
            self._workspace.show_run(result)

    def _refresh_listed(self) -> None:
        if self._listed:
            self._refresh()

    def _mark(self, _result: object) -> None:
        # A live run comes with every move of a slider and is not kept: the list on the disk is the same.
        if self._listed:
            self._refresh()
        else:
            self.reload()

    def _tell(self, error: IvyError) -> None:
        self._workspace.log("error", str(error))
