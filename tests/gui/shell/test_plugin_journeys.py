"""Journeys of somebody who writes strategies, in the window with its real worker processes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.strategies import registry
from ivybt_desktop.app import Application, make_qt
from ivybt_desktop.docks.setup.view import SetupView
from ivybt_desktop.shell.home import open_home
from tests.fakes.prices import random_bars

_PATIENCE_MS = 60_000
_HEAD = '''from engine.strategies import Strategy, StrategyParams, param
import numpy as np

class {name}(Strategy):
    """Long in every other block of bars."""
    class Params(StrategyParams):
        """Length of a block."""
        x: int = param(3, low=1, high=50, step=1, unit="bars", help="Length")

    def signals(self, bars, p):
        n = len(bars)
        {body}
'''
_SOUND = "return np.where(np.arange(n) // p.x % 2 == 0, 1.0, 0.0)"
_RAISES = """target = np.zeros(n)
        for t in range(n):
            if t == 500:
                raise ValueError("no volume")
        return target"""
_ENDLESS = """while True:
            pass"""


class Desk:
    """The window as its user sees it."""

    def __init__(self, application: Application, qtbot: Any) -> None:
        self.application, self.qtbot = application, qtbot
        self.workspace, self.board = application.workspace, application.board
        self.folder = application.home.plugins
        self.setup: SetupView = application.window.findChild(SetupView)
        self.changes: list[int] = []
        self.workspace.strategies_changed.connect(lambda: self.changes.append(1))

    def write(self, body: str = _SOUND, *, name: str = "MyIdea", file: str = "my_idea.py") -> None:
        """Save a file as an editor does, and wait until the window has taken it."""
        before = len(self.changes)
        (self.folder / file).write_text(_HEAD.format(name=name, body=body))
        self.until(lambda: len(self.changes) > before)

    def run(self) -> Any:
        before = self.workspace.result
        self.application.actions.run("run.backtest")
        self.until(lambda: self.workspace.result not in (None, before))
        return self.workspace.result

    def until(self, condition: Any, timeout: int = _PATIENCE_MS) -> None:
        self.qtbot.waitUntil(condition, timeout=timeout)

    @property
    def told(self) -> str:
        newest = self.board.newest
        return "" if newest is None else newest.text.replace(f"{self.folder}/", "")

    @property
    def choices(self) -> dict[str, str]:
        return {choice.title: choice.help for choice in self.setup.bodies.picker.list._choices}


@pytest.fixture
def desk(qtbot: Any, home: Path) -> Iterator[Desk]:
    made = Application(make_qt([]), open_home())
    made.preferences.update(workers=1)
    made.start()
    qtbot.waitUntil(lambda: made.actions.is_enabled("run.backtest"), timeout=_PATIENCE_MS)
    qtbot.waitUntil(lambda: made.workspace.spec is not None, timeout=_PATIENCE_MS)
    made.workspace.set_bars(random_bars(900))
    yield Desk(made, qtbot)
    made.window.close()
    made.window.deleteLater()
    shutil.rmtree(made.home.plugins, ignore_errors=True)
    registry.scan(made.home.plugins)


def test_the_life_of_a_strategy_file(desk: Desk) -> None:
    # A new file appears by itself.
    desk.write()
    assert "My idea" in desk.choices
    desk.workspace.strategy_asked.emit("my_idea")
    assert [info.name for info in desk.setup.bodies.params.fields] == ["strategy.params.x"]
    first = desk.run()
    assert (first.spec.strategy.name, desk.told) == ("my_idea", "")

    # A syntax error: its line in the notice, the list and Setup; the result stays, Run says why not.
    desk.write("return np.where(")
    assert desk.told.startswith("my_idea.py:12: SyntaxError: '(' was never closed")
    assert desk.choices["my_idea.py, line 12"] == "SyntaxError: '(' was never closed"
    assert desk.setup.status.text() == "my_idea.py has an error in line 12."
    assert not desk.setup.run.isEnabled()
    assert desk.setup.bodies.params.values() == {"strategy.params.x": 3}
    assert desk.workspace.result is first
    desk.application.actions.run("run.backtest")
    assert "Mend it and it loads by itself; the parameters are kept" in desk.told

    # Mended, it runs again by itself, as Live is on; nothing is left of what was told.
    desk.write(_SOUND.replace("== 0", "== 1"))
    desk.until(lambda: desk.workspace.result is not first)
    assert (desk.told, desk.setup.run.isEnabled()) == ("", True)
    assert desk.workspace.result.receipt != first.receipt

    # An exception in the loop: file, line and bar.
    desk.write(_RAISES)
    desk.application.actions.run("run.backtest")
    desk.until(lambda: "ValueError" in desk.told)
    bar = desk.workspace.bars.label(500)
    assert desk.told == f"my_idea.py:15, bar 500 ({bar}): ValueError: no volume. Mend the strategy"
    assert [words for words, _ in desk.board.newest.actions] == ["Open at line 15"]

    # Deleted while selected: said in words, parameters kept, and back with the file.
    desk.write()
    desk.setup.changed.emit("strategy.params.x", 7)
    (desk.folder / "my_idea.py").unlink()
    desk.until(lambda: bool(desk.workspace.problem))
    assert desk.setup.status.text() == "my_idea.py, the file of My idea, is gone."
    assert not desk.setup.run.isEnabled()
    desk.write()
    assert (desk.workspace.problem, desk.setup.run.isEnabled()) == ("", True)
    assert desk.workspace.spec.strategy.params == {"x": 7}
    assert desk.run().spec.strategy.params == {"x": 7}

    # Two files with one name: the one that is named after it keeps it, the other is told with both names.
    kept = registry.get("my_idea")
    desk.write("return np.zeros(n)", file="another.py")
    assert desk.told.startswith(
        "another.py:4: 'my_idea' is already defined in my_idea.py, so another.py is left out; rename the class"
    )
    assert registry.get("my_idea") is kept
    assert not desk.workspace.problem


def test_that_endless_loops_are_left_by_escape_and_by_a_newer_live_run(desk: Desk) -> None:
    desk.write()
    desk.workspace.strategy_asked.emit("my_idea")
    sound = desk.run()
    desk.setup.live.setChecked(False)
    desk.setup.live_toggled.emit(False)
    desk.write(_ENDLESS)
    ledger = desk.application.window.status.ledger

    def runs() -> list[str]:
        return [row.state for row in ledger.live() if row.kind == "backtest"]

    desk.application.actions.run("run.backtest")
    desk.until(lambda: runs() == ["running"])
    desk.application.actions.run("run.stop")
    desk.until(lambda: not runs(), timeout=500)
    assert desk.workspace.result is sound

    # A live run that does not end is shown as a job after a second; the next one does not wait for it.
    desk.setup.live_toggled.emit(True)
    desk.setup.changed.emit("strategy.params.x", 8)
    desk.until(lambda: len(runs()) == 1)
    desk.write()
    desk.until(lambda: desk.workspace.result is not sound)
    assert desk.workspace.result.spec.strategy.params == {"x": 8}
    assert desk.told == ""
