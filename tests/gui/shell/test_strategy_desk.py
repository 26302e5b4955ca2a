"""The Strategy menu, by its keys: new files, copies, the editor and the folder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.strategies import registry
from ivybt_desktop.app import Application
from ivybt_desktop.docks.setup.view import SetupView
from ivybt_desktop.shell import editor, strategy_desk
from ivybt_desktop.shell.samples import sample_spec
from tests.fakes.plugins import write_plugin


class Opened:
    def __init__(self) -> None:
        self.shown: list[str] = []
        self.started: list[list[str]] = []

    def show(self, path: Path) -> bool:
        self.shown.append(path.name)
        return True

    def start(self, words: list[str]) -> bool:
        self.started.append(words)
        return True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    made = Opened()
    for module in (editor, strategy_desk):
        monkeypatch.setattr(module, "show", made.show)
    monkeypatch.setattr(editor, "start", made.start)
    return made


@pytest.fixture
def app(application: Application) -> Iterator[Application]:
    application.workspace.set_spec(sample_spec())
    yield application
    shutil.rmtree(application.home.plugins, ignore_errors=True)
    registry.scan(application.home.plugins)


def _answer(app: Application, settle: Any, text: str | None = None) -> None:
    palette = app.window.palette_panel
    settle(palette.isVisible)
    if text is not None:
        palette.field.setText(text)
    QTest.keyClick(palette.field, Qt.Key.Key_Return)


def test_that_the_menu_stands_before_run_and_every_command_is_in_the_palette(app: Application) -> None:
    titles = [action.text() for action in app.window.menuBar().actions()]
    assert titles.index("Strategy") < titles.index("Run")
    assert [action.id for action in app.actions.in_menu("Strategy")] == [
        "strategy.new_rule", "strategy.new_pandas", "strategy.copy", "strategy.edit", "strategy.open",
        "strategy.folder", "strategy.reload", "strategy.editor",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["rule", "pandas"])
def test_that_a_new_strategy_is_written_opened_and_chosen(
    app: Application, opened: Opened, settle: Any, kind: str
) -> None:
    app.actions.run(f"strategy.new_{kind}")
    _answer(app, settle, "Gap fade")
    settle(lambda: app.workspace.spec.strategy.name == "gap_fade")
    assert opened.shown == ["gap_fade.py"]
    assert (app.home.plugins / "gap_fade.py").read_text().count("class GapFade(Strategy)") == 1
    assert not app.workspace.problem


def test_that_a_taken_name_is_told_and_asked_for_once_more(app: Application, opened: Opened, settle: Any) -> None:
    app.actions.run("strategy.new_rule")
    _answer(app, settle, "Turtle")
    settle(lambda: app.board.newest is not None)
    assert "'Turtle' is taken" in app.board.newest.text
    assert app.window.palette_panel.field.text() == "Turtle"
    _answer(app, settle, "Turtle soup")
    settle(lambda: opened.shown == ["turtle_soup.py"])
    assert app.board.newest is None


def test_that_a_built_in_strategy_is_edited_as_a_copy(app: Application, opened: Opened, settle: Any) -> None:
    name = app.workspace.spec.strategy.name
    title = registry.get(name).title
    app.actions.run("strategy.edit")
    assert app.board.newest.text.startswith(f"'{title}' comes with the program and cannot be edited")
    assert opened.shown == []
    words, act = app.board.newest.actions[0]
    assert words == "Copy to my strategies"
    act()
    _answer(app, settle)
    settle(lambda: app.workspace.spec.strategy.name != name)
    assert registry.get(app.workspace.spec.strategy.name).title == f"My {title}"
    opened.shown.clear()
    app.actions.run("strategy.edit")
    assert opened.shown == [f"{app.workspace.spec.strategy.name}.py"]


def test_that_the_editors_command_gets_the_line_of_the_error(app: Application, opened: Opened, settle: Any) -> None:
    app.actions.run("strategy.editor")
    _answer(app, settle, "code -g {file}:{line}")
    assert app.preferences.settings.editor == "code -g {file}:{line}"
    app.actions.run("strategy.new_rule")
    _answer(app, settle, "Slip")
    settle(lambda: app.workspace.spec.strategy.name == "slip")
    path = app.home.plugins / "slip.py"
    assert opened.started[-1] == ["code", "-g", f"{path}:1"]
    path.write_text("x = 1\n(\n")
    app.actions.run("strategy.reload")
    settle(lambda: bool(app.workspace.problem))
    app.actions.run("strategy.edit")
    assert opened.started[-1] == ["code", "-g", f"{path}:2"]
    app.actions.run("strategy.open")
    assert app.window.palette_panel.model.found[0][0].note == "error in line 2"
    _answer(app, settle)
    assert opened.started[-1] == ["code", "-g", f"{path}:2"]
    picker = app.window.findChild(SetupView).bodies.picker
    picker.explain(f"broken:{path}")
    opened.started.clear()
    QTest.mouseClick(picker.edit, Qt.MouseButton.LeftButton)
    assert opened.started == [["code", "-g", f"{path}:2"]]
    app.actions.run("strategy.editor")
    _answer(app, settle, "system")
    assert app.preferences.settings.editor == ""


def test_that_without_files_the_way_to_one_is_told_and_the_folder_is_shown(app: Application, opened: Opened) -> None:
    app.actions.run("strategy.open")
    assert "New strategy in the Strategy menu makes one" in app.board.newest.text
    app.actions.run("strategy.folder")
    assert opened.shown == ["plugins"]


def test_that_a_strategy_folder_that_cannot_be_made_is_told(app: Application, opened: Opened) -> None:
    shutil.rmtree(app.home.plugins, ignore_errors=True)
    app.home.plugins.write_text("a file where the folder should be")
    try:
        app.actions.run("strategy.folder")
    finally:
        app.home.plugins.unlink()
    assert "cannot make the strategy folder" in app.board.newest.text
    assert opened.shown == []


def test_that_a_strategy_with_a_long_title_can_be_copied(app: Application, opened: Opened, settle: Any) -> None:
    write_plugin(app.home.plugins, "Steady")
    source = app.home.plugins / "steady.py"
    source.write_text(re.sub(r"title = .*", f'title = "{"long " * 20}"', source.read_text()))
    registry.scan(app.home.plugins)
    app.workspace.set_spec(sample_spec().replace(strategy={"name": "steady"}))
    app.actions.run("strategy.copy")
    assert app.window.palette_panel.field.text() == "My rule"
    _answer(app, settle)
    settle(lambda: opened.shown == ["my_rule.py"])


def test_that_a_broken_strategy_is_not_copied_in_silence(app: Application, opened: Opened) -> None:
    write_plugin(app.home.plugins, "Steady")
    registry.scan(app.home.plugins)
    app.workspace.set_spec(sample_spec().replace(strategy={"name": "steady"}))
    (app.home.plugins / "steady.py").write_text("x = 1\n(\n")
    registry.scan(app.home.plugins)
    app.actions.run("strategy.copy")
    assert "steady.py:2" in app.board.newest.text
    assert not app.window.palette_panel.isVisible()
