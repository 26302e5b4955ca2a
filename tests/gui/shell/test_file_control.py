"""Opening prices, specs and strategies, without Qt."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError
from engine.jobs.events import Cancelled, Failed, Finished
from engine.jobs.requests import ImportJob
from engine.strategies import registry
from ivybt_desktop.context import Workspace
from ivybt_desktop.shell.file_control import FileControl
from ivybt_desktop.shell.notices import NoticeBoard
from tests.fakes.desk import FakeJobs, at_once
from tests.fakes.plugins import write_plugin
from tests.fakes.prices import random_bars


class FakeView:
    def __init__(self) -> None:
        self.shown: list[Path] = []
        self.open = False
        self.answer = "SPY"

    def show_import(self, path: Path, found: Any) -> None:
        self.shown.append(path)
        self.open = True

    def close_import(self) -> None:
        self.open = False

    def ask(self, prompt: str, text: str, answer: Any) -> None:
        answer(self.answer)


class Bench:
    def __init__(self, folder: Path) -> None:
        self.workspace, self.jobs, self.board, self.view = Workspace(), FakeJobs(), NoticeBoard(), FakeView()
        self.plugins = folder / "plugins"
        self.control = FileControl(self.workspace, self.jobs, at_once, self.board, self.plugins)
        self.control.view = self.view
        self.opened: list[str] = []
        self.control.opened.connect(self.opened.append)

    def job(self, at: int = -1) -> ImportJob:
        job = self.jobs.submitted[at]
        assert isinstance(job, ImportJob)
        return job

    def finish(self, job: str = "job-1") -> None:
        self.jobs.event.emit(Finished(job, 0.1, value=SimpleNamespace(bars=random_bars(20))))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    shutil.rmtree(made.plugins, ignore_errors=True)
    registry.scan(made.plugins)  # forgets what is gone


def test_that_prices_are_used_only_after_accept(bench: Bench) -> None:
    bench.control.open(Path("/p/ACME.csv"))
    bench.finish()
    assert bench.view.shown == [Path("/p/ACME.csv")]
    assert bench.workspace.bars is None
    bench.control.accept()
    assert bench.workspace.bars is not None
    assert bench.opened == ["/p/ACME.csv"]
    assert not bench.view.open


def test_that_cancel_keeps_the_old_prices(bench: Bench) -> None:
    bench.control.open(Path("/p/ACME.csv"))
    bench.finish()
    assert bench.control.cancel()
    assert not bench.control.cancel()
    assert bench.workspace.bars is None


def test_that_bad_rows_are_left_out_at_first_and_repaired_on_request(bench: Bench) -> None:
    bench.control.open(Path("/p/ACME.csv"))
    assert bench.job().options == {"bad_rows": "drop"}
    bench.finish()
    bench.control.repair()
    assert bench.job().options == {"bad_rows": "repair"}


def test_that_a_file_that_cannot_be_read_is_told(bench: Bench) -> None:
    bench.control.open(Path("/p/ACME.csv"))
    bench.jobs.event.emit(Failed("job-1", "no price column", "ACME.csv", "Add one"))
    assert bench.board.newest is not None
    assert bench.board.newest.text == "ACME.csv: no price column. Add one"


def test_that_an_ambiguous_date_offers_both_readings(bench: Bench) -> None:
    bench.control.open(Path("/p/ACME.csv"))
    error = InputError("'03/04/2020' may be 3 April 2020 or 4 March 2020", field="day_first")
    bench.jobs.event.emit(Failed("job-1", error.what, error=error))
    told = bench.board.newest
    assert told is not None
    assert [words for words, _work in told.actions] == ["Day first", "Month first"]
    told.actions[1][1]()
    assert bench.job().options == {"bad_rows": "drop", "day_first": False}


def test_that_a_file_of_several_symbols_asks_for_one(bench: Bench) -> None:
    bench.control.open(Path("/p/ACME.csv"))
    bench.jobs.event.emit(Failed("job-1", "several", error=InputError("several", field="symbol")))
    assert bench.board.newest is not None
    bench.board.newest.actions[0][1]()
    assert bench.job().options["symbol"] == "SPY"


def test_that_a_spec_takes_its_prices_along(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("strategy: {name: buy_and_hold}\ndata: {file: prices.csv}\n")
    bench.control.open(path)
    assert bench.job().path == tmp_path / "prices.csv"
    assert bench.workspace.spec is None
    bench.finish()
    assert bench.view.shown == []
    assert bench.workspace.bars is not None
    assert bench.workspace.spec is not None
    assert bench.workspace.spec.strategy.name == "buy_and_hold"


def test_that_a_spec_is_opened_even_when_its_prices_are_gone(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("strategy: {name: buy_and_hold}\ndata: {file: prices.csv}\n")
    bench.control.open(path)
    bench.jobs.event.emit(Failed("job-1", "no such file", "prices.csv"))
    assert bench.workspace.spec is not None
    assert bench.board.newest is not None


def test_that_an_unknown_strategy_in_a_spec_suggests_the_near_name(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("strategy: {name: buy_and_hole}\n")
    bench.control.open(path)
    assert bench.workspace.spec is None
    assert bench.board.newest is not None
    assert "buy_and_hold" in bench.board.newest.text


def test_that_a_strategy_file_is_copied_only_on_request(bench: Bench, tmp_path: Path) -> None:
    write_plugin(tmp_path / "mine", "Steady")
    changed = []
    bench.workspace.strategies_changed.connect(lambda: changed.append(1))
    bench.control.open(tmp_path / "mine" / "steady.py")
    assert not bench.plugins.exists()
    told = bench.board.newest
    assert told is not None
    told.actions[0][1]()
    assert (bench.plugins / "steady.py").exists()
    assert changed == [1]


def test_that_a_broken_strategy_file_is_told_with_its_line(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "odd.py"
    path.write_text("x = 1\nraise ValueError('odd')\n")
    bench.control.open(path)
    assert bench.board.newest is not None
    bench.board.newest.actions[0][1]()
    assert "odd.py:2" in bench.board.newest.text


def test_that_of_several_price_files_the_first_is_read_and_it_is_said(bench: Bench) -> None:
    lines: list[str] = []
    bench.workspace.logged.connect(lambda _level, words: lines.append(words))
    bench.control.open_all([Path("/p/A.csv"), Path("/p/B.csv")])
    assert [bench.job(at).path.name for at in range(len(bench.jobs.submitted))] == ["A.csv"]
    assert "2 price files were dropped; A.csv is read" in lines


def test_that_a_stopped_import_changes_nothing(bench: Bench) -> None:
    bench.control.open(Path("/p/A.csv"))
    bench.jobs.event.emit(Cancelled("job-1"))
    assert bench.workspace.bars is None
    assert bench.board.newest is None


def test_that_settings_follow_the_prices_and_drop_dates_of_other_ones(bench: Bench) -> None:
    old = {"file": "sample:SPX", "start": "2001-01-01"}
    bench.workspace.set_spec(BacktestSpec(strategy="buy_and_hold", capital=5, data=old))
    bench.control.open(Path("/p/ACME.csv"))
    bench.finish()
    bench.control.accept()
    spec = bench.workspace.spec
    assert spec is not None
    assert (spec.capital, spec.data.file, spec.data.start) == (5, "/p/ACME.csv", None)


def test_that_dates_of_an_opened_spec_are_kept(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("strategy: {name: buy_and_hold}\ndata: {file: prices.csv, start: 2001-01-01}\n")
    bench.control.open(path)
    bench.finish()
    spec = bench.workspace.spec
    assert spec is not None
    assert (spec.data.file, str(spec.data.start)) == (str(tmp_path / "prices.csv"), "2001-01-01")
