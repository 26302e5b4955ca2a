"""The watch on the strategy folder: every way to write a file is told, once for each burst, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject

from ivybt_desktop.bridge.folder_watch import FolderWatch

_QUIET_MS = 330


@pytest.fixture
def watched(qtbot: Any, tmp_path: Path) -> Any:
    parent = QObject()
    made = []

    def watch(folder: Path) -> list[int]:
        told: list[int] = []
        one = FolderWatch(folder, parent)
        one.changed.connect(lambda: told.append(1))
        one.start()
        made.append(one)
        return told

    yield watch
    for one in made:
        one.close()


def _write_in_place(path: Path) -> None:
    path.write_text("x = 2")


def _rename_over(path: Path) -> None:
    other = path.with_name(".swap")
    other.write_text("x = 3")
    other.replace(path)


def _delete_first(path: Path) -> None:
    path.unlink()
    path.write_text("x = 4")


@pytest.mark.parametrize("write", [_write_in_place, _rename_over, _delete_first])
def test_that_every_way_to_write_a_file_is_told_once_and_the_next_one_too(
    watched: Any, qtbot: Any, tmp_path: Path, write: Any
) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1")
    told = watched(tmp_path)
    # After a file took another's name, a write in place is only seen by a watch on the new file.
    for count, how in enumerate((write, _write_in_place, write, _write_in_place), start=1):
        how(path)
        qtbot.waitUntil(lambda count=count: len(told) == count)
        qtbot.wait(_QUIET_MS)
        assert len(told) == count


def test_that_new_and_deleted_files_are_told(watched: Any, qtbot: Any, tmp_path: Path) -> None:
    told = watched(tmp_path)
    (tmp_path / "a.py").write_text("x = 1")
    qtbot.waitUntil(lambda: len(told) == 1)
    (tmp_path / "a.py").write_text("x = 2")
    qtbot.waitUntil(lambda: len(told) == 2)
    (tmp_path / "a.py").unlink()
    qtbot.waitUntil(lambda: len(told) == 3)


def test_that_a_burst_is_told_once_and_a_long_one_in_between(watched: Any, qtbot: Any, tmp_path: Path) -> None:
    told = watched(tmp_path)
    for count in range(60):
        (tmp_path / f"f{count}.py").write_text("x")
    qtbot.wait(_QUIET_MS)
    assert told == [1]
    for count in range(24):  # more than a second without rest
        (tmp_path / "f0.py").write_text(f"x{count}")
        qtbot.wait(60)
    assert 1 < len(told) < 6


def test_that_a_folder_is_waited_for_and_followed_when_it_goes_and_comes(
    watched: Any, qtbot: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "not" / "yet"
    told = watched(folder)
    for _ in range(2):
        before = len(told)
        folder.mkdir(parents=True)
        qtbot.waitUntil(lambda before=before: len(told) > before)
        qtbot.wait(_QUIET_MS)
        before = len(told)
        (folder / "a.py").write_text("x")
        qtbot.waitUntil(lambda before=before: len(told) > before)
        before = len(told)
        shutil.rmtree(tmp_path / "not")
        qtbot.waitUntil(lambda before=before: len(told) > before)
        qtbot.wait(_QUIET_MS)


def test_that_reading_is_no_change_and_a_closed_watch_is_silent(qtbot: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x")
    parent, told = QObject(), []
    one = FolderWatch(tmp_path, parent)
    one.changed.connect(lambda: told.append(1))
    one.start()
    path.read_text()
    assert list(tmp_path.iterdir()) == [path]
    qtbot.wait(_QUIET_MS)
    assert told == []
    path.write_text("y")
    one.close()
    qtbot.wait(_QUIET_MS)
    assert told == []
