"""What is told when strategy files come, change, break, are mended and go. Plain Python, and the editor's command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import InputError
from engine.strategies import registry
from ivybt_desktop.context import Workspace, at_once
from ivybt_desktop.shell import editor
from ivybt_desktop.shell.editor import Editor, arguments_of
from ivybt_desktop.shell.notices import NoticeBoard
from ivybt_desktop.shell.strategy_folder import StrategyFolder
from tests.fakes.plugins import write_plugin


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder, self.workspace, self.board = folder, Workspace(), NoticeBoard()
        self.changes: list[int] = []
        self.logged: list[str] = []
        self.posted: list[str] = []
        self.edited: list[tuple[str, int]] = []
        self.waiting: list[Any] | None = None
        self.workspace.strategies_changed.connect(lambda: self.changes.append(1))
        self.workspace.logged.connect(lambda _level, text: self.logged.append(text))
        self.board.posted.connect(lambda notice: self.posted.append(notice.text))
        self.strategies = StrategyFolder(
            folder, self.workspace, self.board, self.background,
            lambda path, line: self.edited.append((path.name, line)),
        )  # fmt: skip

    def background(self, *call: Any) -> None:
        if self.waiting is None:
            at_once(*call)
        else:
            self.waiting.append(call)

    def read(self) -> None:
        self.changes.clear()
        self.logged.clear()
        self.posted.clear()
        self.strategies.read()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "plugins")
    made.read()
    yield made
    for path in made.folder.glob("*.py"):
        path.unlink()
    registry.scan(made.folder)


def test_that_a_change_is_told_once_and_nothing_is_told_when_nothing_changed(bench: Bench) -> None:
    write_plugin(bench.folder, "Steady")
    bench.read()
    assert (bench.changes, bench.logged) == ([1], ["New strategies: steady"])
    bench.read()
    assert (bench.changes, bench.logged) == ([], [])
    write_plugin(bench.folder, "Steady", "return np.zeros(n)")
    bench.read()
    assert (bench.changes, bench.logged) == ([1], ["Reloaded strategies: steady"])
    (bench.folder / "steady.py").unlink()
    bench.read()
    assert (bench.changes, bench.logged, bench.posted) == ([1], ["Strategies gone: steady"], [])


def test_that_an_error_is_told_once_with_its_line_and_goes_when_the_file_is_mended(bench: Bench) -> None:
    write_plugin(bench.folder, "Steady")
    path = bench.folder / "steady.py"
    sound = path.read_text()
    path.write_text("x = 1\nx = (\n")
    bench.read()
    hint = "Mend the file: it loads again by itself. The other strategies work"
    assert bench.posted == [f"{path}:2: SyntaxError: '(' was never closed. {hint}"]
    bench.read()
    assert (bench.posted, bench.changes, len(bench.board)) == ([], [], 1)
    path.write_text("1 / 0\n")
    bench.read()
    assert [text.split(". ")[0] for text in bench.posted] == [f"{path}:1: ZeroDivisionError: division by zero"]
    assert len(bench.board) == 1
    path.write_text(sound)
    bench.read()
    assert (bench.board.newest, bench.changes) == (None, [1])
    assert bench.logged == ["steady.py is mended"]


def test_that_a_broken_file_that_is_deleted_takes_its_notice_along(bench: Bench) -> None:
    bench.folder.mkdir()
    (bench.folder / "bad.py").write_text("(")
    bench.read()
    (bench.folder / "bad.py").unlink()
    bench.read()
    assert bench.board.newest is None
    assert bench.logged == ["bad.py is gone"]


def test_that_a_notice_opens_the_file_at_its_line(bench: Bench) -> None:
    bench.folder.mkdir()
    (bench.folder / "bad.py").write_text("\n\n1 / 0\n")
    bench.read()
    assert bench.board.newest is not None
    words, act = bench.board.newest.actions[0]
    act()
    assert (words, bench.edited) == ("Open at line 3", [("bad.py", 3)])


def test_that_changes_while_it_reads_are_read_once_more_and_not_more_often(bench: Bench) -> None:
    bench.waiting = []
    done: list[int] = []
    for _ in range(5):
        bench.strategies.read(lambda: done.append(1))
    assert len(bench.waiting) == 1
    at_once(*bench.waiting.pop())
    assert (len(bench.waiting), done) == (1, [1])
    at_once(*bench.waiting.pop())
    assert (bench.waiting, done) == ([], [1] * 5)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("", []),
        ("gedit", ["gedit", "/my files/a.py"]),
        ("code -g {file}:{line}", ["code", "-g", "/my files/a.py:7"]),
        ("'/my apps/edit' +{line} {file}", ["/my apps/edit", "+7", "/my files/a.py"]),
    ],
)
def test_that_a_command_gets_file_and_line(command: str, expected: list[str]) -> None:
    assert arguments_of(command, Path("/my files/a.py"), 7) == expected


def test_that_what_keeps_a_file_from_opening_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    with pytest.raises(InputError, match="the file is gone"):
        Editor(str).open(path)
    path.write_text("x")
    with pytest.raises(InputError, match=r"cannot be read \(No closing quotation\)"):
        Editor(lambda: "edit 'x").open(path)
    with pytest.raises(InputError, match="'no-such-editor' cannot be started"):
        Editor(lambda: "no-such-editor {file}").open(path)
    monkeypatch.setattr(editor, "show", lambda _path: False)
    with pytest.raises(InputError, match="the system knows no program for Python files"):
        Editor(str).open(path)
