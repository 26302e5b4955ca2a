"""The Leak Lab in the real window: a user's file that leaks, found by itself, told everywhere, mended."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.storage.proofs import ProofStore
from engine.strategies import registry
from ivybt_desktop.app import Application, make_qt
from ivybt_desktop.shell.home import open_home
from tests.fakes.plugins import write_plugin
from tests.fakes.prices import random_bars

_LEAKS = '''
import numpy as np
import pandas as pd
from engine.strategies import Strategy, StrategyParams, param

class TomorrowsClose(Strategy):
    """Long before a rise, short before a fall."""
    title, family = "Tomorrow's close", "trend"
    class Params(StrategyParams):
        length: int = param(20, low=2, high=200, unit="bars")
    def signals(self, bars, p):
        close = pd.Series(bars.close)
        known = close.shift(-1)
        mean = close.rolling(p.length).mean()
        return np.where(mean.isna(), 0.0, np.sign(known - close).fillna(0.0))
'''
_SOUND = _LEAKS.replace("shift(-1)", "shift(1)")
_RAISES = "if n > 200: raise ValueError('no volume')\n        return np.full(n, 1.0)"
_PATIENCE_MS = 30_000


class Desk:
    """The window as a person uses it."""

    def __init__(self, application: Application, qtbot: Any) -> None:
        self.application, self.qtbot = application, qtbot
        self.workspace, self.folder = application.workspace, application.home.plugins
        self.jobs: list[str] = []
        application.jobs.event.connect(lambda event: self.jobs.append(type(event).__name__ + event.job_id[:4]))

    def read(self) -> None:
        registry.scan(self.folder)
        self.workspace.strategies_changed.emit()

    def dock(self, name: str) -> Any:
        return self.application.window.host._docks[name]

    def choose(self, name: str) -> None:
        self.dock("setup").presenter.choose_strategy(name)

    def until(self, status: str) -> None:
        def there() -> bool:
            return self.workspace.spec_badge.status == status

        self.qtbot.waitUntil(there, timeout=_PATIENCE_MS)

    def run(self) -> Any:
        before = self.workspace.result
        self.application.actions.run("run.backtest")
        self.qtbot.waitUntil(lambda: self.workspace.result not in (None, before), timeout=_PATIENCE_MS)
        return self.workspace.result

    @property
    def checks(self) -> int:
        return self.jobs.count("Queuedleak")


@pytest.fixture
def desk(application: Application, qtbot: Any) -> Iterator[Desk]:
    made = Desk(application, qtbot)
    made.dock("setup").presenter.set_live(False)
    made.workspace.set_bars(random_bars(300))
    application.proofs.start()
    yield made
    shutil.rmtree(application.home.plugins, ignore_errors=True)
    registry.scan(application.home.plugins)


def test_that_a_leak_of_a_users_file_is_found_by_itself_and_told_everywhere(desk: Desk) -> None:
    (desk.folder / "tomorrow.py").write_text(_LEAKS)
    desk.read()
    desk.choose("tomorrows_close")
    desk.until("looks ahead")
    label = desk.workspace.bars.label(19)
    sentence = f"Signals read 1 bar ahead, first at {label}; likely cause: negative shift"
    assert desk.workspace.spec_badge.sentence == sentence
    picker = desk.dock("setup").view.bodies.picker
    assert picker.pill.text() == "\N{WARNING SIGN} looks ahead"
    assert picker.leak.text() == f"{sentence}."

    # It can be run all the same, and says so on the result.
    result = desk.run()
    metrics = desk.dock("metrics").view
    assert metrics.warnings.text().startswith("\N{WARNING SIGN} Looks ahead, so nobody can trade these results.")
    assert metrics.pill.text() == "\N{WARNING SIGN} looks ahead"
    assert "proof\tLook-ahead proof\tlooks ahead" in desk.dock("metrics").presenter.copied()
    assert desk.dock("chart").view._heading._fill.text().startswith("Looks ahead: nobody can trade this; ")
    assert desk.dock("chart").view._heading._fill.property("role") == "caution"
    runs = desk.dock("runs").view.table.model
    shown = [column.id for column in runs.columns].index("proof")
    desk.qtbot.waitUntil(lambda: runs.rowCount() == 1)
    assert runs.index(0, shown).data() == "\N{WARNING SIGN} looks ahead"

    # The badge leads to the Leak Lab, a click there to the bar.
    lab = desk.dock("leak_lab").view
    picker.pill.click()
    desk.qtbot.waitUntil(lab.isVisible)
    desk.qtbot.waitUntil(lambda: not lab.visibleRegion().isEmpty())
    places = []
    desk.workspace.place_asked.connect(lambda *place: places.append(place))
    cell = lab.table.grid.visualRect(lab.table.model.index(0, 0)).center()
    QTest.mouseClick(lab.table.grid.viewport(), Qt.MouseButton.LeftButton, pos=cell)
    assert places == [(0, 19)]
    first, last = (getattr(desk.dock("chart").view.stack.shown, name) for name in ("first", "last"))
    assert first <= 19 <= last

    # Mended, it is checked anew; the kept run keeps the badge of its source then.
    (desk.folder / "tomorrow.py").write_text(_SOUND)
    desk.read()
    desk.until("past only")
    assert desk.workspace.result is result
    assert desk.workspace.result_badge.is_leak
    assert metrics.pill.text() == "\N{WARNING SIGN} looks ahead"
    assert picker.leak.isHidden()
    desk.run()
    assert desk.workspace.result_badge.status == "past only"
    desk.qtbot.waitUntil(lambda: runs.rowCount() == 2)
    assert {runs.index(row, shown).data() for row in range(2)} == {"\N{CHECK MARK}", "\N{WARNING SIGN} looks ahead"}


def test_that_each_source_is_checked_once_whatever_its_parameters_and_kept(desk: Desk) -> None:
    desk.until("past only")
    first = desk.workspace.spec.strategy.name
    (desk.folder / "tomorrow.py").write_text(_SOUND)
    desk.read()
    desk.choose("tomorrows_close")
    desk.until("past only")
    count = desk.checks
    assert count == 2  # the strategy of the start, and this one
    desk.dock("setup").presenter.commit("strategy.params.length", 40)
    desk.choose(first)
    assert desk.workspace.spec_badge.status == "past only"
    desk.choose("tomorrows_close")
    QTest.qWait(900)
    assert desk.checks == count
    proof = ProofStore(desk.application.home.proofs).read(desk.application.proofs.standing.key)
    assert proof is not None
    assert (proof.status, proof.on) == ("past only", "TEST 1d")


def test_that_a_strategy_that_raises_is_unproven_with_file_and_line(desk: Desk) -> None:
    write_plugin(desk.folder, "Picky", _RAISES)
    desk.read()
    desk.choose("picky")
    desk.qtbot.waitUntil(lambda: "picky.py" in desk.workspace.spec_badge.detail, timeout=_PATIENCE_MS)
    assert desk.workspace.spec_badge.status == "unproven"
    lab = desk.dock("leak_lab").view
    assert lab.heading.text() == "Picky could not be checked"
    line = next(at for at, text in enumerate((desk.folder / "picky.py").read_text().split("\n"), 1) if "raise" in text)
    assert f"picky.py:{line}" in lab.words
    assert "ValueError: no volume" in lab.words


def test_that_a_file_that_is_gone_has_no_badge(desk: Desk) -> None:
    write_plugin(desk.folder, "Steady")
    desk.read()
    desk.choose("steady")
    assert desk.workspace.spec_badge.status == "unproven"
    (desk.folder / "steady.py").unlink()
    desk.read()
    assert desk.workspace.spec_badge.status == ""


@pytest.mark.slow
def test_that_an_endless_check_leaves_the_window_and_its_runs_alone(qtbot: Any, home: Any) -> None:
    write_plugin(home / "plugins", "Gripping")
    made = Application(make_qt([]), open_home())
    made.preferences.update(workers=1)
    made.start()
    try:
        qtbot.waitUntil(lambda: made.actions.is_enabled("run.backtest"), timeout=60_000)
        qtbot.waitUntil(lambda: made.workspace.spec_badge.status == "past only", timeout=60_000)
        desk = Desk(made, qtbot)
        first, workers = made.workspace.spec.strategy.name, made.worker_pids
        desk.dock("setup").presenter.set_live(False)
        desk.choose("gripping")
        qtbot.waitUntil(lambda: "Startedleak" in desk.jobs, timeout=_PATIENCE_MS)
        assert desk.dock("leak_lab").view.is_ticking
        # The only worker holds the check; a run of another strategy gets one all the same.
        desk.choose(first)
        assert desk.run().spec.strategy.name == first
        assert set(made.worker_pids).isdisjoint(workers)
        # Chosen again and stopped by hand: said, and not begun again by itself.
        desk.choose("gripping")
        desk.until("checking")
        made.proofs.cancel()
        desk.until("unproven")
        assert "stopped" in desk.workspace.spec_badge.detail
    finally:
        made.window.close()
        made.window.deleteLater()
        shutil.rmtree(made.home.plugins, ignore_errors=True)
        registry.scan(made.home.plugins)
