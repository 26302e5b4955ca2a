"""Opening prices, specs and strategies, without Qt."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.backtest.spec import BacktestSpec
from engine.core.errors import InputError
from engine.core.instrument import Instrument
from engine.jobs.events import Cancelled, Failed, Finished
from engine.jobs.requests import ImportJob
from engine.strategies import registry
from ivybt_desktop.context import Workspace, at_once
from ivybt_desktop.shell.file_control import FileControl
from ivybt_desktop.shell.notices import NoticeBoard
from ivybt_desktop.shell.strategy_folder import StrategyFolder
from tests.fakes.desk import FakeJobs
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
        strategies = StrategyFolder(self.plugins, self.workspace, self.board, at_once, lambda *_: None)
        self.control = FileControl(
            self.workspace, self.jobs, at_once, self.board, self.plugins, strategies.read
        )
        self.control.view = self.view
        self.opened: list[str] = []
        self.control.opened.connect(self.opened.append)

    def job(self, at: int = -1) -> ImportJob:
        job = self.jobs.submitted[at]
        assert isinstance(job, ImportJob)
        return job

    def finish(self, job: str = "job-1") -> None:
        self.jobs.event.emit(Finished(job, 0.1, value=found("TEST", str(self.job().path))))

    def finish_several(self, *symbols: str, refused: int = 0) -> None:
        value = tuple(found(symbol, f"/p/{symbol}.csv", refused) for symbol in symbols)
        self.jobs.event.emit(Finished(f"job-{len(self.jobs.submitted)}", 0.1, value=value))


def found(symbol: str, source: str, refused: int = 0) -> Any:
    bars = replace(random_bars(20), instrument=Instrument(symbol))
    report = SimpleNamespace(rows_refused=refused, lines=lambda: ["3: no price"] * refused)
    return SimpleNamespace(bars=bars, source=source, report=report)


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
    bench.board.newest.actions[1][1]()
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


def test_that_a_strategy_file_of_the_user_is_never_replaced_by_another(bench: Bench, tmp_path: Path) -> None:
    bench.plugins.mkdir()
    mine = bench.plugins / "steady.py"
    mine.write_text("# weeks of work\n")
    write_plugin(tmp_path / "mail", "Steady")
    bench.control.open(tmp_path / "mail" / "steady.py")
    assert bench.board.newest is not None
    bench.board.newest.actions[0][1]()
    assert mine.read_text() == "# weeks of work\n"
    assert "holds another steady.py" in bench.board.newest.text


def test_that_a_broken_strategy_file_is_told_with_its_line(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "odd.py"
    path.write_text("x = 1\nraise ValueError('odd')\n")
    bench.control.open(path)
    assert bench.board.newest is not None
    bench.board.newest.actions[0][1]()
    assert "odd.py:2" in bench.board.newest.text


def test_that_several_price_files_are_read_by_one_job_into_one_universe(bench: Bench) -> None:
    bench.workspace.set_spec(BacktestSpec(strategy="buy_and_hold", capital=5))
    bench.control.open_all([Path("/p/A.csv"), Path("/p/B.csv")])
    assert (bench.job().path.name, [path.name for path in bench.job().files]) == ("A.csv", ["B.csv"])
    assert bench.job().several
    bench.finish_several("A", "B")
    assert [bars.symbol for bars in bench.workspace.universe] == ["A", "B"]
    spec = bench.workspace.spec
    assert spec is not None
    assert (spec.capital, spec.data.file, spec.data.files) == (5, "/p/A.csv", ("/p/B.csv",))


def test_that_further_files_join_what_is_loaded_and_take_the_place_of_the_sample(bench: Bench) -> None:
    bench.workspace.set_universe([random_bars(30)], {"TEST": "sample:SPX"})
    bench.control.add_files([Path("/p/A.csv")])
    bench.finish_several("A")
    assert [bars.symbol for bars in bench.workspace.universe] == ["A"]
    data = {"file": "/p/A.csv", "symbols": ["A"], "start": "1997-06-01"}
    bench.workspace.set_spec(BacktestSpec(strategy="buy_and_hold", data=data))
    bench.control.add_files([Path("/p/B.csv")])
    bench.finish_several("B")
    assert [bars.symbol for bars in bench.workspace.universe] == ["A", "B"]
    spec = bench.workspace.spec
    assert spec is not None
    assert (spec.data.files, spec.data.symbols) == (("/p/B.csv",), ("A", "B"))
    assert str(spec.data.start) == "1997-06-01"


def test_that_rows_left_out_of_several_files_are_told(bench: Bench) -> None:
    bench.control.add_files([Path("/p/A.csv"), Path("/p/B.csv")])
    bench.finish_several("A", "B", refused=2)
    told = bench.board.newest
    assert told is not None
    assert told.what == "4 rows were left out of A, B"
    assert "A: 3: no price" in told.details


def test_that_a_file_of_several_symbols_can_be_loaded_whole(bench: Bench) -> None:
    bench.control.open(Path("/p/ACME.csv"))
    bench.jobs.event.emit(Failed("job-1", "several", error=InputError("several", field="symbol")))
    assert bench.board.newest is not None
    assert bench.board.newest.actions[0][0] == "Load all"
    bench.board.newest.actions[0][1]()
    assert bench.job().several
    bench.finish_several("A", "B")
    assert len(bench.workspace.universe) == 2


def test_that_a_spec_of_several_files_reads_them_as_the_command_line_does(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(
        "strategy: {name: buy_and_hold}\n"
        "data: {file: a.csv, files: [b.csv], symbols: [B, A], instrument: {multiplier: 5}}\n"
    )
    bench.control.open(path)
    job = bench.job()
    assert (job.path, job.files, job.symbols) == (tmp_path / "a.csv", (tmp_path / "b.csv",), ("B", "A"))
    assert job.options == {"bad_rows": "drop", "multiplier": 5.0}
    bench.finish_several("B", "A")
    assert [bars.symbol for bars in bench.workspace.traded] == ["B", "A"]


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
