"""Runs dock: search, reopen, star, delete with undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from engine.backtest.result import BacktestResult
from engine.backtest.spec import BacktestSpec
from engine.core.errors import StorageError
from engine.core.trade import ORDER_DTYPE, TRADE_DTYPE
from engine.jobs.events import Finished
from engine.storage.run_store import RunStore, RunSummary
from ivybt_desktop.context import Workspace
from ivybt_desktop.docks.runs.presenter import NO_MATCH, NO_RUNS, RunsPresenter
from ivybt_desktop.docks.runs.view import RunsView
from ivybt_desktop.theme.tokens import DARK, Tokens
from tests.fakes.desk import FakeJobs
from tests.fakes.prices import random_bars


def _result(capital: float) -> BacktestResult:
    bars = random_bars(30)
    n = len(bars)
    return BacktestResult(
        BacktestSpec(strategy="buy_and_hold", capital=capital), bars, {"sharpe": capital / 100, "total_return": 0.1},
        np.full(n, capital), np.ones(n), np.ones(n), np.empty(0, ORDER_DTYPE), np.empty(0, TRADE_DTYPE),
        "sha256:" + f"{int(capital):03d}" * 20,
    )  # fmt: skip


class FakeView:
    def __init__(self) -> None:
        self.runs: list[RunSummary] = []
        self.words = self.offer = self.shown = ""

    def show_runs(self, runs: Sequence[RunSummary], shown: str, proofs: Sequence[str]) -> None:
        self.runs, self.shown, self.words, self.proofs = list(runs), shown, "", list(proofs)

    def show_words(self, words: str) -> None:
        self.runs, self.words = [], words

    def offer_undo(self, words: str) -> None:
        self.offer = words

    def set_theme(self, tokens: Tokens) -> None:
        pass


class Bench:
    def __init__(self, folder: Path) -> None:
        self.store = RunStore(folder)
        self.view, self.jobs, self.workspace = FakeView(), FakeJobs(), Workspace()
        self.presenter = RunsPresenter(self.view, self.store, self.jobs, self.workspace)

    def keep(self, *capitals: float) -> list[str]:
        return [self.store.save(_result(c), now=datetime(2026, 1, int(c) % 28 + 1, tzinfo=UTC)) for c in capitals]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "runs")


def test_that_an_empty_store_says_how_runs_come_about(bench: Bench) -> None:
    assert bench.view.words == NO_RUNS


def test_that_a_finished_run_appears(bench: Bench) -> None:
    bench.keep(101)
    bench.jobs.event.emit(Finished("job", 0.1, "x"))
    assert len(bench.view.runs) == 1


def test_that_the_search_language_of_the_store_works(bench: Bench) -> None:
    bench.keep(101, 205)
    bench.presenter.search("sharpe>2")
    assert [run.sharpe for run in bench.view.runs] == [2.05]
    bench.presenter.search("symbol:NOPE")
    assert bench.view.words == NO_MATCH


def test_that_opening_a_run_brings_its_prices_and_settings(bench: Bench) -> None:
    (run_id,) = bench.keep(101)
    bench.workspace.set_bars(random_bars(10))
    bench.presenter.open(run_id)
    assert bench.workspace.result is not None
    assert bench.workspace.result.run_id == run_id
    assert bench.workspace.bars is bench.workspace.result.bars
    assert bench.workspace.spec is not None
    assert bench.workspace.spec.capital == 101
    assert bench.view.shown == run_id


def test_that_a_star_is_kept(bench: Bench) -> None:
    (run_id,) = bench.keep(101)
    bench.presenter.star(run_id, True)
    assert bench.view.runs[0].starred


def test_that_a_deletion_can_be_undone_until_it_becomes_final(bench: Bench) -> None:
    first, second = bench.keep(101, 205)
    bench.presenter.delete([first])
    assert [run.run_id for run in bench.view.runs] == [second]
    assert bench.view.offer == "Run deleted"
    bench.presenter.undo()
    assert len(bench.view.runs) == 2
    assert bench.view.offer == ""
    bench.presenter.delete([first])
    bench.presenter.commit()
    assert [run.run_id for run in bench.store.summaries()] == [second]


def test_that_a_second_deletion_makes_the_first_final(bench: Bench) -> None:
    first, second = bench.keep(101, 205)
    bench.presenter.delete([first])
    bench.presenter.delete([second])
    bench.presenter.undo()
    assert [run.run_id for run in bench.store.summaries()] == [second]


def test_that_closing_makes_a_deletion_final(bench: Bench) -> None:
    (run_id,) = bench.keep(101)
    bench.presenter.delete([run_id])
    bench.presenter.close()
    assert bench.store.summaries() == []


def test_that_a_damaged_store_is_told(bench: Bench) -> None:
    lines: list[str] = []
    bench.workspace.logged.connect(lambda _level, words: lines.append(words))

    def broken(_query: str) -> Any:
        raise StorageError("the run index is damaged", hint="Start again")

    bench.store.summaries = broken  # type: ignore[method-assign]
    bench.presenter.reload()
    assert "damaged" in bench.view.words
    assert lines


def _summary(name: str, **changes: Any) -> RunSummary:
    now = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    plain = RunSummary(
        name, "sha256:x", now, now, 1, "sma_cross", "fast=5", "SPX", "1d", "2000-01-03", "2018-12-31", 4_000,
        0.5, 0.05, 0.7, -0.2, 12, "", False,
    )  # fmt: skip
    return replace(plain, **changes)


def test_that_keys_open_star_and_delete_the_selected_run(qtbot: Any) -> None:
    view = RunsView(DARK)
    qtbot.addWidget(view)
    view.show()
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    view.show_runs([_summary("a"), _summary("b", starred=True, total_return=float("nan"))], "a")
    view.table.select_row(1)
    view.table.grid.setFocus()
    for key, signal, args in (
        (Qt.Key.Key_Return, view.open_asked, ["b"]),
        (Qt.Key.Key_S, view.star_asked, ["b", False]),
        (Qt.Key.Key_Delete, view.delete_asked, [["b"]]),
    ):
        with qtbot.waitSignal(signal) as asked:
            qtbot.keyClick(view.table.grid, key)
        assert asked.args == args


def test_that_the_offer_to_undo_passes_by_itself(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivybt_desktop.docks.runs.view._UNDO_MS", 20)
    view = RunsView(DARK)
    qtbot.addWidget(view)
    with qtbot.waitSignal(view.undo_passed):
        view.offer_undo("Run deleted")
    view.offer_undo("")


def test_that_a_selection_stays_when_the_list_is_read_again(qtbot: Any) -> None:
    view = RunsView(DARK)
    qtbot.addWidget(view)
    view.show_runs([_summary("a"), _summary("b")], "")
    view.table.select_row(1)
    view.show_runs([_summary("c"), _summary("a"), _summary("b")], "")
    assert view.table.selected_rows().tolist() == [2]
    view.show_words("nothing")
    assert not view.table.selected_rows().size


def test_that_a_live_run_does_not_read_the_list_from_the_disk_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.keep(100, 200)
    bench.presenter.reload()
    asked: list[str] = []
    monkeypatch.setattr(bench.store, "summaries", lambda query: asked.append(query) or [])
    bench.workspace.set_result(_result(300))
    assert asked == []
    assert len(bench.view.runs) == 2
    assert bench.view.shown == bench.workspace.result.run_id  # type: ignore[union-attr]


def test_that_each_run_has_the_badge_of_its_source_and_a_late_proof_is_shown(tmp_path: Path) -> None:
    store, view, workspace = RunStore(tmp_path), FakeView(), Workspace()
    for capital, key in ((100.0, "a1" * 32), (200.0, "b2" * 32), (300.0, "")):
        store.save(replace(_result(capital), proof_key=key), now=datetime(2026, 1, 1 + int(capital) // 100, tzinfo=UTC))
    known = {"a1" * 32: "past only"}
    presenter = RunsPresenter(view, store, FakeJobs(), workspace, proof_of=lambda key: known.get(key, ""))
    assert view.proofs == ["", "", "past only"]
    known["b2" * 32] = "looks ahead"
    workspace.badges_changed.emit()
    assert view.proofs == ["", "looks ahead", "past only"]
    presenter.close()


def test_that_the_table_has_signs_words_for_leaks_and_words_for_all_when_copied(qtbot: Any) -> None:
    view = RunsView(DARK)
    qtbot.addWidget(view)
    runs = [_summary("a"), _summary("b"), _summary("c"), _summary("d")]
    statuses = ["past only", "looks ahead", "unproven", ""]
    view.show_runs(runs, "", statuses)
    column = [column.id for column in view.table.model.columns].index("proof")
    shown = [view.table.model.index(row, column).data() for row in range(4)]
    assert shown == ["\N{CHECK MARK}", "\N{WARNING SIGN} looks ahead", "\N{WHITE CIRCLE}", ""]
    found = view.table.model.columns[column]
    assert found.plain(found.values) == statuses
