"""The program's first lines: window, command line, or the sample project without a screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ivybt_desktop import __main__ as program

_NO_QT = "import sys, ivybt_desktop.__main__; sys.exit(any(name.startswith('PySide6') for name in sys.modules))"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    seen: list[Any] = []
    monkeypatch.setattr(program, "_window", lambda arguments: seen.append(("window", arguments)) or 0)
    monkeypatch.setattr(program, "_headless", lambda arguments, reason: seen.append(("headless", arguments)) or 0)
    return seen


def test_that_workers_that_import_the_program_load_no_qt() -> None:
    assert subprocess.run([sys.executable, "-c", _NO_QT], check=False).returncode == 0


def test_that_no_arguments_open_the_window(calls: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    assert program.main([]) == 0
    assert calls == [("window", [])]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a screen")
def test_that_without_a_screen_the_sample_project_runs(calls: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert program.main([]) == 0
    assert calls == [("headless", [])]


def test_that_a_command_goes_to_the_command_line(calls: list[Any], capsys: Any) -> None:
    assert program.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("ivybt ")
    assert program.main(["nonsense"]) == 2
    assert calls == []


def test_that_a_file_opens_in_the_window(calls: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    path = tmp_path / "prices.csv"
    path.touch()
    assert program.main([str(path)]) == 0
    assert calls == [("window", [str(path)])]


def test_that_the_headless_run_writes_text_numbers_and_a_picture(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    environment["IVYBT_HOME"] = str(tmp_path / "home")
    done = subprocess.run(
        [sys.executable, "-m", "ivybt_desktop", "--headless", str(tmp_path / "out")],
        capture_output=True, text=True, env=environment, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "out") in done.stdout.splitlines()[0]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["metrics"]["trades"] > 5
    assert "Sharpe" in (tmp_path / "out" / "summary.txt").read_text()
    picture = (tmp_path / "out" / "window.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 100_000
    assert not (tmp_path / "home").exists()


def test_that_a_missing_system_library_leaves_out_only_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setitem(sys.modules, "ivybt_desktop.app", None)
    assert program.main(["--headless", str(tmp_path)]) == 0
    assert "libegl1" in capsys.readouterr().err
    assert (tmp_path / "summary.json").exists()
